import { logSumExp, reshape, tensor4d } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { createNoise } from '../../../ml/random/noise';
import type { LevelDistribution } from '../../../ml/models/autoregressive/likelihoods';
import { need, needPictures, rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * `totalProbabilityError`: of binary pictures, the sum of p(x) over all values of the last `free` pixels, over the product of the conditionals of the pixels before
 * them, is 1 of any autoregressive model; by how much it differs at most. Of pictures of no more than `free` pixels this is the sum of p(x) over all pictures there are.
 */
export const totalProbability: Measuring<'total-probability'> = function* (session, { free, split }, count): Generator<Progress, Measure[]> {
  const logProb = need(session, 'logProb');
  const conditionals = need(session, 'conditionals');
  needPictures(session);
  const { height, width, channels, binary } = dataShape(session.run.dataset, session.run.experiment.binarisation);
  if (!binary) refuse('bad-request', 'The pictures there are cannot be gone through unless pixels are 0 or 1.', { where: 'measure', repair: 'Choose a binarisation.' });
  const size = height * width * channels;
  const last = Math.min(free, size);
  const { data } = session.shown(split);
  let worst = 0;
  for (let example = 0; example < count; example++) {
    const row = rowsOf(data, example, 1);
    const picture = row.dataSync<'float32'>().slice();
    row.dispose();
    const endings = Float32Array.from({ length: 2 ** last * size }, (_, k) => {
      const [ending, value] = [Math.floor(k / size), k % size];
      return value < size - last ? (picture[value] ?? NaN) : (ending >> (value - size + last)) & 1;
    });
    const { sum, ones } = askModel(session, `total probability ${last}`, [tensor4d(endings, [2 ** last, height, width, channels])], (x) => ({
      sum: logSumExp(logProb(x, createNoise(0))),
      ones: reshape((conditionals(x) as LevelDistribution).probabilities(), [2 ** last, size, 2]).slice([0, 0, 1], [1, -1, 1]),
    }));
    const before = picture.subarray(0, size - last).reduce((log, value, i) => log + Math.log(value === 1 ? (ones[i] ?? NaN) : 1 - (ones[i] ?? NaN)), 0);
    worst = Math.max(worst, Math.abs(Math.exp((sum[0] ?? NaN) - before) - 1));
    yield { done: example + 1, total: count };
  }
  return [{ metric: 'totalProbabilityError', value: worst, standardError: null, unit: 'probability', estimator: `largest |sum of p - 1| over all values of the last ${last} of ${size} pixels, given those before`, k: null, n: count }];
};
