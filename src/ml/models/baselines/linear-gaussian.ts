import { log, matMul, sub, sum, tensor, tidy, variable, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { cholesky, inverseOfLower } from '../../cholesky';
import { linearGaussian as truth, marginalCovariance } from '../../data/linear-gaussian';
import { gaussian, sumEvent } from '../../distributions/gaussian';
import { multivariateNormal } from '../../distributions/multivariate-normal';
import { defineModel, type Batch } from '../../model';
import { readValues } from '../../read';
import { linearGaussianAbilities, linearGaussianAbilityNames, type LinearPosterior } from './linear-gaussian-abilities';
import { realRows } from './real-rows';

const posteriors = ['exact', 'mean-field', 'prior'] as const;
type Posterior = (typeof posteriors)[number];

const { size, codes } = truth;

export const linearGaussian = defineModel({
  id: 'linear-gaussian',
  title: 'Linear-Gaussian model',
  family: 'baselines',
  summary: 'The model that the data set linear-gaussian is drawn from, with a posterior to choose: everything has a closed form, so that log p(x) can be seen to be the bound plus the divergence of the posterior.',
  source: 'Roweis and Ghahramani 1999; Bishop 2006, equations 2.113 to 2.117 and 10.4.',
  objective: 'nothing is fitted: log p(x) = E_q[log p(x|z)] - KL(q(z|x) || p(z)) + KL(q(z|x) || p(z|x)), of which each part is shown',
  page: {
    idea: 'The smallest latent variable model in which nothing has to be estimated. With the exact posterior the bound is log p(x); with any other it falls short by exactly the divergence from the exact one, and estimates by weights come to log p(x) all the same.',
    formulas: [
      String.raw`z \sim \mathcal N(0, I_2), \qquad x = W z + \mu + \varepsilon, \quad \varepsilon \sim \mathcal N(0, \tfrac14 I_3), \qquad W = \begin{pmatrix} 1 & \tfrac12 \\ 0 & 1 \\ \tfrac12 & -\tfrac12 \end{pmatrix}`,
      String.raw`\log p(x) = \mathbb E_{q}[\log p(x \mid z)] - \mathrm{KL}\bigl(q(z \mid x) \Vert p(z)\bigr) + \mathrm{KL}\bigl(q(z \mid x) \Vert p(z \mid x)\bigr)`,
    ],
    symbols: 'μ = (0.1, -0.2, 0.3); q is the posterior that was chosen.',
    lookAt: 'Model card: log p(x), the bound, and their difference, beside the divergence in the loss curves. Likelihood estimators: with each posterior, how many draws they need.',
  },
  settings: z.strictObject({
    posterior: described(z.enum(posteriors).default('exact'), { title: 'Posterior', help: 'The exact one; the best of those with independent dimensions, whose variances are too small; or the prior, whatever x is.' }),
  }),
  abilities: linearGaussianAbilityNames,
  trainedBy: 'fit',
  accepts: `tables of ${size} columns, above all linear-gaussian`,
  refuses: ({ kind, channels }) => (kind === 'table' && channels === size ? null : `This model is one of ${size} given numbers and nothing is fitted: choose the data set linear-gaussian.`),
  presets: [
    { id: 'linear-gaussian', title: 'Linear-Gaussian model', summary: 'With its exact posterior, so that the bound is log p(x).', source: 'Bishop 2006, equation 2.116.', settings: {} },
    { id: 'linear-gaussian-mean-field', title: 'Linear-Gaussian, mean field', summary: 'With the best posterior of independent dimensions: the bound is 0.012 nats short.', source: 'Bishop 2006, section 10.1.2.', settings: { posterior: 'mean-field' } },
    { id: 'linear-gaussian-prior', title: 'Linear-Gaussian, prior', summary: 'With the prior for a posterior, which knows nothing of x: the bound is nats short.', source: 'Bishop 2006, equation 10.4.', settings: { posterior: 'prior' } },
  ],
  build({ settings: { posterior: name }, data }) {
    const rows = realRows(data);
    const { map, factor } = posteriorOf(name);
    const marginal = cholesky(marginalCovariance(), size);
    const of = (values: Float64Array, ...shape: number[]): Variable => tidy(() => variable(tensor(Float32Array.from(values), shape)));
    const parameters = {
      weights: of(truth.weights, size, codes),
      mean: of(truth.mean, size),
      'log-sigma': of(Float64Array.of(Math.log(truth.variance) / 2)),
      'posterior/map': of(map, codes, size),
      'posterior/factor': of(factor, codes, codes),
      'posterior/inverse-factor': of(inverseOfLower(factor, codes), codes, codes),
      'marginal/factor': of(marginal, size, size),
      'marginal/inverse-factor': of(inverseOfLower(marginal, size), size, size),
    };
    const matrix = (key: keyof typeof parameters): Tensor2D => parameters[key] as Tensor as Tensor2D;
    const centre = parameters.mean as Tensor as Tensor1D;
    const posterior = (values: Tensor2D): LinearPosterior => {
      const codeMean: Tensor2D = matMul(sub<Tensor2D>(values, centre), matrix('posterior/map'), false, true);
      if (name === 'exact') {
        const q = multivariateNormal(codeMean, matrix('posterior/factor'), matrix('posterior/inverse-factor'));
        return { ...q, kl: q.klToStandardNormal };
      }
      const q = gaussian(codeMean, log(sum(matrix('posterior/factor'), 1)));
      return { ...q, kl: () => sumEvent(q.klToStandardNormal()) as Tensor1D, klPerDimension: () => q.klToStandardNormal() as Tensor2D };
    };
    const abilities = linearGaussianAbilities({
      rows,
      latentSize: codes,
      weights: matrix('weights'),
      mean: centre,
      logSigma: parameters['log-sigma'] as Tensor as Scalar,
      posterior,
      spread: () => matMul(matrix('weights'), matrix('posterior/factor')),
      logProb: (values) => multivariateNormal(values.zerosLike().add(centre) as Tensor2D, matrix('marginal/factor'), matrix('marginal/inverse-factor')).logProb(values) as Tensor1D,
    });
    return {
      parameters,
      latentSize: codes,
      unit: 'nats',
      abilities,
      /** Looks at the data once: -log p(x), minus the bound, and the divergence between, each by its own formula. */
      *fit(examples, noise) {
        const { logProb, bound, kl } = readValues(() => ({ logProb: abilities.logProb(examples, noise), bound: abilities.elbo(examples, noise).elbo, kl: toExact(examples) }));
        // In double precision, so that the three agree to 1e-6.
        const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
        yield { lossNats: -mean(logProb), boundNats: -mean(bound), posteriorKlNats: mean(kl) };
      },
    };

    /** KL(q(z|x) || p(z|x)) of the chosen q, `[batch]`: 1/2 (tr S + |d|^2 - k - ln|S|), S the covariance of q and d its mean where the exact posterior is N(0, I). */
    function toExact(x: Batch): Tensor1D {
      const exact = posteriorOf('exact');
      const constant = (values: Float64Array, columns: number): Tensor2D => tensor(Float32Array.from(values), [codes, columns]);
      const inverse = constant(inverseOfLower(exact.factor, codes), codes);
      const difference = matMul(sub<Tensor2D>(rows.to(x).values, centre), sub<Tensor2D>(matrix('posterior/map'), constant(exact.map, size)), false, true) as Tensor2D;
      const relative = multivariateNormal(matMul(difference, inverse, false, true), matMul(inverse, matrix('posterior/factor')), matMul(matrix('posterior/inverse-factor'), constant(exact.factor, codes)));
      return relative.klToStandardNormal();
    }
  },
});

/** q(z|x) = N(map (x - mean), factor factor^T), in double precision. */
function posteriorOf(name: Posterior): { map: Float64Array; factor: Float64Array } {
  const { weights, variance } = truth;
  const w = (i: number, j: number): number => weights[i * codes + j] ?? NaN;
  const table = (rows: number, columns: number, entry: (row: number, column: number) => number): Float64Array =>
    Float64Array.from({ length: rows * columns }, (_, at) => entry(Math.floor(at / columns), at % columns));
  const square = (entry: (a: number, b: number) => number): Float64Array => table(codes, codes, entry);
  const total = (count: number, term: (i: number) => number): number => Array.from({ length: count }, (_, i) => term(i)).reduce((all, value) => all + value, 0);
  if (name === 'prior') return { map: new Float64Array(codes * size), factor: square((a, b) => (a === b ? 1 : 0)) };
  const precision = square((a, b) => (a === b ? 1 : 0) + total(size, (i) => (w(i, a) * w(i, b)) / variance));
  const inverse = inverseOfLower(cholesky(precision, codes), codes);
  const covariance = square((a, b) => total(codes, (c) => (inverse[c * codes + a] ?? NaN) * (inverse[c * codes + b] ?? NaN)));
  // covariance W^T / sigma^2 (Bishop 2006, equation 2.116).
  const map = table(codes, size, (a, i) => total(codes, (b) => ((covariance[a * codes + b] ?? NaN) * w(i, b)) / variance));
  return { map, factor: name === 'exact' ? cholesky(covariance, codes) : square((a, b) => (a === b ? 1 / Math.sqrt(precision[a * codes + a] ?? NaN) : 0)) };
}
