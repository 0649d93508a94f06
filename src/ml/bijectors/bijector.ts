import { add, concat, fill, mul, reshape, slice, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';

/** An invertible map of examples, the first dimension being the batch. Forward is the direction of encoding, from the data to the base's variables. */
export interface Bijector {
  /** `x` to `y`, and log|det dy/dx| of each example, `[batch]`. */
  forward(x: Tensor): { y: Tensor; logDet: Tensor1D };
  /** The `x` that goes to `y`, and log|det dx/dy|, `[batch]`: minus that of `forward` there. */
  inverse(y: Tensor): { x: Tensor; logDet: Tensor1D };
  /** Sets the variables that start from data, by inputs of `forward`. */
  initialise?(x: Tensor): void;
  /**
   * Of a layer that follows a field: `forward` by an adaptive solver, at an absolute and relative tolerance, and how often that evaluated the field for the whole batch. It reads
   * errors on the host, so it is for evaluations alone.
   */
  adaptively?(x: Tensor, tolerance: number): { y: Tensor; logDet: Tensor1D; evaluations: number };
}

/** One after another in the forward direction; log-determinants add up. */
export const chain = (bijectors: readonly Bijector[]): Bijector => ({
  forward(x) {
    let y = x;
    let logDet = zeroLogDet(x);
    for (const bijector of bijectors) {
      const next = bijector.forward(y);
      y = next.y;
      logDet = add(logDet, next.logDet);
    }
    return { y, logDet };
  },
  inverse(y) {
    let x = y;
    let logDet = zeroLogDet(y);
    for (const bijector of [...bijectors].reverse()) {
      const next = bijector.inverse(x);
      x = next.x;
      logDet = add(logDet, next.logDet);
    }
    return { x, logDet };
  },
  initialise(x) {
    let y = x;
    for (const bijector of bijectors) {
      bijector.initialise?.(y);
      y = bijector.forward(y).y;
    }
  },
});

/** The same map read in the other direction. */
export const invert = (bijector: Bijector): Bijector => ({
  forward(x) {
    const { x: y, logDet } = bijector.inverse(x);
    return { y, logDet };
  },
  inverse(y) {
    const { y: x, logDet } = bijector.forward(y);
    return { x, logDet };
  },
});

/** A map that keeps volume: `to` and `from` undo each other. */
export const volumeKept = (to: (x: Tensor) => Tensor, from: (y: Tensor) => Tensor): Bijector => ({
  forward: (x) => ({ y: to(x), logDet: zeroLogDet(x) }),
  inverse: (y) => ({ x: from(y), logDet: zeroLogDet(y) }),
});

/** Maps the first numbers of each row `[batch, size]`, as examples of `shape`, and lets the others pass. */
export function onFirst(shape: readonly number[], bijector: Bijector): Bijector {
  const count = shape.reduce((product, size) => product * size, 1);
  const apply = (rows: Tensor, map: (part: Tensor) => { value: Tensor; logDet: Tensor1D }): { value: Tensor; logDet: Tensor1D } => {
    const [batch = 0, size = 0] = rows.shape;
    const { value, logDet } = map(reshape(slice(rows, [0, 0], [batch, count]), [batch, ...shape]));
    const flat = reshape(value, [batch, count]) as Tensor2D;
    return { value: size === count ? flat : concat([flat, slice(rows, [0, count]) as Tensor2D], 1), logDet };
  };
  return {
    forward(x) {
      const { value: y, logDet } = apply(x, (part) => {
        const { y, logDet } = bijector.forward(part);
        return { value: y, logDet };
      });
      return { y, logDet };
    },
    inverse(y) {
      const { value: x, logDet } = apply(y, (part) => {
        const { x, logDet } = bijector.inverse(part);
        return { value: x, logDet };
      });
      return { x, logDet };
    },
    initialise(x) {
      const batch = x.shape[0] ?? 0;
      bijector.initialise?.(reshape(slice(x, [0, 0], [batch, count]), [batch, ...shape]));
    },
  };
}

/** No change of volume, for each example of `x`. */
export const zeroLogDet = (x: Tensor): Tensor1D => fill([x.shape[0] ?? 0], 0);

/** The same change of volume for each example of `x`. */
export const sameLogDet = (x: Tensor, logDet: Scalar): Tensor1D => mul(fill([x.shape[0] ?? 0], 1), logDet);
