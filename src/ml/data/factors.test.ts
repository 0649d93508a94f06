import { describe, expect, it } from 'vitest';
import { factorRows, factorsOf, type FactorSet } from './factors';
import { portraits } from './portraits';
import { solid } from './solid';
import { sprites } from './sprites';

const counts = { train: 30, valid: 5, test: 10 };
const picture = (set: FactorSet, factors: number[]): Uint8Array => {
  const pixels = new Uint8Array(set.height * set.width * set.channels);
  set.draw(factors, pixels);
  return pixels;
};
const sum = (pixels: Uint8Array): number => pixels.reduce((a, b) => a + b, 0);

describe.each([sprites, solid, portraits].map((set) => [set.id, set] as const))('%s', (_, set) => {
  it('are the same every time, the same one by one as together, and drawn from their factors', () => {
    const rows = factorRows(set, counts, 'test', 0, 10);
    const last = factorRows(set, counts, 'test', 9, 1);
    const size = set.height * set.width * set.channels;
    expect(last.values).toEqual(rows.values.slice(9 * size));
    expect(picture(set, [...last.factors])).toEqual(last.values);
    expect(Math.max(...rows.values)).toBeLessThanOrEqual(set.maximum);
  });

  it('come once: no combination of factors is in two splits', () => {
    const all = (['train', 'valid', 'test'] as const).flatMap((split) => {
      const { factors } = factorRows(set, counts, split, 0, counts[split]);
      return Array.from({ length: counts[split] }, (__, i) => factors.slice(i * set.sizes.length, (i + 1) * set.sizes.length).join());
    });
    expect(new Set(all).size).toBe(45);
  });

  it('change with each factor', () => {
    const middle = set.sizes.map((size) => Math.floor(size / 2));
    set.sizes.forEach((__, which) => expect(picture(set, middle), set.names[which]).not.toEqual(picture(set, middle.with(which, (middle[which] ?? 0) - 1))));
  });
});

it('combinations count with the last factor fastest', () => {
  expect([0, 1, 4, 23].map((combination) => factorsOf(combination, [2, 3, 4]))).toEqual([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 2, 3]]);
});

describe('sprites', () => {
  it('have the mean pixel of dSprites over all combinations, which the place does not change', () => {
    let total = 0;
    for (let shape = 0; shape < 3; shape++)
      for (let scale = 0; scale < 6; scale++) for (let orientation = 0; orientation < 40; orientation++) total += sum(picture(sprites, [shape, scale, orientation, 16, 16]));
    expect(total / (720 * 4096)).toBeCloseTo(0.042494, 4);
    expect(sum(picture(sprites, [2, 5, 7, 0, 0]))).toBe(sum(picture(sprites, [2, 5, 7, 31, 31])));
  });

  it('move by a pixel a step and look alike after a whole turn', () => {
    const here = picture(sprites, [1, 5, 3, 10, 10]);
    const there = picture(sprites, [1, 5, 3, 11, 12]);
    for (let row = 0; row < 61; row++) for (let column = 0; column < 62; column++) expect(there[(row + 2) * 64 + column + 1]).toBe(here[row * 64 + column]);
    expect(picture(sprites, [2, 3, 0, 5, 5])).toEqual(picture(sprites, [2, 3, 39, 5, 5]));
  });
});

it('a solid seen from its side shows one painted face, as wide as it is', () => {
  // The block's face x = 0.62 at size 0.8: 2 * 0.42 * 0.8 / 2 * 32 = 10.75 pixels wide; the elevation hides nothing of its width.
  const pixels = picture(solid, [0, 0, 0, 0]);
  const row = [...pixels.slice(16 * 32, 17 * 32)];
  expect(row.reduce((a, b) => a + b, 0) / Math.max(...row)).toBeCloseTo(10.75, 0);
});

it('portraits turn: the face’s middle goes where the azimuth says, and left and right are mirrored', () => {
  const mirrored = (pixels: Uint8Array): Uint8Array => pixels.map((__, i) => pixels[(Math.floor(i / 192) * 64 + 63 - (Math.floor(i / 3) % 64)) * 3 + (i % 3)] ?? 0);
  for (const azimuth of [0, 4, 7]) {
    const turned = mirrored(picture(portraits, [14 - azimuth, 3, 1, 2, 1, 1, 0]));
    const apart = picture(portraits, [azimuth, 3, 1, 2, 1, 1, 0]).map((value, i) => Math.abs(value - (turned[i] ?? 0)));
    expect(Math.max(...apart), 'where soft edges are painted over each other in another order').toBeLessThan(10);
    expect(sum(apart) / apart.length).toBeLessThan(0.01);
  }
});
