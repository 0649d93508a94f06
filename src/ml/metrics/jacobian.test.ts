import { concat, mul, slice, square, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { diagonal, jacobian, logAbsDet, offTriangle } from './jacobian';

const at = (map: (x: Tensor) => Tensor, x: number[]): number[] => tidy(() => Array.from(jacobian(map, tensor2d([x])).dataSync()));

describe('a Jacobian', () => {
  it('has the derivatives of output i in row i', () => {
    // (x1 x2, x2^2) at (3, 5), by hand.
    const map = (x: Tensor): Tensor => concat([mul(slice(x, [0, 0], [-1, 1]), slice(x, [0, 1], [-1, 1])), square(slice(x, [0, 1], [-1, 1]))], 1);
    expect(at(map, [3, 5])).toEqual([5, 3, 0, 10]);
  });

  it('of f(z) = (z1 + z2, 2 z1) has the determinant -2', () => {
    const map = (z: Tensor): Tensor => concat([slice(z, [0, 0], [-1, 1]).add(slice(z, [0, 1], [-1, 1])), mul(slice(z, [0, 0], [-1, 1]), 2)], 1);
    const matrix = at(map, [0.3, -4]);
    expect(matrix).toEqual([1, 1, 2, 0]);
    expect(logAbsDet(matrix, 2)).toBeCloseTo(Math.log(2), 12);
  });
});

it('ln |det| needs a pivot where the corner is zero, and is that of the definition by permutations', () => {
  const [a, b, c, d, e, f, g, h, i] = [0, 2, -1, 3, 0.5, 4, 1, -2, 7] as const;
  expect(logAbsDet([a, b, c, d, e, f, g, h, i], 3)).toBeCloseTo(Math.log(Math.abs(a * e * i + b * f * g + c * d * h - c * e * g - b * d * i - a * f * h)), 12);
  expect(logAbsDet([1, 2, 2, 4], 2)).toBe(-Infinity);
});

it('a matrix is as far from triangular as its smaller side is from zero', () => {
  const matrix = [9, 0.1, 0, 5, 8, -0.3, 6, 4, 7];
  expect(offTriangle(matrix, 3)).toBe(0.3);
  expect(offTriangle([1, 4, 0, 2], 2)).toBe(0);
  expect(offTriangle([1, 0, 4, 2], 2)).toBe(0);
  expect(diagonal(matrix, 3)).toEqual([9, 8, 7]);
});
