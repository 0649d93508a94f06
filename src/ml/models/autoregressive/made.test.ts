import { reshape, scalar, sigmoid, slice, tensor1d, tensor2d, tensor4d, tidy, tile, zerosLike, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { drawBinary } from '../../data/binarise';
import type { GradientModel } from '../../model';
import type { Construction } from '../../nets/dense';
import { madeLayers } from '../../nets/made';
import { createNoise } from '../../random/noise';
import { createTrainStep } from '../../train-step';
import { allProbabilities, binaryPictures, expectMode, expectOrder, expectSampling, logProbOf, totalProbability, withModel } from './checks';
import { fvsbn, made } from './made';

const data = binaryPictures(3, 4);
const table: DataShape = { ...binaryPictures(1, 1, 3), kind: 'table', levels: null, binary: false };

describe.each([
  { name: 'FVSBN', definition: fvsbn, settings: {} },
  { name: 'MADE of one layer', definition: made, settings: { widths: [40] } },
  { name: 'MADE of two layers and few units', definition: made, settings: { widths: [30, 24], activation: 'tanh' } },
  { name: 'MADE of degrees dealt at random', definition: made, settings: { widths: [30, 24], activation: 'tanh', masks: 'random' } },
  { name: 'MADE with direct weights', definition: made, settings: { widths: [24], direct: true } },
  { name: 'MADE of four orders', definition: made, settings: { widths: [20], orders: 4 } },
  { name: 'MADE of four sets of masks', definition: made, settings: { widths: [20, 16], orders: 4, masks: 'random' } },
])('$name', ({ definition, settings }) => {
  const test = (body: (model: GradientModel) => void) => () => withModel(definition, settings, data, body);

  it('has probabilities that sum to one over all binary pictures', test((model) => expect(Math.abs(totalProbability(model, data) - 1)).toBeLessThan(1e-6)));

  if ('orders' in settings) {
    it('has neither conditionals nor completions, which a mixture has not in one pass', test(({ abilities }) => expect(Object.keys(abilities).sort()).toEqual(['logProb', 'sample'])));
    return;
  }

  it('has the most probable values at temperature 0', test((model) => expectMode(model, data, 2)));

  it('draws with its running sums what whole passes draw, and completes', test((model) => expectSampling(model, data, 2)));

  if (definition === fvsbn) it('lets each pixel depend on all earlier ones', test((model) => expectOrder(model, data)));
});

it('MADE of one layer lets each pixel depend on all earlier ones', () => withModel(made, { widths: [60], activation: 'tanh' }, data, (model) => expectOrder(model, data)));

it('MADE with direct weights alone is the FVSBN of these weights', () =>
  withModel(made, { widths: [8], direct: true }, data, (model) =>
    withModel(fvsbn, {}, data, (alone) => {
      const { parameters } = model;
      parameters['net/output/kernel']?.assign(zerosLike(parameters['net/output/kernel'] as Variable));
      parameters['net/direct/kernel']?.assign(alone.parameters['net/output/kernel'] as Variable);
      parameters['net/output/bias']?.assign(alone.parameters['net/output/bias'] as Variable);
      const x = createNoise(3).uniform([5, 3, 4, 1], 'x').round() as ReturnType<typeof tensor4d>;
      const known = logProbOf(alone, x).dataSync();
      logProbOf(model, x).dataSync().forEach((log, i) => expect(log).toBeCloseTo(known[i] ?? NaN, 4));
    }),
  ));

it('without hidden layers MADE is the FVSBN', () =>
  withModel(fvsbn, {}, data, (linear) =>
    withModel(made, { widths: [] }, data, (other) => {
      const x = createNoise(3).uniform([5, 3, 4, 1], 'x').round() as ReturnType<typeof tensor4d>;
      expect(logProbOf(other, x).dataSync()).toEqual(logProbOf(linear, x).dataSync());
    }),
  ));

it('an ensemble of orders has the mean of their probabilities, which is the most that its parts have less ln n at least', () =>
  withModel(made, { widths: [20], orders: 3 }, data, (model) => {
    const x = createNoise(4).uniform([6, 3, 4, 1], 'x').round() as ReturnType<typeof tensor4d>;
    const places = model.state?.places;
    const all = places?.arraySync() as number[][];
    const parts = all.map((row) =>
      tidy(() => {
        places?.assign(tidy(() => tensor4d(all.flatMap(() => row), [1, 1, 3, 12]).reshape([3, 12]) as Tensor2D));
        return Array.from(logProbOf(model, x).dataSync());
      }),
    );
    places?.assign(tidy(() => tensor4d(all.flat(), [1, 1, 3, 12]).reshape([3, 12]) as Tensor2D));
    const whole = logProbOf(model, x).dataSync();
    whole.forEach((value, n) => expect(value).toBeCloseTo(Math.log(parts.reduce((total, part) => total + Math.exp(part[n] ?? NaN), 0) / 3), 4));
    expect(new Set(parts.map((part) => part[0])).size).toBe(3);
  }));

/** How far two distributions over the same things are apart, from 0 to 1. */
const totalVariation = (p: readonly number[], q: readonly number[]): number => p.reduce((sum, value, k) => sum + Math.abs(value - (q[k] ?? NaN)), 0) / 2;

describe.each(['even', 'random'] as const)('an ensemble of orders with %s masks', (masks) => {
  const tiny = binaryPictures(2, 3);

  it('draws what it gives probabilities, which the natural order alone does not', () =>
    withModel(made, { widths: [12], orders: 3, masks }, tiny, (model) => {
      const { probabilities } = allProbabilities(model, tiny);
      const count = 20_000;
      const values = tidy(() => model.abilities.sample?.({ count, temperature: scalar(1), noise: createNoise(11) }).dataSync<'float32'>() ?? new Float32Array());
      const frequencies = new Array<number>(64).fill(0);
      for (let n = 0; n < count; n++) {
        const picture = values.subarray(6 * n, 6 * n + 6).reduce((number, value, j) => number + value * 2 ** j, 0);
        frequencies[picture] = (frequencies[picture] ?? NaN) + 1 / count;
      }
      // Of as many independent draws, 0.4 sum sqrt(p / n) on average.
      expect(totalVariation(frequencies, probabilities)).toBeLessThan(0.03);
      const first = model.state as Record<string, Variable>;
      tidy(() => Object.values(first).forEach((rows) => rows.assign(tile(slice(rows, 0, [1, -1]), [3, 1]))));
      expect(totalVariation(allProbabilities(model, tiny).probabilities, probabilities)).toBeGreaterThan(0.1);
    }, 1.5));

  it('draws each sample with its running sums as whole passes do in the order of that sample', () =>
    withModel(made, { widths: [20, 15], orders: 3, masks }, data, (model) => {
      const [count, size] = [12, 12];
      const sampling = createNoise(12);
      const uniform = tidy(() => sampling.uniform([size, count], 'values').dataSync());
      const orders = tidy(() => Array.from(sampling.uniform([count], 'order').mul(3).floor().dataSync()));
      expect(new Set(orders).size).toBe(3);
      const drawn = tidy(() => model.abilities.sample?.({ count, temperature: scalar(1), noise: sampling }).reshape([count, size]).arraySync() as number[][]);
      const construction: Construction = { parameters: {}, noise: createNoise(0) };
      const net = madeLayers(construction, 'net', { size, widths: [20, 15], activation: 'relu', outputsPerValue: 1 });
      Object.entries(construction.parameters).forEach(([name, parameter]) => parameter.assign(model.parameters[name] as Variable));
      const rowOf = (name: string, k: number): Tensor1D => reshape(slice(model.state?.[name] as Variable, [k, 0], [1, -1]), [-1]);
      for (let k = 0; k < 3; k++) {
        const places = tidy(() => Array.from(rowOf('places', k).dataSync<'float32'>()));
        const naive = new Float32Array(count * size);
        for (let place = 0; place < size; place++) {
          const value = places.indexOf(place + 1);
          const ones = tidy(() => {
            const outputs = net.outputs(tensor2d(naive.slice(), [count, size]), { places: tensor1d(places), ...(masks === 'random' && { ranks: [rowOf('ranks-0', k), rowOf('ranks-1', k)] }) });
            return sigmoid(outputs).dataSync();
          });
          for (let n = 0; n < count; n++) naive[n * size + value] = (uniform[place * count + n] ?? NaN) > 1 - (ones[n * size + value] ?? NaN) ? 1 : 0;
        }
        orders.forEach((order, n) => order === k && expect(drawn[n], `sample ${n}`).toEqual(Array.from(naive.subarray(n * size, (n + 1) * size))));
      }
      Object.values(construction.parameters).forEach((parameter) => parameter.dispose());
    }, 1));
});

it("the paper's size has two layers of 8,000 units with a bias each, and no more", () => {
  const widths = [784, 8000, 8000, 784];
  const preset = made.presets?.find(({ id }) => id === 'made-paper')?.settings ?? {};
  expect(preset).toEqual({ widths: [8000, 8000], orders: 32, masks: 'random' });
  withModel(made, { ...preset, widths: [80, 80] }, binaryPictures(28, 28), ({ parameters, state }) => {
    const shapes = Object.fromEntries(Object.entries({ ...parameters, ...state }).map(([name, { shape }]) => [name, shape.map((n) => (n === 80 ? 8000 : n))]));
    expect(shapes).toEqual({
      'net/dense-0/kernel': [784, 8000], 'net/dense-0/bias': [8000], 'net/dense-1/kernel': [8000, 8000], 'net/dense-1/bias': [8000], 'net/output/kernel': [8000, 784], 'net/output/bias': [784],
      places: [32, 784], 'ranks-0': [32, 8000], 'ranks-1': [32, 8000],
    });
    const count = Object.keys(parameters).reduce((sum, name) => sum + (shapes[name] ?? []).reduce((product, n) => product * n, 1), 0);
    expect(count).toBe(widths.slice(1).reduce((sum, width, l) => sum + (widths[l] ?? NaN) * width + width, 0));
  });
});

it('the FVSBN has one optimum: two starts end with the same log-probability', () => {
  const pictures = tidy(() => drawBinary(createNoise(5).uniform([200, 3, 3, 1], 'grey').matMul(createNoise(6).uniform([200, 3, 1, 1], 'mix')) as ReturnType<typeof tensor4d>, createNoise(7)));
  const ends = [1, 2].map((seed) => {
    const model = fvsbn.build({ settings: {}, data: binaryPictures(3, 3), noise: createNoise(seed) }) as GradientModel;
    const step = createTrainStep({ model, learningRate: 0.1, data: pictures.reshape([200, 3, 3, 1]) as ReturnType<typeof tensor4d>, binarisation: 'none', seed });
    const rows = Int32Array.from({ length: 200 }, (_, i) => i);
    let loss = NaN;
    for (let i = 1; i <= 150; i++) loss = step.run(i, rows)[0] ?? NaN;
    return loss;
  });
  expect(Math.abs((ends[0] ?? NaN) - (ends[1] ?? NaN))).toBeLessThan(0.01);
  expect(ends[0]).toBeLessThan(9 * Math.LN2);
});

it('starts at the marginals of the data', () => {
  const columns = tidy(() => createNoise(8).normal([256, 3], 'columns').mul([[1, 2, 0.5]]).add([[3, -1, 0]]).reshape([256, 1, 1, 3]) as ReturnType<typeof tensor4d>);
  const pixels = tidy(() => createNoise(8).uniform([256, 12], 'pixels').less(Array.from({ length: 12 }, (_, i) => (i + 1) / 14)).cast('float32').reshape([256, 3, 4, 1]) as ReturnType<typeof tensor4d>);
  // Kernels of zero leave the biases alone.
  const startOf = (model: GradientModel, x: typeof pixels) => {
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => name.endsWith('kernel') && variable.assign(variable.mul(0))));
    model.initialise?.(x, createNoise(0));
    return model.abilities.conditionals?.(x);
  };
  withModel(fvsbn, {}, data, (model) => Array.from(startOf(model, pixels)?.mean().slice(0, 1).sub(pixels.mean(0, true)).abs().dataSync() ?? [NaN]).forEach((difference) => expect(difference).toBeLessThan(2 / 256)));
  withModel(made, { widths: [8] }, table, (model) => {
    const start = startOf(model, columns);
    expect(start?.mean().slice(0, 1).sub(columns.mean(0, true)).abs().max().dataSync()[0]).toBeLessThan(1e-4);
    expect(start?.standardDeviation?.().slice(0, 1).square().sub(columns.sub(columns.mean(0, true)).square().mean(0, true)).abs().max().dataSync()[0]).toBeLessThan(1e-2);
  });
  [columns, pixels].forEach((x) => x.dispose());
});

