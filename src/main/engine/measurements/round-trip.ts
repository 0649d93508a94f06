import type { Scalar } from '@tensorflow/tfjs-core';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { largestError, need, noiseOf, portions, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `roundTripError`: the largest |x - g(f(x))| of any value as the first layer has it; a picture's are dequantised, for rounded ones always come back. */
export const roundTrip: Measuring<'round-trip'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const stages = need(session, 'stages');
  const { data } = session.shown(split);
  let worst = 0;
  for (const [first, rows] of portions(session, count)) {
    const { error } = askModel(session, 'round trip', [rowsOf(data, first, rows), whole(seed)], (x, drawn: Scalar) => ({ error: largestError(stages(x, noiseOf(drawn))) }));
    worst = Math.max(worst, error[0] ?? NaN);
    yield { done: first + rows, total: count };
  }
  return [{ metric: 'roundTripError', value: worst, standardError: null, unit: "the data's", estimator: 'largest |x - g(f(x))| of any value as the first layer has it, in 32-bit floats', k: null, n: count }];
};
