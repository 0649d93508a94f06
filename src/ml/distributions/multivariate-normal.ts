import { add, div, eye, log, matMul, mul, sqrt, square, sub, sum, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';

/** A normal of any covariance. */
export interface MultivariateNormal extends Distribution {
  /** KL(this || N(0, I)) = 1/2 (tr C + |mean|^2 - k - ln|C|), `[batch]`, nats. */
  klToStandardNormal(): Tensor1D;
}

/**
 * N(mean, L L^T), the same covariance for the whole batch.
 * @param mean `[batch, k]`
 * @param factor L, `[k, k]`, lower triangular with a positive diagonal
 * @param inverse L^-1, `[k, k]`
 */
export function multivariateNormal(mean: Tensor2D, factor: Tensor2D, inverse: Tensor2D): MultivariateNormal {
  const size = mean.shape[1];
  const logDet = (): Scalar => sum(log(sum(mul(factor, eye(size)), 1)));
  return {
    mean: () => mean,
    standardDeviation: () => mul(sqrt(sum(square(factor), 1)), mean.onesLike()),
    sample: (noise, purpose) => add(mean, matMul(noise.normal(mean.shape, purpose) as Tensor2D, factor, false, true)),
    logProb(x) {
      const standardised = matMul(sub<Tensor2D>(x as Tensor2D, mean), inverse, false, true);
      return sub(mul(sum(square(standardised), 1), -0.5), add(logDet(), 0.5 * size * Math.log(2 * Math.PI)));
    },
    klToStandardNormal: () => sub(div(add(sum<Tensor1D>(square(mean), 1), sub(sum(square(factor)), size)), 2), logDet()),
  };
}
