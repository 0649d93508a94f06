import { exp, mul, neg, sum, zeros, type Scalar } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import { sameLogDet, type Bijector } from './bijector';

/** y_i = x_i exp(s_i) of rows `[batch, size]` (Dinh, Krueger and Bengio 2014, section 3.3), starting as the identity. */
export function diagonalScale(construction: Construction, name: string, size: number): Bijector {
  const logScale = parameter(construction, `${name}/log-scale`, () => zeros([size]));
  return {
    forward: (x) => ({ y: mul(x, exp(logScale)), logDet: sameLogDet(x, sum<Scalar>(logScale)) }),
    inverse: (y) => ({ x: mul(y, exp(neg(logScale))), logDet: sameLogDet(y, neg(sum<Scalar>(logScale))) }),
  };
}
