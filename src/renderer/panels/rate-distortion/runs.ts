import type { RunDetail, RunSummary } from '../../../contract/runs';

export interface RatePoint {
  id: string;
  name: string;
  rate: number;
  distortion: number;
}

const heldOut = ['test', 'valid'] as const;

/** The last held-out rate (KL) and distortion (-E log p(x|z)) of a run; null where it has none. */
export function ratePoint({ id, name, latest }: Pick<RunSummary, 'id' | 'name' | 'latest'>): RatePoint | null {
  for (const suffix of [...heldOut.map((split) => ` (${split})`), '']) {
    const [rate, distortion] = [latest[`klNats${suffix}`], latest[`reconstructionNats${suffix}`]];
    if (rate !== undefined && distortion !== undefined && Number.isFinite(rate) && Number.isFinite(distortion)) return { id, name, rate, distortion };
  }
  return null;
}

/** Whether rates and distortions of two runs compare: same data, same protocol, same likelihood of an example. */
export const sameDistortion = ({ experiment: a }: Pick<RunSummary, 'experiment'>, { experiment: b }: Pick<RunSummary, 'experiment'>): boolean =>
  a.data === b.data && a.binarisation === b.binarisation && a.settings['likelihood'] === b.settings['likelihood'];

/** Other runs whose numbers compare with those of `run`. */
export const comparable = (run: RunDetail, runs: readonly RunSummary[]): RatePoint[] =>
  runs.flatMap((other) => (other.id !== run.id && sameDistortion(other, run) ? (ratePoint(other) ?? []) : []));

/** Steps at which a run has both curves, and where it was then. */
export function trajectory(rates: { steps: ArrayLike<number>; values: ArrayLike<number> } | undefined, distortions: { steps: ArrayLike<number>; values: ArrayLike<number> } | undefined): { steps: number[]; rates: number[]; distortions: number[] } {
  const at = new Map(Array.from(distortions?.steps ?? [], (step, i) => [step, distortions?.values[i] ?? NaN]));
  const kept = Array.from(rates?.steps ?? [], (step, i) => ({ step, rate: rates?.values[i] ?? NaN, distortion: at.get(step) ?? NaN })).filter(({ rate, distortion }) => Number.isFinite(rate) && Number.isFinite(distortion));
  return { steps: kept.map(({ step }) => step), rates: kept.map(({ rate }) => rate), distortions: kept.map(({ distortion }) => distortion) };
}
