import { add, cast, concat, div, exp, greater, log, matMul, mul, neg, ones, reshape, slice, sqrt, square, sub, sum, tanh, tensor, tile, zeros, zerosLike, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { activate } from '../nets/made';
import { parameter, type Activation, type Construction } from '../nets/dense';
import { actnorm } from './actnorm';
import { chain, type Bijector } from './bijector';
import { halves, type CouplingOptions } from './coupling';

/** A bijector of rows whose inverse also carries directions along. Products with its Jacobian are written out, since a tape cannot be differentiated a second time. */
export interface PushingBijector extends Bijector {
  /** `y` `[batch, size]` and `directions` `[k * batch, size]`, the first direction's batch first, to the x that goes to y, and to dx/dy times each direction. */
  push(y: Tensor2D, directions: Tensor2D): Pushed;
}

interface Pushed {
  x: Tensor2D;
  products: Tensor2D;
}

/** One after another in the forward direction. */
export const pushingChain = (bijectors: readonly PushingBijector[]): PushingBijector => ({
  ...chain(bijectors),
  push: (y, directions) => bijectors.reduceRight<Pushed>(({ x, products }, bijector) => bijector.push(x, products), { x: y, products: directions }),
});

/** Activation normalisation, which is linear but for a constant. */
export function pushingActnorm(construction: Construction, name: string, size: number): PushingBijector {
  const bijector = actnorm(construction, name, size);
  const back = (y: Tensor2D): Tensor2D => bijector.inverse(y).x as Tensor2D;
  return { ...bijector, push: (y, directions) => ({ x: back(y), products: sub(back(directions), back(zerosLike(directions))) }) };
}

/** The affine coupling of `coupling.ts`. */
export function pushingCoupling(construction: Construction, name: string, size: number, { widths, activation, flip }: CouplingOptions): PushingBijector {
  const { kept, changed, split, join } = halves(size, flip);
  const net = pushingMlp(construction, name, kept, widths, activation, 2 * changed);
  const logScaleOf = (outputs: Tensor2D): Tensor2D => mul(tanh(div(slice(outputs, [0, 0], [-1, changed]), 2)), 2);
  const shiftOf = (outputs: Tensor2D): Tensor2D => slice(outputs, [0, changed]);
  return {
    forward(x) {
      const { kept: a, changed: b } = split(x);
      const { value } = net(a);
      const logScale = logScaleOf(value);
      return { y: join(a, add(mul(b, exp(logScale)), shiftOf(value))), logDet: sum<Tensor1D>(logScale, 1) };
    },
    inverse(y) {
      const { kept: a, changed: b } = split(y);
      const { value } = net(a);
      const logScale = logScaleOf(value);
      return { x: join(a, mul(sub(b, shiftOf(value)), exp(neg(logScale)))), logDet: neg(sum<Tensor1D>(logScale, 1)) };
    },
    push(y, directions) {
      const { kept: a, changed: b } = split(y);
      const { kept: da, changed: db } = split(directions);
      const { value, products } = net(a, da);
      const logScale = logScaleOf(value);
      const shrink = exp(neg(logScale));
      const x = mul<Tensor2D>(sub(b, shiftOf(value)), shrink);
      // x = (b - t) e^-s, with s = 2 tanh(o / 2), so that ds = (1 - s^2 / 4) do.
      const each = (part: Tensor2D): Tensor2D => copies(part, directions.shape[0] / y.shape[0]);
      const dLogScale = mul(slice(products, [0, 0], [-1, changed]), each(sub(1, square(div(logScale, 2)))));
      const dx = sub<Tensor2D>(mul(sub(db, slice(products, [0, changed])), each(shrink)), mul(each(x), dLogScale));
      return { x: join(a, x), products: join(da, dx) };
    },
  };
}

const copies = (x: Tensor2D, count: number): Tensor2D => (count === 1 ? x : tile(x, [count, 1]));

const slopeAt = {
  relu: (value: Tensor2D): Tensor2D => cast(greater(value, 0), 'float32'),
  tanh: (value: Tensor2D): Tensor2D => sub(1, square(value)),
  none: (value: Tensor2D): Tensor2D => ones(value.shape),
};

/** Dense layers, the last one starting at zero, and the product of their Jacobian with directions `[k * batch, inputs]`. */
function pushingMlp(construction: Construction, name: string, inputs: number, widths: readonly number[], activation: Activation, outputs: number) {
  const sizes = [inputs, ...widths, outputs];
  const layers = sizes.slice(1).map((to, i) => {
    const from = sizes[i] as number;
    const last = i === widths.length;
    const part = last ? `${name}/output` : `${name}/dense-${i}`;
    const limit = last ? 0 : Math.sqrt(6 / (activation === 'relu' ? from : from + to));
    const kernel = parameter(construction, `${part}/kernel`, () => mul(sub(mul(construction.noise.uniform([from, to], part), 2), 1), limit)) as Tensor as Tensor2D;
    const bias = parameter(construction, `${part}/bias`, () => zeros([to]));
    return { kernel, bias, activation: last ? ('none' as const) : activation };
  });
  return (x: Tensor2D, directions: Tensor2D = zeros([0, inputs])): { value: Tensor2D; products: Tensor2D } => {
    let [value, products] = [x, directions];
    for (const { kernel, bias, activation } of layers) {
      value = activate[activation](add<Tensor2D>(matMul(value, kernel), bias));
      if (directions.size > 0) products = mul(matMul(products, kernel), copies(slopeAt[activation](value), directions.shape[0] / x.shape[0]));
    }
    return { value, products };
  };
}

/** A smooth map g of codes `[batch, low]` into rows `[batch, size]` that is one to one, and its left inverse. */
export interface Injection {
  /** The code of the point of the surface that a row is projected to: g(project(x)) = x on the surface. */
  project(x: Tensor2D): Tensor2D;
  embed(v: Tensor2D): Tensor2D;
  /** g(v) and ln sqrt det J^T J of its Jacobian there, `[batch]`: by how much g stretches length, area, ... */
  embedWithVolume(v: Tensor2D): { x: Tensor2D; logVolume: Tensor1D };
}

/** g(v) = F^-1(v, 0), with F a bijector of rows of `size` (Caterini et al. 2021, section 2.2). */
export function injection(bijector: PushingBijector, size: number, low: number): Injection {
  const padded = (v: Tensor2D): Tensor2D => (low === size ? v : concat([v, zeros([v.shape[0], size - low])], 1));
  return {
    project: (x) => slice(bijector.forward(x).y as Tensor2D, [0, 0], [-1, low]),
    embed: (v) => bijector.inverse(padded(v)).x as Tensor2D,
    embedWithVolume(v) {
      const [count] = v.shape;
      const basis = tensor(Array.from({ length: low * low }, (_, i) => (i % (low + 1) === 0 ? 1 : 0)), [low, 1, low]);
      const { x, products } = bijector.push(padded(v), padded(reshape(tile(basis, [1, count, 1]), [low * count, low])));
      return { x, logVolume: logVolume(reshape(products, [low, count, size])) };
    },
  };
}

/**
 * Of vectors `[count, batch, size]`, ln of the volume that they span, `[batch]`: the sum of ln r_ii of their QR decomposition by modified Gram-Schmidt, which is
 * half of the log-determinant of their Gram matrix (r is its Cholesky factor).
 */
export function logVolume(vectors: Tensor3D): Tensor1D {
  const [count, batch] = vectors.shape;
  let total: Tensor1D = zeros([batch]);
  let rest = vectors;
  for (let i = 0; i < count; i++) {
    const first = slice(rest, [0, 0, 0], [1, -1, -1]);
    const length = sqrt(add(sum(square(first), 2, true), 1e-12));
    total = add(total, reshape(log(length), [batch]));
    if (i === count - 1) break;
    const others = slice(rest, [1, 0, 0]);
    const direction = div(first, length);
    rest = sub(others, mul(direction, sum(mul(others, direction), 2, true)));
  }
  return total;
}
