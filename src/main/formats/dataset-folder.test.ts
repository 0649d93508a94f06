import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import type { ElboError } from '../../contract/errors';
import { cleanUp, listDatasets, readDatasetInfo, readFactors, readPage, readSplit, removeDataset, writeDatasetFolder } from './dataset-folder';
import { damaged, files, refusalOf, tree } from './testing/fixtures';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const info: DatasetInfo = {
  id: 'set', title: 'A set', kind: 'pictures', columns: null, height: 1, width: 2, channels: 1, maximum: 16, binary: false, counts: { train: 3, valid: 0, test: 1 },
  classes: ['a', 'b'], factors: null, protocol: 'grey', licence: 'none', source: 'here', bytes: 16, builtIn: false,
};
const arrays = {
  train: { values: Uint8Array.of(0, 1, 2, 3, 4, 16), labels: Uint16Array.of(1, 0, 964) },
  test: { values: Uint8Array.of(9, 8), labels: Uint16Array.of(1) },
};
const write = (more: Partial<DatasetInfo> = {}) => writeDatasetFolder(parent, { ...info, ...more }, arrays);
const folder = () => join(parent, 'set');

describe('a data set folder', () => {
  it('gives back what was written', async () => {
    await write();
    expect(readDatasetInfo(folder())).toEqual(info);
    expect(readSplit(folder(), info, 'train')).toEqual(arrays.train);
    expect(readSplit(folder(), info, 'test')).toEqual(arrays.test);
    expect(readFileSync(join(folder(), 'train.labels'))).toEqual(Buffer.of(1, 0, 0, 0, 0xc4, 3));
    expect(await refusalOf(() => readSplit(folder(), info, 'valid'))).toMatchObject({ code: 'not-found' });
  });

  it('without labels has none', async () => {
    const bare = { ...info, classes: null, counts: { train: 3, valid: 0, test: 0 } };
    await writeDatasetFolder(parent, bare, { train: { values: arrays.train.values, labels: null } });
    expect(readSplit(folder(), bare, 'train').labels).toBeNull();
    expect(Object.keys(tree(folder()))).toEqual(['dataset.json', 'train.pixels']);
  });

  it('gives pages for display, in any order', async () => {
    await write();
    const pixels = [Uint8Array.of(0, 16), Uint8Array.of(32, 48), Uint8Array.of(64, 255)];
    for (const rows of [[0, 1, 2], [1, 2], [2, 0, 1], [2], []])
      expect(readPage(folder(), info, 'train', () => Int32Array.from(rows))).toEqual({
        kind: 'pictures',
        pictures: { count: rows.length, height: 1, width: 2, channels: 1, pixels: Uint8Array.from(rows.flatMap((row) => [...(pixels[row] ?? [])])) },
        labels: Uint16Array.from(rows, (row) => arrays.train.labels[row] ?? NaN),
      });
  });

  it('is not written over', async () => {
    await write();
    const before = tree(parent);
    expect(await refusalOf(() => write({ title: 'Another' }))).toMatchObject({ code: 'conflict' });
    expect(tree(parent)).toEqual(before);
  });

  it('is written by one of several that try at once', async () => {
    const errors = await Promise.all(Array.from({ length: 5 }, () => refusalOf(() => write())));
    expect(errors.map((error) => error?.code).sort()).toEqual(['conflict', 'conflict', 'conflict', 'conflict', undefined]);
    expect(readSplit(folder(), info, 'train')).toEqual(arrays.train);
    expect(Object.keys(tree(parent)).filter((name) => !name.startsWith('set'))).toEqual([]);
  });

  it('leaves nothing when cancelled, or when its id leads elsewhere', async () => {
    expect(await refusalOf(() => writeDatasetFolder(parent, info, arrays, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
    for (const id of ['../set', '.set', 'a/b', '', 'A', 'a'.repeat(64)]) expect(await refusalOf(() => write({ id }))).toMatchObject({ code: 'bad-request' });
    expect(tree(parent)).toEqual({});
    expect(existsSync(join(parent, '..', 'set'))).toBe(false);
  });

  it('with changed or cut arrays is refused, naming the file', async () => {
    await write();
    for (const name of ['train.pixels', 'train.labels']) {
      const file = join(folder(), name);
      const whole = readFileSync(file);
      for (let i = 0; i < whole.length; i++) {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(i) ^ 1, i);
        writeFileSync(file, bytes);
        expect(await refusalOf(() => readSplit(folder(), info, 'train'))).toMatchObject({ code: 'bad-file', where: file });
      }
      for (const bytes of [whole.subarray(1), Buffer.concat([whole, Buffer.of(0)])]) {
        writeFileSync(file, bytes);
        expect(await refusalOf(() => readPage(folder(), info, 'train', () => Int32Array.of(0)))).toMatchObject({ code: 'bad-file', where: file });
      }
      rmSync(file);
      expect(await refusalOf(() => readSplit(folder(), info, 'train'))).toMatchObject({ code: 'not-found', where: file });
      writeFileSync(file, whole);
    }
  });

  it('whose description claims what is not there takes no memory for it', async () => {
    await write();
    const huge = { ...info, height: 65_536, width: 65_536, counts: { ...info.counts, train: 2 ** 40 } };
    expect(await refusalOf(() => readSplit(folder(), huge, 'train'))).toMatchObject({ code: 'bad-file' });
  });

  it('with a damaged description is refused or reads as before, never another error', async () => {
    await write();
    const file = join(folder(), 'dataset.json');
    for (const bytes of damaged(readFileSync(file), 500)) {
      writeFileSync(file, bytes);
      const error = await refusalOf(() => readDatasetInfo(folder()));
      if (error) expect(error).toMatchObject({ code: 'bad-file', where: expect.stringContaining(file) });
    }
  });
});

describe('a table', () => {
  const table: DatasetInfo = { ...info, kind: 'table', columns: ['a', 'b'], maximum: 1, classes: null, counts: { train: 2, valid: 0, test: 0 }, bytes: 16 };
  const values = Float32Array.of(-1.5, 1e30, 0.1, 7);

  it('keeps its float32 numbers, and shows them as they are', async () => {
    await writeDatasetFolder(parent, table, { train: { values, labels: null } });
    expect(readSplit(folder(), readDatasetInfo(folder()), 'train')).toEqual({ values, labels: null });
    expect(readPage(folder(), table, 'train', () => Int32Array.of(1))).toEqual({ kind: 'table', rows: { count: 1, columns: ['a', 'b'], values: values.slice(2) }, labels: null });
    expect(readFileSync(join(folder(), 'train.values'))).toEqual(Buffer.from(values.buffer));
  });
});

describe('factors', () => {
  const withFactors = { ...info, factors: { names: ['shape', 'x'], sizes: [3, 300] } };
  const factors = Uint16Array.of(0, 299, 2, 1, 1, 7);

  it('are kept with their examples, and are refused when damaged or not there', async () => {
    await writeDatasetFolder(parent, withFactors, { ...arrays, train: { ...arrays.train, factors } });
    expect(readFactors(folder(), readDatasetInfo(folder()), 'train')).toEqual(factors);
    expect(readSplit(folder(), withFactors, 'train')).toEqual(arrays.train);
    expect(await refusalOf(() => readFactors(folder(), info, 'train'))).toMatchObject({ code: 'not-found' });
    expect(await refusalOf(() => readFactors(folder(), withFactors, 'valid'))).toMatchObject({ code: 'not-found' });
    files(folder(), { 'train.factors': Buffer.from(factors.map((value) => value ^ 1).buffer) });
    expect(await refusalOf(() => readFactors(folder(), withFactors, 'train'))).toMatchObject({ code: 'bad-file', where: join(folder(), 'train.factors') });
  });
});

it('a folder that an earlier Elbo wrote, which knew pictures without factors only, is read', async () => {
  await write();
  const file = join(folder(), 'dataset.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { info: Record<string, unknown> };
  for (const key of ['kind', 'columns', 'factors']) Reflect.deleteProperty(manifest.info, key);
  writeFileSync(file, JSON.stringify(manifest));
  expect(readDatasetInfo(folder())).toEqual(info);
  expect(readSplit(folder(), readDatasetInfo(folder()), 'train')).toEqual(arrays.train);
});

describe('the list of data sets', () => {
  it('has every readable one by id, and says why another is not', async () => {
    await write({ id: 'b' });
    await write({ id: 'a' });
    files(parent, { 'broken/dataset.json': '{', 'note.txt': 'x', '.writing-1/dataset.json': '{}' });
    mkdirSync(join(parent, 'empty'));
    const unreadable: ElboError[] = [];
    expect(listDatasets(parent, unreadable).map((set) => set.id)).toEqual(['a', 'b']);
    expect(unreadable.map((error) => error.code)).toEqual(['bad-file', 'not-found']);
    expect(listDatasets(join(parent, 'nowhere'))).toEqual([]);
  });
});

describe('removing', () => {
  it('takes the folder and nothing else', async () => {
    await write();
    await write({ id: 'other' });
    await removeDataset(parent, 'set');
    expect(listDatasets(parent).map((set) => set.id)).toEqual(['other']);
    expect(Object.keys(tree(parent)).every((name) => name.startsWith('other'))).toBe(true);
  });

  it('is refused for what is not there, what comes with Elbo, and what is not below', async () => {
    await write({ builtIn: true });
    expect(await refusalOf(() => removeDataset(parent, 'none'))).toMatchObject({ code: 'not-found' });
    expect(await refusalOf(() => removeDataset(parent, 'set'))).toMatchObject({ code: 'conflict' });
    for (const id of ['..', '../x', '/etc', '.']) expect(await refusalOf(() => removeDataset(parent, id))).toMatchObject({ code: 'bad-request' });
    expect(existsSync(folder())).toBe(true);
  });
});

it('what a killed process left is cleaned up when it is old, and not when it may still be written', async () => {
  files(parent, { '.writing-old/train.pixels': 'x', '.writing-new/train.pixels': 'x', 'mine/dataset.json': 'x' });
  const then = new Date(Date.now() - 7_200_000);
  utimesSync(join(parent, '.writing-old'), then, then);
  utimesSync(join(parent, 'mine'), then, then);
  await cleanUp(parent);
  expect(Object.keys(tree(parent))).toEqual(['.writing-new', '.writing-new/train.pixels', 'mine', 'mine/dataset.json']);
});
