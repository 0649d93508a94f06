import { add, eye, grad, matMul, mul, sum, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { triangle, unitTriangularInverse, type Triangle } from './inverse';
import { createNoise } from './random/noise';

const parts: Triangle[] = ['lower', 'upper'];

it.each(parts)('I + N, N the %s triangle, times its inverse is one, and what is on the other side does not count', (part) =>
  tidy(() => {
    for (const size of [1, 2, 7, 24]) {
      const matrix = mul<Tensor2D>(createNoise(size).normal([size, size], 'matrix'), 0.3);
      const unit = add<Tensor2D>(mul(matrix, triangle(size, part)), eye(size));
      const found = matMul(unit, unitTriangularInverse(matrix, part)).sub(eye(size)).abs().max();
      expect(found.dataSync()[0]).toBeLessThan(1e-5);
    }
  }),
);

it.each(parts)('its gradient is that of central differences, and none on the diagonal and on the other side (%s)', (part) =>
  tidy(() => {
    const size = 4;
    const matrix = createNoise(3).normal([size, size], 'matrix') as Tensor2D;
    const weights = createNoise(3).normal([size, size], 'weights');
    const value = (m: Tensor2D) => sum(mul(unitTriangularInverse(m, part), weights));
    const gradient = grad((m) => value(m as Tensor2D))(matrix).dataSync();
    const step = 1e-2;
    for (let i = 0; i < size * size; i++) {
      const bump = mul<Tensor2D>(eye(size * size).slice([i, 0], [1, -1]).reshape([size, size]), step);
      const difference = value(matrix.add(bump)).sub(value(matrix.sub(bump))).div(2 * step).dataSync()[0] ?? NaN;
      expect(Math.abs((gradient[i] ?? NaN) - difference)).toBeLessThan(5e-3 * (1 + Math.abs(difference)));
      const [row, column] = [Math.floor(i / size), i % size];
      if (part === 'lower' ? column >= row : column <= row) expect(Math.abs(gradient[i] ?? NaN)).toBe(0);
    }
  }),
);
