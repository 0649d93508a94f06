import { add, exp, matMul, mul, reshape, square, sub, sum, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution';
import { gaussian, standardNormal } from '../../distributions/gaussian';
import type { Abilities } from '../../model';
import { repeat } from '../../objectives/elbo';
import type { RealRows } from './real-rows';

/** q(z|y) of rows y, normal, with a covariance that is the same for all. */
export interface LinearPosterior extends Distribution {
  /** KL(q(z|y) || N(0, I)), `[batch]`, nats. */
  kl(): Tensor1D;
  /** `[batch, latent]`, where the dimensions are independent. */
  klPerDimension?(): Tensor2D;
}

/** p(z) = N(0, I), p(y|z) = N(W z + mean, sigma^2 I). */
export interface LinearGaussianParts {
  rows: RealRows;
  latentSize: number;
  /** W, `[size, latent]`. */
  weights: Tensor2D;
  /** `[size]`. */
  mean: Tensor1D;
  logSigma: Scalar;
  posterior(values: Tensor2D): LinearPosterior;
  /** W L, `[size, latent]`, L a factor of the posterior's covariance L L^T. */
  spread(): Tensor;
  /** log p(y), `[batch]`, nats. */
  logProb(values: Tensor2D): Tensor1D;
}

/**
 * What a linear-Gaussian model can be asked, nothing of it by sampling but `importance` and samples: E_q[log N(y; W z + mean, sigma^2 I)] is the log-density at
 * the posterior's mean, less tr(W S W^T) / (2 sigma^2) for its covariance S. Samples are of x, with its noise.
 */
export function linearGaussianAbilities({ rows, latentSize, weights, mean, logSigma, posterior, spread, logProb }: LinearGaussianParts) {
  const means = (z: Tensor2D): Tensor2D => add(matMul(z, weights, false, true), mean);
  const given = (z: Tensor2D): Distribution => gaussian(means(z), logSigma);
  const decode = (z: Tensor2D): Distribution => rows.pictures(given(z));
  return {
    encode: (x) => posterior(rows.to(x).values),
    decode,
    prior: (count) => standardNormal(count, latentSize),
    sample({ count, temperature, noise }) {
      const clean = means(mul(noise.normal([count, latentSize], 'code'), temperature));
      return rows.from(add(clean, mul(noise.normal([count, rows.size], 'noise'), mul(exp(logSigma), temperature))));
    },
    reconstruct: (x) => decode(posterior(rows.to(x).values).mean() as Tensor2D).mean() as ReturnType<RealRows['from']>,
    elbo(x, noise) {
      const { values, logDet } = rows.to(x, noise);
      const q = posterior(values);
      const variance = mul(sum(square(spread())), mul(exp(mul(logSigma, -2)), 0.5));
      const reconstruction: Tensor1D = add(sub(given(q.mean() as Tensor2D).logProb(values), variance), logDet);
      const kl = q.kl();
      return { elbo: sub(reconstruction, kl), reconstruction, exact: true, kl, closedForm: true, ...(q.klPerDimension && { klPerDimension: q.klPerDimension() }) };
    },
    importance(x, count, noise) {
      const { values, logDet } = rows.to(repeat(x, count), noise);
      const q = posterior(values);
      const z = q.sample(noise, 'importance') as Tensor2D;
      const logJoint = add(given(z).logProb(values), standardNormal(z.shape[0], latentSize).logProb(z));
      return reshape(add(sub(logJoint, q.logProb(z)), logDet), [count, x.shape[0]]);
    },
    logProb(x, noise) {
      const { values, logDet } = rows.to(x, noise);
      return add(logProb(values), logDet);
    },
  } satisfies Abilities;
}

export const linearGaussianAbilityNames = ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'importance', 'logProb'] as const;
