import type { Measurement, MeasurementKind } from '../../../contract/measurements';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import type { Session } from '../session';

export type Asked<K extends MeasurementKind> = Extract<Measurement, { measure: K }>;

/**
 * Measures something of the model of a session, on the first `count` examples of the split that is asked for (dealt out before, where these are not all). Yields between pieces of bounded
 * size, so that whoever drives it can report, let others in, or stop. @throws Refusal
 */
export type Measuring<K extends MeasurementKind> = (session: Session, asked: Asked<K>, count: number) => Generator<Progress, Measure[]>;

/** The mean of the values, with its standard error. */
export function meanOf(values: Iterable<number>, described: Pick<Measure, 'metric' | 'unit' | 'estimator'>): Measure {
  const each = new Sample();
  each.add(values);
  return { ...described, ...each.summary(), k: null };
}
