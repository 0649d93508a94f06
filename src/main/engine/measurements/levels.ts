import { mean, ones, reshape, sub, square, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { chunks, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `klLevel1Nats` and so on, the level drawn first being the first; `pixelVarianceHeld0` and so on, the variance of a pixel over samples that share the draw of so many levels. */
export const levels: Measuring<'levels'> = function* (session, { split, seed, count, draws }, limit): Generator<Progress, Measure[]> {
  const { sizes, sample } = need(session, 'levels');
  const elbo = need(session, 'elbo');
  const total = limit + sizes.length * draws;
  const divergences = sizes.map(() => new Sample());
  const { data } = session.shown(split);
  for (const [first, rows] of chunks(0, limit, 100)) {
    const { kl } = askModel(session, 'divergence of each level', [rowsOf(data, first, rows), whole(seed), whole(first)], (x, from: Scalar, step: Scalar) => {
      const { klPerLevel } = elbo(x, noiseOf(from).at(step));
      return { kl: klPerLevel ?? refuse('bad-request', 'This model has one level.', { where: 'measure' }) };
    });
    kl.forEach((value, i) => divergences[i % sizes.length]?.add([value]));
    yield { done: first + rows, total };
  }
  const variances = sizes.map(() => new Sample());
  for (const [held, variance] of variances.entries())
    for (let draw = 0; draw < draws; draw += 1) {
      const found = askModel(session, `variance with ${held} of the levels held, ${count}`, [whole(seed), whole(draw)], (from: Scalar, step: Scalar) => {
        const noise = noiseOf(from).at(step);
        const pictures = sample({ count, temperatures: ones([sizes.length]), held, noise, heldNoise: noiseOf(from).at(step) });
        const each = reshape(pictures, [count, -1]);
        return { variance: mean(square(sub(each, mean(each, 0, true)))) };
      });
      variance.add([(found.variance[0] ?? NaN) * (count / (count - 1))]);
      yield { done: limit + held * draws + draw + 1, total };
    }
  return [
    ...divergences.map((kl, i): Measure => ({ metric: `klLevel${i + 1}Nats`, unit: 'nats', estimator: `KL(q || p) of level ${i + 1} of ${sizes.length} given a draw of those above`, ...kl.summary(), k: null })),
    ...variances.map((variance, held): Measure => ({
      metric: `pixelVarianceHeld${held}`, unit: 'squared brightness', estimator: `variance of a pixel over ${count} samples with the first ${held} levels held, mean of ${draws} draws of these`, ...variance.summary(), k: null,
    })),
  ];
};
