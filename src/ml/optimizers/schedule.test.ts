import { scalar, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Schedule } from '../../contract/experiment';
import { learningRateAt } from './schedule';

const at = (schedule: Schedule, step: number): number => tidy(() => learningRateAt(0.2, { schedule, steps: 100 })(scalar(step, 'int32')).dataSync()[0] ?? NaN);

it('begins with the whole rate and comes down to nearly nothing, by a line or by half a wave', () => {
  for (const schedule of ['constant', 'linear', 'cosine'] as const) expect(at(schedule, 1)).toBeCloseTo(0.2, 6);
  expect([1, 50, 100].map((step) => at('constant', step))).toEqual([0.2, 0.2, 0.2].map(Math.fround));
  expect(at('linear', 51)).toBeCloseTo(0.1, 6);
  expect(at('linear', 100)).toBeCloseTo(0.002, 6);
  expect(at('cosine', 26)).toBeCloseTo(0.1 * (1 + Math.SQRT1_2), 6);
  expect(at('cosine', 51)).toBeCloseTo(0.1, 6);
  expect(at('cosine', 100)).toBeCloseTo(0.1 * (1 + Math.cos(0.99 * Math.PI)), 6);
});

it('warms up in a line, whatever comes after', () => {
  const warm = (schedule: Schedule, step: number): number => tidy(() => learningRateAt(0.2, { schedule, steps: 100, warmUp: 10 })(scalar(step, 'int32')).dataSync()[0] ?? NaN);
  expect(warm('constant', 1)).toBeCloseTo(0.02, 6);
  expect(warm('constant', 5)).toBeCloseTo(0.1, 6);
  expect(warm('linear', 5)).toBeCloseTo(0.5 * at('linear', 5), 6);
  for (const step of [10, 11, 60]) expect(warm('cosine', step)).toBeCloseTo(at('cosine', step), 6);
});