describe('MADE of a table', () => {
  it('has a density that integrates to one in two dimensions', () =>
    withModel(made, { widths: [16], activation: 'tanh' }, { ...table, channels: 2 }, (model) => {
      const [n, edge] = [400, 30];
      const step = (2 * edge) / n;
      const points = Array.from({ length: n * n }, (_, k) => [-edge + ((k % n) + 0.5) * step, -edge + (Math.floor(k / n) + 0.5) * step]);
      const logDensity = tidy(() => logProbOf(model, tensor4d(points.flat(), [n * n, 1, 1, 2])).dataSync<'float32'>());
      expect(Math.abs(logDensity.reduce((total, value) => total + Math.exp(value), 0) * step * step - 1)).toBeLessThan(5e-3);
    }));

  it('draws columns with the noise times the temperature', () =>
    withModel(made, { widths: [16] }, table, (model) => {
      const sampling = createNoise(9);
      const noiseOf = (t: number) => Array.from(model.abilities.sample?.({ count: 4, temperature: scalar(t), noise: sampling }).reshape([4, 3]).slice([0, 0], [4, 1]).dataSync() ?? []);
      const [cold = [], warm = [], hot = []] = [0, 1, 2].map(noiseOf);
      hot.forEach((value, n) => expect(value - (cold[n] ?? NaN)).toBeCloseTo(2 * ((warm[n] ?? NaN) - (cold[n] ?? NaN)), 4));
      expect(new Set(cold).size).toBe(1);
    }));
});
