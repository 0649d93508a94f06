import { add, div, eye, expandDims, exp, fill, log, logSoftmax, logSumExp, matMul, maximum, mul, neg, ones, reshape, softmax, square, sub, sum, tensor, tidy, tile, transpose, variable, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { inverseOfLower } from '../../cholesky';
import type { Distribution } from '../../distributions/distribution';
import { drawOneHot } from '../../distributions/gumbel';
import { defineModel, type Batch } from '../../model';
import { repeat } from '../../objectives/elbo';
import type { Noise } from '../../random/noise';
import { readValues } from '../../read';
import { covariances, emStep, kMeansPlusPlus, type Covariance, type GaussianMixture, type Table } from './em';
import { realRows } from './real-rows';

const most: Record<Covariance, number> = { full: 128, diagonal: 4096 };
const starts = 10;
const stepsOfStart = 10;
const rowsOfStart = 5000;
/** Nats an example. */
const tolerance = 1e-7;

export const gmm = defineModel({
  id: 'gmm',
  title: 'Gaussian mixture',
  family: 'baselines',
  summary: 'A few normals, each with a share of the data, fitted by expectation-maximisation: a model with one discrete latent variable whose posterior, bound and log p(x) are exact.',
  source: 'Dempster, Laird and Rubin 1977; k-means++: Arthur and Vassilvitskii 2007; starts by short runs: Biernacki, Celeux and Govaert 2003; floor: Ingrassia and Rocci 2007.',
  objective: '-log p(x) = -log sum_k w_k N(x; m_k, C_k), which no iteration raises',
  page: {
    idea: 'A discrete code chooses one of a few normals. Expectation-maximisation makes the bound equal to log p(x) by the exact posterior, then raises it: a shallow VAE that needs no gradients and never gets worse.',
    formulas: [
      String.raw`p(x) = \sum_{k=1}^{K} \pi_k\, \mathcal N(x; \mu_k, \Sigma_k), \qquad r_{nk} = p(k \mid x_n) = \frac{\pi_k\, \mathcal N(x_n; \mu_k, \Sigma_k)}{\sum_j \pi_j\, \mathcal N(x_n; \mu_j, \Sigma_j)}`,
      String.raw`\pi_k = \frac1N \sum_n r_{nk}, \qquad \mu_k = \frac{\sum_n r_{nk}\, x_n}{\sum_n r_{nk}}, \qquad \Sigma_k = \frac{\sum_n r_{nk} (x_n - \mu_k)(x_n - \mu_k)^\top}{\sum_n r_{nk}}`,
    ],
    symbols: 'r are the responsibilities, the posterior of the code. Variances of Σ below the floor are raised to it. Pictures are dequantised first.',
    lookAt: 'Loss curves: the loss of the training set never rises; a valid one that does says that there are too many components. Density, beside the true one where it is known. Latent scatter: responsibilities, most of them 0 or 1.',
  },
  settings: z.strictObject({
    components: described(z.int().min(1).max(256).default(8), { title: 'Components', help: 'How many normals.' }),
    covariance: described(z.enum(covariances).default('full'), { title: 'Covariance', help: `Of each normal: any, for up to ${most.full} values, or with independent values.` }),
    varianceFloor: described(z.number().min(1e-8).max(1).default(1e-4), {
      title: 'Variance floor',
      unit: 'share',
      help: "The least variance of a component in any direction, as a share of the data's variance in each column: without one a component that closes in on a single example would make the likelihood infinite.",
    }),
  }),
  abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'importance', 'logProb'],
  trainedBy: 'fit',
  accepts: 'tables, and pictures, dequantised; with full covariances of up to 128 values',
  refuses({ height, width, channels, examples }, { components, covariance }) {
    const size = height * width * channels;
    const text = size.toLocaleString('en');
    if (covariance === 'full' && size > most.full) return `Full covariances here are of up to ${most.full} values, and these data have ${text}: choose the covariance diagonal.`;
    if (size > most.diagonal) return `A mixture here takes up to ${most.diagonal.toLocaleString('en')} values, and these data have ${text}: import them at a smaller size.`;
    return components > examples ? `There are ${examples} examples for ${components} components: choose ${examples} components or fewer.` : null;
  },
  presets: [
    { id: 'gmm', title: 'Gaussian mixture', summary: 'Eight normals of any covariance.', source: 'Dempster, Laird and Rubin 1977.', settings: {} },
    { id: 'single-gaussian', title: 'Single Gaussian', summary: 'The normal of the mean and covariance of the data: the least that any density should do better than.', source: 'A mixture of one.', settings: { components: 1 } },
    { id: 'diagonal-gmm', title: 'Gaussian mixture, diagonal', summary: 'Ten normals of independent values, for pictures, with a floor that keeps pixels which hardly vary from being taken for constant.', source: 'Dempster, Laird and Rubin 1977.', settings: { components: 10, covariance: 'diagonal', varianceFloor: 0.01 } },
  ],
  build({ settings: { components, covariance, varianceFloor }, data }) {
    const rows = realRows(data);
    const { size } = rows;
    const parameters: Record<string, Variable> = tidy(() => ({
      'log-weights': variable(fill([components], -Math.log(components))),
      means: variable(zeros([components, size])),
      ...(covariance === 'full'
        ? { factors: variable(tile(expandDims(eye(size)), [components, 1, 1])), 'inverse-factors': variable(tile(expandDims(eye(size)), [components, 1, 1])) }
        : { deviations: variable(ones([components, size])) }),
    }));
    const logWeights = parameters['log-weights'] as Tensor as Tensor1D;
    const means = parameters.means as Tensor as Tensor2D;
    const normals =
      covariance === 'full'
        ? fullNormals(means, parameters.factors as Tensor as Tensor3D, parameters['inverse-factors'] as Tensor as Tensor3D)
        : diagonalNormals(means, parameters.deviations as Tensor as Tensor2D);

    const draw = (logits: Tensor2D, temperature: Scalar | number, noise: Noise, purpose: string): Tensor2D => {
      const chosen = drawOneHot(logits, noise, `${purpose}/component`, temperature);
      return add(matMul(chosen, means), mul(normals.spread(chosen, noise.normal([chosen.shape[0], size], purpose) as Tensor2D), temperature));
    };
    /** The mixture of the same normals with weights of its own for each row: a one-hot code's is its normal. */
    const mixture = (logits: Tensor2D): Distribution => ({
      mean: () => matMul(softmax(logits), means),
      sample: (noise, purpose) => draw(logits, 1, noise, purpose),
      logProb: (values) => logSumExp(add(logSoftmax(logits), normals.logDensity(values as Tensor2D)), 1),
    });
    const decode = (code: Tensor2D): Distribution => rows.pictures(mixture(log(maximum(code, 1e-30))));
    /** log p(y|k) + log w_k, `[batch, components]`. */
    const joint = (values: Tensor2D): Tensor2D => add(normals.logDensity(values), logWeights);
    const encode = (x: Batch): Distribution => oneHot(joint(rows.to(x).values));
    const everyRow = (count: number): Tensor2D => tile(reshape(logWeights, [1, components]), [count, 1]) as Tensor2D;
    return {
      parameters,
      latentSize: components,
      unit: 'nats',
      abilities: {
        encode,
        decode,
        prior: (count) => oneHot(everyRow(count)),
        sample: ({ count, temperature, noise }) => rows.from(draw(everyRow(count), temperature, noise, 'rows')),
        reconstruct: (x) => decode(encode(x).mean() as Tensor2D).mean() as Batch,
        elbo(x, noise) {
          const { values, logDet } = rows.to(x, noise);
          const logGiven = normals.logDensity(values);
          const logQ = logSoftmax(add(logGiven, logWeights));
          const reconstruction: Tensor1D = add(sum<Tensor1D>(mul(exp(logQ), logGiven), 1), logDet);
          const kl = sum<Tensor1D>(mul(exp(logQ), sub(logQ, logWeights)), 1);
          return { elbo: sub(reconstruction, kl), reconstruction, exact: true, kl, closedForm: true };
        },
        importance(x, count, noise) {
          const { values, logDet } = rows.to(repeat(x, count), noise);
          const logJoint = joint(values);
          const q = oneHot(logJoint);
          const code = q.sample(noise, 'importance') as Tensor2D;
          return reshape(add(sub(sum(mul(code, logJoint), 1), q.logProb(code)), logDet), [count, x.shape[0]]);
        },
        logProb(x, noise) {
          const { values, logDet } = rows.to(x, noise);
          return add(logSumExp(joint(values), 1), logDet);
        },
      },
      *fit(batch, noise) {
        const { table, centre, deviation, logDet } = standardised(() => rows.to(batch, noise), size);
        let mixture = bestStart(table, covariance, components, varianceFloor, noise);
        for (let before = -Infinity, iteration = 0; iteration < 1000; iteration++) {
          const { logLikelihood, next } = emStep(table, mixture, varianceFloor);
          const assigned = onTheDataScale(mixture, centre, deviation);
          tidy(() => Object.entries(parameters).forEach(([name, variable]) => variable.assign(tensor(assigned[name] ?? [], variable.shape))));
          yield { lossNats: -logLikelihood - logDet, atFloor: mixture.atFloor };
          if (logLikelihood - before < tolerance) return;
          [before, mixture] = [logLikelihood, next];
        }
      },
    };
  },
});

