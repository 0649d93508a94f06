import { fill, linspace, tensor, tensor1d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { madeLayers, placesOf } from '../nets/made';
import { createNoise } from '../random/noise';
import { autoregressiveBernoulli } from './bernoulli';
import { categorical } from './categorical';
import { continuousBernoulli } from './continuous-bernoulli';
import { discretisedLogistic, discretisedLogisticMixture, mixtureOutputs } from './discretised-logistic';
import type { Distribution } from './distribution';

const read = (make: () => Tensor): number[] => Array.from(tidy(make).dataSync());
const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
const noise = createNoise(11);
/** Every grey level of one value. */
const everyLevel = (levels: number): Tensor => linspace(0, 1, levels).reshape([levels, 1, 1, 1]);

/** Masses that sum to one, with the mean of the distribution and the frequencies of its draws. */
function agrees(levels: number, of: (count: number) => Distribution, meanTolerance = 1e-4): void {
  const masses = read(() => of(levels).logProb(everyLevel(levels))).map(Math.exp);
  expect(Math.abs(total(masses) - 1)).toBeLessThan(1e-5);
  const mean = total(masses.map((mass, k) => (mass * k) / (levels - 1)));
  expect(Math.abs((read(() => of(1).mean())[0] ?? NaN) - mean)).toBeLessThan(meanTolerance);
  const n = 40_000;
  const draws = read(() => of(n).sample(noise, 'x')).map((value) => Math.round(value * (levels - 1)));
  masses.forEach((mass, k) => expect(Math.abs(draws.filter((draw) => draw === k).length / n - mass)).toBeLessThan(4.5 * Math.sqrt((mass * (1 - mass)) / n) + 1e-4));
}

describe('a probability for each grey level', () => {
  it('sums to one, and has the mean and the draws of it', () => {
    const logits = [-1, 0.3, 2, -4, 0.9];
    agrees(5, (count) => categorical(tensor(logits, [1, 1, 1, 1, 5]).tile([count, 1, 1, 1, 1])));
  });
});

describe('coins that know those before them', () => {
  const order = [0, 1, 2, 3, 4];
  const construction = { parameters: {}, noise: createNoise(5) };
  const net = madeLayers(construction, 'net', { size: 5, widths: [7], activation: 'tanh', outputsPerValue: 1 });
  const before = (x: Tensor2D): Tensor => net.outputs(x, { places: tensor1d(placesOf(order)) }).mul(2);
  const logits = [0.5, -1, 0.2, 1.5, -0.3];
  const of = (count: number): Distribution => autoregressiveBernoulli(tensor(logits, [1, 5, 1, 1]).tile([count, 1, 1, 1]), before);
  const pictures = Array.from({ length: 32 }, (_, k) => order.map((i) => (k >> i) & 1));
  const masses = (): number[] => read(() => of(1).logProb(tensor(pictures.flat(), [32, 5, 1, 1]))).map(Math.exp);

  it('have probabilities that sum to one over all pictures, and draws as often as they say', () => {
    expect(Math.abs(total(masses()) - 1)).toBeLessThan(1e-5);
    const n = 40_000;
    const counts = new Array<number>(32).fill(0);
    const draws = read(() => of(n).sample(noise, 'x'));
    for (let i = 0; i < n; i++) {
      const k = order.reduce((sum, j) => sum + (draws[5 * i + j] ?? NaN) * 2 ** j, 0);
      counts[k] = (counts[k] ?? 0) + 1;
    }
    masses().forEach((mass, k) => expect(Math.abs((counts[k] ?? 0) / n - mass), `picture ${k}`).toBeLessThan(4.5 * Math.sqrt((mass * (1 - mass)) / n) + 1e-4));
  });

  it('have for a mean that of each value given the likelier of each before it', () => {
    const path: number[] = [];
    const all = masses();
    for (const i of order) {
      const [zero, one] = [0, 1].map((value) => total(pictures.map((picture, k) => ([...path, value].every((v, j) => picture[j] === v) ? (all[k] ?? NaN) : 0)))) as [number, number];
      expect(read(() => of(1).mean())[i]).toBeCloseTo(one / (zero + one), 4);
      path.push(one > zero ? 1 : 0);
    }
  });
});

describe('a discretised logistic', () => {
  it.each([
    [0.1, -2, 0.01],
    [-0.95, -1.5, 0.1],
    [0.4, 3, 1],
    [0.3004, -20, 0.01],
  ])('of mean %f and log scale %f has masses that sum to one, and its draws', (mean, logScale, tolerance) => {
    for (const levels of [256, 9]) agrees(levels, (count) => discretisedLogistic(fill([count, 1, 1, 1], mean), fill([count, 1, 1, 1], logScale), levels), levels === 9 ? 1 : tolerance);
  });

  it('has the mass of the formula', () => {
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    const [mean, scale] = [0.2, Math.exp(-3)];
    const [found = NaN] = read(() => discretisedLogistic(fill([1, 1, 1, 1], mean), fill([1, 1, 1, 1], -3), 256).logProb(fill([1, 1, 1, 1], 150 / 255)));
    const y = (2 * 150) / 255 - 1;
    expect(found).toBeCloseTo(Math.log(sigmoid((y + 1 / 255 - mean) / scale) - sigmoid((y - 1 / 255 - mean) / scale)), 4);
  });
});

describe('a mixture of discretised logistics', () => {
  const outputs = (count: number, channels: number, components: number): Tensor =>
    tidy(() => noise.normal([1, 1, 1, mixtureOutputs(channels, components)], 'outputs').mul(0.7).tile([count, 1, 1, 1]));

  it('of one channel has masses that sum to one, and its draws', () => {
    agrees(9, (count) => discretisedLogisticMixture(outputs(count, 1, 4), { channels: 1, components: 4, levels: 9 }), 0.3);
  });

  it('of three channels sums to one over all colours, and draws them as often as it says', () => {
    const levels = 4;
    const options = { channels: 3, components: 2, levels };
    const colours = Array.from({ length: levels ** 3 }, (_, i) => [i % levels, Math.floor(i / levels) % levels, Math.floor(i / levels ** 2)].map((k) => k / (levels - 1)));
    const masses = read(() => discretisedLogisticMixture(outputs(colours.length, 3, 2), options).logProb(tensor(colours.flat(), [colours.length, 1, 1, 3]))).map(Math.exp);
    expect(Math.abs(total(masses) - 1)).toBeLessThan(1e-5);
    const n = 40_000;
    const draws = read(() => discretisedLogisticMixture(outputs(n, 3, 2), options).sample(noise, 'x').mul(levels - 1).round());
    const counts = new Array<number>(colours.length).fill(0);
    for (let i = 0; i < n; i++) {
      const at = (draws[3 * i] ?? 0) + levels * (draws[3 * i + 1] ?? 0) + levels ** 2 * (draws[3 * i + 2] ?? 0);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    masses.forEach((mass, i) => expect(Math.abs((counts[i] ?? 0) / n - mass)).toBeLessThan(4.5 * Math.sqrt((mass * (1 - mass)) / n) + 1e-4));
  });

  it('has ten numbers for each component of a colour, as PixelCNN++ has', () => {
    expect([mixtureOutputs(3, 10), mixtureOutputs(1, 10)]).toEqual([100, 30]);
  });
});

describe('a continuous Bernoulli', () => {
  it.each([-30, -2, -0.11, -0.09, 0, 0.05, 0.5, 8])('with logit %f is a density, with its mean and its draws', (logit) => {
    const n = 20_001;
    const of = (count: number): Distribution => continuousBernoulli(fill([count, 1], logit));
    const densities = read(() => of(n).logProb(linspace(0, 1, n).reshape([n, 1]))).map(Math.exp);
    const integral = (values: number[]): number => (total(values) - (values[0] ?? 0) / 2 - (values.at(-1) ?? 0) / 2) / (n - 1);
    expect(integral(densities)).toBeCloseTo(1, 4);
    const mean = integral(densities.map((density, i) => (density * i) / (n - 1)));
    expect(read(() => of(1).mean())[0]).toBeCloseTo(mean, 4);
    const draws = read(() => of(n).sample(noise, 'x'));
    const variance = integral(densities.map((density, i) => density * (i / (n - 1) - mean) ** 2));
    expect(Math.abs(total(draws) / n - mean)).toBeLessThan(4.5 * Math.sqrt(variance / n));
    expect(total(draws.map((draw) => (draw - mean) ** 2)) / n / variance).toBeCloseTo(1, 1);
  });
});
