import { fill, memory, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../random/noise';
import { binariseOnce, drawBinary } from './binarise';

const grey = (values = [0, 0.2, 0.5, 0.5001, 1]) => tensor4d(values, [1, 1, values.length, 1]);
const read = (x: Tensor4D) => {
  const values = Array.from(x.dataSync());
  x.dispose();
  return values;
};

describe('binarisation', () => {
  it('leaves grey values to the protocols that want them', () => {
    for (const protocol of ['none', 'dynamic'] as const) {
      const x = grey();
      expect(binariseOnce(x, protocol, 'train')).toBe(x);
    }
  });

  it('by threshold is 1 above one half', () => expect(read(binariseOnce(grey(), 'threshold', 'test'))).toEqual([0, 0, 0, 1, 1]));

  it('is static: the same draw for every run, another for each split, and one that is right on average', () => {
    const draw = (split: 'train' | 'test') => read(binariseOnce(fill([100, 10, 10, 1], 0.3) as Tensor4D, 'static', split));
    const first = draw('train');
    expect(draw('train')).toEqual(first);
    expect(draw('test')).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([0, 1]));
    expect(Math.abs(first.reduce((sum, value) => sum + value, 0) / 10_000 - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / 10_000));
  });

  it('never changes pixels that are 0 or 1', () => {
    const x = grey([0, 1, 0, 1, 1]);
    for (let step = 0; step < 50; step++) expect(read(drawBinary(x, createNoise(step)))).toEqual([0, 1, 0, 1, 1]);
  });

  it('disposes of the grey values that it replaces', () => {
    const before = memory().numTensors;
    binariseOnce(grey(), 'static', 'valid').dispose();
    expect(memory().numTensors).toBe(before);
  });
});
