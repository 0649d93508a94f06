import { backend_util, getKernel, registerKernel, unregisterKernel, util, type KernelBackend, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { philoxKernels, philoxUniform } from '../../../ml/random/noise';

/** Called once, after the backend was loaded; a second call changes nothing. */
export function registerWasmKernels(): void {
  if (getKernel(philoxUniform, 'wasm')) return;
  philoxKernels('wasm').forEach(registerKernel);
  transposeBeforeMatMul();
  convolutionsFilterGradient();
  sumsAlongTheLastAxis();
  oneHotOfAnyType();
}

type Attributes = Record<string, unknown>;
type Kernel = (inputs: Record<string, TensorInfo>, attrs: Attributes, backend: KernelBackend) => TensorInfo;

const kernel = (kernelName: string): Kernel => {
  const { kernelFunc } = getKernel(kernelName, 'wasm');
  return (inputs, attrs, backend) => kernelFunc({ inputs, backend, attrs: attrs as NamedAttrMap }) as TensorInfo;
};

function register(kernelName: string, compute: Kernel): void {
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc: ({ inputs, backend, attrs }) => compute(inputs as Record<string, TensorInfo>, attrs ?? {}, backend as KernelBackend) });
}

function override(kernelName: string, compute: (original: Kernel) => Kernel): void {
  const { setupFunc, disposeFunc } = getKernel(kernelName, 'wasm');
  const replaced = compute(kernel(kernelName));
  unregisterKernel(kernelName, 'wasm');
  register(kernelName, replaced);
  Object.assign(getKernel(kernelName, 'wasm'), { setupFunc, disposeFunc });
}

/** A matrix product with a transposed side takes about fifty times as long as a transpose and a product. */
function transposeBeforeMatMul(): void {
  const transpose = kernel('Transpose');
  const swapped = (x: TensorInfo, backend: KernelBackend): TensorInfo => {
    const axes = x.shape.map((_, axis) => axis);
    return transpose({ x }, { perm: [...axes.slice(0, -2), ...axes.slice(-2).reverse()] }, backend);
  };
  override('BatchMatMul', (original) => ({ a, b }, attrs, backend) => {
    const [left, right] = [attrs.transposeA ? swapped(a as TensorInfo, backend) : a, attrs.transposeB ? swapped(b as TensorInfo, backend) : b] as [TensorInfo, TensorInfo];
    const product = original({ a: left, b: right }, { ...attrs, transposeA: false, transposeB: false }, backend);
    if (left !== a) backend.disposeData(left.dataId);
    if (right !== b) backend.disposeData(right.dataId);
    return product;
  });
}

/** tfjs writes beside the tensor for an axis counted from the end. */
function sumsAlongTheLastAxis(): void {
  override('Cumsum', (original) => ({ x }, attrs, backend) => original({ x: x as TensorInfo }, { ...attrs, axis: util.parseAxisParam(attrs.axis as number, (x as TensorInfo).shape)[0] }, backend));
}

/** tfjs writes integers, also into a tensor of floats. */
function oneHotOfAnyType(): void {
  const cast = kernel('Cast');
  override('OneHot', (original) => (inputs, attrs, backend) => {
    const integers = original(inputs, { ...attrs, dtype: 'int32' }, backend);
    if (attrs.dtype === 'int32') return integers;
    const values = cast({ x: integers }, { dtype: attrs.dtype }, backend);
    backend.disposeData(integers.dataId);
    return values;
  });
}

/** Missing in tfjs: patches of the pictures as a matrix, times dy. */
function convolutionsFilterGradient(): void {
  type Shape = [number, number, number, number];
  const matMul = kernel('BatchMatMul');
  register('Conv2DBackpropFilter', (inputs, attrs, backend) => {
    const { x, dy } = inputs as Record<'x' | 'dy', TensorInfo>;
    const { strides, pad, dimRoundingMode, filterShape } = attrs as { strides: [number, number]; pad: 'same' | 'valid' | number; dimRoundingMode?: 'floor' | 'round' | 'ceil'; filterShape: Shape };
    const info = backend_util.computeConv2DInfo(x.shape as Shape, filterShape, strides, 1, pad, dimRoundingMode);
    const shape = [info.batchSize * info.outHeight * info.outWidth, info.filterHeight * info.filterWidth * info.inChannels];
    const a: TensorInfo = { dataId: backend.write(patches(backend.readSync(x.dataId) as Float32Array, info), shape, 'float32'), shape, dtype: 'float32' };
    const product = matMul({ a, b: { ...dy, shape: [shape[0] ?? 0, info.outChannels] } }, { transposeA: true, transposeB: false }, backend);
    backend.disposeData(a.dataId);
    return { ...product, shape: filterShape };
  });
}

/** For each place of the kernel on the zero-padded pictures a row of the values under it, `[batch * outHeight * outWidth, filterHeight * filterWidth * inChannels]`. */
function patches(x: Float32Array, info: backend_util.Conv2DInfo): Float32Array {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const values = new Float32Array(batchSize * outHeight * outWidth * filterHeight * filterWidth * inChannels);
  let row = 0;
  for (let n = 0; n < batchSize; n++)
    for (let top = -padInfo.top; top < outHeight * strideHeight - padInfo.top; top += strideHeight)
      for (let left = -padInfo.left; left < outWidth * strideWidth - padInfo.left; left += strideWidth, row++)
        for (let i = Math.max(0, -top); i < Math.min(filterHeight, inHeight - top); i++) {
          const [first, last] = [Math.max(0, -left), Math.min(filterWidth, inWidth - left)];
          const from = ((n * inHeight + top + i) * inWidth + left) * inChannels;
          values.set(x.subarray(from + first * inChannels, from + last * inChannels), ((row * filterHeight + i) * filterWidth + first) * inChannels);
        }
  return values;
}
