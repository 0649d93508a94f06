import { add, exp, grads, mul, neg, scalar, sqrt, square, stack, sub, sum, tensor, unstack, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { gaussian } from '../../../ml/distributions/gaussian';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import type { Noise } from '../../../ml/random/noise';
import { chunks, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import { normalCodesOf } from './examples';
import type { Measuring } from './measurement';

const firstRate = 0.02;
const rowsAtOnce = 250;
const draws = 50;

/**
 * The bound with the encoder's normals (`encoderElboNats`), with the normals that Adam finds for each example from there while the decoder is held
 * (`bestElboNats`), and their difference, `amortisationGapNats` (Cremer, Li and Duvenaud 2018). Both are taken with the same draws.
 */
export const amortisation: Measuring<'amortisation'> = function* (session, { split, seed, steps }, count): Generator<Progress, Measure[]> {
  const decode = need(session, 'decode');
  const prior = need(session, 'prior');
  const { data } = session.shown(split);
  const { means, deviations, size } = normalCodesOf(session, data, count);
  /** log p(x, z) - log q(z), z = mean + sigma epsilon. */
  const bound = (x: Tensor, mean: Tensor, logSigma: Tensor, noise: Noise, purpose: string): Tensor1D => {
    const z = add(mean, mul(exp(logSigma), noise.normal(mean.shape, purpose))) as Tensor2D;
    return sub(add(decode(z).logProb(x), prior(z.shape[0]).logProb(z)), gaussian(mean, logSigma).logProb(z)) as Tensor1D;
  };
  const samples = { encoder: new Sample(), best: new Sample(), gap: new Sample() };
  for (const [first, rows] of chunks(0, count, rowsAtOnce)) {
    const own = (values: Float32Array): Float32Array => values.slice(first * size, (first + rows) * size);
    const encoder = [own(means), own(deviations).map(Math.log)];
    // Means and log deviations, then Adam's first and second moments of both.
    let state: Float32Array = Float32Array.from([...encoder.flatMap((values) => [...values]), ...new Float32Array(4 * rows * size)]);
    const boundOf = (): Float32Array => {
      const total = new Float32Array(rows);
      for (let draw = 0; draw < draws; draw += 1) {
        const { values } = askModel(session, 'bound with given normals', [rowsOf(data, first, rows), tensor(state, [6, rows, size]), whole(seed), whole(first + draw)], (x, at, from: Scalar, step: Scalar) => {
          const [mean, logSigma] = unstack(at) as [Tensor, Tensor];
          return { values: bound(x, mean, logSigma, noiseOf(from).at(step), 'amortisation/bound') };
        });
        values.forEach((value, i) => (total[i] = (total[i] ?? 0) + value / draws));
      }
      return total;
    };
    const before = boundOf();
    for (let step = 1; step <= steps; step += 1) {
      const rate = (firstRate * (1 - (step - 1) / steps) * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
      ({ state } = askModel(session, 'a step to the best normals', [rowsOf(data, first, rows), tensor(state, [6, rows, size]), scalar(rate), whole(seed), whole(first + step)], (x, at, by: Scalar, from: Scalar, now: Scalar) => {
        const [mean, logSigma, ...moments] = unstack(at) as [Tensor, Tensor, ...Tensor[]];
        const gradients = grads((centre: Tensor, log: Tensor) => neg(sum(bound(x, centre, log, noiseOf(from).at(now), 'amortisation/fit'))))([mean, logSigma]);
        const firsts = gradients.map((gradient, i) => add(mul(moments[i] as Tensor, 0.9), mul(gradient, 0.1)));
        const seconds = gradients.map((gradient, i) => add(mul(moments[2 + i] as Tensor, 0.999), mul(square(gradient), 0.001)));
        const moved = [mean, logSigma].map((value, i) => sub(value, mul((firsts[i] as Tensor).div(sqrt(seconds[i] as Tensor).add(1e-8)), by)));
        return { state: stack([...moved, ...firsts, ...seconds]) };
      }));
      yield { done: first * steps + rows * step, total: count * steps };
    }
    const after = boundOf();
    samples.encoder.add(before);
    samples.best.add(after);
    samples.gap.add(after.map((value, i) => value - (before[i] ?? NaN)));
  }
  const mean = `evidence lower bound, mean of ${draws} draws, `;
  const fit = `normals fitted to each example by ${steps} steps of Adam`;
  return [
    { metric: 'encoderElboNats', unit: 'nats', estimator: `${mean}the encoder's normals`, ...samples.encoder.summary(), k: draws },
    { metric: 'bestElboNats', unit: 'nats', estimator: `${mean}${fit}`, ...samples.best.summary(), k: draws },
    { metric: 'amortisationGapNats', unit: 'nats', estimator: `what the bound gains by ${fit}`, ...samples.gap.summary(), k: draws },
  ];
};
