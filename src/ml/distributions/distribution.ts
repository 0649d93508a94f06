import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Noise } from '../random/noise';

/** A batch of independent distributions. Event dimensions are summed, the batch dimension is kept. */
export interface Distribution {
  /** `[batch, ...event]`. */
  mean(): Tensor;
  /** `[batch, ...event]`; absent where the family has none worth showing. */
  standardDeviation?(): Tensor;
  /** One draw each, `[batch, ...event]`; reparameterised where the family allows it. `purpose` keys the noise. */
  sample(noise: Noise, purpose: string): Tensor;
  /** log density or mass at `x` `[batch, ...event]`: `[batch]`, nats. That of p(x|z) of a single code takes any number of examples. */
  logProb(x: Tensor): Tensor;
  /** What the density at any code is made of, where these are posteriors whose codes are to be compared with each other's, and not plain normals. */
  parts?(): PosteriorParts;
}

/** Mixtures of normals with independent dimensions, `[batch, components]` and `[batch, components, latent]`, or independent discrete variables, `[batch, variables, values]`. */
export type PosteriorParts = { logWeights: Tensor2D; means: Tensor3D; deviations: Tensor3D } | { logProbabilities: Tensor3D };
