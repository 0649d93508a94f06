import { add, expandDims, fill, mul, scalar, sum, zeros, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector';
import { under, type Noise } from '../random/noise';
import type { Distribution } from './distribution';
import { standardNormal } from './gaussian';
import { drawOneHot } from './gumbel';
import { total } from './posterior';

/** p(z), the same for every example. */
export interface Prior {
  /** True of the prior that a posterior's `klToBase` is about. */
  isBase: boolean;
  /** log p at codes `[rows, latent]`, in groups that add up: `[rows, groups]`, a group a dimension where these are independent, else one. */
  logDensity(z: Tensor2D): Tensor2D;
  mean(count: number): Tensor2D;
  /** `count` codes, every standard deviation of the noise times `temperature`: purposes `prior` and `prior/component`. */
  sample(count: number, temperature: Scalar, noise: Noise): Tensor2D;
}

/** N(0, I). */
export const standardNormalPrior = (size: number): Prior => ({
  isBase: true,
  logDensity: (z) => standardNormal(z.shape[0], size).logDensity(z) as Tensor2D,
  mean: (count) => zeros([count, size]),
  sample: (count, temperature, noise) => mul(noise.normal([count, size], 'prior'), temperature) as Tensor2D,
});

/**
 * z whose image under the flow is N(0, I): log p(z) = log N(f(z)) + log|det df/dz|; samples go through the inverse.
 * @param flow whose forward direction goes from z to the normal
 */
export const flowPrior = (size: number, flow: Bijector): Prior => {
  const base = standardNormalPrior(size);
  return {
    isBase: false,
    logDensity(z) {
      const { y, logDet } = flow.forward(z);
      return add(sum<Tensor2D>(base.logDensity(y as Tensor2D), 1, true), expandDims(logDet, 1));
    },
    mean: (count) => flow.inverse(base.mean(count)).x as Tensor2D,
    sample: (count, temperature, noise) => flow.inverse(base.sample(count, temperature, noise)).x as Tensor2D,
  };
};

/** The uniform distribution of `size` variables of `classes` values, one-hot one after another; of 0 and 1 in one number each, where `classes` is 1. */
export const uniformCodes = (size: number, classes: number): Prior => ({
  isBase: true,
  logDensity: (z) => fill([z.shape[0], size], -Math.log(Math.max(classes, 2))),
  mean: (count) => fill([count, size * classes], 1 / Math.max(classes, 2)),
  sample(count, temperature, noise) {
    const pairs = drawOneHot(zeros([count, size, Math.max(classes, 2)]), noise, 'prior', temperature);
    return (classes === 1 ? pairs.slice([0, 0, 1], [-1, -1, 1]) : pairs).reshape([count, size * classes]) as Tensor2D;
  },
});

/** The prior of `count` codes as a distribution. */
export const priorOf = (prior: Prior, count: number): Distribution => ({
  mean: () => prior.mean(count),
  sample: (noise, purpose) => prior.sample(count, scalar(1), under(purpose, noise)),
  logProb: (z) => total(prior.logDensity(z as Tensor2D)) as Tensor1D,
});
