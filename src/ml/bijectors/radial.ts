import { add, div, log, mul, neg, softplus, sqrt, square, sub, sum, zeros, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import type { Bijector } from './bijector';

/** Of one layer: `centre` `[1 or batch, size]`, `alpha` and `beta` (before their softplus) `[1 or batch, 1]`. */
export interface RadialParameters {
  centre: Tensor;
  alpha: Tensor;
  beta: Tensor;
}

/**
 * y = x + b (x - c) / (a + |x - c|) on rows `[batch, size]` (Rezende and Mohamed 2015, equation 14), with a = softplus(alpha) and b = -a + softplus(beta) > -a, for which
 * the map is invertible (their appendix A.2). The inverse is the root of a quadratic equation for |x - c|.
 */
export function radialWith({ centre, alpha, beta }: RadialParameters): Bijector {
  const a = add(softplus(alpha), 1e-3);
  const raised = softplus(beta);
  const radius = (offset: Tensor): Tensor => sqrt(add(sum(square(offset), 1, true), 1e-12));
  // With b = raised - a nothing is subtracted: 1 + b / (a + r), and along the radius 1 + a b / (a + r)^2, are near zero where b is near -a.
  const stretchAt = (r: Tensor): Tensor => div(add(r, raised), add(a, r));
  const logDetAt = (r: Tensor, size: number): Tensor1D => {
    const along = div(add(mul(r, add(r, mul(a, 2))), mul(a, raised)), square(add(a, r)));
    return sum(add(mul(log(stretchAt(r)), size - 1), log(along)), 1);
  };
  return {
    forward(x) {
      const offset = sub(x, centre);
      const r = radius(offset);
      return { y: add(centre, mul(offset, stretchAt(r))), logDet: logDetAt(r, x.shape[1] ?? 0) };
    },
    inverse(y) {
      const offset = sub(y, centre);
      const reached = radius(offset);
      // r + b r / (a + r) = reached, that is r^2 + (raised - reached) r - a reached = 0.
      const p = sub(raised, reached);
      const root = sqrt(add(square(p), mul(mul(a, reached), 4)));
      const r = mul(sub(root, p), 0.5);
      return { x: add(centre, div(offset, stretchAt(r))), logDet: neg(logDetAt(r, y.shape[1] ?? 0)) };
    },
  };
}

/** A radial layer with variables `name/centre`, `name/alpha`, `name/beta` that are the same for every example. */
export function radial(construction: Construction, name: string, size: number): Bijector {
  const parameters: RadialParameters = {
    centre: parameter(construction, `${name}/centre`, () => construction.noise.normal([1, size], `${name}/centre`)),
    alpha: parameter(construction, `${name}/alpha`, () => zeros([1, 1])),
    beta: parameter(construction, `${name}/beta`, () => zeros([1, 1])),
  };
  return { forward: (x) => radialWith(parameters).forward(x), inverse: (y) => radialWith(parameters).inverse(y) };
}
