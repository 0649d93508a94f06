import { abs, add, max, maximum, mean, mul, reverse, round, sub, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, needPictures, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * Between pictures and others of the split along straight lines of codes: `endError`, how far the two ends are from the pictures themselves at most; `middleNats`, log p(x) of
 * the pictures half way; and `blendNats`, that of the mean of the two pictures, pixel by pixel.
 */
export const interpolation: Measuring<'interpolation'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const encode = need(session, 'encode');
  const decode = need(session, 'decode');
  const logProb = need(session, 'logProb');
  needPictures(session);
  yield { done: 0, total: count };
  const { levels } = dataShape(session.run.dataset, session.run.experiment.binarisation);
  const steps = (levels ?? 2) - 1;
  const { error, middle, blend } = askModel(session, `interpolation of ${count}`, [rowsOf(session.shown(split).data, 0, count), whole(seed)], (x, drawn: Scalar) => {
    const noise = noiseOf(drawn);
    const other = reverse(x, 0);
    const [from, to] = [encode(x).mean() as Tensor2D, encode(other).mean() as Tensor2D];
    const along = (t: number): Tensor2D => add(mul(from, 1 - t), mul(to, t));
    const [first, half, last] = [0, 0.5, 1].map((t) => decode(along(t)).mean());
    return {
      error: maximum(max(abs(sub(first ?? x, x))), max(abs(sub(last ?? x, other)))),
      middle: mean(logProb((half ?? x) as typeof x, noise)),
      blend: mean(logProb(mul(round(mul(add(x, other), steps / 2)), 1 / steps) as typeof x, noise)),
    };
  });
  const one = { standardError: null, k: null, n: count };
  return [
    { ...one, metric: 'endError', value: error[0] ?? NaN, unit: 'grey value', estimator: 'largest difference of the ends of paths from the pictures' },
    { ...one, metric: 'middleNats', value: middle[0] ?? NaN, unit: 'nats', estimator: 'log p(x) half way along the line between two codes' },
    { ...one, metric: 'blendNats', value: blend[0] ?? NaN, unit: 'nats', estimator: 'log p(x) of the mean of the two pictures' },
  ];
};
