import { zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { loop } from './loop';

/** The longest rows whose sweeps have a gradient. */
export const unrolled = 16;

/**
 * `sweep` of `[batch, size]` once for each value, from zeros of the shape of `like`: where a value of its result depends on those before it in some order alone, the first k of the order are final after k
 * times. Rows of up to 16 values have a gradient: the loop that longer ones take has none.
 */
export function sweeps(size: number, like: Tensor, sweep: (x: Tensor) => Tensor): Tensor {
  let x: Tensor = zerosLike(like);
  if (size > unrolled) return loop(size, [x], (_, [x = like]) => [sweep(x)])[0] ?? x;
  for (let i = 0; i < size; i++) x = sweep(x);
  return x;
}