/** A discrete variable as a one-hot code. @param logits `[batch, components]` */
const oneHot = (logits: Tensor2D): Distribution => ({
  mean: () => softmax(logits),
  sample: (noise, purpose) => drawOneHot(logits, noise, purpose),
  logProb: (code) => sum(mul(logSoftmax(logits), code), 1),
});

interface Normals {
  /** log N(y; m_k, C_k) of rows `[batch, size]`, `[batch, components]`. */
  logDensity(values: Tensor2D): Tensor2D;
  /** L_k e, k by one-hot rows `chosen` `[batch, components]`, of e `[batch, size]`. */
  spread(chosen: Tensor2D, e: Tensor2D): Tensor2D;
}

const halfSquares = (standardised: Tensor3D): Tensor2D => mul(sum<Tensor2D>(square(standardised), 2), 0.5);

function diagonalNormals(means: Tensor2D, deviations: Tensor2D): Normals {
  const [components, size] = means.shape;
  return {
    logDensity(values) {
      const standardised = div<Tensor3D>(sub(reshape(values, [values.shape[0], 1, size]), means), deviations);
      return sub(neg(halfSquares(standardised)), add(reshape(sum(log(deviations), 1), [1, components]), 0.5 * size * Math.log(2 * Math.PI)));
    },
    spread: (chosen, e) => mul(matMul(chosen, deviations), e),
  };
}

