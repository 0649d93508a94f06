import { cast, greater, less, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Split } from '../../contract/datasets';
import type { Binarisation } from '../../contract/experiment';
import { createNoise, type Noise } from '../random/noise';

/** One draw of x ~ Bernoulli(grey value) for each pixel; 0 and 1 stay what they are. */
export const drawBinary = (grey: Tensor4D, noise: Noise): Tensor4D => cast(less(noise.uniform(grey.shape, 'binarise'), grey), 'float32');

/**
 * What the model's data are under a protocol, made once when a split is loaded: `static` is one draw for good, by seed 0 and the
 * split's name, so that every run sees the same pictures; `threshold` is 1 above one half. `none` and `dynamic` give the grey values
 * themselves: dynamic binarisation draws anew in each step and evaluation.
 * @param grey the whole split, `[count, height, width, channels]` in [0, 1]; disposed of where something new is returned
 */
export function binariseOnce(grey: Tensor4D, protocol: Binarisation, split: Split): Tensor4D {
  if (protocol === 'none' || protocol === 'dynamic') return grey;
  const binary = tidy(() => (protocol === 'static' ? drawBinary(grey, createNoise(0, { train: 0, valid: 1, test: 2 }[split])) : cast(greater(grey, 0.5), 'float32')));
  grey.dispose();
  return binary as Tensor4D;
}
