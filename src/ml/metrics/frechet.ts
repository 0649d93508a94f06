import { symmetricEigen } from '../models/baselines/symmetric-eigen';
import { moments, type Features } from './features';

/**
 * The Frechet distance between the normal distributions with the moments of two sets: |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2) (Dowson and
 * Landau 1982; of Inception features the FID of Heusel et al. 2017, of others not). Biased upward by O(1/n): compare sets of equal size, and with
 * the distance of two halves of the data.
 */
export function frechetDistance(a: Features, b: Features): number {
  const { size } = a;
  const [first, second] = [moments(a), moments(b)];
  const root = squareRoot(first.covariance, size);
  // tr (S1 S2)^1/2 = tr (S1^1/2 S2 S1^1/2)^1/2, of a symmetric matrix.
  const inner = product(product(root, second.covariance, size), root, size);
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) inner[i * size + j] = inner[j * size + i] = ((inner[i * size + j] as number) + (inner[j * size + i] as number)) / 2;
  let distance = 0;
  for (let i = 0; i < size; i += 1) distance += ((first.mean[i] as number) - (second.mean[i] as number)) ** 2 + (first.covariance[i * size + i] as number) + (second.covariance[i * size + i] as number);
  return Math.max(0, distance - 2 * symmetricEigen(inner, size).values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0));
}

function squareRoot(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix.slice(), size);
  const root = new Float64Array(size * size);
  vectors.forEach((vector, e) => {
    const scale = Math.sqrt(Math.max(0, values[e] as number));
    for (let i = 0; i < size; i += 1) for (let j = 0; j < size; j += 1) root[i * size + j] = (root[i * size + j] as number) + scale * (vector[i] as number) * (vector[j] as number);
  });
  return root;
}

function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let k = 0; k < size; k += 1) for (let j = 0; j < size; j += 1) result[i * size + j] = (result[i * size + j] as number) + (a[i * size + k] as number) * (b[k * size + j] as number);
  return result;
}
