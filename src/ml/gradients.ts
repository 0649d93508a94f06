import { customGrad, mul, reshape, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

/** What `make` computes, as a constant: no gradient flows through it, and none is computed. */
export const withoutGradient = <T extends Tensor>(make: () => T): T => customGrad(() => ({ value: make().clone(), gradFunc: () => [] }))() as T;

/** `x` as a constant. */
export const stopGradient = <T extends Tensor>(x: T): T => withoutGradient(() => x);

/** `x` itself, whose gradient is multiplied by `factor`, a constant that broadcasts to it. */
export const scaleGradient = <T extends Tensor>(x: T, factor: Tensor): T =>
  customGrad((value, by, save) => {
    (save as (tensors: Tensor[]) => void)([by as Tensor]);
    return { value: (value as Tensor).clone(), gradFunc: (dy: Tensor, saved: Tensor[]) => [mul(dy, saved[0] as Tensor), zerosLike(saved[0] as Tensor)] };
  })(x, factor) as T;

/** `hard` in the forward direction, the gradient of `soft` in the other (Bengio, Leonard and Courville 2013). */
export const straightThrough = <T extends Tensor>(soft: T, hard: () => T): T =>
  customGrad(() => ({ value: hard().clone(), gradFunc: (dy: Tensor) => [reshape(dy, dy.shape)] }))(soft) as T;
