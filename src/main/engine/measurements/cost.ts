import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { cost as costOf } from '../answers/cost';
import type { Measuring } from './measurement';

/** `densityMilliseconds` and `samplingMilliseconds` of one example by the number of its values, as the panel on cost has them. */
export const cost: Measuring<'cost'> = function* (session): Generator<Progress, Measure[]> {
  yield { done: 0, total: 1 };
  const { points, examples, repeats, compute } = costOf(session, { kind: 'cost' });
  return points.flatMap(({ size, density, sampling }) => {
    const measure = (metric: string, value: number | null): Measure[] =>
      value === null ? [] : [{ metric, value, standardError: null, unit: 'ms', estimator: `of one of ${examples} examples of ${size} values; median of ${repeats}, ${compute}`, k: null, n: examples }];
    return [...measure('densityMilliseconds', density), ...measure('samplingMilliseconds', sampling)];
  });
};
