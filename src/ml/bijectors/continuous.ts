import { add, concat, matMul, mul, reshape, sigmoid, square, sub, sum, tanh, tensor, tile, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import type { Bijector } from './bijector';
import { adaptively, column, rungeKutta, type Field } from './ode';

/** A field with the product of its Jacobian and given directions, both of the same net evaluation. */
export interface Dynamics {
  size: number;
  /**
   * The velocity at `x` `[batch, size]`, and J v for each of the directions `v`, `[directions * batch, size]`, the first direction's batch first.
   */
  at(x: Tensor2D, t: Scalar | number, directions?: Tensor2D): { velocity: Tensor2D; products?: Tensor2D };
}

/**
 * A net of concatsquash layers, (x W + b) sigmoid(g t + c) + t h, with tanh between (Grathwohl et al. 2019, appendix B.1). Products with its Jacobian are written out, layer by layer
 * forward, since a tape cannot be differentiated a second time. What depends on the time starts as in the authors' code, uniform up to 1. Weights and biases start so that sums through gates half open
 * have the variance of what comes in (LeCun et al. 1998, section 4.6): with the authors' uniform up to 1 / sqrt(fan-in) the net is nearly linear at first. The last layer starts at zero, and the
 * flow as the identity.
 */
export function concatsquash(construction: Construction, name: string, size: number, widths: readonly number[]): Dynamics {
  const sizes = [size, ...widths, size];
  const layers = sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i] as number;
    const last = i === widths.length;
    const make = (part: string, initial: () => Tensor): Variable => parameter(construction, `${name}/layer-${i}/${part}`, initial);
    const draw = (part: string, shape: number[], limit: number) => mul(sub(mul(construction.noise.uniform(shape, `${name}/layer-${i}/${part}`), 2), 1), limit);
    const limit = 2 * Math.sqrt(3 / inputs);
    return {
      kernel: make('kernel', () => (last ? zeros([inputs, outputs]) : draw('kernel', [inputs, outputs], limit))) as Tensor as Tensor2D,
      bias: make('bias', () => (last ? zeros([outputs]) : draw('bias', [outputs], limit))),
      gate: make('gate', () => draw('gate', [outputs], 1)),
      gateBias: make('gate-bias', () => draw('gate-bias', [outputs], 1)),
      drift: make('drift', () => (last ? zeros([outputs]) : draw('drift', [outputs], 1))),
    };
  });
  return {
    size,
    at(x, t, directions) {
      let value = x;
      let products = directions;
      layers.forEach(({ kernel, bias, gate, gateBias, drift }, i) => {
        const scale = sigmoid(add(mul(gate, t), gateBias));
        const before = add(mul(add(matMul(value, kernel), bias), scale), mul(drift, t));
        value = (i === layers.length - 1 ? before : tanh(before)) as Tensor2D;
        if (!products) return;
        products = mul(matMul(products, kernel), scale);
        if (i < layers.length - 1) {
          const slope = sub<Tensor2D>(1, square(value));
          const copies = (products.shape[0] ?? 0) / (value.shape[0] ?? 1);
          products = mul(products, copies === 1 ? slope : tile(slope, [copies, 1]));
        }
      });
      return { velocity: value, ...(products && { products }) };
    },
  };
}

/**
 * The field of a continuous flow with its rates: the divergence, exactly or by Hutchinson's estimate e . J e for a given `probe` `[batch, size]`, the same all along a solution, and |f|^2.
 */
export function flowField({ size, at }: Dynamics, probe?: Tensor2D): Field {
  const basis = (count: number): Tensor2D =>
    reshape(tile(reshape(tensor(Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))), [size, 1, size]), [1, count, 1]), [size * count, size]);
  return (x, t) => {
    const [count] = x.shape;
    const directions = probe ?? basis(count);
    const { velocity, products } = at(x, t, directions);
    if (!products) throw new Error('No products were asked for.');
    const diagonal = sum<Tensor1D>(mul(products, directions), 1);
    const divergence = probe ? diagonal : sum(reshape(diagonal, [size, count]), 0);
    return { velocity, rates: concat([reshape(divergence, [count, 1]), reshape(sum(square(velocity), 1), [count, 1])], 1) as Tensor2D };
  };
}

/** Times from and to which a continuous layer runs, in how many steps of the Runge-Kutta method. */
export interface Span {
  from: number;
  to: number;
  steps: number;
}

/** What `through` gives: the end point, log|det| and the kinetic energy, the integral of |f|^2, each `[batch]`. */
export function through(field: Field, x: Tensor2D, span: Span): { y: Tensor2D; logDet: Tensor1D; kinetic: Tensor1D } {
  const { x: y, integrals } = rungeKutta(field, { x, integrals: zeros([x.shape[0], 2]) }, span);
  return { y, logDet: column(integrals, 0), kinetic: column(integrals, 1) };
}

/** The solution of dx/dt = f over a span as a bijector; log|det| is the integral of the divergence. The inverse runs back in time, and undoes it up to the solver's error. */
export function continuous(dynamics: Dynamics, { from, to, steps }: Span, probe?: Tensor2D): Bijector {
  const field = flowField(dynamics, probe);
  return {
    forward(x) {
      const { y, logDet } = through(field, x as Tensor2D, { from, to, steps });
      return { y, logDet };
    },
    inverse(y) {
      const { y: x, logDet } = through(field, y as Tensor2D, { from: to, to: from, steps });
      return { x, logDet };
    },
    adaptively: (x, tolerance) => adaptively(field, x as Tensor2D, { from, to }, tolerance),
  };
}
