import { expect, it } from 'vitest';
import type { Curve } from '../../../contract/runs';
import { meanAndDeviation, overSeeds } from './seeds';

const curve = (points: [number, number][], change: Partial<Curve> = {}): Curve => ({ name: 'lossNats', split: 'test', unit: 'nats', complete: true, steps: Float64Array.from(points, ([step]) => step), values: Float64Array.from(points, ([, value]) => value), ...change });

it('gives the standard deviation of a sample, not of a population', () => {
  expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
  expect(meanAndDeviation([5]).deviation).toBeNaN();
});

it('makes one curve of seeds: mean and standard deviation at every step that all have reached', () => {
  const [mean, ...others] = overSeeds([[curve([[0, 10], [10, 4], [20, 0]])], [curve([[0, 20], [5, 10], [10, 6]])]]);
  expect(others).toEqual([]);
  expect([...(mean?.steps ?? [])]).toEqual([0, 5, 10]);
  expect([...(mean?.values ?? [])]).toEqual([15, (7 + 10) / 2, 5]);
  expect([...(mean?.deviations ?? [])][2]).toBeCloseTo(Math.SQRT2, 12);
});

it('keeps terms and splits apart, and a curve that only one seed has as it is', () => {
  const alone = curve([[0, 1]], { name: 'klNats' });
  const curves = overSeeds([[curve([[0, 1]]), curve([[0, 3]], { split: 'train' }), alone], [curve([[0, 2]]), curve([[0, 5]], { split: 'train' }), curve([], { name: 'klNats' })]]);
  expect(curves.map(({ name, split, values: [value] }) => [name, split, value])).toEqual([['lossNats', 'test', 1.5], ['lossNats', 'train', 4], ['klNats', 'test', 1]]);
  expect(curves[2]).toBe(alone);
});
