import { add, floor, less, matMul, mul, sigmoid, tensor, tensor2d, tidy, variable, zeros, type Tensor, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../src/main/formats/safetensors';
import { createNoise, type Noise } from '../src/ml/random/noise';
import type { NoiseSpec, Values, Workload } from './workloads/workload';

// What a step begins with: functions of fixed seeds, so that every library begins with the same.

export const examples = 10_000;
const seed = 1;

const product = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

export const initialParameters = ({ parameters }: Workload): Record<string, Variable> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, bound }]) => {
      const initial = (): Tensor => (bound > 0 ? mul(add(mul(createNoise(seed).uniform(shape, name), 2), -1), bound) : zeros(shape));
      return [name, tidy(() => variable(initial()))];
    }),
  );

/** `[count, ...example]`: two moons, or pixels that depend on eight hidden causes. */
export function dataOf({ data, example }: Workload, count = examples): Tensor {
  return tidy(() => {
    const noise = createNoise(seed);
    if (data === 'moons') return moons(noise, count);
    const size = product(example);
    const likely = sigmoid(matMul(noise.normal([count, 8], 'causes') as Tensor2D, noise.normal([8, size], 'loadings') as Tensor2D));
    const pixels = { binary: () => less(noise.uniform([count, size], 'pixels'), likely).toFloat(), unit: () => likely, grey: () => mul(floor(mul(likely, 255.99)), 1 / 256) }[data]();
    return pixels.reshape([count, ...example]);
  });
}

function moons(noise: Noise, count: number): Tensor {
  const angles = noise.uniform([count], 'angle').dataSync<'float32'>();
  const points = Float32Array.from({ length: 2 * count }, (_, i) => {
    const angle = Math.PI * (angles[i >> 1] as number);
    const upper = i >> 1 < count / 2;
    if (i % 2 === 0) return upper ? Math.cos(angle) : 1 - Math.cos(angle);
    return upper ? Math.sin(angle) : 0.5 - Math.sin(angle);
  });
  return add(tensor2d(points, [count, 2]), mul(noise.normal([count, 2], 'spread'), 0.1));
}

export const draw = (specs: Record<string, NoiseSpec>, noise: Noise): Values =>
  Object.fromEntries(Object.entries(specs).map(([name, { kind, shape }]) => [name, kind === 'normal' ? noise.normal(shape, name) : noise.uniform(shape, name)]));

export const randomRows = (batch: number): Int32Array => Int32Array.from({ length: batch }, () => Math.floor(Math.random() * examples));

/**
 * All of it as the tensors of a file, for the other libraries: `parameter/…`, `constant/…`, `data`, the first batch of which the check takes,
 * `normal/…` and `uniform/…` with the check's noise, and `batch`.
 */
export function inputsOf(workload: Workload): Record<string, StoredTensor> {
  const stored = (x: Tensor): StoredTensor => ({ shape: x.shape, values: x.dataSync<'float32'>() });
  const named = (prefix: string, values: Values): [string, StoredTensor][] => Object.entries(values).map(([name, x]) => [`${prefix}/${name}`, stored(x)]);
  const noise = Object.entries(draw(workload.noise, createNoise(seed))).map(([name, x]): [string, StoredTensor] => [`${workload.noise[name]?.kind}/${name}`, stored(x)]);
  return {
    ...Object.fromEntries([...named('parameter', initialParameters(workload)), ...named('constant', workload.constants()), ...noise]),
    data: stored(dataOf(workload)),
    batch: { shape: [1], values: Int32Array.of(workload.batch) },
  };
}

/** From such a file. */
export function fromInputs(file: Record<string, StoredTensor>): { parameters: Record<string, Variable>; constants: Values; data: Tensor; noise: Values } {
  const under = (prefix: string): [string, Tensor][] =>
    Object.entries(file).flatMap(([name, { shape, values }]) => (name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor(values as Float32Array, shape)]] : []));
  const { data } = file;
  if (!data) throw new Error('The file has no data.');
  return {
    parameters: Object.fromEntries(under('parameter').map(([name, x]) => [name, variable(x)])),
    constants: Object.fromEntries(under('constant')),
    data: tensor(data.values as Float32Array, data.shape),
    noise: Object.fromEntries([...under('normal'), ...under('uniform')]),
  };
}
