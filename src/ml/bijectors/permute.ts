import { reshape, reverse, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { volumeKept, type Bijector } from './bijector';

/** Of rows `[batch, size]` of even size: the values of even index first, then the others. */
export const deinterleave = (size: number): Bijector => {
  const swap = (x: Tensor, from: [number, number]): Tensor => reshape(transpose(reshape(x, [-1, ...from]), [0, 2, 1]), [-1, size]);
  return volumeKept((x) => swap(x, [size / 2, 2]), (y) => swap(y, [2, size / 2]));
};

/** The channels, the last dimension, in reverse. */
export const reverseChannels: Bijector = volumeKept((x) => reverse(x, x.rank - 1), (y) => reverse(y, y.rank - 1));

/** `[batch, height, width, channels]` with each side that is even halved, its pixels becoming channels. */
export function squeeze([height, width, channels]: readonly [number, number, number]): { bijector: Bijector; shape: [number, number, number] } {
  const [down, across] = [height % 2 === 0 ? 2 : 1, width % 2 === 0 ? 2 : 1];
  const shape: [number, number, number] = [height / down, width / across, channels * down * across];
  return {
    shape,
    bijector: volumeKept(
      (x) => reshape(transpose(reshape(x, [-1, shape[0], down, shape[1], across, channels]), [0, 1, 3, 2, 4, 5]), [-1, ...shape]),
      (y) => reshape(transpose(reshape(y, [-1, shape[0], shape[1], down, across, channels]), [0, 1, 3, 2, 4, 5]), [-1, height, width, channels]),
    ),
  };
}
