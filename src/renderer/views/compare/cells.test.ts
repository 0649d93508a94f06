import { describe, expect, it } from 'vitest';
import { bandGap, columnsFor, stripGap, stripLayout } from './cells';

it.each([
  [2, 800, 400, 2],
  [2, 400, 800, 1],
  [4, 400, 400, 2],
  [5, 2000, 200, 5],
])('%d cells in %d x %d pixels stand in %d columns', (count, width, height, columns) => {
  expect(columnsFor(count, { width, height }, 20, 8)).toBe(columns);
});

describe('strips', () => {
  it.each([
    [3, 340, 290],
    [2, 900, 290],
    [7, 300, 290],
    [1, 120, 60],
  ])('of %d rows in %d x %d pixels stay inside and show as many pictures as there are at most', (rows, width, height) => {
    const { cell, columns, bands } = stripLayout({ width, height }, rows, 40);
    expect(columns * cell).toBeLessThanOrEqual(width);
    expect(bands * rows * (cell + stripGap) + (bands - 1) * bandGap - stripGap).toBeLessThanOrEqual(height);
    expect(columns * bands).toBeLessThanOrEqual(40);
  });

  it('use the height for a second band rather than for a gap', () => {
    expect(stripLayout({ width: 340, height: 290 }, 3, 40).bands).toBe(2);
  });
});
