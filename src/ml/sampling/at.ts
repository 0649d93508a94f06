import { gather, reshape, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

/** Element `i` (int32, not read on the host) of a dimension, which is kept with size 1. */
export const at = <T extends Tensor>(x: T, i: Scalar, axis = 0): T => gather(x, reshape(i, [1]), axis);
