import { dispose, tidy, type Tensor } from '@tensorflow/tfjs-core';

/** Computes tensors in a `tidy` of their own and brings their float32 values to the host. (A `tidy` that returned the values would walk through each.) */
export function readValues<T extends Record<string, Tensor>>(compute: () => T): { [Name in keyof T]: Float32Array } {
  const tensors = tidy(compute);
  const values = Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]);
  dispose(tensors);
  return Object.fromEntries(values) as { [Name in keyof T]: Float32Array };
}
