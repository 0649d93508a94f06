import { add, matMul, zeros, type Tensor2D } from '@tensorflow/tfjs-core';
import { mlp, parameter, type Activation, type Construction, type Layer } from './dense';

/** Hidden layers and a last layer of zeros, `name/output`: a layer of a flow whose parameters it gives starts as the identity. */
export function flowMlp(construction: Construction, name: string, inputs: number, widths: readonly number[], activation: Activation, outputs: number): Layer {
  const hidden = mlp(construction, name, inputs, widths, activation);
  const kernel = parameter(construction, `${name}/output/kernel`, () => zeros([hidden.outputs, outputs]));
  const bias = parameter(construction, `${name}/output/bias`, () => zeros([outputs]));
  return (x) => add<Tensor2D>(matMul(hidden.layer(x), kernel as Tensor2D), bias);
}
