import { add, matMul, mul, zeros, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { mlp, parameter, type Activation, type Construction, type Layer } from './dense';
import { activate, placeKinks } from './made';

/**
 * Hidden layers and a last layer, `name/output`, whose weights start normal with the standard deviation `start` and whose bias starts at zero: at 0 a layer of a flow whose parameters
 * it gives starts as the identity.
 */
export function flowMlp(construction: Construction, name: string, inputs: number, widths: readonly number[], activation: Activation, outputs: number, start = 0): Layer {
  const hidden = mlp(construction, name, inputs, widths, activation);
  const shape: [number, number] = [hidden.outputs, outputs];
  const kernel = parameter(construction, `${name}/output/kernel`, () => (start === 0 ? zeros(shape) : mul(construction.noise.normal(shape, `${name}/output`), start)));
  const bias = parameter(construction, `${name}/output/bias`, () => zeros([outputs]));
  return (x) => add<Tensor2D>(matMul(hidden.layer(x), kernel as Tensor2D), bias);
}

/** `placeKinks` for the hidden layers of a `flowMlp`, by examples `x` `[batch, inputs]`. */
export function spreadKinks({ parameters }: Construction, name: string, layers: number, activation: Activation, x: Tensor2D): void {
  let value = x;
  for (let i = 0; i < layers; i++) {
    const [kernel, bias] = ['kernel', 'bias'].map((part) => parameters[`${name}/dense-${i}/${part}`]) as [Variable, Variable];
    const sums = matMul<Tensor2D>(value, kernel);
    placeKinks(bias, sums);
    value = activate[activation](add<Tensor2D>(sums, bias));
  }
}
