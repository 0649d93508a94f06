import { add, concat, div, exp, mean, mul, neg, slice, sub, sum, tanh, tidy, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Activation, Construction } from '../nets/dense';
import { flowMlp, spreadKinks } from '../nets/flow-mlp';
import { zeroLogDet, type Bijector } from './bijector';

export interface CouplingOptions {
  /** Hidden layers of the net that sees the kept half. */
  widths: readonly number[];
  activation: Activation;
  /** False: the first half (the larger one, of an odd size) is kept and changes the second; true: the other way round. */
  flip: boolean;
}

/** The two halves of rows `[batch, size]`, and how to join them; the first one is the larger one of an odd size. */
export function halves(size: number, flip: boolean) {
  const first = Math.ceil(size / 2);
  const [kept, changed] = flip ? [size - first, first] : [first, size - first];
  return {
    kept,
    changed,
    split(x: Tensor): { kept: Tensor2D; changed: Tensor2D } {
      const [front, back] = [slice(x, [0, 0], [x.shape[0] ?? 0, first]) as Tensor2D, slice(x, [0, first]) as Tensor2D];
      return flip ? { kept: back, changed: front } : { kept: front, changed: back };
    },
    join: (kept: Tensor2D, changed: Tensor2D): Tensor2D => concat(flip ? [changed, kept] : [kept, changed], 1),
  };
}

/**
 * Affine coupling of rows `[batch, size]`, size 2 or more: y_a = x_a, y_b = x_b exp(s(x_a)) + t(x_a) (Dinh, Sohl-Dickstein and Bengio 2017, equations 7
 * and 8), with s = 2 tanh(o/2) for an output o of the net, since an unbounded exponent diverges. It starts as the identity;
 * `initialise` spreads the kinks of its net's units over the data.
 */
export function affineCoupling(construction: Construction, name: string, size: number, { widths, activation, flip }: CouplingOptions): Bijector {
  const { kept, changed, split, join } = halves(size, flip);
  const net = flowMlp(construction, name, kept, widths, activation, 2 * changed);
  const parameters = (a: Tensor2D) => {
    const outputs = net(a);
    const logScale = mul<Tensor2D>(tanh(div(slice(outputs, [0, 0], [a.shape[0], changed]), 2)), 2);
    return { logScale, shift: slice(outputs, [0, changed]) as Tensor2D };
  };
  return {
    forward(x) {
      const { kept: a, changed: b } = split(x);
      const { logScale, shift } = parameters(a);
      return { y: join(a, add(mul(b, exp(logScale)), shift)), logDet: sum<Tensor1D>(logScale, 1) };
    },
    inverse(y) {
      const { kept: a, changed: b } = split(y);
      const { logScale, shift } = parameters(a);
      return { x: join(a, mul(sub(b, shift), exp(neg(logScale)))), logDet: neg(sum<Tensor1D>(logScale, 1)) };
    },
    initialise: (x) => tidy(() => spreadKinks(construction, name, widths.length, activation, split(x).kept)),
  };
}

/**
 * Additive coupling of rows `[batch, size]`, size 2 or more: y_a = x_a, y_b = x_b + t(x_a) (Dinh, Krueger and Bengio 2014, section 3.2). It keeps volume. The last weights of its net start small and
 * not at zero, where data that are symmetric would give every shift an expected gradient of zero; `initialise` spreads the kinks of its units over the
 * data, and makes the mean of y_b zero by the last bias.
 */
export function additiveCoupling(construction: Construction, name: string, size: number, { widths, activation, flip }: CouplingOptions): Bijector {
  const { kept, changed, split, join } = halves(size, flip);
  const shift = flowMlp(construction, name, kept, widths, activation, changed, 0.01);
  const bias = construction.parameters[`${name}/output/bias`];
  return {
    forward(x) {
      const { kept: a, changed: b } = split(x);
      return { y: join(a, add(b, shift(a))), logDet: zeroLogDet(x) };
    },
    inverse(y) {
      const { kept: a, changed: b } = split(y);
      return { x: join(a, sub(b, shift(a))), logDet: zeroLogDet(y) };
    },
    initialise: (x) =>
      tidy(() => {
        const { kept: a, changed: b } = split(x);
        spreadKinks(construction, name, widths.length, activation, a);
        bias?.assign(sub(bias, mean(add(b, shift(a)), 0)));
      }),
  };
}
