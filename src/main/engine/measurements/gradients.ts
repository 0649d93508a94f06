import { add, div, grad, log, mul, reshape, square, sub, sum, tensor2d, tile, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { gaussian } from '../../../ml/distributions/gaussian';
import { posteriorMeans, posteriorPrecision } from '../../../ml/estimators/linear-gaussian';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { repeat } from '../../../ml/objectives/elbo';
import { chunks, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import { linearGaussianOf, normalCodesOf, valuesOf } from './examples';
import type { Measuring } from './measurement';

const drawsAtOnce = 100;
const kinds = ['naive', 'score', 'reparameterised'] as const;
const described = {
  naive: 'draws held, so that only -log q(z) depends on the mean',
  score: '(log p(x, z) - log q(z)) d log q(z)',
  reparameterised: 'through z = mean + sigma epsilon',
};

/**
 * The gradient of the bound with respect to the means of normal posteriors by three estimators, where the model is linear-Gaussian and it is known: -M (m - m*), M the precision of
 * p(z|x) and m* its mean. `naiveGradientError` and so on: the distance of the mean of all draws from it, over its length; `naiveGradientSpread`, the deviation of one draw, likewise.
 */
export const gradients: Measuring<'gradients'> = function* (session, { split, seed, draws }, count): Generator<Progress, Measure[]> {
  const decode = need(session, 'decode');
  const prior = need(session, 'prior');
  const model = linearGaussianOf(session);
  const { data } = session.shown(split);
  const { means, deviations, size } = normalCodesOf(session, data, count);
  const precision = posteriorPrecision(model);
  const exact = posteriorMeans(model, valuesOf(data, count));
  const truth = Float64Array.from(means, (_, i) => {
    const [row, a] = [Math.floor(i / size), i % size];
    let sum = 0;
    for (let b = 0; b < size; b += 1) sum -= (precision[a * size + b] ?? NaN) * ((means[row * size + b] ?? NaN) - (exact[row * size + b] ?? NaN));
    return sum;
  });
  const length = Math.sqrt(truth.reduce((all, value) => all + value * value, 0));
  if (!(length > 1e-3 * Math.sqrt(truth.length))) refuse('bad-request', 'The gradient is zero: these posteriors are the exact ones.', { where: 'measure', repair: 'Choose a model with another posterior.' });
  const sums = Object.fromEntries(kinds.map((kind) => [kind, { sum: new Float64Array(truth.length), squares: new Float64Array(truth.length) }])) as Record<(typeof kinds)[number], { sum: Float64Array; squares: Float64Array }>;
  const matrix = (values: Float32Array): Tensor2D => tensor2d(values, [count, size]);
  for (const [first, some] of chunks(0, draws, drawsAtOnce)) {
    const found = askModel(session, `gradients of ${some} draws`, [rowsOf(data, 0, count), matrix(means), matrix(deviations), whole(seed), whole(first)], (x, centre, deviation, from: Scalar, step: Scalar) => {
      const many = repeat(x, some);
      const sigma = tile(deviation, [some, 1]);
      const epsilon = noiseOf(from).at(step).normal([some * count, size], 'gradients');
      const logRatio = (z: Tensor, mean: Tensor): Tensor1D => sub(add(decode(z as Tensor2D).logProb(many), prior(some * count).logProb(z)), gaussian(mean, log(sigma)).logProb(z)) as Tensor1D;
      const mean = tile(centre, [some, 1]);
      const z = add(mean, mul(sigma, epsilon));
      const each = {
        naive: grad((at: Tensor) => sum(logRatio(z, at)))(mean),
        score: mul(reshape(logRatio(z, mean), [-1, 1]), div(epsilon, sigma)),
        reparameterised: grad((at: Tensor) => sum(logRatio(add(at, mul(sigma, epsilon)), at)))(mean),
      };
      return Object.fromEntries(
        kinds.flatMap((kind) => {
          const byDraw = reshape(each[kind], [some, count, size]);
          return [[kind, sum(byDraw, 0)], [`${kind} squares`, sum(square(byDraw), 0)]];
        }),
      ) as Record<string, Tensor>;
    });
    for (const kind of kinds) {
      found[kind]?.forEach((value, i) => (sums[kind].sum[i] = (sums[kind].sum[i] ?? 0) + value));
      found[`${kind} squares`]?.forEach((value, i) => (sums[kind].squares[i] = (sums[kind].squares[i] ?? 0) + value));
    }
    yield { done: first + some, total: draws };
  }
  return kinds.flatMap((kind): Measure[] => {
    const average = sums[kind].sum.map((value) => value / draws);
    const error = Math.sqrt(average.reduce((all, value, i) => all + (value - (truth[i] ?? NaN)) ** 2, 0)) / length;
    const spread = Math.sqrt(sums[kind].squares.reduce((all, value, i) => all + Math.max(0, value / draws - (average[i] ?? NaN) ** 2), 0)) / length;
    const common = { standardError: null, unit: 'ratio', k: draws, n: count };
    return [
      { ...common, metric: `${kind}GradientError`, value: error, estimator: `distance of the mean of ${draws.toLocaleString('en')} draws from the gradient of the bound, over its length: ${described[kind]}` },
      { ...common, metric: `${kind}GradientSpread`, value: spread, estimator: `standard deviation of one draw over the length of the gradient: ${described[kind]}` },
    ];
  });
};