function fullNormals(means: Tensor2D, factors: Tensor3D, inverses: Tensor3D): Normals {
  const [components, size] = means.shape;
  /** L_k^-1 m_k for vectors `[components, size]`. */
  const times = (vectors: Tensor2D): Tensor2D => sum(mul(inverses, expandDims(vectors, 1)), 2);
  return {
    /** All components by one product. Rows and means are taken from the middle of the means first, so that little cancels. */
    logDensity(values) {
      const middle = sum<Tensor1D>(means, 0).div(components) as Tensor1D;
      const columns = reshape(transpose(inverses, [2, 0, 1]), [size, components * size]) as Tensor2D;
      const products = reshape(matMul(sub<Tensor2D>(values, middle), columns), [values.shape[0], components, size]);
      const logDeterminants = sum(log(sum(mul(inverses, eye(size)), 2)), 1);
      return sub(sub(reshape(logDeterminants, [1, components]), halfSquares(sub(products, times(sub(means, middle))))), 0.5 * size * Math.log(2 * Math.PI));
    },
    spread(chosen, e) {
      const own = reshape(matMul(chosen, reshape(factors, [components, size * size]) as Tensor2D), [e.shape[0], size, size]);
      return sum(mul(own, expandDims(e, 1)), 2);
    },
  };
}

