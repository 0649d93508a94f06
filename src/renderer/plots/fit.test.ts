import { expect, it } from 'vitest';
import { cellAt, fitCells, placeOf, wholeOf } from './fit';
import { canvasOf } from './live-pictures';

it('pictures with gaps between them fill what is free and no more', () => {
  for (const gap of [0, 1, 2, 4])
    for (const [columns, rows, aspect] of [[10, 10, 1], [8, 3, 2], [16, 6, 0.5]] as const) {
      const cells = fitCells({ width: 333, height: 201 }, columns, rows, aspect, gap);
      const { width, height } = wholeOf(cells, columns, rows);
      expect(width).toBeLessThanOrEqual(333);
      expect(height).toBeLessThanOrEqual(201);
      expect(Math.max(width + 0.51 * columns * aspect - 333, height + 0.51 * rows - 201)).toBeGreaterThan(0);
    }
});

it('a mark lies on its picture, and a point of the picture is in its cell', () => {
  const cells = { width: 20, height: 10, gap: 2 };
  expect(placeOf(cells, 3, 2)).toEqual({ left: 66, top: 24, width: 20, height: 10 });
  expect(cellAt(cells, 66, 24)).toEqual({ column: 3, row: 2 });
  expect(cellAt(cells, 85.9, 33.9)).toEqual({ column: 3, row: 2 });
  expect(cellAt(cells, 88, 36)).toEqual({ column: 4, row: 3 });
});

it.each([[8, 20], [8, 100], [28, 20], [28, 31], [64, 19]])('pictures %i high shown %i high are as far apart on the screen as asked, as near as whole pixels come', (height, cellHeight) => {
  for (const gap of [1, 2, 4]) {
    const drawn = canvasOf({ height }, cellHeight, gap);
    const onScreen = (drawn.gap * cellHeight) / (height * drawn.scale);
    expect(Math.abs(onScreen - gap)).toBeLessThan(0.7);
    expect(onScreen).toBeGreaterThan(0.5);
  }
  expect(canvasOf({ height }, cellHeight, 0).gap).toBe(0);
});
