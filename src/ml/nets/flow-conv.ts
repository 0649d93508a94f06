import { exp, mul, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { convolution, type PictureLayer } from './convolution';
import { parameter, type Construction } from './dense';

/** Multiplies the logarithm of a scale, so that steps of Adam move it faster than other variables. */
const speed = 3;

/**
 * A 3 x 3 convolution that starts at zero, its outputs times exp(3 s) with a learned s for each channel (Kingma and Dhariwal 2018, section 3.3): what
 * comes after it starts as the identity.
 */
export function zeroConvolution(construction: Construction, name: string, inputs: number, outputs: number): PictureLayer {
  const layer = convolution(construction, name, { inputs, outputs, size: 3, start: 'zero' });
  const logScale = parameter(construction, `${name}/log-scale`, () => zeros([outputs]));
  return (x) => mul<Tensor4D>(layer(x), exp(mul(logScale, speed)));
}

/** Convolutions 3 x 3, 1 x 1 and 3 x 3, the first two of `width` channels after a ReLU, the last one starting at zero (Kingma and Dhariwal 2018, section 5.1). */
export function flowConvolutions(construction: Construction, name: string, inputs: number, width: number, outputs: number): PictureLayer {
  const first = convolution(construction, `${name}/first`, { inputs, outputs: width, size: 3, activation: 'relu' });
  const second = convolution(construction, `${name}/second`, { inputs: width, outputs: width, size: 1, activation: 'relu' });
  const last = zeroConvolution(construction, `${name}/last`, width, outputs);
  return (x) => last(second(first(x)));
}
