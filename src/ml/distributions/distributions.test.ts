import { fill, mean, moments, tensor, tensor1d, tensor2d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import { bernoulli } from './bernoulli';
import { gaussian, gaussianFromHeads, standardNormal, sumEvent } from './gaussian';
import { point } from './point';

const read = (make: () => Tensor): number[] => Array.from(tidy(make).dataSync());
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

describe('a diagonal Gaussian', () => {
  const fixture = () => gaussian(tensor2d([[1, -0.5]]), tensor2d([[Math.log(0.5), Math.log(2)]]));

  it('has the divergence 1.75 from N(0, I) in the fixture with mean (1, -0.5) and sigma (0.5, 2)', () => {
    expect(read(() => sumEvent(fixture().klToStandardNormal()))[0]).toBeCloseTo(1.75, 6);
  });

  it('has that divergence as the mean of log q - log p over its own samples', () => {
    const n = 200_000;
    const [estimate = NaN, variance = NaN] = read(() => {
      const wide = gaussian(tensor2d([[1, -0.5]]).tile([n, 1]), tensor2d([[Math.log(0.5), Math.log(2)]]));
      const z = wide.sample(createNoise(1), 'z');
      const { mean, variance } = moments(wide.logProb(z).sub(standardNormal(n, 2).logProb(z)));
      return mean.reshape([1]).concat(variance.reshape([1]));
    });
    expect(Math.abs(estimate - 1.75)).toBeLessThan(4 * Math.sqrt(variance / n));
  });

  it('has the density of the formula, summed over event dimensions alone', () => {
    const x = [0.3, -1.2, 2, 0.1];
    const density = (v: number, mu: number, sigma: number) => -0.5 * Math.log(2 * Math.PI) - Math.log(sigma) - (v - mu) ** 2 / (2 * sigma ** 2);
    const expected = [density(0.3, 1, 0.5) + density(-1.2, 1, 0.5), density(2, 1, 0.5) + density(0.1, 1, 0.5)];
    const values = read(() => gaussian(fill([2, 2, 1, 1], 1), tensor(Math.log(0.5))).logProb(tensor(x, [2, 2, 1, 1])));
    expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
  });

  it('keeps the variance of an encoder within exp(-10) and exp(10), and near the head between', () => {
    const sigma = (logVariance: number) => read(() => gaussianFromHeads(tensor2d([[0]]), tensor2d([[logVariance]])).standardDeviation())[0] ?? NaN;
    expect(sigma(-1000)).toBeCloseTo(Math.exp(-5), 6);
    expect(sigma(1000)).toBeCloseTo(Math.exp(5), 3);
    expect(2 * Math.log(sigma(-1))).toBeCloseTo(-1, 2);
  });
});

describe('independent coins', () => {
  it('have masses that sum to one over all pictures of ten pixels', () => {
    const logits = [-3, -1, -0.2, 0, 0.4, 1, 2, 5, -8, 20];
    const pictures = Array.from({ length: 1024 }, (_, bits) => logits.map((_, j) => (bits >> j) & 1));
    const logProbs = read(() => bernoulli(tensor2d([logits]).tile([1024, 1])).logProb(tensor2d(pictures)));
    expect(Math.abs(total(logProbs.map(Math.exp)) - 1)).toBeLessThan(1e-6);
  });

  it('stay finite at extreme logits', () => {
    expect(read(() => bernoulli(tensor2d([[100, -100]])).logProb(tensor2d([[0, 0]])))[0]).toBeCloseTo(-100, 3);
  });

  it('fall with their probability', () => {
    const n = 100_000;
    const share = read(() => mean(bernoulli(fill([n, 1], Math.log(0.3 / 0.7))).sample(createNoise(2), 'coin')))[0] ?? NaN;
    expect(Math.abs(share - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / n));
  });
});

describe('a point', () => {
  it('has all mass at its value', () => {
    expect(read(() => point(tensor2d([[1, 2], [3, 4]])).logProb(tensor2d([[1, 2], [3, 5]])))).toEqual([0, -Infinity]);
    expect(read(() => point(tensor1d([7])).sample(createNoise(0), 'any'))).toEqual([7]);
  });
});

it('the prior is N(0, I)', () => {
  expect(read(() => standardNormal(2, 3).logProb(zeros([2, 3])))[1]).toBeCloseTo(-1.5 * Math.log(2 * Math.PI), 5);
});
