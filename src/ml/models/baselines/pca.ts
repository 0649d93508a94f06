import { add, matMul, reshape, slice, sub, sum, tensor, tidy, transpose, variable, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import type { Noise } from '../../random/noise';
import { symmetricEigen } from './symmetric-eigen';

const most = 4096;

export const pca = defineModel({
  id: 'pca',
  title: 'Principal component analysis',
  family: 'baselines',
  summary: 'The best linear reduction: the directions in which the pictures vary most.',
  source: 'Pearson 1901; Hotelling 1933. Subspace iteration with Rayleigh-Ritz: Golub and Van Loan, Matrix Computations, section 8.2.',
  objective: 'mean over x of |x - m - V V^T (x - m)|^2, summed over the pixels; at the optimum the sum of the covariance\'s other eigenvalues',
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

/** Mean and covariance (by 1/N, row-major) of the pictures' pixels: products on the device, sums over the pieces in double precision. */
function moments(pictures: Batch, size: number): { mean: Float64Array; covariance: Float64Array } {
  const count = pictures.shape[0];
  const accumulate = (into: Float64Array, piece: (rows: Tensor2D) => Tensor2D | Tensor1D): Float64Array => {
    const rowsAtOnce = 1024;
    for (let start = 0; start < count; start += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - start);
      const values = tidy(() => piece(reshape(slice(pictures, start, rows), [rows, size])).dataSync());
      for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (values[i] as number) / count;
    }
    return into;
  };
  const mean = accumulate(new Float64Array(size), (rows) => sum(rows, 0));
  const covariance = accumulate(new Float64Array(size * size), (rows) => {
    const centred = sub<Tensor2D>(rows, tensor(Float32Array.from(mean)));
    return matMul(centred, centred, true);
  });
  return { mean, covariance };
}

interface Ritz {
  /** The `wanted` largest eigenvalues as they stand, largest first. */
  values: Float64Array;
  /** Their unit vectors; the sign makes the largest entry positive. */
  vectors: Float64Array[];
  /** Largest |S v - lambda v| over the largest eigenvalue. */
  residual: number;
}

/** Orthogonal iteration on a block somewhat larger than wanted, with a Rayleigh-Ritz step each, until the residual is below 1e-7. */
function* subspaceIteration(matrix: Float64Array, size: number, wanted: number, noise: Noise): Generator<Ritz, void> {
  const block = Math.min(size, 2 * wanted + 10, wanted + 40);
  const start = tidy(() => noise.normal([block, size], 'pca/start').dataSync());
  let basis = orthonormal(Array.from({ length: block }, (_, j) => Float64Array.from(start.subarray(j * size, (j + 1) * size))));
  for (let sweep = 0; sweep < 1000; sweep++) {
    const images = basis.map((column) => multiply(matrix, column));
    const projected = Float64Array.from({ length: block * block }, (_, i) => dot(basis[Math.floor(i / block)] ?? [], images[i % block] ?? []));
    const { values, vectors } = symmetricEigen(projected, block);
    const ritz = vectors.map((weights) => combine(basis, weights));
    const ritzImages = vectors.map((weights) => combine(images, weights));
    const residuals = ritz.slice(0, wanted).map((vector, j) => Math.sqrt(vector.reduce((all, entry, i) => all + ((ritzImages[j]?.[i] ?? 0) - (values[j] ?? 0) * entry) ** 2, 0)));
    const residual = Math.max(...residuals) / ((values[0] ?? 0) || 1);
    yield { values: values.slice(0, wanted), vectors: ritz.slice(0, wanted).map(largestPositive), residual };
    if (residual < 1e-7) return;
    // The tiny multiple of the vector itself keeps directions without variance from vanishing.
    const shift = (values[0] ?? 0) * 1e-12 || 1;
    basis = orthonormal(ritzImages.map((image, j) => image.map((entry, i) => entry + shift * (ritz[j]?.[i] ?? 0))));
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let all = 0;
  for (let i = 0; i < a.length; i++) all += (a[i] as number) * (b[i] as number);
  return all;
}

const multiply = (matrix: Float64Array, vector: Float64Array): Float64Array => vector.map((_, i) => dot(vector, matrix.subarray(i * vector.length, (i + 1) * vector.length)));

function combine(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const all = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, j) => vector.forEach((entry, i) => (all[i] = (all[i] as number) + entry * (weights[j] as number))));
  return all;
}

/** Gram-Schmidt, each vector twice. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    for (let pass = 0; pass < 2; pass++)
      for (const other of done) {
        const along = dot(vector, other);
        for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - along * (other[i] as number);
      }
    const length = Math.sqrt(dot(vector, vector));
    done.push(vector.map((entry) => entry / length));
  }
  return done;
}

function largestPositive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0);
  return largest < 0 ? vector.map((entry) => -entry) : vector;
}
