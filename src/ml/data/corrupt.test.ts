import { fill, linspace, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import type { Corruption } from '../../contract/measurements';
import { corrupt } from './corrupt';

const read = (make: () => Tensor): number[] => Array.from(tidy(make).dataSync());
const flat = (corruption: Corruption, amount: number): number[] => read(() => corrupt(fill([1, 100, 100, 1], 0.4) as Tensor4D, corruption, amount, createNoise(3)));
const share = (values: number[], of: (value: number) => boolean): number => values.filter(of).length / values.length;

describe('a corrupted picture', () => {
  it('has normal noise of the deviation', () => {
    const errors = flat('gaussian', 0.25).map((value) => value - 0.4);
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length)).toBeCloseTo(0.25, 1);
  });

  it('lacks the share of its values under masking, and has as many black as white ones under salt and pepper', () => {
    expect(share(flat('masking', 0.3), (value) => value === 0)).toBeCloseTo(0.3, 1);
    const speckled = flat('salt-and-pepper', 0.3);
    expect(share(speckled, (value) => value === 0)).toBeCloseTo(0.15, 1);
    expect(share(speckled, (value) => value === 1)).toBeCloseTo(0.15, 1);
    expect(share(speckled, (value) => Math.abs(value - 0.4) < 1e-6)).toBeCloseTo(0.7, 1);
  });

  it('keeps its upper rows, its means of four pixels, or its mean over the colours', () => {
    const of = (shape: [number, number, number, number], corruption: Corruption): number[] => read(() => corrupt(linspace(1, 6, 6).reshape(shape) as Tensor4D, corruption, 0, createNoise(1)));
    expect(of([1, 3, 2, 1], 'lower-half')).toEqual([1, 2, 3, 4, 0, 0]);
    expect(of([1, 3, 2, 1], 'low-resolution')).toEqual([2.5, 2.5, 2.5, 2.5, 5.5, 5.5]);
    expect(of([1, 1, 2, 3], 'grey')).toEqual([2, 2, 2, 5, 5, 5]);
  });
});
