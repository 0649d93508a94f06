import { add, cast, concat, customGrad, engine, eye, getBackend, getKernel, matMul, neg, slice, tensor, transpose, where, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * A kernel that a backend may have: the inverse of a triangular `matrix` `[n, n]` with ones on its diagonal and zeros on the other side; attribute `lower`, whether it is lower triangular.
 */
export const unitTriangularInverseKernel = 'UnitTriangularInverse';

export type Triangle = 'lower' | 'upper';

/** Ones strictly below or above the diagonal `[size, size]`. */
export const triangle = (size: number, part: Triangle): Tensor2D =>
  tensor(Array.from({ length: size * size }, (_, i) => ((part === 'lower' ? i % size < Math.floor(i / size) : i % size > Math.floor(i / size)) ? 1 : 0)), [size, size]);

/** By halves: [[A, 0], [B, C]]^-1 = [[A^-1, 0], [-C^-1 B A^-1, C^-1]]. */
function lowerByHalves(matrix: Tensor2D): Tensor2D {
  const [size] = matrix.shape;
  if (size === 1) return matrix;
  const half = Math.floor(size / 2);
  const rest = size - half;
  const a = lowerByHalves(slice(matrix, [0, 0], [half, half]));
  const c = lowerByHalves(slice(matrix, [half, half], [rest, rest]));
  const b = neg(matMul(matMul(c, slice(matrix, [half, 0], [rest, half])), a)) as Tensor2D;
  return concat([concat([a, zeros([half, rest]) as Tensor2D], 1), concat([b, c], 1)], 0);
}

const byHalves = (matrix: Tensor2D, part: Triangle): Tensor2D => (part === 'lower' ? lowerByHalves(matrix) : transpose(lowerByHalves(transpose(matrix))));

/** The inverse of I + N, N being what `matrix` `[n, n]` has strictly below or above its diagonal. It always exists; of numbers that are not finite it is not finite. */
export function unitTriangularInverse(matrix: Tensor2D, part: Triangle): Tensor2D {
  const [size] = matrix.shape;
  const strict = where(cast(triangle(size, part), 'bool'), matrix, 0);
  return customGrad((m, save) => {
    const unit = m as Tensor2D;
    const value = getKernel(unitTriangularInverseKernel, getBackend()) ? engine().runKernel<Tensor2D>(unitTriangularInverseKernel, { matrix: unit }, { lower: part === 'lower' }) : byHalves(unit, part);
    (save as (tensors: Tensor[]) => void)([value]);
    return { value, gradFunc: (dy, [inverse]) => neg(matMul(matMul(inverse as Tensor2D, dy as Tensor2D, true), inverse as Tensor2D, false, true)) };
  })(add(strict, eye(size))) as Tensor2D;
}
