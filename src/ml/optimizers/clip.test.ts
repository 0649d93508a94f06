import { memory, scalar, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { clipped, globalNorm } from './clip';

it('all gradients are one vector: a long one is scaled down to the norm, a short one left as it is', () => {
  const before = memory().numTensors;
  tidy(() => {
    const gradients = [tensor1d([3, 0]), tensor2d([[0, 4], [0, 12]])];
    const norm = globalNorm(gradients);
    expect(norm.dataSync()[0]).toBeCloseTo(13, 5);
    expect(clipped(gradients, norm, 6.5).map((each) => Array.from(each.dataSync()))).toEqual([[1.5, 0], [0, 2, 0, 6]]);
    expect(clipped(gradients, norm, 13.5).map((each) => Array.from(each.dataSync()))).toEqual([[3, 0], [0, 4, 0, 12]]);
    expect(clipped([scalar(0)], globalNorm([scalar(0)]), 1)[0]?.dataSync()[0]).toBe(0);
  });
  expect(memory().numTensors).toBe(before);
});
