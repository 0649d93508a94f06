import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { readValues } from '../../ml/read';
import type { Session } from './session';

/**
 * Computes `f` of `inputs` with the session's model and brings its float32 results to the host; the inputs are disposed of.
 * @param _key names the computation: with the same key and the same shapes of inputs, `f` is the same function. What varies from one question
 *   to the next (examples, codes, a temperature, a seed) is therefore an input, never a number inside `f`.
 */
export function askModel<Inputs extends Tensor[], Results extends Record<string, Tensor>>(
  _session: Session,
  _key: string,
  inputs: [...Inputs],
  f: (...inputs: Inputs) => Results,
): { [Name in keyof Results]: Float32Array } {
  try {
    return readValues(() => f(...inputs));
  } finally {
    dispose(inputs);
  }
}
