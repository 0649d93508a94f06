import { add, avgPool, cast, greaterEqual, image, less, mean, mul, slice, tensor1d, tile } from '@tensorflow/tfjs-core';
import type { Corruption } from '../../contract/measurements';
import type { Batch } from '../model';
import type { Noise } from '../random/noise';

/** Pictures from which a part of what they show was taken (Vincent et al. 2010); the same shape. Values may leave [0, 1] under Gaussian noise alone. */
export function corrupt(x: Batch, corruption: Corruption, amount: number, noise: Noise): Batch {
  const [, height, width, channels] = x.shape;
  switch (corruption) {
    case 'gaussian':
      return add(x, mul(noise.normal(x.shape, 'corrupt'), amount));
    case 'masking':
      return mul(x, cast(greaterEqual(noise.uniform(x.shape, 'corrupt'), amount), 'float32'));
    case 'salt-and-pepper': {
      const u = noise.uniform(x.shape, 'corrupt');
      const kept = cast(greaterEqual(u, amount), 'float32');
      const salt = cast(less(u, amount / 2), 'float32');
      return add(mul(x, kept), salt);
    }
    case 'lower-half':
      return mul(x, tensor1d(Array.from({ length: height }, (_, row) => (2 * row < height ? 1 : 0))).reshape([1, height, 1, 1]));
    case 'low-resolution': {
      const halved = avgPool(x, 2, 2, 'same');
      const doubled = image.resizeNearestNeighbor(halved, [2 * Math.ceil(height / 2), 2 * Math.ceil(width / 2)]) as Batch;
      return slice(doubled, [0, 0, 0, 0], x.shape);
    }
    case 'grey':
      return tile(mean(x, 3, true), [1, 1, 1, channels]) as Batch;
  }
}
