import { add, argMax, log, maximum, mul, neg, oneHot, onesLike, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { withoutGradient } from '../gradients';
import type { Noise } from '../random/noise';

/** -ln(-ln u), u kept from 0. */
export const gumbel = (noise: Noise, shape: number[], purpose: string): Tensor => neg(log(neg(log(maximum(noise.uniform(shape, purpose), 1e-7)))));

/**
 * Draws an index by its logits and returns it one-hot, `[..., size]`, a constant: argmax of logits + temperature * Gumbel noise, which is the mode at
 * temperature 0, and raises probabilities to 1 / temperature between.
 */
export function drawOneHot<T extends Tensor>(logits: T, noise: Noise, purpose: string, temperature: Scalar | number = 1): T {
  const size = logits.shape.at(-1) ?? 1;
  // tf.oneHot takes two classes or more.
  if (size === 1) return onesLike(logits);
  return withoutGradient(() => oneHot(argMax(add(logits, mul(gumbel(noise, logits.shape, purpose), temperature)), -1) as Tensor1D, size, 1, 0, 'float32') as T);
}
