import { expect, it } from 'vitest';
import { putBack, rowsAt, shownOrder } from './shown-order';

const counts = { train: 100, valid: 0, test: 7 };

it('a split is shown dealt out, each example once and always in the same place; what Elbo makes is mixed as it comes', () => {
  const order = shownOrder({ builtIn: false, counts }, 'train');
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, row) => row));
  expect(order.filter((row, i) => row < 50 && i < 20).length).toBeGreaterThan(4);
  expect(order.filter((row, i) => row < 50 && i < 20).length).toBeLessThan(16);
  expect(shownOrder({ builtIn: false, counts }, 'train')).toEqual(order);
  expect([...shownOrder({ builtIn: true, counts }, 'test')]).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('rows are put back where they were', () => {
  const values = Float32Array.from({ length: 14 }, (_, i) => i);
  const rows = shownOrder({ builtIn: false, counts }, 'test');
  expect(rowsAt(values, 2, rows)).not.toEqual(values);
  expect(putBack(rowsAt(values, 2, rows), rows)).toEqual(values);
});
