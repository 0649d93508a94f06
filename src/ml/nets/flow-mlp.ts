import { add, matMul, mul, zeros, type Tensor2D } from '@tensorflow/tfjs-core';
import { mlp, parameter, type Activation, type Construction, type Layer } from './dense';

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
