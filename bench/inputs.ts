import { add, div, less, matMul, mul, range, round, scalar, sigmoid, slice, tensor2d, tidy, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import type { DataShape } from '../src/contract/models';
import type { StoredTensor } from '../src/main/formats/safetensors';
import type { GradientModel } from '../src/ml/model';
import { findModel } from '../src/ml/models/registry';
import { createNoise, under, type Noise } from '../src/ml/random/noise';
import { createTrainStep, type EagerTrainStep } from '../src/ml/train-step';
import type { Workload } from './workloads';

// What a run of a workload begins with: functions of fixed seeds, so that every library begins with the same.

export const seed = 1;

/** The model as a run has it before its first step, but for what starts at zero: that is stirred a little, so that the check's losses depend on every parameter. */
export function begin({ model: id, settings: chosen, data: shape }: Workload): { model: GradientModel; data: Tensor4D } {
  const definition = findModel(id);
  const settings = definition.settings.parse(chosen);
  const unfit = definition.refuses(shape, settings);
  if (unfit) throw new Error(unfit);
  const data = dataOf(shape);
  const noise = under('initialise', createNoise(seed));
  const model = definition.build({ settings, data: shape, noise });
  if (!('objective' in model)) throw new Error(`${id} is not trained by gradients.`);
  tidy(() => model.initialise?.(slice(data, 0, Math.min(256, shape.examples)), noise));
  for (const [name, parameter] of Object.entries(model.parameters))
    tidy(() => {
      if (parameter.dataSync().every((value) => value === 0)) parameter.assign(mul(createNoise(seed).normal(parameter.shape, `stirred/${name}`), 0.05));
    });
  return { model, data };
}

/** The step that a run takes. */
export const stepOf = ({ model, data }: { model: GradientModel; data: Tensor4D }): EagerTrainStep => createTrainStep({ model, learningRate: 1e-3, data, binarisation: 'none', seed });

/** `[examples, height, width, channels]`: two moons in turn, or pixels that depend on eight hidden causes. */
function dataOf({ kind, examples, height, width, channels, levels }: DataShape): Tensor4D {
  return tidy(() => {
    const noise = createNoise(seed);
    const size = height * width * channels;
    const shape: [number, number, number, number] = [examples, height, width, channels];
    if (kind === 'table') return moons(noise, examples).reshape(shape);
    const likely = sigmoid(matMul(noise.normal([examples, 8], 'causes') as Tensor2D, noise.normal([8, size], 'loadings') as Tensor2D));
    const top = (levels ?? 2) - 1;
    return (top === 1 ? less(noise.uniform([examples, size], 'pixels'), likely).toFloat() : div(round(mul(likely, top)), top)).reshape(shape);
  });
}

function moons(noise: Noise, count: number): Tensor2D {
  const angles = noise.uniform([count], 'angle').dataSync<'float32'>();
  const points = Array.from(angles, (part, i) => {
    const [x, y] = [Math.cos(Math.PI * part), Math.sin(Math.PI * part)];
    return i % 2 === 0 ? [x, y] : [1 - x, 0.5 - y];
  });
  return add(tensor2d(points, [count, 2]), mul(noise.normal([count, 2], 'spread'), 0.1));
}

/** Rows of the check, the same in each of its steps. */
export const firstRows = (batch: number): Int32Array => Int32Array.from({ length: batch }, (_, i) => i);
export const randomRows = ({ batch, data: { examples } }: Workload): Int32Array => Int32Array.from({ length: batch }, () => Math.floor(Math.random() * examples));

const stored = (x: Tensor): StoredTensor => ({ shape: x.shape, values: x.dataSync<'float32'>().slice() });

/**
 * All of it as the tensors of a file, for the other libraries: `parameter/…`; `constant/…`, the state that no step of these models changes; `data`, the first
 * batch of which the check takes; `normal/…` and `uniform/…` with the noise of step 1, which is that of each step of the check; and `batch`.
 */
export function inputsOf(workload: Workload): Record<string, StoredTensor> {
  const { model, data } = begin(workload);
  const named = (prefix: string, variables: Record<string, Variable> = {}): [string, StoredTensor][] => Object.entries(variables).map(([name, x]) => [`${prefix}/${name}`, stored(x)]);
  return {
    ...Object.fromEntries([...named('parameter', model.parameters), ...named('constant', model.state)]),
    ...drawsOf(model, slice(data, 0, workload.batch)),
    data: stored(data),
    batch: { shape: [1], values: Int32Array.of(workload.batch) },
  };
}

/** What the objective draws in step 1; without single numbers, which choose among several orders of the values, and here there is one. */
function drawsOf(model: GradientModel, batch: Tensor4D): Record<string, StoredTensor> {
  const draws: Record<string, StoredTensor> = {};
  const source = createNoise(seed, 1);
  const noted = (kind: 'normal' | 'uniform') => (shape: number[], purpose: string): Tensor => {
    const x = source[kind](shape, purpose);
    if (shape.length > 0) draws[`${kind}/${purpose}`] = stored(x);
    return x;
  };
  const noise: Noise = { normal: noted('normal'), uniform: noted('uniform'), at: () => noise };
  tidy(() => {
    model.objective(batch, { noise, step: scalar(1, 'int32'), rows: range(0, batch.shape[0], 1, 'int32') as Tensor1D });
  });
  return draws;
}
