import { expect, it } from 'vitest';
import { logAbsDet } from '../metrics/jacobian';
import { Draws } from './draws';
import { drawMapped, logDensitiesMapped, mappedUniforms } from './uniforms';

it.each(mappedUniforms.map((of) => [of.id, of] as const))('%s has the density of its determinant, and as many points in a small box', (_, of) => {
  const size = of.map.length;
  expect(of.density).toBeCloseTo(Math.exp(-logAbsDet(of.map.flat(), size)) / of.side ** size, 12);
  // A box around the image of the middle, well within.
  const middle = of.map.map((row) => row.reduce((sum, a) => sum + (a * of.side) / 2, 0));
  const half = 0.2;
  const count = 40_000;
  const inside = Array.from({ length: count }, (_, i) => drawMapped(of, new Draws(0, of.id, i))).filter((x) => x.every((value, j) => Math.abs(value - (middle[j] ?? NaN)) < half)).length;
  const expected = of.density * (2 * half) ** size;
  expect(Math.abs(inside / count - expected)).toBeLessThan(4.5 * Math.sqrt(expected / count));
});

it('are those of the lectures', () => expect(mappedUniforms.map(({ density }) => density)).toEqual([1 / 8, 0.4, 0.5]));

it.each(mappedUniforms.map((of) => [of.id, of] as const))('%s has its density at what is drawn, and none beyond the edges', (_, of) => {
  const drawn = Array.from({ length: 200 }, (_, i) => drawMapped(of, new Draws(0, of.id, i)));
  expect(new Set(logDensitiesMapped(of, Float32Array.from(drawn.flat())))).toEqual(new Set([Math.log(of.density)]));
  // The image of a point of the box's edge, moved off along one of its sides.
  for (const beyond of [-0.01, 1.01]) {
    const z = of.map.map((_, i) => of.side * (i === 0 ? beyond : 0.5));
    expect(Array.from(logDensitiesMapped(of, of.map.map((row) => row.reduce((sum, a, j) => sum + a * (z[j] ?? 0), 0))))).toEqual([-Infinity]);
  }
});
