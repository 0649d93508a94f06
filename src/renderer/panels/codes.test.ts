import { describe, expect, it } from 'vitest';
import { apart, ellipses, fit, groups, median, project, union, withAspect } from './codes';

describe('codes on the plane', () => {
  it('are read off the two dimensions that are shown', () => {
    const { x, y } = project({ latentSize: 3, means: Float32Array.of(1, 2, 3, 4, 5, 6) }, [2, 0]);
    expect([[...x], [...y]]).toEqual([[3, 6], [1, 4]]);
  });

  it('lie on a line where there is one dimension only', () => {
    const { x, y } = project({ latentSize: 1, means: Float32Array.of(1, 2) }, [0, 1]);
    expect([[...x], [...y]]).toEqual([[1, 2], [0, 0]]);
  });

  it('are grouped by class, each index once, classes in order', () => {
    const found = groups(5, Uint16Array.of(3, 1, 3, 0, 1));
    expect(found.map(({ label, indices }) => [label, [...indices]])).toEqual([[0, [3]], [1, [1, 4]], [3, [0, 2]]]);
    expect(groups(2, null)).toEqual([{ label: null, indices: Int32Array.of(0, 1) }]);
  });

  it('have a median of even and of odd counts', () => {
    expect(median([5, 1, 9, 3], [0, 1, 3])).toBe(3);
    expect(median([5, 1, 9, 3], [0, 1, 2, 3])).toBe(4);
  });
});

describe('the axes of the scatter', () => {
  const around = (spread: number) => Float32Array.from({ length: 200 }, (_, i) => spread * Math.sin(i));

  it('hold three sigmas of the prior, centred, and more only where codes need it', () => {
    expect(fit(around(2), around(1), true)).toEqual({ x: [-3.3, 3.3], y: [-3.3, 3.3] });
    const { x, y } = fit(around(4), around(1), true);
    expect(x).toEqual(y);
    expect(x[1]).toBeGreaterThan(4);
    expect(x[0]).toBe(-x[1]);
  });

  it('rest while the codes move a little', () => {
    expect(fit(around(10), around(4), false)).toEqual(fit(around(10.1), around(4.05), false));
  });

  it('hold the codes of a model without a prior', () => {
    const { x } = fit(Float32Array.from(around(10), (v) => v + 30), around(4), false);
    expect(x[0]).toBeLessThan(20.1);
    expect(x[1]).toBeGreaterThan(39.9);
    expect(x[0]).toBeGreaterThan(10);
  });

  it('are the union of what the runs of a comparison need', () => {
    expect(union([{ x: [-1, 2], y: [0, 1] }, { x: [0, 5], y: [-3, 0] }])).toEqual({ x: [-1, 5], y: [-3, 1] });
    expect(union([])).toBeNull();
  });

  it('have units as long across as up, and lose nothing of the box', () => {
    const { x, y } = withAspect({ x: [-1, 1], y: [-2, 2] }, { width: 300, height: 200 });
    expect((x[1] - x[0]) / 300).toBeCloseTo((y[1] - y[0]) / 200, 12);
    expect(y).toEqual([-2, 2]);
    expect(x[0]).toBeCloseTo(-3, 12);
  });
});

it('a name that would lie on one before it is left out', () => {
  const names = [
    { x: 0, y: 0, text: 'a' },
    { x: 0.9, y: 0, text: 'a' },
    { x: 1.1, y: 0, text: 'b' },
    { x: 1.6, y: 0, text: 'long' },
    { x: 0, y: 1.4, text: 'long' },
  ];
  expect(apart(names, 10, { width: 10, height: 13 })).toEqual([names[0], names[2], names[4]]);
  expect(apart(names, 100, { width: 10, height: 13 })).toEqual(names);
});

it('an ellipse has the posterior\'s standard deviations as half axes, and a break after it', () => {
  const codes = { latentSize: 2, means: Float32Array.of(0, 0, 1, 2), standardDeviations: Float32Array.of(9, 9, 0.5, 0.25), labels: null, factors: null };
  const { x, y } = ellipses(codes, project(codes, [0, 1]), [0, 1], Int32Array.of(1));
  const drawn = [...x].filter((value) => !Number.isNaN(value));
  expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([0.5, 1.5]);
  expect(Math.max(...[...y].filter((value) => !Number.isNaN(value)))).toBeCloseTo(2.25, 6);
  expect(x.at(-1)).toBeNaN();
});
