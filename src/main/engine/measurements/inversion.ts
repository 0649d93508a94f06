import { abs, max, mul, scalar, type Scalar, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { largestError, need, needTable, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `inversionError` of rows of a table that are `scales` times as far from the origin as the data: the largest |x - g(f(x))| over the largest |x|. */
export const inversion: Measuring<'inversion'> = function* (session, { scales, split, seed }, count): Generator<Progress, Measure[]> {
  const stages = need(session, 'stages');
  needTable(session);
  const { data } = session.shown(split);
  const measures: Measure[] = [];
  for (const scale of scales) {
    const { error, size } = askModel(session, 'inversion', [rowsOf(data, 0, count), scalar(scale), whole(seed)], (rows, by: Scalar, drawn: Scalar) => {
      const x = mul<Tensor4D>(rows, by);
      return { error: largestError(stages(x, noiseOf(drawn))), size: max(abs(x)) };
    });
    measures.push({ metric: 'inversionError', value: (error[0] ?? NaN) / (size[0] ?? NaN), standardError: null, unit: 'of |x|', estimator: `largest |x - g(f(x))| over the largest |x|, of examples times ${scale}`, k: null, n: count });
    yield { done: measures.length, total: scales.length };
  }
  return measures;
};
