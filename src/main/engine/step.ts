/**
 * The seam between a model's training step and the way it is run. `train-loop` calls `run` and knows nothing more: today
 * each call runs the step's ops one by one; a compiled step answers the same call with one native call.
 */
export interface TrainStep {
  /** Names of the values that `run` returns, in order. */
  readonly terms: readonly string[];
  /** Takes one optimiser step on the examples at `indices` (rows of the training set) and returns the terms. */
  run(step: number, indices: Int32Array): Float32Array;
  /** Parameters and optimiser state by name, as a checkpoint keeps them. */
  read(): Record<string, { shape: number[]; values: Float32Array }>;
  /** The inverse of `read`. @throws Refusal when a name is missing or a shape differs */
  write(state: Record<string, { shape: number[]; values: Float32Array }>): void;
  dispose(): void;
}
