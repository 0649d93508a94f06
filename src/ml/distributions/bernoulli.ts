import { cast, less, mul, sigmoid, softplus, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';
import { sumEvent } from './gaussian';

/**
 * Independent coins, from the logits of 1. `logProb` is a likelihood for values 0 and 1 alone: on grey values it would lack
 * the continuous Bernoulli's normaliser (Loaiza-Ganem and Cunningham 2019).
 * @param logits `[batch, ...event]`
 */
export const bernoulli = (logits: Tensor): Distribution => ({
  mean: () => sigmoid(logits),
  sample: (noise, purpose) => cast(less(noise.uniform(logits.shape, purpose), sigmoid(logits)), 'float32'),
  logProb: (x) => sumEvent(sub(mul(x, logits), softplus(logits))),
});
