import { matMul, reshape, slice, sub, sum, tensor, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Noise } from '../../random/noise';
import { readValues } from '../../read';
import { symmetricEigen } from './symmetric-eigen';

/**
 * Mean and covariance (by 1/N, row-major) of examples of `size` values each: products on the device, sums over the pieces in double precision.
 * @param examples `[n, ...]`, not disposed of
 */
export function moments(examples: Tensor, size: number): { mean: Float64Array; covariance: Float64Array } {
  const count = examples.shape[0] ?? 0;
  const accumulate = (into: Float64Array, piece: (rows: Tensor2D) => Tensor2D | Tensor1D): Float64Array => {
    const rowsAtOnce = 1024;
    for (let start = 0; start < count; start += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - start);
      const { values } = readValues(() => ({ values: piece(reshape(slice(examples, start, rows), [rows, size])) }));
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

export interface Ritz {
  /** The `wanted` largest eigenvalues as they stand, largest first. */
  values: Float64Array;
  /** Their unit vectors; the sign makes the largest entry positive. */
  vectors: Float64Array[];
  /** Largest |S v - lambda v| over the largest eigenvalue. */
  residual: number;
}

/** Orthogonal iteration on a block somewhat larger than wanted, with a Rayleigh-Ritz step each, until the residual is below 1e-6. */
export function* subspaceIteration(matrix: Float64Array, size: number, wanted: number, noise: Noise): Generator<Ritz, void> {
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
