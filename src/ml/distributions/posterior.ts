import { add, sub, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Bijector } from '../bijectors/bijector';
import type { Noise } from '../random/noise';
import type { Distribution } from './distribution';
import type { Gaussian } from './gaussian';

/** Codes of `count` draws for each example of a batch, the draw being the slower index. */
export interface Draws {
  count: number;
  /** `[count * batch, latent]`. */
  z: Tensor2D;
  /** log q(z|x) in groups that add up, nats: `[count * batch, groups]`, a group a dimension where these are independent, else one. */
  logQ: Tensor2D;
  /** Where q is summed over and not drawn from, the share of q that each code stands for: `[count, batch]`, of sum 1; else each draw counts alike. */
  weights?: Tensor2D;
  /** True where no gradient goes through `z`, and that of the expectation has to come from log q (Williams 1992). */
  score?: boolean;
}

/** q(z|x) of a batch: what the evidence lower bound needs of it. */
export interface Posterior extends Distribution {
  /** One draw of each, with a gradient through `z` where the family is reparameterised. */
  draw(noise: Noise, purpose: string): Draws;
  /** Draws whose weighted sum has the gradient of the expectation; `draw` where it is absent. */
  spread?(noise: Noise, purpose: string): Draws;
  /** KL(q(z|x) || p(z)) in groups that add up, `[batch, groups]`, where p is the base prior of such codes: N(0, I), or the uniform one of discrete codes. */
  klToBase?(): Tensor2D;
}

/** Independent normals. */
export const gaussianPosterior = (q: Gaussian): Gaussian & Posterior => ({
  ...q,
  draw(noise, purpose) {
    const z = q.sample(noise, purpose) as Tensor2D;
    return { count: 1, z, logQ: q.logDensity(z) as Tensor2D };
  },
  klToBase: () => q.klToStandardNormal() as Tensor2D,
});

/**
 * z = f_x(z0) of a normal z0 (Rezende and Mohamed 2015, equation 13): log q(z) = log q0(z0) - log|det df/dz0|. Its `mean` is the image of the mean of z0, since
 * that of z has no formula; its `logProb` takes the inverse, `draw` does not.
 * @param flow whose forward direction goes from z0 to z; it may depend on the examples
 */
export function flowPosterior(base: Gaussian, flow: Bijector): Posterior {
  const draw = (noise: Noise, purpose: string): Draws => {
    const start = base.sample(noise, purpose);
    const { y, logDet } = flow.forward(start);
    return { count: 1, z: y as Tensor2D, logQ: sub(sum(base.logDensity(start), 1, true), logDet.expandDims(1)) };
  };
  return {
    mean: () => flow.forward(base.mean()).y,
    sample: (noise, purpose) => draw(noise, purpose).z,
    logProb(z) {
      const { x, logDet } = flow.inverse(z);
      return add(base.logProb(x), logDet);
    },
    draw,
  };
}

/** log q or log p of each code, from its groups. */
export const total = (groups: Tensor2D): Tensor1D => sum<Tensor1D>(groups, 1);

/** `a - b` group by group where both have the same groups, else of their sums, as one group. */
export const difference = (a: Tensor2D, b: Tensor2D): Tensor2D => (a.shape[1] === b.shape[1] ? sub(a, b) : sub(sum<Tensor2D>(a, 1, true), sum<Tensor2D>(b, 1, true)));
