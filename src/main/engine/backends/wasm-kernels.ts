import { getKernel, registerKernel, unregisterKernel, type KernelBackend, type KernelConfig, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { philoxKernels, philoxUniform } from '../../../ml/random/noise';

/** Called once, after the backend was loaded; a second call changes nothing. */
export function registerWasmKernels(): void {
  if (getKernel(philoxUniform, 'wasm')) return;
  philoxKernels('wasm').forEach(registerKernel);
  transposeBeforeMatMul();
}

/** A matrix product with a transposed side takes about fifty times as long as a transpose and a product. */
function transposeBeforeMatMul(): void {
  const original = getKernel('BatchMatMul', 'wasm');
  const transpose = getKernel('Transpose', 'wasm');
  const swapped = (backend: object, x: TensorInfo): TensorInfo => {
    const axes = x.shape.map((_, axis) => axis);
    const perm = [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
    return transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } as unknown as NamedAttrMap }) as TensorInfo;
  };
  unregisterKernel('BatchMatMul', 'wasm');
  registerKernel({
    ...original,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const left = attrs?.transposeA ? swapped(backend, a) : a;
      const right = attrs?.transposeB ? swapped(backend, b) : b;
      const product = original.kernelFunc({ inputs: { a: left, b: right }, backend, attrs: { ...attrs, transposeA: false, transposeB: false } });
      if (left !== a) (backend as KernelBackend).disposeData(left.dataId);
      if (right !== b) (backend as KernelBackend).disposeData(right.dataId);
      return product;
    },
  } as KernelConfig);
}
