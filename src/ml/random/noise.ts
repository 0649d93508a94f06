import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/**
 * Counter-based noise: a function of (seed, purpose, step) and of nothing else, so that any step can be replayed alone
 * and two runs can be given the same draws. Two draws with the same purpose in one step are the same numbers.
 */
export interface Noise {
  /** In [0, 1), float32. */
  uniform(shape: number[], purpose: string): Tensor;
  /** N(0, 1), float32. */
  normal(shape: number[], purpose: string): Tensor;
  /** The same stream of another step. */
  at(step: Scalar | number): Noise;
}
