import { add, exp, log, mean, mul, neg, sqrt, square, sub, sum, tidy, zeros, type Scalar } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import { sameLogDet, type Bijector } from './bijector';

/**
 * y_i = x_i exp(s_i) of rows `[batch, size]` (Dinh, Krueger and Bengio 2014, section 3.3), starting as the identity. `initialise` gives every y_i the standard deviation 1: a value that hardly
 * varies, such as a pixel that is always black, has its s_i far from 0, where steps of Adam would not get in time.
 */
export function diagonalScale(construction: Construction, name: string, size: number): Bijector {
  const logScale = parameter(construction, `${name}/log-scale`, () => zeros([size]));
  return {
    forward: (x) => ({ y: mul(x, exp(logScale)), logDet: sameLogDet(x, sum<Scalar>(logScale)) }),
    inverse: (y) => ({ x: mul(y, exp(neg(logScale))), logDet: sameLogDet(y, neg(sum<Scalar>(logScale))) }),
    initialise: (x) =>
      tidy(() => {
        const deviation = sqrt(mean(square(sub(x, mean(x, 0))), 0));
        logScale.assign(neg(log(add(deviation, 1e-6))));
      }),
  };
}
