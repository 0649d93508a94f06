import type { DatasetInfo, Split } from './datasets';
import type { ElboError } from './errors';
import type { Experiment } from './experiment';
import type { Ability } from './models';

/**
 * queued → starting → running ⇄ paused → stopped | done | failed. `interrupted`: its process went away without a word.
 * stopped, failed and interrupted runs can be resumed from their last checkpoint.
 */
export const runStatuses = ['queued', 'starting', 'running', 'paused', 'stopped', 'done', 'failed', 'interrupted'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Statuses in which an engine process belongs to the run. */
export const activeStatuses: readonly RunStatus[] = ['queued', 'starting', 'running', 'paused'];

export interface RunSummary {
  id: string;
  name: string;
  status: RunStatus;
  /** Why, when failed or interrupted. */
  error: ElboError | null;
  experiment: Experiment;
  /** The recipe it was started from. */
  recipe: string | null;
  /** Which of the recipe's variants it is; null where it has none. */
  variant: string | null;
  /** What the runs of one start of a recipe have in common. */
  execution: string | null;
  /** The last step whose metrics are stored. */
  step: number;
  /** The step of the newest whole checkpoint, 0 if none. */
  checkpointStep: number;
  /** ISO 8601, UTC. */
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Over the last seconds; null when not running. */
  stepsPerSecond: number | null;
  /** Last stored value of each series, by series name. */
  latest: Record<string, number>;
}

/** A number with everything needed to know what it is. */
export interface Evaluation {
  metric: string;
  value: number;
  standardError: number | null;
  unit: string;
  /** How it was obtained: `ELBO, 1 sample, analytic KL`, `mean squared error of the decoder's mean`. */
  estimator: string;
  /** Number of importance samples, where the estimator has one. */
  k: number | null;
  split: Split;
  /** Name of the data protocol. */
  protocol: string;
  /** Number of examples. */
  n: number;
  step: number;
}

/** What the run was computed with; fixed at its start, and the same on resume. */
export interface ComputeInfo {
  backend: 'tensorflow' | 'wasm';
  /** `CPU`, or the GPU's name. */
  device: string;
  /** `TensorFlow 2.21.0`, `tfjs WebAssembly 4.22.0`. */
  library: string;
  /** How its training steps run: op by op, as TensorFlow's graph, or as a graph compiled by XLA. */
  lowering: Lowering;
  /** What compiling gave, when the run was last started; absent for eager steps. */
  compilation?: Compilation;
}

export const lowerings = ['eager', 'graph', 'xla'] as const;
/** How steps run, in words. */
export const stepsRun = { eager: 'op by op', graph: 'as one graph', xla: 'compiled by XLA' } as const;
export type Lowering = (typeof lowerings)[number];

export interface Compilation {
  /** Operations in a step's graph. */
  operations: number;
  /** From the first recorded step to the first compiled one. */
  milliseconds: number;
  /** Median of a step, of each lowering that was timed to choose one. */
  stepMilliseconds?: Partial<Record<Lowering, number>>;
}

/** A number that a check looks at. */
export interface Measured {
  /** The variant where the check has several, else the quantity. */
  name: string;
  /** One of each run; empty where a run has none. */
  values: number[];
  unit: string;
  /** Estimator, split, protocol, examples and step; or what is not there. */
  what: string;
}

export interface CheckResult {
  id: string;
  title: string;
  passed: boolean;
  value: number;
  threshold: string;
  evidence: string;
  /** The numbers that it rests on, in the check's order. */
  measured?: Measured[];
}

export interface RunDetail extends RunSummary {
  abilities: Ability[];
  latentSize: number | null;
  parameterCount: number | null;
  compute: ComputeInfo | null;
  dataset: DatasetInfo | null;
  evaluations: Evaluation[];
  /** Of the recipe it was started from; empty before all runs of that start are done and measured. */
  checks: CheckResult[];
  series: SeriesInfo[];
}

export interface SeriesInfo {
  /** `lossNats`, `klNats`. */
  name: string;
  split: Split;
  /** `nats`, `squared error`. */
  unit: string;
}

/**
 * One series, thinned for drawing: where more points are stored than asked for, the smallest and the largest of each
 * bucket, in step order, so that no spike is hidden.
 */
export interface Curve extends SeriesInfo {
  steps: Float64Array;
  values: Float64Array;
  /** True when every stored point of the range is there. */
  complete: boolean;
}
