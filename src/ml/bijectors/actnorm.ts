import { add, exp, log, mean, mul, neg, sqrt, square, sub, sum, tidy, zeros, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import { sameLogDet, type Bijector } from './bijector';

/** Multiplies the logarithm of the scale, so that steps of Adam move it faster than other variables. */
const speed = 3;

/**
 * Activation normalisation (Kingma and Dhariwal 2018, section 3.1): y = (x + b) exp(3 s) for each channel, the last dimension of `[batch, ..., channels]`. It starts as the
 * identity; `initialise` makes every channel of its output have mean zero and variance one.
 */
export function actnorm(construction: Construction, name: string, channels: number): Bijector {
  const bias = parameter(construction, `${name}/bias`, () => zeros([channels]));
  const logScale = parameter(construction, `${name}/log-scale`, () => zeros([channels]));
  const scale = (): Tensor => mul(logScale, speed);
  const logDet = (x: Tensor): Scalar => mul(sum<Scalar>(scale()), x.size / (x.shape[0] ?? 1) / channels);
  return {
    forward: (x) => ({ y: mul(add(x, bias), exp(scale())), logDet: sameLogDet(x, logDet(x)) }),
    inverse: (y) => ({ x: sub(mul(y, exp(neg(scale()))), bias), logDet: sameLogDet(y, neg(logDet(y))) }),
    initialise: (x) =>
      tidy(() => {
        const axes = x.shape.map((_, axis) => axis).slice(0, -1);
        const centre = mean(x, axes);
        const deviation = sqrt(mean(square(sub(x, centre)), axes));
        bias.assign(neg(centre));
        logScale.assign(mul(log(add(deviation, 1e-6)), -1 / speed));
      }),
  };
}
