import { fill, grad, linspace, tensor4d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import { dequantise, inverseLogit, logit, quantise } from './dequantise';

const read = (make: () => Tensor): number[] => Array.from(tidy(make).dataSync());
const noise = createNoise(4);
/** Of `nats` a picture of `size` values. */
const bitsPerDimension = (nats: number, size: number): number => nats / (size * Math.LN2);
const greys = (levels: number): Tensor4D => linspace(0, 1, levels).reshape([levels, 1, 1, 1]) as Tensor4D;

describe('dequantisation', () => {
  it.each([2, 17, 256])('puts each of %i levels in an interval of its own, all of one width, and can be undone', (levels) => {
    const values = read(() => dequantise(greys(levels), levels, noise).values);
    values.forEach((value, k) => {
      expect(value).toBeGreaterThanOrEqual(k / levels);
      expect(value).toBeLessThan((k + 1) / levels);
    });
    const back = read(() => quantise(dequantise(greys(levels), levels, noise).values, levels));
    back.forEach((value, k) => expect(value).toBeCloseTo(k / (levels - 1), 6));
  });

  it('fills the intervals', () => {
    const values = read(() => dequantise(fill([20_000, 1, 1, 1], 3 / 255), 256, noise).values).map((value) => value * 256 - 3);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / values.length));
    expect(Math.max(...values)).toBeGreaterThan(0.999);
  });

  it('gives eight bits a value for the uniform density on [0, 1], and 4.356 for the density 1980.50 nats that NICE has of MNIST', () => {
    const [change = NaN] = read(() => dequantise(fill([2, 28, 28, 1], 0.5), 256, noise).logDet);
    expect(bitsPerDimension(-(0 + change), 784)).toBeCloseTo(8, 5);
    expect(bitsPerDimension(-(1980.5 + change), 784)).toBeCloseTo(4.356, 3);
  });

  it('takes values outside [0, 1) to the nearest level', () => {
    const levels = read(() => quantise(tensor4d([-0.3, 1, 1.7], [3, 1, 1, 1]), 256));
    expect(levels).toEqual([0, 1, 1]);
  });
});

describe('the logit transform', () => {
  const values = [0, 1e-3, 0.2, 0.5, 0.9, 1 - 2 ** -20, 1];

  it.each([1e-6, 0.05])('with lambda %f is the formula, with its derivative, and can be undone', (lambda) => {
    const y = () => tensor4d(values, [values.length, 1, 1, 1]);
    const at = values.map((value) => lambda + (1 - 2 * lambda) * value);
    read(() => logit(y(), lambda).values).forEach((value, i) => expect(value).toBeCloseTo(Math.log((at[i] ?? NaN) / (1 - (at[i] ?? NaN))), 3));
    const slopes = read(() => grad((x: Tensor) => logit(x as Tensor4D, lambda).values)(y()));
    read(() => logit(y(), lambda).logDet).forEach((logDet, i) => expect(logDet).toBeCloseTo(Math.log(slopes[i] ?? NaN), 3));
    read(() => inverseLogit(logit(y(), lambda).values, lambda)).forEach((value, i) => expect(value).toBeCloseTo(values[i] ?? NaN, 5));
  });

  it('sums its log-determinant over the values of a picture', () => {
    const one = read(() => logit(fill([1, 1, 1, 1], 0.3), 0.05).logDet)[0] ?? NaN;
    expect(read(() => logit(fill([2, 3, 2, 1], 0.3), 0.05).logDet)[1]).toBeCloseTo(6 * one, 4);
  });
});
