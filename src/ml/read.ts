import { tidy, type Tensor } from '@tensorflow/tfjs-core';

/** Computes tensors in a `tidy` of their own and brings their float32 values to the host. (A `tidy` that returned the values would walk through each.) */
export function readValues<T extends Record<string, Tensor>>(compute: () => T): { [Name in keyof T]: Float32Array } {
  const values = Object.entries(tidy(compute)).map(([name, tensor]) => {
    const read = tensor.dataSync<'float32'>();
    tensor.dispose();
    return [name, read];
  });
  return Object.fromEntries(values) as { [Name in keyof T]: Float32Array };
}
