import { expect, it, vi } from 'vitest';
import { outOfDistribution } from './out-of-distribution';
import { measured, picturesOf, valueOf } from './testing';

const extremes = Array.from({ length: 30 }, (_, i) => Array.from({ length: 12 }, (_, j) => ((i * 5 + j * j) % 3 === 0 ? 16 : 0)));
const middles = Array.from({ length: 30 }, (_, i) => Array.from({ length: 12 }, (_, j) => 7 + ((i + j) % 3)));
const others = vi.hoisted(() => ({ values: [] as number[][] }));
vi.mock('../../formats/dataset-folder', () => ({
  readDatasetInfo: () => ({ ...picturesOf(4, 3, 16), counts: { train: 0, valid: 0, test: others.values.length } }),
  readSplit: () => ({ values: Uint8Array.from(others.values.flat()), labels: null }),
}));

/** A new flow is nearly the identity, and its density highest in the middle of the grey values. */
const told = (own: number[][], other: number[][]) => {
  others.values = other;
  return measured(outOfDistribution, { model: 'nice', settings: { layers: 1, widths: [4] }, data: picturesOf(4, 3, 16), rows: own.map((row) => row.map((level) => level / 16)), asked: { measure: 'out-of-distribution', other: 'others', batch: 5 } });
};

it('the likelihood tells others apart where they are less likely, and takes them for its own where they are more', () => {
  expect(valueOf(told(middles, extremes), 'aurocLikelihood')).toBe(1);
  const fooled = told(extremes, middles);
  expect(valueOf(fooled, 'aurocLikelihood')).toBe(0);
  expect(valueOf(fooled, 'aurocTypicality')).toBe(1);
  expect(valueOf(fooled, 'otherBits')).toBeLessThan(valueOf(fooled, 'ownBits'));
  expect(valueOf(told(middles, middles), 'aurocLikelihood')).toBeCloseTo(0.5, 1);
});

it('pictures of one grey value are scored, too: a density that is highest in the middle finds black less likely than the mean of all greys', () => {
  const found = told(extremes, middles);
  expect(valueOf(found, 'blackBits')).toBeGreaterThan(valueOf(found, 'constantBits'));
  expect(valueOf(found, 'aurocConstant')).toBeLessThan(0.5);
  expect(valueOf(told(middles, extremes), 'aurocConstant')).toBeGreaterThan(0.5);
});
