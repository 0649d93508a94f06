import type { ElboError } from '../../contract/errors';
import type { ComputeInfo } from '../../contract/runs';

/** All that a run needs to go on: noise and batches are functions of the seed and the step. */
export interface Checkpoint {
  step: number;
  seed: number;
  /** Model id. */
  model: string;
  compute: ComputeInfo;
  /** Parameters and optimiser state by name, as `TrainStep.read` gives them. */
  state: Record<string, { shape: number[]; values: Float32Array }>;
}

/**
 * Writes `checkpoints/step-00001000/` in the run's folder: beside under another name, fsynced, renamed. When it returns, the
 * checkpoint survives a power cut; a process killed in the middle leaves the ones before as they were. Keeps the newest two.
 */
export function writeCheckpoint(runFolder: string, checkpoint: Checkpoint): void {
  throw new Error(`not yet: ${runFolder} ${checkpoint.step}`);
}

/**
 * The newest checkpoint in the run's folder whose sums are right, or null; and why each newer one was skipped. Null with
 * something skipped means that the run's state is lost: starting from step 0 is the person's decision.
 */
export function readNewestCheckpoint(runFolder: string): { checkpoint: Checkpoint | null; skipped: ElboError[] } {
  throw new Error(`not yet: ${runFolder}`);
}
