import { add, div, exp, mul, neg, sigmoid, slice, softplus, squeeze, sub, sum, tanh, tidy, zerosLike, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Activation, Construction } from '../nets/dense';
import { made } from '../nets/made';
import { sweeps } from '../sampling/sweeps';
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

/** mu and alpha by a masked autoencoder; alpha = 3 tanh(o/3) of an output o keeps the scales within e^-3 and e^3. Both start at zero, and the flow as the identity; `initialise` spreads the kinks of the net's units over examples. */
export function madeConditioner(construction: Construction, name: string, size: number, { widths, activation, order }: AutoregressiveOptions): { conditioner: Conditioner; initialise(x: Tensor): void } {
  const net = made(construction, name, { size, widths, activation, outputsPerValue: 2, order });
  const last = construction.parameters[`${name}/output/kernel`];
  tidy(() => last?.assign(zerosLike(last)));
  return {
    conditioner(x) {
      const [mean, o] = pair(net.outputs(x));
      return { mean, logScale: mul(tanh(div(o, 3)), 3) };
    },
    initialise: (x) => net.spreadKinks(x as Tensor2D),
  };
}

/** The first and the second output of each value, `[batch, size]`, of `[batch, size, 2]`. */
const pair = (outputs: Tensor): [Tensor2D, Tensor2D] => {
  const output = (i: number): Tensor2D => squeeze<Tensor2D>(slice(outputs, [0, 0, i], [-1, -1, 1]), [2]);
  return [output(0), output(1)];
};

/** A layer of a masked autoregressive flow on rows `[batch, size]`: density in one pass, sampling in `size`. */
export function maf(construction: Construction, name: string, size: number, options: AutoregressiveOptions): Bijector {
  const { conditioner, initialise } = madeConditioner(construction, name, size, options);
  return { ...affineAutoregressive(conditioner), initialise };
}

/**
 * A layer of an inverse autoregressive flow (Kingma et al. 2016) as a density: x_i = z_i exp(alpha_i) + mu_i of the z before z_i; sampling in one pass, density in `size`. It starts as the identity,
 * so that the x that it is initialised by are the z that its net sees.
 */
export function iaf(construction: Construction, name: string, size: number, options: AutoregressiveOptions): Bijector {
  const { conditioner, initialise } = madeConditioner(construction, name, size, options);
  return { ...inverseAutoregressive(conditioner), initialise };
}

/** x_i = z_i exp(alpha_i) + mu_i, with mu_i and alpha_i of the values before z_i, read from x to z. */
export const inverseAutoregressive = (conditioner: Conditioner): Bijector => invert(affineAutoregressive(dual(conditioner)));

/** The conditioner of the map z exp(alpha) + mu written as (z - mu') exp(-alpha'): mu' = -mu exp(-alpha), alpha' = -alpha. It is its own inverse. */
export const dual = (conditioner: Conditioner): Conditioner => (z) => {
  const { mean, logScale } = conditioner(z);
  return { mean: neg(mul(mean, exp(neg(logScale)))), logScale: neg(logScale) };
};

/**
 * A step of the inverse autoregressive posterior (Kingma et al. 2016, equations 13 and 14), given a context `[batch, contextSize]` from the encoder: forward takes
 * a draw z `[batch, size]` to g z + (1 - g) m with the gate g = sigmoid(s + 1.5), in one pass; log q falls by its log-determinant. The hidden units see all of the
 * context, and of z what those of a masked autoencoder over z alone do; m and s of the first value are the same for every context.
 */
export function gatedAutoregressive(construction: Construction, name: string, size: number, contextSize: number, { widths, activation, order }: AutoregressiveOptions): (context: Tensor2D) => Bijector {
  const net = made(construction, name, { size, contextSize, widths, activation, outputsPerValue: 2, order });
  return (context) => {
    /** ln g and (1 - g) m, neither by a division: g comes near zero. */
    const step = (z: Tensor) => {
      const [m, s] = pair(net.outputs(z as Tensor2D, context));
      const logit = add<Tensor2D>(s, 1.5);
      return { logGate: neg(softplus(neg(logit))), shift: mul(sigmoid(neg(logit)), m) };
    };
    return {
      forward(z) {
        const { logGate, shift } = step(z);
        return { y: add(mul(exp(logGate), z), shift), logDet: sum<Tensor1D>(logGate, 1) };
      },
      inverse(y) {
        const back = (z: Tensor): Tensor => {
          const { logGate, shift } = step(z);
          return mul(sub(y, shift), exp(neg(logGate)));
        };
        const z = sweeps(y.shape[1] ?? 0, y, back);
        return { x: z, logDet: neg(sum<Tensor1D>(step(z).logGate, 1)) };
      },
    };
  };
}
