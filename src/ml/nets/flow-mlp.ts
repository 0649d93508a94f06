import { add, cast, matMul, mul, neg, oneHot, sum, tensor1d, transpose, zeros, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { mlp, parameter, type Activation, type Construction, type Layer } from './dense';
import { activate } from './made';

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

/**
 * Sets the biases of the hidden layers of a `flowMlp` by examples `x` `[batch, inputs]`: each unit is zero, where a ReLU has its kink, at an example of its own, so that the kinks lie all over the
 * data. With biases of zero they would all go through the origin.
 */
export function spreadKinks({ parameters }: Construction, name: string, layers: number, activation: Activation, x: Tensor2D): void {
  const [count] = x.shape;
  let value = x;
  for (let i = 0; i < layers; i++) {
    const [kernel, bias] = ['kernel', 'bias'].map((part) => parameters[`${name}/dense-${i}/${part}`]) as [Variable, Variable];
    const before = matMul<Tensor2D>(value, kernel);
    const own = tensor1d(Int32Array.from({ length: before.shape[1] }, (_, unit) => unit % count), 'int32');
    bias.assign(neg(sum(mul(before, transpose(cast(oneHot(own, count), 'float32'))), 0)));
    value = activate[activation](add<Tensor2D>(before, bias));
  }
}
