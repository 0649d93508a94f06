import { measuresOf, type Check, type MeasureOf } from '../../contract/recipes';
import type { CheckResult, Evaluation } from '../../contract/runs';

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
  const value = valueOf(check, found.map(meanOf));
  const { atLeast, atMost } = boundsOf(check);
  return {
    id: [check.check, ...measures.flatMap(({ variant, metric, split, k }) => [variant, metric, split, k].filter((part) => part !== undefined))].join('/'),
    title: check.title,
    passed: Number.isFinite(value) && value >= atLeast && value <= atMost,
    value,
    threshold: threshold(check),
    evidence: evidenceOf(measures, found, joints[check.check]),
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
        .filter((each) => each.metric === metric && each.split === split && (k === undefined || each.k === k) && (estimator === undefined || each.estimator.includes(estimator)))
        .reduce<Evaluation | undefined>((last, next) => (last && last.step >= next.step ? last : next), undefined),
    );

const meanOf = (found: (Evaluation | undefined)[]): number => found.reduce((sum, each) => sum + (each?.value ?? NaN), 0) / found.length;

function threshold(check: Check): string {
  if (check.check === 'rises' || check.check === 'falls') return `${check.check} by at least ${check.by} at each step`;
  const { atLeast, atMost } = check;
  if (atLeast !== undefined && atMost !== undefined) return `from ${atLeast} to ${atMost}`;
  if (atLeast !== undefined) return `at least ${atLeast}`;
  return atMost !== undefined ? `at most ${atMost}` : 'a finite number';
}

const short = (value: number): number => Number(value.toPrecision(6));

/** What the numbers are stands once where it is the same of all. */
function evidenceOf(measures: MeasureOf[], found: (Evaluation | undefined)[][], joint: string): string {
  const described = measures.map((measure, i) => describe(measure, found[i] ?? []));
  const [first, ...others] = described;
  if (first?.number && others.length > 0 && others.every(({ metric, what, number }) => number && metric === first.metric && what === first.what))
    return `${first.metric} ${first.of && 'of '}${described.map(({ of, number }) => `${of}${number}`).join(joint)} ${first.what}`;
  return described.map(({ of, metric, number, what }) => (number ? `${of}${metric} ${number} ${what}` : `${of}${what}`)).join(joint);
}

function describe({ variant, metric, split }: MeasureOf, found: (Evaluation | undefined)[]): { of: string; metric: string; number?: string; what: string } {
  const of = variant === undefined ? '' : `${variant}: `;
  const [first] = found;
  if (!first || found.some((each) => !each)) return { of, metric, what: `no evaluation of ${metric} on the ${split} split` };
  const { unit, estimator, k, protocol, n, step } = first;
  const values = found.map((each) => each?.value ?? NaN);
  const number = values.length === 1 ? `${short(values[0] ?? NaN)}` : `${short(meanOf(found))}, the mean of ${values.map(short).join(', ')},`;
  return { of, metric, number, what: `${unit} (${estimator}${k === null ? '' : `, K = ${k}`}; ${split} split, ${protocol}, n = ${n}, step ${step})` };
}
