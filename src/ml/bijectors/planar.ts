import { abs, add, div, log, mul, neg, softplus, square, sub, sum, tanh, zeros, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import type { Bijector } from './bijector';
import { bisect } from './solve';

/** Of one layer: `u` and `w` `[1 or batch, size]`, `b` `[1 or batch, 1]`. */
export interface PlanarParameters {
  u: Tensor;
  w: Tensor;
  b: Tensor;
}

/**
 * y = x + u' tanh(w.x + b) on rows `[batch, size]` (Rezende and Mohamed 2015, equation 10). u' is u moved along w so that w.u' = -1 + softplus(w.u) > -1, for which the
 * map is invertible (their appendix A.1). The inverse solves a + w.u' tanh(a + b) = w.y for a = w.x by bisection.
 */
export function planarWith({ u, w, b }: PlanarParameters): Bijector {
  const along = (a: Tensor, c: Tensor): Tensor => sum(mul(a, c), 1, true);
  const wu = along(w, u);
  const raised = softplus(wu);
  const slope = sub(raised, 1);
  const direction = add(u, mul(sub(slope, wu), div(w, add(sum(square(w), 1, true), 1e-12))));
  // 1 + w.u' (1 - bend^2) = bend^2 + softplus(w.u) (1 - bend^2): in 32 bits w.u' is -1 where w.u is below -17.
  const logDetAt = (bend: Tensor): Tensor1D => sum(log(add(square(bend), mul(raised, sub(1, square(bend))))), 1);
  return {
    forward(x) {
      const bend = tanh(add(along(w, x), b));
      return { y: add(x, mul(direction, bend)), logDet: logDetAt(bend) };
    },
    inverse(y) {
      const target = along(w, y);
      const reach = abs(slope);
      const a = bisect((a) => sub(add(a, mul(slope, tanh(add(a, b)))), target), sub(target, reach), add(target, reach));
      const bend = tanh(add(a, b));
      return { x: sub(y, mul(direction, bend)), logDet: neg(logDetAt(bend)) };
    },
  };
}

/** w.u at which w.u' is 0. */
const level = Math.log(Math.E - 1);

/**
 * A planar layer with variables `name/u`, `name/w`, `name/b` that are the same for every example. At the start w.u' = 0, and it keeps volume: with w.u = 0 it
 * would shrink what is amid its kink to 0.69, and 32 layers one after another to a hundred-thousandth. Two spirals, ten thousand steps: 0.24 nats from the truth for 0.55.
 */
export function planar(construction: Construction, name: string, size: number): Bijector {
  const small = (part: string): Tensor => mul(construction.noise.normal([1, size], `${name}/${part}`), 0.3);
  const w = parameter(construction, `${name}/w`, () => small('w'));
  const u = parameter(construction, `${name}/u`, () => add(small('u'), mul(w, div(sub(level, sum(mul(w, small('u')))), sum(square(w))))));
  const parameters: PlanarParameters = { u, w, b: parameter(construction, `${name}/b`, () => zeros([1, 1])) };
  return { forward: (x) => planarWith(parameters).forward(x), inverse: (y) => planarWith(parameters).inverse(y) };
}
