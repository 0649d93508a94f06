import { sub, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution';
import { standardNormal, type Gaussian } from '../distributions/gaussian';
import type { Batch, ElboTerms } from '../model';
import type { Noise } from '../random/noise';

export const estimators = ['analytic-kl', 'single-sample'] as const;
export type Estimator = (typeof estimators)[number];

/**
 * The evidence lower bound by one reparameterised sample z ~ q(z|x) and the prior N(0, I) (Kingma and Welling 2014). `analytic-kl`:
 * log p(x|z) - KL(q || p), their equation 7; `single-sample`: log p(x, z) - log q(z|x), their equation 6, of the same mean and
 * larger variance, whose `kl` is log q(z|x) - log p(z) and may be negative.
 * @param decode codes `[batch, latent]` to p(x|z)
 */
export function evidenceLowerBound(x: Batch, posterior: Gaussian, decode: (z: Tensor2D) => Distribution, noise: Noise, estimator: Estimator): ElboTerms & { klPerDimension: Tensor2D } {
  const z = posterior.sample(noise, 'posterior') as Tensor2D;
  const reconstruction = decode(z).logProb(x) as Tensor1D;
  const [count, size] = z.shape;
  const klPerDimension = (estimator === 'analytic-kl' ? posterior.klToStandardNormal() : sub(posterior.logDensity(z), standardNormal(count, size).logDensity(z))) as Tensor2D;
  const kl = sum<Tensor1D>(klPerDimension, 1);
  return { elbo: sub(reconstruction, kl), reconstruction, kl, klPerDimension };
}
