import { abs, concat, max, mul, ones, scalar, sigmoid, sub, tensor1d, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../../src/ml/random/noise';
import { dataOf, draw, fromInputs, initialParameters, inputsOf } from '../inputs';
import { stepOf } from '../step';
import { workloads } from '.';
import { pixelLogits } from './gated-pixelcnn';
import type { Workload } from './workload';

const small: Record<string, number> = { W1: 8, W2: 2, W3: 2, W4: 8, W5: 32, W6: 1, W7: 1, W8: 8, W9: 1 };
const make = (id: string): Workload => (workloads[id] as (batch?: number) => Workload)(small[id]);
const read = (x: Tensor): number[] => Array.from(x.dataSync());
const largest = (x: Tensor): number => read(max(abs(x)))[0] ?? NaN;
/** Parameters that are all in use: zeros would hide what they are multiplied by. */
const stirred = (workload: Workload) => {
  const parameters = initialParameters(workload);
  for (const [name, value] of Object.entries(parameters)) tidy(() => value.assign(value.add(createNoise(3).normal(value.shape, name).mul(0.05))));
  return parameters;
};

describe('a workload', () => {
  it.each(Object.keys(workloads))('%s: its loss falls on a batch that stays the same', (id) => {
    const workload = make(id);
    const noise = draw(workload.noise, createNoise(2));
    const step = stepOf(workload, { parameters: initialParameters(workload), constants: workload.constants(), data: dataOf(workload, workload.batch), noise });
    const losses = [1, 2, 3, 4].map((number) => tidy(() => read(step.body(scalar(number, 'int32'), tensor1d([0], 'int32')))[0] as number));
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });

  it.each([
    ['W1', 1_082_680],
    ['W2', 1_431_491],
    ['W3', 1_082_680],
    ['W4', 1_569_784],
    ['W5', 35_344],
    ['W6', 164_544],
    ['W7', 160_705],
    ['W8', 4_546],
    ['W9', 600_865],
  ])('%s has %i parameters', (id, count) => {
    expect(Object.values(make(id).parameters).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(count);
  });

  it('comes back from its file of inputs as it went in', () => {
    const workload = make('W8');
    const { parameters, data } = fromInputs(inputsOf(workload));
    for (const [name, value] of Object.entries(initialParameters(workload))) expect(read(parameters[name] as Tensor)).toEqual(read(value));
    expect(read(data).slice(0, 8)).toEqual(read(dataOf(workload)).slice(0, 8));
  });
});

/** Zero for the outputs of a coupling that scale, one for those that shift. */
const onShiftsAlone = (shape: number[]): Tensor => {
  const half = (shape.at(-1) as number) / 2;
  return concat([zeros([half]), ones([half])]);
};

describe('sampling', () => {
  it('of Glow inverts what the loss does: with scales that are the same for every image, the loss is the energy of the noise and a constant', () => {
    const workload = make('W6');
    const parameters = stirred(workload);
    for (const [name, value] of Object.entries(parameters))
      if (/c\.(kernel|bias)$/.test(name)) tidy(() => value.assign(mul(value, onShiftsAlone(value.shape))));
    const values = { ...parameters, ...workload.constants() };
    const sampling = workload.sample as NonNullable<Workload['sample']>;
    const constants = [4, 5].map((seed) =>
      tidy(() => {
        const noise = Object.fromEntries(Object.entries(draw(sampling.noise, createNoise(seed))).map(([name, x]) => [name, x.slice(0, 1)]));
        const image = sampling.run(values, noise);
        const energy = Object.values(noise).reduce((total, x) => total + 0.5 * (read(x.square().sum())[0] as number), 0);
        return (read(workload.loss(values, image, { dequantisation: image.mul(0) }))[0] as number) - energy;
      }),
    );
    expect(constants[0]).toBeCloseTo(constants[1] as number, 0);
  });

  it('of the gated PixelCNN, row by row and pixel by pixel, draws each pixel from the logits that the whole net gives', () => {
    const workload = make('W7');
    const values = stirred(workload);
    const sampling = workload.sample as NonNullable<Workload['sample']>;
    const noise = draw(sampling.noise, createNoise(5));
    const x = sampling.run(values, noise) as Tensor4D;
    const likely = sigmoid(pixelLogits(values, x)).reshape([16, 784]);
    const expected = tidy(() => (noise['pixels'] as Tensor).reshape([784, 16]).transpose().less(likely).toFloat());
    expect(largest(sub(expected, x.reshape([16, 784])))).toBe(0);
  });
});
