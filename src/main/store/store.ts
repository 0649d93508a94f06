import type { Experiment } from '../../contract/experiment';
import type { ElboError } from '../../contract/errors';
import type { MetricBlock } from '../../contract/engine';
import type { Ability } from '../../contract/models';
import type { ComputeInfo, Curve, Evaluation, RunStatus, SeriesInfo } from '../../contract/runs';
import type { Split } from '../../contract/datasets';
import type { Preferences } from '../../contract/system';

/** A run as the store keeps it. */
export interface StoredRun {
  id: string;
  name: string;
  status: RunStatus;
  error: ElboError | null;
  experiment: Experiment;
  recipe: string | null;
  /** The last step whose metrics are stored. */
  step: number;
  checkpointStep: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** The core process that drives it, `pid:starttime`; null when none does. */
  owner: string | null;
  compute: ComputeInfo | null;
  abilities: Ability[];
  parameterCount: number | null;
  latentSize: number | null;
}

export type NewRun = Pick<StoredRun, 'id' | 'name' | 'status' | 'experiment' | 'recipe' | 'createdAt' | 'owner'>;
export type RunPatch = Partial<Omit<StoredRun, 'id' | 'createdAt'>>;

export interface MetricRow {
  step: number;
  series: string;
  split: Split;
  value: number;
}

export interface Store {
  runs: {
    /** @throws Refusal `conflict` when the id is taken */
    insert(run: NewRun): void;
    get(id: string): StoredRun | undefined;
    /** Newest first. */
    list(): StoredRun[];
    /** @throws Refusal `not-found` */
    update(id: string, patch: RunPatch): void;
    /** With its metrics and evaluations. @throws Refusal `not-found` */
    remove(id: string): void;
  };
  metrics: {
    /**
     * Stores a block in one transaction: rows, series, latest values and the run's `step`. When it returns, all of it is
     * there; when it throws, none. NaN cells are skipped. The same (series, step) again overwrites.
     * @throws Refusal `not-found` when there is no such run
     */
    append(runId: string, block: MetricBlock): void;
    /** Every series of the run; `points` at most each, `from` and `to` are steps, inclusive. */
    curves(runId: string, range: { points: number; from?: number; to?: number }): Curve[];
    series(runId: string): SeriesInfo[];
    /** Value at the greatest stored step of each series, by {@link latestKey}. */
    latest(runId: string): Record<string, number>;
    /** In step order. Not to be interleaved with writing. */
    rows(runId: string): Iterable<MetricRow>;
  };
  evaluations: {
    replace(runId: string, evaluations: Evaluation[]): void;
    list(runId: string): Evaluation[];
  };
  preferences: {
    get(): Preferences;
    set(patch: Partial<Preferences>): Preferences;
  };
  /** True when another process wrote since the last call. */
  changed(): boolean;
  close(): void;
}

/** Key of a series in `latest`: its name for the training split, else `name (valid)`, `name (test)`. */
export const latestKey = ({ name, split }: Pick<SeriesInfo, 'name' | 'split'>): string => (split === 'train' ? name : `${name} (${split})`);

/**
 * Opens `elbo.sqlite` in `home`; makes both where they are missing. Several processes may hold it open.
 * @throws Refusal `read-only`, `damaged-store`, `newer-store`, naming the file
 */
export function openStore(home: string): Store {
  throw new Error(`not yet: ${home}`);
}
