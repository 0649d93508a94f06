import { grad, ones, slice, sum, tensor1d, tensor2d, tidy, type Scalar, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import type { Construction } from './dense';
import { hiddenDegrees, made, madeLayers, placesOf } from './made';

const noise = createNoise(3);
const construct = (): Construction => ({ parameters: {}, noise });
const dispose = ({ parameters }: Construction) => Object.values(parameters).forEach((variable) => variable.dispose());

/** `[i][j]`: sum over the outputs of value i and a batch of points of |d output / d x_j|. */
function influence(net: (x: Tensor2D) => Tensor3D, size: number): number[][] {
  return Array.from({ length: size }, (_, i) =>
    tidy(() => {
      const x = noise.normal([32, size], 'x') as Tensor2D;
      return Array.from(grad((v) => sum<Scalar>(slice(net(v as Tensor2D), [0, i, 0], [32, 1, -1]).square()))(x).abs().sum(0).dataSync());
    }),
  );
}

describe('a masked autoencoder', () => {
  for (const [name, order] of [['raster', [0, 1, 2, 3, 4, 5, 6]], ['reversed', [6, 5, 4, 3, 2, 1, 0]], ['mixed', [3, 0, 6, 2, 5, 1, 4]]] as const)
    for (const widths of [[], [20], [24, 13]])
      it(`lets the outputs of a value see every earlier value and no other, in ${name} order with ${widths.length} hidden layers`, () => {
        const construction = construct();
        const { outputs: net } = made(construction, 'net', { size: 7, widths, activation: 'tanh', outputsPerValue: 2, order });
        const places = placesOf(order);
        influence((x) => net(x) as Tensor3D, 7).forEach((row, i) =>
          row.forEach((value, j) => ((places[j] as number) < (places[i] as number) ? expect(value, `${i} of ${j}`).toBeGreaterThan(1e-12) : expect(value, `${i} of ${j}`).toBe(0))),
        );
        dispose(construction);
      });

  for (const widths of [[20], [24, 13]])
    it(`shows a context to all values but the first, and keeps the order of the values, with ${widths.length} hidden layers`, () => {
      const construction = construct();
      const { outputs: net } = made(construction, 'net', { size: 5, contextSize: 3, widths, activation: 'tanh', outputsPerValue: 2, order: [2, 0, 4, 1, 3] });
      const places = placesOf([2, 0, 4, 1, 3]);
      const context = () => noise.normal([32, 3], 'context') as Tensor2D;
      influence((x) => net(x, context()) as Tensor3D, 5).forEach((row, i) =>
        row.forEach((value, j) => ((places[j] as number) < (places[i] as number) ? expect(value, `${i} of ${j}`).toBeGreaterThan(1e-12) : expect(value, `${i} of ${j}`).toBe(0))),
      );
      const ofContext = (i: number) =>
        tidy(() => grad((c) => sum<Scalar>(slice(net(noise.normal([32, 5], 'x') as Tensor2D, c as Tensor2D), [0, i, 0], [32, 1, -1]).square()))(context()).abs().sum(0).min().dataSync()[0]);
      [2, 0, 4, 1, 3].forEach((value, place) => (place === 0 ? expect(ofContext(value)).toBe(0) : expect(ofContext(value)).toBeGreaterThan(1e-12)));
      dispose(construction);
    });

  it('has each hidden unit at zero for an example of its own once its kinks are spread, of what the unit sees', () => {
    const construction = construct();
    const order = [2, 0, 1];
    const { spreadKinks } = made(construction, 'net', { size: 3, widths: [8, 6], activation: 'relu', outputsPerValue: 2, order });
    const x = tidy(() => noise.normal([5, 3], 'x').mul(3).add(7) as Tensor2D);
    spreadKinks(x);
    const [rows = [], first = [], bias = [], second = [], secondBias = []] = [x, ...['dense-0/kernel', 'dense-0/bias', 'dense-1/kernel', 'dense-1/bias'].map((name) => construction.parameters[`net/${name}`])].map((tensor) => [...(tensor?.dataSync() ?? [])]);
    const [places, degrees, lastDegrees] = [placesOf(order), hiddenDegrees(8, 3), hiddenDegrees(6, 3)];
    const sumOf = (unit: number, example: number): number =>
      order.reduce((sum, value) => sum + ((degrees[unit] ?? 0) >= (places[value] ?? NaN) ? (rows[3 * example + value] ?? NaN) * (first[8 * value + unit] ?? NaN) : 0), bias[unit] ?? NaN);
    for (let unit = 0; unit < 8; unit++) expect(sumOf(unit, unit % 5)).toBeCloseTo(0, 4);
    for (let unit = 0; unit < 6; unit++) {
      const seen = degrees.map((degree, from) => (degree <= (lastDegrees[unit] ?? NaN) ? Math.max(0, sumOf(from, unit % 5)) * (second[6 * from + unit] ?? NaN) : 0));
      expect(seen.reduce((sum, each) => sum + each, secondBias[unit] ?? NaN)).toBeCloseTo(0, 4);
    }
    x.dispose();
    dispose(construction);
  });

  it('has the kinks of its first ReLUs all over the values where its biases are spread, and else at the origin', () => {
    const kinks = (spreadBiases: boolean): number[] => {
      const construction = construct();
      madeLayers(construction, 'net', { size: 2, widths: [64], activation: 'relu', outputsPerValue: 2, spreadBiases });
      const [kernel = [], bias = []] = ['net/dense-0/kernel', 'net/dense-0/bias'].map((name) => [...(construction.parameters[name]?.dataSync() ?? [])]);
      dispose(construction);
      return bias.map((value, unit) => -value / (kernel[unit] ?? NaN));
    };
    expect(kinks(false).every((kink) => Math.abs(kink) === 0)).toBe(true);
    const spread = kinks(true);
    for (const [from, to] of [[-0.5, -0.2], [-0.2, 0], [0, 0.2], [0.2, 0.5]] as const) expect(spread.filter((kink) => kink > from && kink < to).length).toBeGreaterThan(3);
  });

  it('without hidden layers is the strictly triangular linear map', () => {
    const construction = construct();
    const { outputs: net } = made(construction, 'net', { size: 4, widths: [], activation: 'relu', outputsPerValue: 1, order: [0, 1, 2, 3] });
    const kernel = construction.parameters['net/output/kernel']?.arraySync() as number[][];
    const values = [0.3, -1, 2, 0.5];
    const expected = values.map((_, i) => values.slice(0, i).reduce((total, value, j) => total + value * (kernel[j]?.[i] ?? NaN), 0));
    const output = tidy(() => net(tensor2d([values])).dataSync());
    expected.forEach((value, i) => expect(output[i]).toBeCloseTo(value, 5));
    dispose(construction);
  });

  it('shares its weights between orders, and the order alone makes the difference', () => {
    const construction = construct();
    const net = madeLayers(construction, 'net', { size: 5, widths: [16], activation: 'relu', outputsPerValue: 1 });
    const [natural, other] = [[0, 1, 2, 3, 4], [4, 2, 0, 1, 3]].map((order) => tidy(() => Array.from(net.outputs(ones([1, 5]), { places: tensor1d(placesOf(order)) }).dataSync())));
    expect(natural).not.toEqual(other);
    dispose(construction);
  });

  it('with its degrees dealt to other units sees the same values, through other weights', () => {
    const construction = construct();
    const net = madeLayers(construction, 'net', { size: 5, widths: [16, 12], activation: 'tanh', outputsPerValue: 1 });
    const ranks = (): Tensor1D[] => [16, 12].map((width) => tensor1d(Array.from({ length: width }, (_, k) => (k * 5 + 3) % width)));
    const places = [3, 1, 5, 2, 4];
    const dealt = (x: Tensor2D) => net.outputs(x, { places: tensor1d(places), ranks: ranks() }) as Tensor3D;
    influence(dealt, 5).forEach((row, i) =>
      row.forEach((value, j) => ((places[j] as number) < (places[i] as number) ? expect(value, `${i} of ${j}`).toBeGreaterThan(1e-12) : expect(value, `${i} of ${j}`).toBe(0))),
    );
    const [a, b] = [dealt, (x: Tensor2D) => net.outputs(x, { places: tensor1d(places) })].map((f) => tidy(() => Array.from(f(ones([1, 5])).dataSync())));
    expect(a).not.toEqual(b);
    dispose(construction);
  });

  it('spreads the degrees of few hidden units over all that there are, and gives none the last', () => {
    expect(hiddenDegrees(3, 10)).toEqual([1, 4, 7]);
    expect(hiddenDegrees(6, 4)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(Math.max(...hiddenDegrees(1000, 784))).toBe(783);
  });
});
