import { add, matMul, reshape, slice, sub, sum, tensor, tidy, transpose, variable, zeros, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import type { Noise } from '../../random/noise';
import { readValues } from '../../read';
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
      const { values } = readValues(() => ({ values: piece(reshape(slice(pictures, start, rows), [rows, size])) }));
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

/** Orthogonal iteration on a block somewhat larger than wanted, with a Rayleigh-Ritz step each, until the residual is below 1e-6. */
function* subspaceIteration(matrix: Float64Array, size: number, wanted: number, noise: Noise): Generator<Ritz, void> {
  const block = Math.min(size, wanted + 20);
  const { start } = readValues(() => ({ start: noise.normal([block, size], 'pca/start') }));
  let basis = orthonormal(Array.from({ length: block }, (_, j) => Float64Array.from(start.subarray(j * size, (j + 1) * size))));
  for (let sweep = 0; sweep < 1000; sweep++) {
    const images = multiply(matrix, basis);
    const projected = Float64Array.from(basis.flatMap((column) => images.map((image) => dot(column, image))));
    const { values, vectors } = symmetricEigen(projected, block);
    const ritz = vectors.map((weights) => combine(basis, weights));
    const ritzImages = vectors.map((weights) => combine(images, weights));
    const largest = values[0] ?? 0;
    const errors = Array.from(values.subarray(0, wanted), (value, j) => combine([ritzImages[j], ritz[j]] as Float64Array[], Float64Array.of(1, -value)));
    const residual = Math.max(...errors.map((error) => Math.sqrt(dot(error, error)))) / (largest || 1);
    yield { values: values.slice(0, wanted), vectors: ritz.slice(0, wanted).map(largestPositive), residual };
    if (residual < 1e-6) return;
    // The tiny multiple of the vector itself keeps directions without variance from vanishing.
    const weights = Float64Array.of(1, largest * 1e-12 || 1);
    basis = orthonormal(ritzImages.map((image, j) => combine([image, ritz[j] as Float64Array], weights)));
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let all = 0;
  for (let i = 0; i < a.length; i++) all += (a[i] as number) * (b[i] as number);
  return all;
}

/** The matrix times each vector, in one pass over the matrix. */
function multiply(matrix: Float64Array, vectors: readonly Float64Array[]): Float64Array[] {
  const products = vectors.map(({ length }) => new Float64Array(length));
  const size = vectors[0]?.length ?? 0;
  for (let i = 0; i < size; i++) {
    const row = matrix.subarray(i * size, (i + 1) * size);
    for (let j = 0; j < vectors.length; j++) (products[j] as Float64Array)[i] = dot(row, vectors[j] as Float64Array);
  }
  return products;
}

/** The sum of the vectors times their weights. */
function combine(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const all = new Float64Array(vectors[0]?.length ?? 0);
  for (let j = 0; j < vectors.length; j++) addTimes(all, vectors[j] as Float64Array, weights[j] as number);
  return all;
}

function addTimes(to: Float64Array, vector: Float64Array, weight: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + weight * (vector[i] as number);
}

/** Gram-Schmidt, each vector twice. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    for (let pass = 0; pass < 2; pass++) for (const other of done) addTimes(vector, other, -dot(vector, other));
    done.push(combine([vector], Float64Array.of(1 / Math.sqrt(dot(vector, vector)))));
  }
  return done;
}

function largestPositive(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0);
  return combine([vector], Float64Array.of(Math.sign(largest) || 1));
}
