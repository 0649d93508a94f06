import { add, concat, div, exp, mul, neg, sigmoid, slice, softplus, squeeze, sub, sum, tanh, tidy, zerosLike, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Activation, Construction } from '../nets/dense';
import { made } from '../nets/made';
import { loop } from '../sampling/loop';
import { invert, type Bijector } from './bijector';

export interface AutoregressiveOptions {
  /** Hidden layers of the masked net. */
  widths: readonly number[];
  activation: Activation;
  /** The values' indices, the first one first; `inOrder` or `reversed`. */
  order: readonly number[];
}

export const inOrder = (size: number): number[] => Array.from({ length: size }, (_, i) => i);
export const reversed = (size: number): number[] => inOrder(size).reverse();

/** The longest rows whose inverse has a gradient. */
export const unrolled = 16;

/** mu and alpha of each value, `[batch, size]`, from the values before it alone. */
export type Conditioner = (x: Tensor2D) => { mean: Tensor2D; logScale: Tensor2D };

/**
 * y_i = (x_i - mu_i) exp(-alpha_i), with mu_i and alpha_i of the values before x_i (Papamakarios, Pavlakou and Murray 2017, equation 4). Forward takes one pass,
 * the inverse as many passes of all values as there are values: after pass k the first k values of the order are exact.
 */
export const affineAutoregressive = (conditioner: Conditioner): Bijector => ({
  forward(x) {
    const { mean, logScale } = conditioner(x as Tensor2D);
    return { y: mul(sub(x, mean), exp(neg(logScale))), logDet: neg(sum<Tensor1D>(logScale, 1)) };
  },
  inverse(y) {
    const sweep = (x: Tensor): Tensor => {
      const { mean, logScale } = conditioner(x as Tensor2D);
      return add(mul(y, exp(logScale)), mean);
    };
    const x = sweeps(y.shape[1] ?? 0, y, sweep);
    return { x, logDet: sum<Tensor1D>(conditioner(x as Tensor2D).logScale, 1) };
  },
});

/** `sweep` once for each value, from zeros. Rows of up to 16 values have a gradient: the loop that longer ones take has none. */
export function sweeps(size: number, y: Tensor, sweep: (x: Tensor) => Tensor): Tensor {
  let x: Tensor = zerosLike(y);
  if (size > unrolled) return loop(size, [x], (_, [x = y]) => [sweep(x)])[0] ?? x;
  for (let i = 0; i < size; i++) x = sweep(x);
  return x;
}

/** mu and alpha by a masked autoencoder; alpha = 3 tanh(o/3) of an output o keeps the scales within e^-3 and e^3. Both start at zero, and the flow as the identity. */
export function madeConditioner(construction: Construction, name: string, size: number, { widths, activation, order }: AutoregressiveOptions): Conditioner {
  const net = made(construction, name, { size, widths, activation, outputsPerValue: 2, order });
  const last = construction.parameters[`${name}/output/kernel`];
  tidy(() => last?.assign(zerosLike(last)));
  return (x) => {
    const outputs = net(x);
    const output = (i: number): Tensor2D => squeeze<Tensor2D>(slice(outputs, [0, 0, i], [-1, -1, 1]), [2]);
    return { mean: output(0), logScale: mul(tanh(div(output(1), 3)), 3) };
  };
}

/** A layer of a masked autoregressive flow on rows `[batch, size]`: density in one pass, sampling in `size`. */
export const maf = (construction: Construction, name: string, size: number, options: AutoregressiveOptions): Bijector =>
  affineAutoregressive(madeConditioner(construction, name, size, options));

/** A layer of an inverse autoregressive flow (Kingma et al. 2016) as a density: x_i = z_i exp(alpha_i) + mu_i of the z before z_i; sampling in one pass, density in `size`. */
export const iaf = (construction: Construction, name: string, size: number, options: AutoregressiveOptions): Bijector => inverseAutoregressive(madeConditioner(construction, name, size, options));

/** x_i = z_i exp(alpha_i) + mu_i, with mu_i and alpha_i of the values before z_i, read from x to z. */
export const inverseAutoregressive = (conditioner: Conditioner): Bijector => invert(affineAutoregressive(dual(conditioner)));

/** The conditioner of the map z exp(alpha) + mu written as (z - mu') exp(-alpha'): mu' = -mu exp(-alpha), alpha' = -alpha. It is its own inverse. */
export const dual = (conditioner: Conditioner): Conditioner => (z) => {
  const { mean, logScale } = conditioner(z);
  return { mean: neg(mul(mean, exp(neg(logScale)))), logScale: neg(logScale) };
};

/**
 * A step of the inverse autoregressive posterior (Kingma et al. 2016, equations 13 and 14), given a context `[batch, contextSize]` from the encoder: forward takes
 * a draw z `[batch, size]` to g z + (1 - g) m with the gate g = sigmoid(s + 1.5), in one pass; log q falls by its log-determinant.
 */
export function gatedAutoregressive(construction: Construction, name: string, size: number, contextSize: number, { widths, activation, order }: AutoregressiveOptions): (context: Tensor2D) => Bijector {
  const net = made(construction, name, { size: contextSize + size, widths, activation, outputsPerValue: 2, order: [...inOrder(contextSize), ...order.map((i) => contextSize + i)] });
  return (context) =>
    affineAutoregressive((z) => {
      const outputs = net(concat([context, z], 1));
      const output = (i: number): Tensor2D => squeeze<Tensor2D>(slice(outputs, [0, contextSize, i], [-1, size, 1]), [2]);
      const gate = sigmoid(add<Tensor>(output(1), 1.5)) as Tensor2D;
      // g z + (1 - g) m = (z - mu) exp(-alpha) with alpha = -ln g, mu = -(1 - g) m / g.
      return { mean: neg(div(mul(sub(1, gate), output(0)), gate)), logScale: softplus(neg(add(output(1), 1.5))) };
    });
}
