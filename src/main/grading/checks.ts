import { measuresOf, type Check, type MeasureOf } from '../../contract/recipes';
import type { CheckResult, Evaluation, Measured } from '../../contract/runs';
import { holdsWords, inDigits, termTitle, unitOf, variantInWords, withMinus } from '../../contract/terms';

/** A run as a check looks at it. */
export interface Subject {
  variant: string | null;
  evaluations: readonly Evaluation[];
}

/**
 * Whether the check's predicate holds over the evaluations of runs. A measure is the mean over the runs of its variant; in a run it is the last step's,
 * and of those the first: the one of the end of training goes before later ones. One that is not among them, or is not finite, fails the check; the value is then NaN.
 */
export function evaluateCheck(check: Check, subjects: readonly Subject[]): CheckResult {
  const measures = measuresOf(check);
  const found = measures.map((measure) => find(measure, subjects));
  const value = valueOf(check, found.map((each) => meanOf(each.map((evaluation) => evaluation?.value ?? NaN))));
  const described = measures.map((measure, i) => describe(measure, found[i] ?? []));
  const { atLeast, atMost } = boundsOf(check);
  return {
    id: [check.check, ...measures.flatMap(({ variant, metric, split, k }) => [variant, metric, split, k].filter((part) => part !== undefined))].join('/'),
    title: check.title,
    passed: Number.isFinite(value) && value >= atLeast && value <= atMost,
    value,
    threshold: threshold(check),
    evidence: evidenceOf(described, joints[check.check]),
    measured: described.map(({ name, values, unit, what }) => ({ name, values, unit, what })),
  };
}

const joints: Record<Check['check'], string> = { within: '', ratio: ', over ', difference: ', less ', rises: ', then ', falls: ', then ' };

/** Of an order, the smallest step in its direction. */
function valueOf(check: Check, means: number[]): number {
  const [first = NaN, second = NaN] = means;
  switch (check.check) {
    case 'within': return first;
    case 'ratio': return first / second;
    case 'difference': return first - second;
    case 'rises':
    case 'falls': {
      const sign = check.check === 'rises' ? 1 : -1;
      return Math.min(...means.slice(1).map((mean, i) => sign * (mean - (means[i] ?? NaN))));
    }
  }
}

function boundsOf(check: Check): { atLeast: number; atMost: number } {
  if (check.check === 'rises' || check.check === 'falls') return { atLeast: check.by, atMost: Infinity };
  const { atLeast = -Infinity, atMost = Infinity } = check;
  return { atLeast, atMost };
}

const find = ({ variant, metric, split, k, estimator }: MeasureOf, subjects: readonly Subject[]): (Evaluation | undefined)[] =>
  subjects
    .filter((subject) => subject.variant === (variant ?? null))
    .map(({ evaluations }) =>
      evaluations
        .filter((each) => each.metric === metric && each.split === split && (k === undefined || each.k === k) && (estimator === undefined || holdsWords(each.estimator, estimator)))
        .reduce<Evaluation | undefined>((last, next) => (last && last.step >= next.step ? last : next), undefined),
    );

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function threshold(check: Check): string {
  const [unit = ''] = [...new Set(measuresOf(check).map(({ metric }) => unitOf(metric)))];
  if (check.check === 'rises' || check.check === 'falls') return `${check.check}${check.by === 0 ? '' : ` by at least ${withMinus(String(check.by))}${unit}`} at each step`;
  const of = check.check === 'ratio' ? '' : unit;
  const [atLeast, atMost] = [check.atLeast, check.atMost].map((bound) => bound !== undefined && withMinus(String(bound)));
  if (atLeast && atMost) return `from ${atLeast} to ${atMost}${of}`;
  if (atLeast) return `at least ${atLeast}${of}`;
  return atMost ? `at most ${atMost}${of}` : 'a finite number';
}

/** What the numbers are stands once where it is the same of all. */
function evidenceOf(measured: readonly (Measured & { quantity: string })[], joint: string): string {
  const [first, ...others] = measured;
  const said = ({ values }: Measured): string => (values.length > 1 ? `${inDigits(meanOf(values))} (the mean of ${values.map(inDigits).join(', ')})` : values.map(inDigits).join());
  if (first && first.values.length > 0 && others.length > 0 && others.every(({ quantity, what, values }) => values.length > 0 && quantity === first.quantity && what === first.what))
    return `${first.quantity} ${first.name === first.quantity ? '' : 'of '}${measured.map((each) => `${each.name === each.quantity ? '' : `${each.name}: `}${said(each)}`).join(joint)} ${first.unit} (${first.what})`;
  return measured.map((each) => `${each.name === each.quantity ? '' : `${each.name}: `}${each.values.length > 0 ? `${each.quantity} ${said(each)} ${each.unit} (${each.what})` : each.what}`).join(joint);
}

function describe({ variant, metric, split }: MeasureOf, found: readonly (Evaluation | undefined)[]): Measured & { quantity: string } {
  const quantity = termTitle(metric);
  const name = variant === undefined ? quantity : variantInWords(variant);
  const [first] = found;
  if (!first || found.some((each) => !each)) return { name, quantity, values: [], unit: '', what: `no evaluation of ${quantity} on the ${split} split` };
  const { unit, estimator, k, protocol, n, step } = first;
  return { name, quantity, values: found.map((each) => each?.value ?? NaN), unit, what: `${estimator}${k === null ? '' : `, K = ${k}`}; ${split} split, ${protocol}, n = ${n}, step ${step}` };
}
