import type { Check } from '../../contract/recipes';
import type { CheckResult, Evaluation } from '../../contract/runs';

/** Whether the check's predicate holds over a run's evaluations. A measure that is not among them fails the check. */
export function evaluateCheck(check: Check, evaluations: readonly Evaluation[]): CheckResult {
  throw new Error(`not yet ${check.title} ${evaluations.length}`);
}
