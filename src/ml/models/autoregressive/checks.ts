import { add, fill, grad, memory, mul, scalar, slice, sum, tensor4d, tidy, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { Batch, GradientModel, ModelDefinition } from '../../model';
import { createNoise } from '../../random/noise';
import type { LevelDistribution } from './likelihoods';

const noise = createNoise(8);

export const binaryPictures = (height: number, width: number, channels = 1): DataShape => ({ kind: 'pictures', levels: 2, examples: 16, height, width, channels, binary: true });
export const greyPictures = (height: number, width: number, channels = 1, levels = 256): DataShape => ({ ...binaryPictures(height, width, channels), levels, binary: false });

/** Runs `test` with a model whose parameters are random and large enough for every connection to show. */
export function withModel(definition: ModelDefinition, settings: Record<string, unknown>, data: DataShape, test: (model: GradientModel) => void, scale = 0.3): void {
  const before = memory().numTensors;
  const model = definition.build({ settings: definition.settings.parse(settings), data, noise: createNoise(1) }) as GradientModel;
  tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), scale)))));
  tidy(() => void test(model));
  [model.parameters, model.state ?? {}].forEach((variables) => Object.values(variables).forEach((variable) => variable.dispose()));
  expect(memory().numTensors).toBe(before);
}

export const valuesOf = (data: DataShape): number => data.height * data.width * data.channels;

/** How many weights a preset's model has, biases among them, and weights that a mask of channels sets to zero. */
export function weightsOfPreset(definition: ModelDefinition, id: string, data: DataShape): number {
  let count = NaN;
  const preset = definition.presets?.find((candidate) => candidate.id === id);
  withModel(definition, preset?.settings ?? {}, data, ({ parameters }) => void (count = Object.values(parameters).reduce((sum, { size }) => sum + size, 0)));
  return count;
}

/** `[i][j]`: the largest |d E[x_i | earlier] / d x_j| over a batch of random pictures. */
export const influences = (model: GradientModel, data: DataShape): number[][] =>
  Array.from({ length: valuesOf(data) }, (_, i) =>
    tidy(() => {
      const shape = [16, data.height, data.width, data.channels];
      const ofValue = grad((x) => sum<Scalar>(slice(conditionalsOf(model, x as Batch).mean().reshape([16, -1]), [0, i], [16, 1])));
      return Array.from(ofValue(noise.uniform(shape, 'influences')).abs().max(0).dataSync());
    }),
  );

export const conditionalsOf = (model: GradientModel, x: Batch): LevelDistribution => {
  const conditionals = model.abilities.conditionals?.(x);
  if (!conditionals || !('probabilities' in conditionals)) throw new Error('No levels.');
  return conditionals as LevelDistribution;
};

/** Expects each value to depend on every earlier one (unless `blind` says otherwise) and on no later one. */
export function expectOrder(model: GradientModel, data: DataShape, blind: (i: number, j: number) => boolean = () => false): void {
  influences(model, data).forEach((row, i) =>
    row.forEach((influence, j) => (j < i && !blind(i, j) ? expect(influence, `${i} on ${j}`).toBeGreaterThan(1e-12) : expect(influence, `${i} on ${j}`).toBe(0))),
  );
}

/** p(x) of every picture there is; the first value of the picture changes fastest. */
export function allProbabilities(model: GradientModel, data: DataShape): { pictures: number[][]; probabilities: number[] } {
  const [size, levels] = [valuesOf(data), data.levels ?? NaN];
  const pictures = Array.from({ length: levels ** size }, (_, k) => Array.from({ length: size }, (_, j) => (Math.floor(k / levels ** j) % levels) / (levels - 1)));
  const logProbs = tidy(() => logProbOf(model, tensor4d(pictures.flat(), [pictures.length, data.height, data.width, data.channels])).dataSync<'float32'>());
  return { pictures, probabilities: Array.from(logProbs, Math.exp) };
}

/** The sum of p(x) over all pictures. */
export const totalProbability = (model: GradientModel, data: DataShape): number => allProbabilities(model, data).probabilities.reduce((total, p) => total + p, 0);

