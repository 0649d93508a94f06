import { add, matMul, reshape, sub, tensor, tidy, transpose, variable, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import { moments, subspaceIteration } from './principal-axes';

const most = 4096;

export const pca = defineModel({
  id: 'pca',
  title: 'Principal component analysis',
  family: 'baselines',
  summary: 'The best linear reduction: the directions in which the pictures vary most.',
  source: 'Pearson 1901; Hotelling 1933. Subspace iteration with Rayleigh-Ritz: Golub and Van Loan, Matrix Computations, section 8.2.',
  objective: 'mean over x of |x - m - V V^T (x - m)|^2, summed over the pixels; at the optimum the sum of the covariance\'s other eigenvalues',
  page: {
    idea: 'The data are projected on the few directions in which they vary most. No other linear code of that size loses less, and what it loses is the sum of the variances that were left out: the yardstick for every autoencoder.',
    formulas: [
      String.raw`\min_{V^\top V = I}\ \frac1N \sum_{n=1}^{N} \bigl\lVert x_n - \mu - V V^\top (x_n - \mu) \bigr\rVert^2 = \sum_{j>k} \lambda_j`,
    ],
    symbols: 'μ is the mean, V has the k first eigenvectors of the covariance as columns, λ are its eigenvalues in falling order.',
    lookAt: 'Reconstructions beside those of an autoencoder with as many latent dims; Latent scatter, whose axes here are in the order of their variance; Traversals, which add one eigenvector each.',
  },
  settings: z.strictObject({
    latentSize: described(z.int().min(1).max(256).default(2), { title: 'Latent size', unit: 'dims', help: 'How many principal components are kept.' }),
  }),
  abilities: ['encode', 'decode', 'reconstruct'],
  trainedBy: 'fit',
  accepts: `pictures of up to ${most.toLocaleString('en')} values`,
  refuses({ height, width, channels }, { latentSize }) {
    const size = height * width * channels;
    if (size > most) return `PCA here takes pictures of up to ${most.toLocaleString('en')} values, and these have ${size.toLocaleString('en')}: import them at a smaller size.`;
    return latentSize > size ? `A picture of ${size} values has no ${latentSize} components: choose a latent size of ${size} or less.` : null;
  },
  build({ settings: { latentSize }, data: { height, width, channels } }) {
    const size = height * width * channels;
    const parameters = tidy(() => ({ mean: variable(zeros([size])), components: variable(zeros([size, latentSize])) }));
    const centre = parameters.mean as Tensor1D;
    const components = parameters.components as Tensor2D;
    const encode = (x: Batch): Tensor2D => matMul(sub(reshape(x, [x.shape[0], size]), centre), components);
    const decode = (code: Tensor2D): Batch => reshape(add(matMul(code, transpose(components)), centre), [code.shape[0], height, width, channels]);
    return {
      parameters,
      latentSize,
      unit: 'squared error',
      abilities: { encode: (x) => point(encode(x)), decode: (code) => point(decode(code)), reconstruct: (x) => decode(encode(x)) },
      *fit(pictures, noise) {
        const { mean, covariance } = moments(pictures, size);
        let total = 0;
        for (let i = 0; i < size; i++) total += covariance[i * size + i] as number;
        tidy(() => parameters.mean.assign(tensor(Float32Array.from(mean))));
        for (const { values, vectors, residual } of subspaceIteration(covariance, size, latentSize, noise)) {
          const kept = values.reduce((all, value) => all + value, 0);
          const columns = Float32Array.from({ length: size * latentSize }, (_, i) => vectors[i % latentSize]?.[Math.floor(i / latentSize)] ?? 0);
          tidy(() => parameters.components.assign(tensor(columns, [size, latentSize])));
          yield { squaredError: total - kept, explainedShare: total > 0 ? kept / total : 1, residual };
        }
      },
    };
  },
});