/** Rows with mean 0 and variance 1 in each column, on the host, and what log p(x) has besides log p of these, nats. A column without variance stays as it is. */
function standardised(rows: () => { values: Tensor2D; logDet: Tensor1D }, size: number): { table: Table; centre: Float64Array; deviation: Float64Array; logDet: number } {
  const { values, logDet } = readValues(() => {
    const { values, logDet } = rows();
    return { values: values.clone(), logDet: logDet.slice(0, 1) };
  });
  const count = values.length / size;
  const centre = new Float64Array(size);
  const variance = new Float64Array(size);
  values.forEach((value, i) => (centre[i % size] = (centre[i % size] as number) + value / count));
  values.forEach((value, i) => (variance[i % size] = (variance[i % size] as number) + (value - (centre[i % size] as number)) ** 2 / count));
  const deviation = variance.map((value) => Math.sqrt(value) || 1);
  return {
    table: { values: values.map((value, i) => (value - (centre[i % size] as number)) / (deviation[i % size] as number)), count, size },
    centre,
    deviation,
    logDet: (logDet[0] ?? 0) - deviation.reduce((sum, value) => sum + Math.log(value), 0),
  };
}

/** Of ten k-means++ starts, each followed by ten iterations on at most 5,000 of the rows, the one of greatest likelihood. */
function bestStart(table: Table, covariance: Covariance, components: number, floor: number, noise: Noise): GaussianMixture {
  const { size } = table;
  const every = Math.ceil(table.count / rowsOfStart);
  const count = Math.ceil(table.count / every);
  const some: Table = { values: Float32Array.from({ length: count * size }, (_, i) => table.values[Math.floor(i / size) * every * size + (i % size)] ?? NaN), count, size };
  const { uniforms } = readValues(() => ({ uniforms: noise.uniform([starts, components], 'gmm/starts') }));
  let best: { logLikelihood: number; mixture: GaussianMixture } | undefined;
  for (let start = 0; start < starts; start++) {
    let mixture = kMeansPlusPlus(some, covariance, uniforms.subarray(start * components, (start + 1) * components), floor);
    for (let i = 0; i < stepsOfStart; i++) mixture = emStep(some, mixture, floor).next;
    const { logLikelihood } = emStep(some, mixture, floor);
    if (!best || logLikelihood > best.logLikelihood) best = { logLikelihood, mixture };
  }
  return best?.mixture ?? kMeansPlusPlus(some, covariance, uniforms, floor);
}

/** The model's variables by name, of a mixture of standardised rows. */
function onTheDataScale({ covariance, weights, means, factors }: GaussianMixture, centre: Float64Array, deviation: Float64Array): Record<string, Float32Array> {
  const size = centre.length;
  const joined = (parts: readonly Float64Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => Array.from(part)));
  const scaled = factors.map((factor) => factor.map((value, i) => value * (deviation[covariance === 'full' ? Math.floor(i / size) : i] ?? NaN)));
  return {
    'log-weights': Float32Array.from(weights, Math.log),
    means: joined(means.map((mean) => mean.map((value, i) => (centre[i] ?? NaN) + value * (deviation[i] ?? NaN)))),
    ...(covariance === 'full' ? { factors: joined(scaled), 'inverse-factors': joined(scaled.map((factor) => inverseOfLower(factor, size))) } : { deviations: joined(scaled) }),
  };
}
