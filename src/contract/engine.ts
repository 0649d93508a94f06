import type { DatasetInfo } from './datasets';
import type { ElboError } from './errors';
import type { Measurement } from './measurements';
import type { Experiment } from './experiment';
import type { Ability } from './models';
import type { Probe, ProbeAnswer } from './probes';
import type { ComputeInfo, Evaluation, SeriesInfo } from './runs';

/** What an engine process is told at its start. Paths are absolute. */
export interface OpenRun {
  id: string;
  experiment: Experiment;
  /** The run's folder; checkpoints lie in `checkpoints/` below it. */
  folder: string;
  dataset: DatasetInfo;
  /** Where engines keep which lowering was the faster for a step on this machine. */
  loweringsFile: string;
  /** Folder of the data set's arrays. */
  datasetFolder: string;
  /** `train`: go on from the newest whole checkpoint, or from step 0. `answer`: load it and only answer probes. */
  purpose: 'train' | 'answer';
  /** Resume with this, or refuse: the last bits differ between libraries and devices. Null on a first start. */
  compute: ComputeInfo | null;
}

export type ToEngine =
  /** With `measure` an engine of purpose `answer` does that alone, and leaves. */
  | { type: 'open'; run: OpenRun; measure?: Measurement }
  | { type: 'pause' }
  | { type: 'continue' }
  /** Write a checkpoint and leave. */
  | { type: 'stop' }
  /** Every metric up to this step is stored. A checkpoint never runs ahead of it. */
  | { type: 'stored'; step: number }
  | { type: 'probe'; id: number; probe: Probe };

/** Metrics of consecutive steps: `values[i * series.length + j]` belongs to `steps[i]` and `series[j]`; NaN where there is none. */
export interface MetricBlock {
  series: SeriesInfo[];
  steps: Float64Array;
  values: Float64Array;
  stepsPerSecond: number;
}

export type FromEngine =
  | { type: 'opened'; step: number; compute: ComputeInfo; abilities: Ability[]; parameterCount: number; latentSize: number | null }
  | { type: 'metrics'; block: MetricBlock }
  | { type: 'checkpoint'; step: number }
  | { type: 'paused'; step: number }
  | { type: 'continued' }
  | { type: 'stopped'; step: number }
  | { type: 'done'; step: number; evaluations: Evaluation[] }
  | { type: 'progress'; done: number; total: number }
  | { type: 'evaluated'; evaluations: Evaluation[] }
  | { type: 'failed'; error: ElboError }
  | { type: 'answer'; id: number; answer: ProbeAnswer }
  | { type: 'refused'; id: number; error: ElboError };
