import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DatasetInfo, Split } from '../../contract/datasets';
import { readDatasetInfo, readFactors, readSplit, writeDatasetFolder } from './dataset-folder';
import { ensureGenerated } from './generated';
import { tree } from './testing/fixtures';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'elbo-generated-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const info: DatasetInfo = {
  id: 'made', title: 'Made', kind: 'table', columns: ['a'], height: 1, width: 1, channels: 1, maximum: 1, binary: false, counts: { train: 1203, valid: 0, test: 2 },
  classes: ['even', 'odd'], factors: { names: ['n'], sizes: [2000] }, protocol: 'counted', licence: 'none', source: 'here', bytes: 0, builtIn: true,
};
const rows = (split: Split, first: number, count: number) => {
  const numbers = Array.from({ length: count }, (_, i) => first + i + (split === 'test' ? 0.5 : 0));
  return { values: Float32Array.from(numbers), labels: Uint16Array.from(numbers, (n) => n % 2), factors: Uint16Array.from(numbers) };
};

it('a generated set is made whole, once, anew when damaged or of another version, by several at once', async () => {
  await Promise.all([1, 2, 3].map(() => ensureGenerated({ info, version: 1, rows }, parent)));
  const folder = join(parent, 'made');
  expect(readDatasetInfo(folder)).toEqual(info);
  expect(readSplit(folder, info, 'train')).toEqual({ values: Float32Array.from({ length: 1203 }, (_, i) => i), labels: Uint16Array.from({ length: 1203 }, (_, i) => i % 2) });
  expect(readSplit(folder, info, 'test').values).toEqual(Float32Array.of(0.5, 1.5));
  expect(readFactors(folder, info, 'train')).toEqual(Uint16Array.from({ length: 1203 }, (_, i) => i));
  const before = tree(parent);
  await ensureGenerated({ info, version: 1, rows: () => { throw new Error('Made twice.'); } }, parent);
  writeFileSync(join(folder, 'dataset.json'), '{');
  await ensureGenerated({ info, version: 1, rows }, parent);
  expect(tree(parent)).toEqual(before);
  await ensureGenerated({ info: { ...info, title: 'Other' }, version: 2, rows }, parent);
  expect(readDatasetInfo(folder).title).toBe('Other');
});

it('what a person imported under that name stays', async () => {
  const mine = { ...info, builtIn: false, factors: null, counts: { train: 1, valid: 0, test: 0 } };
  await writeDatasetFolder(parent, mine, { train: { values: Float32Array.of(7), labels: Uint16Array.of(0) } });
  await ensureGenerated({ info, version: 1, rows }, parent);
  expect(readDatasetInfo(join(parent, 'made'))).toEqual(mine);
});

it('it is told how many examples are made', async () => {
  const told: number[][] = [];
  await ensureGenerated({ info, version: 1, rows }, parent, (done, total) => told.push([done, total]));
  expect(told).toEqual([[500, 1205], [1000, 1205], [1203, 1205], [1205, 1205]]);
});
