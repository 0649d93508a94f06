import { dispose, tidy, type Tensor } from '@tensorflow/tfjs-core';

/** Computes tensors in a `tidy` of their own and brings their float32 values to the host. (A `tidy` that returned the values would walk through each.) */
export const readValues = <T extends Record<string, Tensor>>(compute: () => T): { [Name in keyof T]: Float32Array } => takeValues(tidy(compute));

/** Brings float32 values of tensors to the host and disposes of the tensors; outside of a `tidy`, see above. */
export function takeValues<T extends Record<string, Tensor>>(tensors: T): { [Name in keyof T]: Float32Array } {
  const values = Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]);
  dispose(tensors);
  return Object.fromEntries(values) as { [Name in keyof T]: Float32Array };
}
