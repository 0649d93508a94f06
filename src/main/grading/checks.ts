import type { Check } from '../../contract/recipes';
import type { CheckResult, Evaluation } from '../../contract/runs';

type Measure = Check['of'];

/**
 * Whether the check's predicate holds over a run's evaluations (of several with one metric and split the last step's, and of those the first: the one of the end of training goes before later ones).
 * A measure that is not among them, or is not finite, fails the check; the value is then NaN.
 */
export function evaluateCheck(check: Check, evaluations: readonly Evaluation[]): CheckResult {
  const of = find(check.of, evaluations);
  const to = check.check === 'ratio' ? find(check.to, evaluations) : undefined;
  const value = check.check === 'ratio' ? (of?.value ?? NaN) / (to?.value ?? NaN) : (of?.value ?? NaN);
  const { atLeast = -Infinity, atMost = Infinity } = check;
  return {
    id: [check.check, check.of.metric, check.of.split, ...(check.check === 'ratio' ? [check.to.metric, check.to.split] : [])].join('/'),
    title: check.title,
    passed: Number.isFinite(value) && value >= atLeast && value <= atMost,
    value,
    threshold: threshold(check),
    evidence: check.check === 'ratio' ? `${describe(check.of, of)}, over ${describe(check.to, to)}` : describe(check.of, of),
  };
}

const find = (measure: Measure, evaluations: readonly Evaluation[]) =>
  evaluations.filter(({ metric, split }) => metric === measure.metric && split === measure.split).reduce<Evaluation | undefined>((last, next) => (last && last.step >= next.step ? last : next), undefined);

function threshold({ atLeast, atMost }: Check): string {
  if (atLeast !== undefined && atMost !== undefined) return `from ${atLeast} to ${atMost}`;
  if (atLeast !== undefined) return `at least ${atLeast}`;
  return atMost !== undefined ? `at most ${atMost}` : 'a finite number';
}

function describe(measure: Measure, evaluation: Evaluation | undefined): string {
  if (!evaluation) return `no evaluation of ${measure.metric} on the ${measure.split} split`;
  const { metric, value, unit, estimator, k, split, protocol, n, step } = evaluation;
  return `${metric} ${Number(value.toPrecision(6))} ${unit} (${estimator}${k === null ? '' : `, K = ${k}`}; ${split} split, ${protocol}, n = ${n}, step ${step})`;
}
