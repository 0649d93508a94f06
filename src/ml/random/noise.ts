import { engine, scalar, stack, tensor1d, tidy, type KernelBackend, type KernelConfig, type Scalar, type Tensor, type Tensor1D, type TensorInfo } from '@tensorflow/tfjs-core';
import { philoxNormals, philoxUniforms, streamKey } from './philox';

/**
 * Counter-based noise: a function of (seed, purpose, step) and of nothing else, so that any step can be replayed alone
 * and two runs can be given the same draws. Two draws with the same purpose in one step are the same numbers.
 */
export interface Noise {
  /** In [0, 1), float32. */
  uniform(shape: number[], purpose: string): Tensor;
  /** N(0, 1), float32. */
  normal(shape: number[], purpose: string): Tensor;
  /** The same stream of another step. */
  at(step: Scalar | number): Noise;
}

/** Names of the kernels that every backend has to have: input `seed` int32 [2] (stream key, step), attribute `shape`. */
export const philoxUniform = 'PhiloxUniform';
export const philoxNormal = 'PhiloxNormal';

/**
 * The noise of a run.
 * @param seed 0 to 2^31 - 1
 * @param step 0 to 2^31 - 1, or an int32 scalar tensor, which is not read on the host
 */
export function createNoise(seed: number, step: Scalar | number = 0): Noise {
  const draw = (kernel: string, shape: number[], purpose: string): Tensor =>
    tidy(() => engine().runKernel<Tensor>(kernel, { seed: seedPair(streamKey(seed, purpose), step) }, { shape }));
  return {
    uniform: (shape, purpose) => draw(philoxUniform, shape, purpose),
    normal: (shape, purpose) => draw(philoxNormal, shape, purpose),
    at: (other) => createNoise(seed, other),
  };
}

const seedPair = (key: number, step: Scalar | number): Tensor1D =>
  typeof step === 'number' ? tensor1d([key, step], 'int32') : (stack([scalar(key, 'int32'), step]) as Tensor1D);

/** `noise` with every purpose put under `name`: its draws are independent of all others. */
export const under = (name: string, noise: Noise): Noise => ({
  uniform: (shape, purpose) => noise.uniform(shape, `${name}/${purpose}`),
  normal: (shape, purpose) => noise.normal(shape, `${name}/${purpose}`),
  at: (step) => under(name, noise.at(step)),
});

/** The two kernels in plain JavaScript, for a backend that has none of its own. */
export const philoxKernels = (backendName: string): KernelConfig[] =>
  [
    { kernelName: philoxUniform, draw: philoxUniforms },
    { kernelName: philoxNormal, draw: philoxNormals },
  ].map(({ kernelName, draw }) => ({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tensors = backend as KernelBackend;
      const shape = attrs?.shape as number[];
      const [key = 0, step = 0] = tensors.readSync((inputs.seed as TensorInfo).dataId) as Int32Array;
      const count = shape.reduce((product, size) => product * size, 1);
      return { dataId: tensors.write(draw(count, key, step), shape, 'float32'), shape, dtype: 'float32' };
    },
  }));
