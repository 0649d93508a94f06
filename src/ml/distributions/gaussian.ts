import { add, broadcastTo, exp, mul, scalar, square, sub, sum, tanh, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Independent normals. */
export interface Gaussian extends Distribution {
  standardDeviation(): Tensor;
  /** log density of each component at `x`, unsummed: the shape of `x`. */
  logDensity(x: Tensor): Tensor;
  /** KL(this || N(0, I)) of each component: 1/2 (mu^2 + sigma^2 - 1 - ln sigma^2), nats, unsummed. */
  klToStandardNormal(): Tensor;
}

/**
 * N(mean, diag sigma^2).
 * @param mean `[batch, ...event]`
 * @param logSigma any shape that broadcasts to `mean`
 */
export function gaussian(mean: Tensor, logSigma: Tensor): Gaussian {
  const standardised = (x: Tensor): Tensor => mul(sub(x, mean), exp(mul(logSigma, -1)));
  const logDensity = (x: Tensor): Tensor => sub(mul(square(standardised(x)), -0.5), add(logSigma, halfLogTwoPi));
  return {
    mean: () => mean,
    standardDeviation: () => broadcastTo(exp(logSigma), mean.shape),
    sample: (noise, purpose) => add(mean, mul(exp(logSigma), noise.normal(mean.shape, purpose))),
    logDensity,
    logProb: (x) => sumEvent(logDensity(x)),
    klToStandardNormal: () => mul(sub(add(square(mean), exp(mul(logSigma, 2))), add(mul(logSigma, 2), 1)), 0.5),
  };
}

/** A posterior from an encoder's two heads `[batch, latent]`. The logarithm of the variance is kept within (-10, 10) by 10 tanh(v / 10). */
export const gaussianFromHeads = (mean: Tensor2D, logVariance: Tensor2D): Gaussian => gaussian(mean, mul(tanh(mul(logVariance, 0.1)), 5));

/** N(0, I) for `count` codes. */
export const standardNormal = (count: number, size: number): Gaussian => gaussian(zeros([count, size]), scalar(0));

/** Sums every dimension but the first. */
export const sumEvent = (x: Tensor): Tensor => sum(x, x.shape.map((_, axis) => axis).slice(1));

