import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installBuiltIns } from './built-in';
import { listDatasets, readDatasetInfo, readSplit, writeDatasetFolder, type SplitArrays } from './dataset-folder';
import { previewImport, runImport } from './import';
import { damaged, files, idx, refusalOf, request, tree } from './testing/fixtures';

let folder: string;
let parent: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-idx-'));
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => [folder, parent].forEach((path) => rmSync(path, { recursive: true })));

const signal = new AbortController().signal;
const run = (more = {}, path = folder) => runImport(request(path, more), parent, () => undefined, signal);
/** `count` images of 2 x 1, the i-th with pixels `from + i` and 200. */
const images = (count: number, from = 0): Buffer => idx(0x08, [count, 2, 1], Array.from({ length: count }, (_, i) => [from + i, 200]).flat());
const labels = (...values: number[]): Buffer => idx(0x08, [values.length], values);
const firstPixels = ({ values }: SplitArrays): number[] => [...values].filter((_, i) => i % 2 === 0);

describe('a folder of IDX files', () => {
  it('is taken with the splits and labels that it has', async () => {
    files(folder, {
      'train-images-idx3-ubyte.gz': gzipSync(images(5)), 'train-labels-idx1-ubyte': labels(0, 1, 2, 1, 0),
      't10k-images-idx3-ubyte': images(2, 50), 't10k-labels-idx1-ubyte.gz': gzipSync(labels(3, 1)),
    });
    const info = await run({ title: 'Mine', licence: 'MIT', source: 'me' });
    expect(info).toEqual({
      id: 'mine', title: 'Mine', kind: 'pictures', columns: null, height: 2, width: 1, channels: 1, maximum: 255, binary: false, counts: { train: 5, valid: 0, test: 2 }, classes: ['0', '1', '2', '3'], factors: null,
      protocol: 'grey: pixels 0 to 255 as in the source; train, test as in the source; no valid split', licence: 'MIT', source: 'me', bytes: 28, builtIn: false,
    });
    expect(readDatasetInfo(join(parent, 'mine'))).toEqual(info);
    const test = readSplit(join(parent, 'mine'), info, 'test');
    expect(test).toEqual({ values: Uint8Array.of(50, 200, 51, 200), labels: Uint16Array.of(3, 1) });
  });

  it('shows in its preview what the import gives, and writes nothing', async () => {
    files(folder, { 'x-train-images.idx3-ubyte': images(300), 'x-valid-images.idx3-ubyte': images(3) });
    const before = tree(folder);
    const { kind, info, files: roles, first } = await previewImport(request(folder));
    expect([kind, info.classes]).toEqual(['idx', null]);
    expect(first).toMatchObject({ labels: null, pictures: { count: 100 } });
    expect(roles.map(({ role }) => role)).toEqual(['train images', 'valid images']);
    expect(tree(folder)).toEqual(before);
    expect(await run()).toEqual(info);
  });

  it('of zeros and ones is binary, and shown black and white', async () => {
    files(folder, { 'train-images-idx3-ubyte': idx(0x08, [2, 2, 1], [0, 1, 1, 0]), 'test-images-idx3-ubyte': idx(0x08, [1, 2, 1], [0, 0]) });
    const { info, first } = await previewImport(request(folder));
    expect(info).toMatchObject({ maximum: 1, binary: true, protocol: expect.stringMatching(/^static binarisation/) });
    expect(first).toMatchObject({ pictures: { pixels: Uint8Array.of(0, 255, 255, 0) } });
  });

  it('is a single file split by seed 0: disjoint, whole, in order, labels with their pictures, the same every time', async () => {
    files(folder, { 'frey-images-idx3-ubyte.gz': gzipSync(images(100)), 'frey-labels-idx1-short': idx(0x0b, [100], Array.from({ length: 100 }, (_, i) => [0, i]).flat()) });
    const info = await run();
    expect(info).toMatchObject({ counts: { train: 80, valid: 10, test: 10 }, protocol: expect.stringContaining('10 valid and 10 test examples drawn by seed 0 from the 100') });
    const parts = (['train', 'valid', 'test'] as const).map((split) => readSplit(join(parent, 'mine'), info, split));
    for (const part of parts) {
      expect([...(part.labels ?? [])]).toEqual(firstPixels(part));
      expect(firstPixels(part)).toEqual(firstPixels(part).sort((a, b) => a - b));
    }
    expect(parts.flatMap(firstPixels).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const [, valid, test] = parts.map(firstPixels);
    expect(valid).not.toEqual(Array.from({ length: 10 }, (_, i) => (valid?.[0] ?? 0) + i));
    await run({ id: 'again', holdOut: { valid: 10, test: 10 } }, join(folder, 'frey-images-idx3-ubyte.gz'));
    expect(firstPixels(readSplit(join(parent, 'again'), { ...info, classes: null }, 'test'))).toEqual(test);
  });

  it('gives validation data when asked, and not twice', async () => {
    files(folder, { 'train-images-idx3-ubyte': images(20), 'test-images-idx3-ubyte': images(2) });
    expect(await run({ holdOut: { valid: 5, test: 0 } })).toMatchObject({ counts: { train: 15, valid: 5, test: 2 }, protocol: expect.stringContaining('5 valid examples drawn by seed 0 from the 20') });
    expect(await refusalOf(() => run({ id: 'b', holdOut: { valid: 0, test: 5 } }))).toMatchObject({ code: 'bad-request', where: 'holdOut.test' });
    expect(await refusalOf(() => run({ id: 'b', holdOut: { valid: 20, test: 0 } }))).toMatchObject({ code: 'bad-request', where: 'holdOut' });
  });

  it('is not written over, and has its id before anything is read', async () => {
    files(folder, { 'train-images-idx3-ubyte': images(3) });
    await run();
    expect(await refusalOf(() => run({}, '/nowhere'))).toMatchObject({ code: 'conflict' });
    expect(await refusalOf(() => runImport({ ...request(folder), id: '../mine' }, parent, () => undefined, signal))).toMatchObject({ code: 'bad-request' });
  });
});

describe('a hostile IDX folder is refused, with nothing written:', () => {
  const train = 'train-images-idx3-ubyte';
  const refused = async (where: string, more = {}, path = folder, code = 'bad-file'): Promise<void> => {
    expect(await refusalOf(() => run(more, path))).toMatchObject({ code, where: expect.stringContaining(where) });
    expect(tree(parent)).toEqual({});
  };

  it.each([
    ['no images', { [train]: idx(0x08, [0, 2, 1], []) }, `${train}, byte 4`],
    ['no pixels', { [train]: idx(0x08, [2, 0, 1], []) }, `${train}, byte 4`],
    ['images of one dimension', { [train]: idx(0x08, [4], [1, 2, 3, 4]) }, `${train}, byte 2`],
    ['images of 16 bits', { [train]: idx(0x0b, [1, 1, 1], [1, 2]) }, `${train}, byte 2`],
    ['images too large for any model', { [train]: idx(0x08, [1, 1, 5000], Array(5000).fill(0)) }, `${train}, byte 8`],
    ['splits of several sizes', { [train]: images(2), 'test-images-idx3-ubyte': idx(0x08, [1, 3, 1], [1, 2, 3]) }, 'test-images-idx3-ubyte, byte 8'],
    ['too few labels', { [train]: images(3), 'train-labels-idx1-ubyte': labels(1, 2) }, 'train-labels-idx1-ubyte, byte 4'],
    ['labels of images', { [train]: images(3), 'train-labels-idx1-ubyte': images(3) }, 'train-labels-idx1-ubyte, byte 3'],
    ['negative labels', { [train]: images(2), 'train-labels-idx1-short': idx(0x0b, [2], [0, 1, 255, 255]) }, 'train-labels-idx1-short, byte 10'],
    ['labels for one split of two', { [train]: images(2), 'train-labels-idx1-ubyte': labels(0, 1), 'test-images-idx3-ubyte': images(2) }, 'test-images-idx3-ubyte'],
    ['two files for a split', { [train]: images(2), 'mnist-train-images-idx3-ubyte': images(2) }, ''],
    ['test images alone', { 'test-images-idx3-ubyte': images(2) }, ''],
    ['cut off', { [train]: images(5).subarray(0, -1) }, `${train}, byte 4`],
  ])('%s', async (_, contents, where) => {
    files(folder, contents);
    await refused(join(folder, where));
  });

  it('a link out of the folder', async () => {
    const outside = files(mkdtempSync(join(tmpdir(), 'elbo-outside-')), { images: images(3) });
    symlinkSync(join(outside, 'images'), join(folder, train));
    await refused(join(folder, train));
    rmSync(outside, { recursive: true });
  });

  it('nothing at all, neither file nor folder; sizes and labels where they mean nothing', async () => {
    await refused(folder);
    await refused('/nowhere/at/all', {}, '/nowhere/at/all', 'not-found');
    files(folder, { [train]: images(3) });
    await refused(join(folder, train, 'below'), {}, join(folder, train, 'below'), 'not-found');
    await refused('height', { height: 5, width: 5 }, folder, 'bad-request');
    await refused('labels', { labels: join(folder, 'x') }, folder, 'bad-request');
    await refused(join(folder, 'x'), { labels: join(folder, 'x') }, join(folder, train), 'not-found');
  });

  it('damaged at random: a data set or a refusal, never another error, never half a data set', async () => {
    for (const bytes of damaged(gzipSync(images(9)), 100)) {
      files(folder, { [train]: bytes });
      const error = await refusalOf(() => run());
      expect(existsSync(join(parent, 'mine'))).toBe(!error);
      rmSync(join(parent, 'mine'), { recursive: true, force: true });
      expect(tree(parent)).toEqual({});
    }
  });

  it('cancelled at any moment, it leaves nothing', async () => {
    files(folder, { [train]: images(20), 'test-images-idx3-ubyte': images(5) });
    for (const moment of [0, 1]) {
      const controller = new AbortController();
      const cancelAt = (done: number): void => (done === moment ? controller.abort() : undefined);
      expect(await refusalOf(() => runImport(request(folder), parent, cancelAt, controller.signal))).toMatchObject({ code: 'cancelled' });
      expect(tree(parent)).toEqual({});
    }
  });
});

describe('the data sets that come with Elbo', () => {
  const resources = join(import.meta.dirname, '../../../resources/datasets');
  const countsOf = (all: Uint16Array[]): number[] => all.flatMap((part) => [...part]).reduce<number[]>((counts, label) => counts.with(label, (counts[label] ?? 0) + 1), Array(10).fill(0));

  it('are installed once, also by several at once, and come back when they are damaged', async () => {
    await Promise.all([installBuiltIns(resources, parent), installBuiltIns(resources, parent), installBuiltIns(resources, parent)]);
    const before = tree(parent);
    expect(listDatasets(parent).map(({ id, builtIn }) => [id, builtIn])).toEqual([['digits-8x8', true], ['mnist-1000', true]]);
    await installBuiltIns(resources, parent);
    expect(tree(parent)).toEqual(before);
    files(parent, { 'mnist-1000/dataset.json': '{' });
    await installBuiltIns(resources, parent);
    expect(tree(parent)).toEqual(before);
  });

  it('stay where they are while others install the same: who has seen a set can open it', async () => {
    const folders = ['digits-8x8', 'mnist-1000'].map((id) => join(parent, id));
    const identity = (target: string): string => `${statSync(target).ino} ${statSync(target).birthtimeMs}`;
    const first = new Map<string, string>();
    let watching = true;
    const watch = async (): Promise<void> => {
      for (; watching; await setImmediate())
        for (const target of folders) if (existsSync(target) && !first.has(target)) first.set(target, identity(target));
    };
    const watched = watch();
    await Promise.all([1, 2, 3, 4].map(() => installBuiltIns(resources, parent)));
    watching = false;
    await watched;
    expect(folders.map((target) => first.get(target))).toEqual(folders.map(identity));
  });

  it('are made anew from other sources, but never in place of what a person imported', async () => {
    const own = files(folder, { 'set/dataset-source.json': '{"title":"Old"}', 'set/train-images-idx3-ubyte': images(5) });
    await installBuiltIns(own, parent);
    files(own, { 'set/dataset-source.json': '{"title":"New"}' });
    await installBuiltIns(own, parent);
    const [installed] = listDatasets(parent);
    expect(installed?.title).toBe('New');
    if (!installed) return;
    rmSync(join(parent, 'set'), { recursive: true });
    const mine = { ...installed, title: 'Mine', builtIn: false, counts: { train: 1, valid: 0, test: 0 } };
    await writeDatasetFolder(parent, mine, { train: { values: Uint8Array.of(1, 2), labels: null } });
    await installBuiltIns(own, parent);
    expect(listDatasets(parent)).toEqual([mine]);
  });

  it('are the 1,797 digits: published label counts and first row', async () => {
    await installBuiltIns(resources, parent);
    const info = readDatasetInfo(join(parent, 'digits-8x8'));
    expect(info).toMatchObject({ height: 8, width: 8, maximum: 16, binary: false, counts: { train: 1297, valid: 250, test: 250 } });
    const all = (['train', 'valid', 'test'] as const).map((split) => readSplit(join(parent, 'digits-8x8'), info, split));
    expect(countsOf(all.map(({ labels: own }) => own ?? new Uint16Array()))).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    const source = gunzipSync(readFileSync(join(resources, 'digits-8x8', 'digits-images-idx3-ubyte.gz')));
    expect([...source.subarray(16, 32)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
  });

  it('are the first 1,000 training and test images of MNIST: published label counts', async () => {
    await installBuiltIns(resources, parent);
    const info = readDatasetInfo(join(parent, 'mnist-1000'));
    expect(info).toMatchObject({ height: 28, width: 28, maximum: 255, counts: { train: 1000, valid: 0, test: 1000 }, protocol: expect.stringContaining('no valid split') });
    const counts = (split: 'train' | 'test') => countsOf([readSplit(join(parent, 'mnist-1000'), info, split).labels ?? new Uint16Array()]);
    expect(counts('train')).toEqual([97, 116, 99, 93, 105, 92, 94, 117, 87, 100]);
    expect(counts('test')).toEqual([85, 126, 116, 107, 110, 87, 87, 99, 89, 94]);
  });
});
