import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import type { ElboError } from '../../contract/errors';
import { cleanUp, listDatasets, readDatasetInfo, readPage, readSplit, removeDataset, writeDatasetFolder } from './dataset-folder';
import { damaged, files, refusalOf, tree } from './testing/fixtures';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

const info: DatasetInfo = {
  id: 'set', title: 'A set', height: 1, width: 2, channels: 1, maximum: 16, binary: false, counts: { train: 3, valid: 0, test: 1 },
  classes: ['a', 'b'], protocol: 'grey', licence: 'none', source: 'here', bytes: 16, builtIn: false,
};
const arrays = {
  train: { pixels: Uint8Array.of(0, 1, 2, 3, 4, 16), labels: Uint16Array.of(1, 0, 964) },
  test: { pixels: Uint8Array.of(9, 8), labels: Uint16Array.of(1) },
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
    await writeDatasetFolder(parent, bare, { train: { pixels: arrays.train.pixels, labels: null } });
    expect(readSplit(folder(), bare, 'train').labels).toBeNull();
    expect(Object.keys(tree(folder()))).toEqual(['dataset.json', 'train.pixels']);
  });

  it('gives pages for display, shorter at the end', async () => {
    await write();
    const page = readPage(folder(), info, 'train', 1, 100);
    expect(page).toEqual({ pictures: { count: 2, height: 1, width: 2, channels: 1, pixels: Uint8Array.of(32, 48, 64, 255) }, labels: Uint16Array.of(0, 964) });
    expect(readPage(folder(), info, 'train', 0, 1).labels).toEqual(Uint16Array.of(1));
    expect(readPage(folder(), info, 'train', 99, 5).pictures.count).toBe(0);
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
        expect(await refusalOf(() => readPage(folder(), info, 'train', 0, 1))).toMatchObject({ code: 'bad-file', where: file });
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
