import { add, div, minimum, mul, sqrt, square, sum, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

/** The Euclidean norm of all gradients as one vector. */
export const globalNorm = (gradients: readonly Tensor[]): Scalar => sqrt(gradients.map((gradient) => sum<Scalar>(square(gradient))).reduce((total, one) => add<Scalar>(total, one)));

/** Gradients of that norm, scaled down where it is above `largest` (Pascanu, Mikolov and Bengio 2013, algorithm 1). */
export function clipped(gradients: readonly Tensor[], norm: Scalar, largest: number): Tensor[] {
  const factor = minimum(1, div(largest, norm));
  return gradients.map((gradient) => mul(gradient, factor));
}
