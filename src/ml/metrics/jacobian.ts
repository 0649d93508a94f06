import { eye, grad, mul, sum, tile, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** The Jacobian of a map of rows at one row `[1, size]`: `[size, size]`, entry (i, j) = dy_i / dx_j. The map must treat each row on its own, and keep the number of values. */
export function jacobian(map: (x: Tensor) => Tensor, x: Tensor2D): Tensor2D {
  const size = x.shape[1];
  return grad((rows: Tensor) => sum<Scalar>(mul(map(rows), eye(size))))(tile(x, [size, 1])) as Tensor2D;
}

/** ln |det| of a matrix `[size, size]`, row by row, by Gaussian elimination with pivots; -Infinity where it is singular. */
export function logAbsDet(matrix: ArrayLike<number>, size: number): number {
  const rows: Float64Array[] = Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => matrix[i * size + j] as number));
  let log = 0;
  for (let k = 0; k < size; k++) {
    const below = rows.slice(k).map((row) => Math.abs(row[k] as number));
    const pivot = k + below.indexOf(Math.max(...below));
    [rows[k], rows[pivot]] = [rows[pivot] as Float64Array, rows[k] as Float64Array];
    const first = rows[k] as Float64Array;
    log += Math.log(Math.abs(first[k] as number));
    for (const row of rows.slice(k + 1)) {
      const factor = (row[k] as number) / (first[k] as number);
      if (factor !== 0) for (let j = k; j < size; j++) row[j] = (row[j] as number) - factor * (first[j] as number);
    }
  }
  return log;
}

/** How far a matrix is from triangular: the largest entry above its diagonal, or below, whichever is the smaller. */
export function offTriangle(matrix: ArrayLike<number>, size: number): number {
  const sides = [0, 0];
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) if (i !== j) sides[Number(i > j)] = Math.max(sides[Number(i > j)] as number, Math.abs(matrix[i * size + j] as number));
  return Math.min(...sides);
}

export const diagonal = (matrix: ArrayLike<number>, size: number): number[] => Array.from({ length: size }, (_, i) => matrix[i * size + i] as number);
