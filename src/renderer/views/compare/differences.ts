import { protocolNames, type Experiment } from '../../../contract/experiment';
import type { Evaluation, RunDetail } from '../../../contract/runs';
import { evaluationBadge, evaluationKey, evaluationText } from '../../panels/evaluation';
import { meanAndDeviation } from '../../panels/loss-curves/seeds';
import { termTitle } from '../../panels/terms';

export interface Difference {
  name: string;
  /** One value a group, in their order; a dash where a group has no such setting. */
  values: string[];
}

/** Where a group has no such setting. */
const none = '–';

/** Every setting of an experiment under its key, as text. */
export function settingsOf({ model, data, binarisation, settings, training, seed }: Experiment): Map<string, string> {
  const text = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));
  return new Map([
    ['model', model],
    ['data', data],
    ['protocol', protocolNames[binarisation]],
    ...Object.entries(settings).map(([key, value]) => [key, text(value)] as const),
    ...Object.entries(training).map(([key, value]) => [key, text(value)] as const),
    ['seed', String(seed)],
  ]);
}

/** The settings in which groups of runs differ, those that some have not (of another model, mostly), and those that are equal; a group's runs differ in their seeds alone. */
export function differences(groups: readonly (readonly Experiment[])[]): Record<'differ' | 'lacking' | 'equal', Difference[]> {
  const all = groups.map((experiments) => new Map([...experiments.slice(0, 1).flatMap((first) => [...settingsOf(first)]), ['seed', experiments.map(({ seed }) => seed).join(', ')]]));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const rows = names.map((name) => ({ name: spaced(name), values: all.map((settings) => settings.get(name) ?? none) }));
  const lacks = ({ values }: Difference): boolean => values.includes(none);
  const differs = ({ values }: Difference): boolean => new Set(values).size > 1;
  return { differ: rows.filter((row) => differs(row) && !lacks(row)), lacking: rows.filter(lacks), equal: rows.filter((row) => !differs(row)) };
}

/** `learningRate` → `learning rate`. */
const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** A place of each group in the order of the one number in which they differ, 0 to 1; null where they differ otherwise. */
export function orderOf(groups: readonly (readonly Experiment[])[]): number[] | null {
  const { differ, lacking } = differences(groups);
  const [only] = differ;
  const values = only?.values.map(Number) ?? [];
  if (!only || only.name === 'seed' || differ.length + lacking.length > 1 || !values.every(Number.isFinite)) return null;
  const ranks = [...new Set(values)].sort((a, b) => a - b);
  return ranks.length < values.length ? null : values.map((value) => ranks.indexOf(value) / (ranks.length - 1));
}

/** What was measured of a group: of one run with its standard error, of several their mean with its standard deviation. */
export interface Measured {
  value: number;
  error: number | null;
  spread: 's.d.' | 's.e.';
  /** How many runs of the group it was measured of. */
  runs: number;
  text: { value: string; error: string | null; unit: string };
}

export interface ComparedEvaluation {
  title: string;
  /** Null where the groups have different ones. */
  unit: string | null;
  what: string;
  /** One a group, null where it was not measured so. */
  values: (Measured | null)[];
  /** The place of the best, where it is known what is better and there is more than one; ties have none. */
  best: number | null;
}

/** Evaluations side by side. Two stand in one row only when metric, estimator, K, split and protocol are the same. */
export function comparedEvaluations(groups: readonly (readonly Pick<RunDetail, 'evaluations'>[])[]): ComparedEvaluation[] {
  const rows = new Map<string, { first: Evaluation; values: Evaluation[][] }>();
  groups.forEach((runs, i) => {
    for (const { evaluations } of runs) {
      // Of one run the last counts.
      for (const [key, evaluation] of new Map(evaluations.map((each) => [evaluationKey(each), each]))) {
        const row = rows.get(key) ?? { first: evaluation, values: groups.map(() => []) };
        row.values[i]?.push(evaluation);
        rows.set(key, row);
      }
    }
  });
  return [...rows.values()].map(({ first, values }) => {
    const measured = values.map(measuredOf);
    const units = new Set(measured.flatMap((each) => each?.text.unit ?? []));
    return { title: termTitle(first.metric), unit: units.size > 1 ? null : ([...units][0] ?? ''), what: evaluationBadge(first), values: measured, best: bestOf(first.metric, measured) };
  });
}

function measuredOf(evaluations: readonly Evaluation[]): Measured | null {
  const [first] = evaluations;
  if (!first) return null;
  const { mean, deviation } = meanAndDeviation(evaluations.map(({ value }) => value));
  const [value, error] = evaluations.length > 1 ? [mean, deviation] : [first.value, first.standardError];
  return { value, error, spread: evaluations.length > 1 ? 's.d.' : 's.e.', runs: evaluations.length, text: evaluationText({ ...first, value, standardError: error }) };
}

/** What is known to be better. Of the others, as of a divergence, more is neither. */
const higher = /^(elbo|bestElbo|encoderElbo|logProb|iwae|naive)Nats$|^(classKept|keptClassShare|mutualInformationGap|factorVaeScore|attributePredictability|linearPredictability|modularity|precision|recall|coverage)$/;
const lower = /^(loss|reconstruction|gap|boundGap|finerNll|solverGap)Nats$|^(squaredError|meanSquaredError|totalProbabilityError|roundTripError|inversionError|frechetDistance|codedBits|ownBits)$|Milliseconds$|[bB]itsPerDim(ension)?$/;

function bestOf(metric: string, values: readonly (Measured | null)[]): number | null {
  const sign = higher.test(metric) ? 1 : lower.test(metric) ? -1 : 0;
  const scores = values.map((measured) => sign * (measured?.value ?? NaN));
  const known = scores.filter(Number.isFinite);
  const most = Math.max(...known);
  return sign !== 0 && known.length > 1 && known.filter((score) => score === most).length === 1 ? scores.indexOf(most) : null;
}
