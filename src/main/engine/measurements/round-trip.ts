import { abs, max, sub, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, portions, rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `roundTripError`: the largest |x - g(f(x))| of any value, f the encoder's mean and g the decoder's. */
export const roundTrip: Measuring<'round-trip'> = function* (session, { split }, count): Generator<Progress, Measure[]> {
  const encode = need(session, 'encode');
  const decode = need(session, 'decode');
  const { data } = session.shown(split);
  let worst = 0;
  for (const [first, rows] of portions(session, count)) {
    const { error } = askModel(session, 'round trip', [rowsOf(data, first, rows)], (x) => ({ error: max(abs(sub(decode(encode(x).mean() as Tensor2D).mean(), x))) }));
    worst = Math.max(worst, error[0] ?? NaN);
    yield { done: first + rows, total: count };
  }
  return [{ metric: 'roundTripError', value: worst, standardError: null, unit: "the data's", estimator: 'largest |x - g(f(x))| of any value, in 32-bit floats', k: null, n: count }];
};
