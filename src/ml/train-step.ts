import type { Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { GradientModel } from './model';

export interface TrainStepOptions {
  model: GradientModel;
  learningRate: number;
  /** The training set, resident on the device: grey under `dynamic`, else as `binariseOnce` made it. Not disposed of. */
  data: Tensor4D;
  binarisation: Binarisation;
  seed: number;
}

export interface EagerTrainStep {
  /** Names of the values that `run` returns, in order. */
  readonly terms: readonly string[];
  /** Everything that a step changes, by the name it has in a checkpoint. */
  readonly state: Record<string, Variable>;
  run(step: number, indices: Int32Array): Float32Array;
  read(): Record<string, { shape: number[]; values: Float32Array }>;
  write(state: Record<string, { shape: number[]; values: Float32Array }>): void;
  /** Disposes of the optimiser's state; the parameters are the model's. */
  dispose(): void;
}

export declare function createTrainStep(options: TrainStepOptions): EagerTrainStep;
