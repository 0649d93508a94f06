import { add, div, exp, log, matMul, mul, square, sub, sum, tensor, tidy, variable, zeros, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { gaussian, standardNormal, sumEvent } from '../../distributions/gaussian';
import { defineModel } from '../../model';
import { linearGaussianAbilities, linearGaussianAbilityNames, type LinearPosterior } from './linear-gaussian-abilities';
import { moments, subspaceIteration } from './principal-axes';
import { realRows } from './real-rows';

const most = 4096;
/** The least variance of the noise, as a share of the mean variance of a value. */
const floor = 1e-6;

export const ppca = defineModel({
  id: 'ppca',
  title: 'Probabilistic PCA',
  family: 'baselines',
  summary: 'Principal components with noise as a model of the data: a linear decoder of a normal code, with its exact posterior and log p(x) in closed form.',
  source: 'Tipping and Bishop 1999, equations 7 and 8; Roweis 1998.',
  objective: '-log p(x) of N(mean, W W^T + sigma^2 I); at the optimum W = V (L - sigma^2 I)^(1/2), sigma^2 the mean of the covariance\'s other eigenvalues',
  page: {
    idea: 'A linear decoder of a normal code, plus noise that is alike in all values: PCA as a density. The best W and the noise come from the eigenvalues of the covariance, the posterior is exact, and a linear VAE can at best become this.',
    formulas: [
      String.raw`p(z) = \mathcal N(0, I), \qquad p(x \mid z) = \mathcal N(W z + \mu, \sigma^2 I), \qquad p(x) = \mathcal N(\mu,\ W W^\top + \sigma^2 I)`,
      String.raw`W = V_k\,(\Lambda_k - \sigma^2 I)^{1/2}, \qquad \sigma^2 = \frac{1}{D - k} \sum_{j>k} \lambda_j`,
      String.raw`p(z \mid x) = \mathcal N\bigl(M^{-1} W^\top (x - \mu),\ \sigma^2 M^{-1}\bigr), \qquad M = W^\top W + \sigma^2 I`,
    ],
    symbols: 'μ is the mean, λ and V are eigenvalues and eigenvectors of the covariance, the k first of them in Λ and V with an index. Pictures are dequantised first.',
    lookAt: 'Sample points, or Samples: draws with their noise. KL spectrum: each dimension tells half of ln(λ/σ²). Likelihood estimators: every estimate is log p(x), whatever K, because the posterior is exact.',
  },
  settings: z.strictObject({
    latentSize: described(z.int().min(1).max(256).default(2), { title: 'Latent size', unit: 'dims', help: `How many principal components are kept. The noise has the mean variance of the others, and at least ${floor} of a value's.` }),
  }),
  abilities: linearGaussianAbilityNames,
  trainedBy: 'fit',
  accepts: `tables, and pictures of up to ${most.toLocaleString('en')} values, dequantised`,
  refuses({ height, width, channels }, { latentSize }) {
    const size = height * width * channels;
    if (size > most) return `Probabilistic PCA here takes up to ${most.toLocaleString('en')} values, and these data have ${size.toLocaleString('en')}: import them at a smaller size.`;
    if (size === 1) return 'With a single value there is no component beside the noise: choose data of two values or more.';
    return latentSize >= size ? `With ${latentSize} components of ${size} values nothing is left for the noise: choose a latent size of ${size - 1} or less.` : null;
  },
  build({ settings: { latentSize }, data }) {
    const rows = realRows(data);
    const { size } = rows;
    const parameters = tidy(() => ({ mean: variable(zeros([size])), weights: variable(zeros([size, latentSize])), 'log-sigma': variable(zeros([])) }));
    const mean = parameters.mean as Tensor1D;
    const weights = parameters.weights as Tensor2D;
    const logSigma = parameters['log-sigma'] as Scalar;
    /** The diagonal of M = W^T W + sigma^2 I: the columns of W are orthogonal. `[latent]` */
    const diagonal = (): Tensor1D => add(sum(square(weights), 0), exp(mul(logSigma, 2)));
    /** ln of the standard deviations of z given y, the same for all y: the covariance is sigma^2 M^-1. */
    const logDeviations = (): Tensor1D => sub(logSigma, mul(log(diagonal()), 0.5));
    /** N(M^-1 W^T (y - mean), sigma^2 M^-1) (Tipping and Bishop 1999, equation 6). */
    const posterior = (values: Tensor2D): LinearPosterior => {
      const q = gaussian(div(matMul(sub<Tensor2D>(values, mean), weights), diagonal()), logDeviations());
      return { ...q, kl: () => sumEvent(q.klToStandardNormal()) as Tensor1D, klPerDimension: () => q.klToStandardNormal() as Tensor2D };
    };
    /** log p(y) = log p(y|z) + log p(z) - log p(z|y) at any z: at the posterior's mean, where nothing cancels. */
    const logProb = (values: Tensor2D): Tensor1D => {
      const q = posterior(values);
      const code = q.mean() as Tensor2D;
      const likelihood = gaussian(add(matMul(code, weights, false, true), mean), logSigma).logProb(values);
      return sub(add(likelihood, standardNormal(code.shape[0], latentSize).logProb(code)), q.logProb(code));
    };
    return {
      parameters,
      latentSize,
      unit: 'nats',
      abilities: linearGaussianAbilities({ rows, latentSize, weights, mean, logSigma, posterior, logProb, spread: () => mul(weights, exp(logDeviations())) }),
      *fit(data, noise) {
        const { values: given, logDet } = tidy(() => {
          const { values, logDet } = rows.to(data, noise);
          return { values: values.clone(), logDet: logDet.slice(0, 1).clone() };
        });
        const [constant = 0] = logDet.dataSync<'float32'>();
        const { mean: centre, covariance } = moments(given, size);
        [given, logDet].forEach((tensor) => tensor.dispose());
        let total = 0;
        for (let i = 0; i < size; i++) total += covariance[i * size + i] as number;
        tidy(() => parameters.mean.assign(tensor(Float32Array.from(centre))));
        for (const { values, vectors, residual } of subspaceIteration(covariance, size, latentSize, noise)) {
          const kept = values.reduce((all, value) => all + value, 0);
          const rest = Math.max(total - kept, 0);
          const sigma2 = Math.max(rest / (size - latentSize), (floor * total) / size, 1e-12);
          const lengths = values.map((value) => Math.sqrt(Math.max(value - sigma2, 0)));
          tidy(() => {
            const weight = (_: unknown, i: number): number => (vectors[i % latentSize]?.[Math.floor(i / latentSize)] ?? 0) * (lengths[i % latentSize] ?? 0);
            parameters.weights.assign(tensor(Float32Array.from({ length: size * latentSize }, weight), [size, latentSize]));
            parameters['log-sigma'].assign(tensor(Math.log(sigma2) / 2));
          });
          // With the covariance S, C = W W^T + sigma^2 I: 1/2 (D ln 2 pi + ln|C| + tr(C^-1 S)).
          const logDeterminant = values.reduce((sum, value) => sum + Math.log(Math.max(value, sigma2)), (size - latentSize) * Math.log(sigma2));
          const trace = values.reduce((sum, value) => sum + value / Math.max(value, sigma2), rest / sigma2);
          yield { lossNats: 0.5 * (size * Math.log(2 * Math.PI) + logDeterminant + trace) - constant, sigma: Math.sqrt(sigma2), explainedShare: total > 0 ? kept / total : 1, residual };
        }
      },
    };
  },
});
