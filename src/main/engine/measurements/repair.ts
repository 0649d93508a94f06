import { clipByValue, mean, slice, squaredDifference, tensor4d, tile, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { corrupt } from '../../../ml/data/corrupt';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import type { Batch } from '../../../ml/model';
import { need, needPictures, noiseOf, portions, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * `repairError`: the mean squared error of what the model makes of corrupted pictures; `trivialError`: of the corrupted pictures themselves, or where the lower half is
 * missing of the mean training picture. Of a missing half that half alone counts.
 */
export const repair: Measuring<'repair'> = function* (session, { split, seed, corruption, amount }, count): Generator<Progress, Measure[]> {
  needPictures(session);
  const reconstruct = need(session, 'reconstruct');
  const { data } = session.shown(split);
  const training = session.shown('train').data;
  const [, height, width, channels] = data.shape;
  const known = corruption === 'lower-half' ? Math.ceil(height / 2) : 0;
  const counted = (x: Tensor): Tensor => slice(x, [0, known, 0, 0], [x.shape[0] ?? 0, height - known, width, channels]);
  const meanPicture = askModel(session, 'mean picture', [training.clone()], (x) => ({ mean: mean(x, 0, true) })).mean;
  const repaired = new Sample();
  const trivial = new Sample();
  for (const [first, rows] of portions(session, count)) {
    const average = tensor4d(meanPicture, [1, height, width, channels]);
    const found = askModel(session, `repair ${corruption} ${amount}`, [rowsOf(data, first, rows), average, whole(seed), whole(first)], (x: Batch, centre, from: Scalar, step: Scalar) => {
      const given = corrupt(x, corruption, amount, noiseOf(from).at(step));
      const error = (answer: Tensor): Tensor => mean(squaredDifference(counted(x), counted(answer)), [1, 2, 3]);
      return { repaired: error(reconstruct(given)), trivial: error(corruption === 'lower-half' ? tile(centre, [rows, 1, 1, 1]) : clipByValue(given, 0, 1)) };
    });
    repaired.add(found.repaired);
    trivial.add(found.trivial);
    yield { done: first + rows, total: count };
  }
  const what = corruption === 'lower-half' ? 'the lower half, which was taken away' : `pictures after the corruption ${corruption}${['gaussian', 'masking', 'salt-and-pepper'].includes(corruption) ? ` ${amount}` : ''}`;
  return [
    { metric: 'repairError', unit: 'squared error', estimator: `mean squared error of the model's answer, ${what}`, ...repaired.summary(), k: null },
    { metric: 'trivialError', unit: 'squared error', estimator: `mean squared error of ${corruption === 'lower-half' ? 'the mean training picture' : 'what was given'}, ${what}`, ...trivial.summary(), k: null },
  ];
};
