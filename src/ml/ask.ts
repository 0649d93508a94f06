import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { readValues } from './read';

/**
 * Computes `f` of `inputs` and brings its float32 results to the host; the inputs are disposed of. With the same key and the same shapes of inputs
 * `f` is the same function of the inputs and of the model's variables, so that an engine may compile it.
 */
export type Ask = <Inputs extends Tensor[], Results extends Record<string, Tensor>>(key: string, inputs: [...Inputs], f: (...inputs: Inputs) => Results) => { [Name in keyof Results]: Float32Array };

export const askEagerly: Ask = (_key, inputs, f) => {
  try {
    return readValues(() => f(...inputs));
  } finally {
    dispose(inputs);
  }
};