export const logProbOf = (model: GradientModel, x: Batch): Tensor1D => {
  const logProb = model.abilities.logProb?.(x, noise);
  if (!logProb) throw new Error('No log-probability.');
  return logProb;
};

/** Expects the sampler to draw what a pass of the whole net for each value draws with the same noise, one uniform number a value: the first level at which the cumulated probability exceeds it. */
export function expectSampling(model: GradientModel, data: DataShape, levels: number): void {
  const [count, size] = [6, valuesOf(data)];
  const shape: [number, number, number, number] = [count, data.height, data.width, data.channels];
  const sampling = noise.at(77);
  const uniform = tidy(() => sampling.uniform([size, count], 'values').dataSync());
  const naive = new Float32Array(count * size);
  const logProbs = new Array<number>(count).fill(0);
  for (let i = 0; i < size; i++) {
    const probabilities = tidy(() => conditionalsOf(model, tensor4d(naive.slice(), shape)).probabilities().dataSync());
    for (let n = 0; n < count; n++) {
      const own = probabilities.subarray((n * size + i) * levels, (n * size + i + 1) * levels);
      let level = 0;
      for (let below = own[0] ?? NaN; level < levels - 1 && (uniform[i * count + n] ?? NaN) >= below; below += own[++level] ?? NaN);
      naive[n * size + i] = level / (levels - 1);
      logProbs[n] = (logProbs[n] ?? NaN) + Math.log(own[level] ?? NaN);
    }
  }
  const { sample, complete } = model.abilities;
  if (!sample || !complete) throw new Error('No samples.');
  const close = (a: ArrayLike<number>, b: ArrayLike<number>): void => Array.from(a).forEach((value, k) => expect(value, `value ${k}`).toBeCloseTo(b[k] ?? NaN, 5));
  const drawn = tidy(() => Array.from(sample({ count, temperature: scalar(1), noise: sampling }).dataSync()));
  close(drawn, naive);
  expect(new Set(drawn).size).toBeGreaterThan(1);
  const teacherForced = tidy(() => logProbOf(model, tensor4d(drawn, shape)).dataSync());
  Array.from(teacherForced).forEach((value, n) => expect(Math.abs(value - (logProbs[n] ?? NaN))).toBeLessThan(1e-3));

  // Completion keeps what is known, and given the sample's own beginning it is the sample.
  const ones = fill(shape, 1) as Batch;
  const known = Math.floor(size / 2);
  const completed = tidy(() => complete({ x: ones, known: scalar(known, 'int32'), temperature: scalar(1), noise: sampling }).reshape([count, size]).arraySync() as number[][]);
  completed.forEach((row) => expect(row.slice(0, known).every((value) => value === 1)).toBe(true));
  close(tidy(() => complete({ x: tensor4d(naive.slice(), shape), known: scalar(known, 'int32'), temperature: scalar(1), noise: sampling }).dataSync()), naive);
  close(tidy(() => complete({ x: ones, known: scalar(size, 'int32'), temperature: scalar(1), noise: sampling }).dataSync()), new Float32Array(count * size).fill(1));
  ones.dispose();
}

/** Expects draws at temperature 0 to be the same whatever the noise, each value the most probable one given those before it. */
export function expectMode(model: GradientModel, data: DataShape, levels: number): void {
  const { sample } = model.abilities;
  if (!sample) throw new Error('No samples.');
  const shape: [number, number, number, number] = [1, data.height, data.width, data.channels];
  const [a, b] = [1, 2].map((step) => tidy(() => Array.from(sample({ count: 1, temperature: scalar(0), noise: noise.at(step) }).dataSync())));
  expect(a).toEqual(b);
  const probabilities = tidy(() => conditionalsOf(model, tensor4d(a ?? [], shape)).probabilities().dataSync());
  a?.forEach((value, i) => expect(probabilities[i * levels + Math.round(value * (levels - 1))]).toBe(Math.max(...probabilities.subarray(i * levels, (i + 1) * levels))));
}

