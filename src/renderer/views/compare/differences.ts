import { protocolNames, type Experiment } from '../../../contract/experiment';
import type { Evaluation, RunDetail } from '../../../contract/runs';
import { evaluationBadge, evaluationKey } from '../../panels/evaluation';
import { termTitle } from '../../panels/terms';

export interface Difference {
  name: string;
  /** One value a run, in their order; a dash where a run has no such setting. */
  values: string[];
}

/** Every setting of an experiment under one name, as text. */
function flat({ model, data, binarisation, settings, training, seed }: Experiment): Map<string, string> {
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

/** The settings in which the runs differ, and how many are equal. */
export function differences(experiments: readonly Experiment[]): { differ: Difference[]; equal: number } {
  const all = experiments.map(flat);
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  const rows = names.map((name) => ({ name: spaced(name), values: all.map((settings) => settings.get(name) ?? '–') }));
  const differ = rows.filter(({ values }) => new Set(values).size > 1);
  return { differ, equal: rows.length - differ.length };
}

/** `learningRate` → `learning rate`. */
const spaced = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

export interface ComparedEvaluation {
  title: string;
  what: string;
  /** One a run, null where it was not measured so. */
  values: (Evaluation | null)[];
}

/** Evaluations side by side. Two stand in one row only when metric, estimator, K, split and protocol are the same. */
export function comparedEvaluations(runs: readonly Pick<RunDetail, 'evaluations'>[]): ComparedEvaluation[] {
  const rows = new Map<string, ComparedEvaluation>();
  runs.forEach(({ evaluations }, i) => {
    for (const evaluation of evaluations) {
      const key = evaluationKey(evaluation);
      const row = rows.get(key) ?? { title: termTitle(evaluation.metric), what: evaluationBadge(evaluation), values: runs.map(() => null) };
      row.values[i] = evaluation;
      rows.set(key, row);
    }
  });
  return [...rows.values()];
}
