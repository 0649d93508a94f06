import { add, matMul, relu, sub, tanh, mul, tidy, variable, zeros, type Tensor, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import type { Noise } from '../random/noise';

export const activations = ['relu', 'tanh', 'none'] as const;
export type Activation = (typeof activations)[number];

/** Where a model under construction keeps its variables, and the noise that initialises them. */
export interface Construction {
  parameters: Record<string, Variable>;
  noise: Noise;
}

export type Layer = (x: Tensor2D) => Tensor2D;

/** Makes a variable and files it under `name`. */
export function parameter({ parameters }: Construction, name: string, initial: () => Tensor): Variable {
  if (parameters[name]) throw new Error(`Two parameters are named ${name}.`);
  return (parameters[name] = tidy(() => variable(initial())));
}

/**
 * `activation(x kernel + bias)`: `[batch, inputs]` to `[batch, outputs]`; variables `name/kernel`, `name/bias`. The kernel starts uniform:
 * He et al. 2015 before a ReLU (variance 2 / inputs), else Glorot and Bengio 2010 (2 / (inputs + outputs)); the bias at zero.
 */
export function dense(construction: Construction, name: string, inputs: number, outputs: number, activation: Activation = 'none'): Layer {
  const limit = Math.sqrt(6 / (activation === 'relu' ? inputs : inputs + outputs));
  const kernel = parameter(construction, `${name}/kernel`, () => mul(sub(mul(construction.noise.uniform([inputs, outputs], name), 2), 1), limit));
  const bias = parameter(construction, `${name}/bias`, () => zeros([outputs]));
  const activate = { relu, tanh, none: (x: Tensor2D) => x }[activation];
  return (x) => activate(add<Tensor2D>(matMul(x, kernel as Tensor2D), bias));
}

/** Dense layers of the given widths one after another, `name/dense-0` and so on; none for no widths. */
export function mlp(construction: Construction, name: string, inputs: number, widths: readonly number[], activation: Activation): { layer: Layer; outputs: number } {
  let outputs = inputs;
  const layers = widths.map((width, i) => {
    const layer = dense(construction, `${name}/dense-${i}`, outputs, width, activation);
    outputs = width;
    return layer;
  });
  return { layer: (x) => layers.reduce((value, layer) => layer(value), x), outputs };
}
