import { add, clipByValue, fill, floor, log, minimum, mul, round, sigmoid, sub, type Tensor1D } from '@tensorflow/tfjs-core';
import { sumEvent } from '../distributions/gaussian';
import type { Batch } from '../model';
import type { Noise } from '../random/noise';

/** Values under a change of variables, and log|det| of it for each example, `[batch]`, nats: log p(x) = log p(values) + logDet. */
export interface Changed {
  values: Batch;
  logDet: Tensor1D;
}

/**
 * Uniform dequantisation (Theis, van den Oord and Bethge 2016): a grey value k / (levels - 1) becomes (k + u) / levels, u uniform on [0, 1). A density p of
 * those has log p(values) + logDet, logDet = -D ln levels, as a lower bound on the log-probability of the levels, by this one draw of u.
 * @param x grey values in [0, 1]; one between two levels counts as the nearer
 */
export function dequantise(x: Batch, levels: number, noise: Noise): Changed {
  const level = round(mul(x, levels - 1));
  const [count] = x.shape;
  return { values: mul(add(level, noise.uniform(x.shape, 'dequantise')), 1 / levels), logDet: fill([count], (-x.size / count) * Math.log(levels)) };
}

/** Back to grey values: each of [0, 1) to the level whose interval it is in, those outside to the nearest. */
export const quantise = (values: Batch, levels: number): Batch => mul(minimum(floor(mul(clipByValue(values, 0, 1), levels)), levels - 1), 1 / (levels - 1));

/**
 * logit(s), s = lambda + (1 - 2 lambda) y, from [0, 1] to all real numbers (Dinh, Sohl-Dickstein and Bengio 2017; Papamakarios, Pavlakou and Murray 2017).
 * Its derivative is (1 - 2 lambda) / (s (1 - s)).
 * @param lambda above 0, below 1/2: 1e-6 is usual for MNIST, 0.05 for natural pictures
 */
export function logit(y: Batch, lambda: number): Changed {
  const logLower = log(add(lambda, mul(y, 1 - 2 * lambda)));
  const logUpper = log(add(lambda, mul(sub(1, y), 1 - 2 * lambda)));
  return { values: sub(logLower, logUpper), logDet: sumEvent(sub(Math.log(1 - 2 * lambda), add(logLower, logUpper))) as Tensor1D };
}

/** The inverse of `logit`; values that no y in [0, 1] has come out a little below 0 or above 1. */
export const inverseLogit = (values: Batch, lambda: number): Batch => mul(sub(sigmoid(values), lambda), 1 / (1 - 2 * lambda));
