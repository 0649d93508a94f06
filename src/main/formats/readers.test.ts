import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findArrays, readArray } from './arrays';
import { readFactors, readSplit } from './dataset-folder';
import { runImport } from './import';
import { writeNpz } from './npz';
import { damaged, files, refusalOf, request, tree } from './testing/fixtures';

let folder: string;
let parent: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-readers-'));
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => [folder, parent].forEach((path) => rmSync(path, { recursive: true })));

const run = (path: string, more = {}) => runImport(request(join(folder, path), more), parent, () => undefined, new AbortController().signal);
const keepAll = { holdOut: { valid: 0, test: 0 } };

describe('a CSV table', () => {
  it.each([
    ['with names', 'a,b\n1,2\n-3.5,4e2\n'], ['without', '1,2\n-3.5,4e2'], ['with another separator and line end', '\uFEFF"a";"b"\r\n\r\n1 ; 2\r\n-3.5;4e2\r\n'],
  ])('%s is read', async (what, text) => {
    files(folder, { 'rows.csv': text });
    const info = await run('rows.csv', keepAll);
    expect(info).toMatchObject({ kind: 'table', columns: what === 'without' ? ['c0', 'c1'] : ['a', 'b'], channels: 2, counts: { train: 2, valid: 0, test: 0 } });
    expect(readSplit(join(parent, 'mine'), info, 'train').values).toEqual(Float32Array.of(1, 2, -3.5, 400));
  });

  it('gzipped is split and standardised by its training rows', async () => {
    files(folder, { 'rows.csv.gz': gzipSync(Array.from({ length: 50 }, (_, i) => `${i},${1000 - 3 * i}`).join('\n')) });
    const info = await run('rows.csv.gz', { standardise: true });
    expect(info).toMatchObject({ counts: { train: 40, valid: 5, test: 5 }, protocol: expect.stringContaining('standardised') });
    const { values } = readSplit(join(parent, 'mine'), info, 'train');
    for (const column of [0, 1]) {
      const own = [...values].filter((_, i) => i % 2 === column);
      expect(own.reduce((a, b) => a + b, 0) / 40).toBeCloseTo(0, 5);
      expect(own.reduce((a, b) => a + b * b, 0) / 40).toBeCloseTo(1, 5);
    }
  });

  it.each([
    ['a word', 'a,b\n1,2\n3,x\n', 'line 3, column 2 (b)'], ['a gap', '1,2\n,4\n', 'line 2, column 1'], ['a short line', '1,2\n\n3\n', 'line 3'], ['infinity', '1,2\n1e999,3', 'line 2, column 1'],
    ['nothing', '\n', 'rows.csv'], ['names only', 'a,b\n', 'rows.csv'],
  ])('with %s is refused with its place', async (_, text, where) => {
    files(folder, { 'rows.csv': text });
    expect(await refusalOf(() => run('rows.csv', keepAll))).toMatchObject({ code: 'bad-file', where: expect.stringContaining(where) });
    expect(tree(parent)).toEqual({});
  });

  it('of a constant column is not standardised', async () => {
    files(folder, { 'rows.csv': '1,2\n1,3\n' });
    expect(await refusalOf(() => run('rows.csv', { ...keepAll, standardise: true }))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('c0') });
  });
});

describe('NumPy arrays', () => {
  const pixels = Uint8Array.from({ length: 6 * 4 }, (_, i) => (i * 37) % 251);

  it('come back as they were written, stored or deflated, whole or some rows', async () => {
    writeNpz(join(folder, 'a.npz'), { x: { shape: [6, 2, 2], values: pixels }, f: { shape: [3], values: Float32Array.of(1.5, -2, 1e30) }, d: { shape: [1], values: Float64Array.of(0.5) }, i: { shape: [2], values: Int32Array.of(-7, 9) } });
    const places = await findArrays(join(folder, 'a.npz'));
    const arrays = Object.fromEntries(await Promise.all(places.map(async (place) => [place.name, await readArray(place)] as const)));
    expect(arrays).toEqual({ x: { shape: [6, 2, 2], values: pixels }, f: { shape: [3], values: Float32Array.of(1.5, -2, 1e30) }, d: { shape: [1], values: Float32Array.of(0.5) }, i: { shape: [2], values: Float64Array.of(-7, 9) } });
    const [x] = places;
    expect(x && (await readArray(x, { choose: () => Uint32Array.of(1, 2, 5) }))).toEqual({ shape: [3, 2, 2], values: Uint8Array.of(...pixels.slice(4, 12), ...pixels.slice(20, 24)) });
    // The same array deflated: its local header is followed by the packed bytes.
    const npy = readFileSync(join(folder, 'a.npz')).subarray(x?.start ?? 0, (x?.start ?? 0) + (x?.size ?? 0));
    writeFileSync(join(folder, 'packed'), deflateRawSync(npy));
    expect(x && (await readArray({ ...x, path: join(folder, 'packed'), start: 0, packed: readFileSync(join(folder, 'packed')).length, deflated: true }))).toEqual(arrays['x']);
    writeFileSync(join(folder, 'one.npy'), npy);
    const [one] = await findArrays(join(folder, 'one.npy'));
    expect(one && (await readArray(one))).toEqual(arrays['x']);
  });

  it('are pictures with splits and labels', async () => {
    writeNpz(join(folder, 'a.npz'), { x_train: { shape: [6, 2, 2], values: pixels }, y_train: { shape: [6], values: Uint8Array.of(0, 1, 2, 0, 1, 2) }, x_test: { shape: [1, 2, 2], values: pixels.slice(0, 4) }, y_test: { shape: [1], values: Uint8Array.of(3) } });
    const info = await run('a.npz');
    expect(info).toMatchObject({ kind: 'pictures', height: 2, width: 2, channels: 1, counts: { train: 6, valid: 0, test: 1 }, classes: ['0', '1', '2', '3'] });
    expect(readSplit(join(parent, 'mine'), info, 'train')).toEqual({ values: pixels, labels: Uint16Array.of(0, 1, 2, 0, 1, 2) });
  });

  it('of dSprites bring its factors, and can be drawn from', async () => {
    const classes = Float64Array.from({ length: 20 * 6 }, (_, i) => (i % 6 === 0 ? 0 : Math.floor(i / 6) % ((i % 6) + 2)));
    writeNpz(join(folder, 'd.npz'), { imgs: { shape: [20, 2, 1], values: Uint8Array.from({ length: 40 }, (_, i) => (i >> 1) & 1) }, latents_classes: { shape: [20, 6], values: Int32Array.from(classes) }, latents_values: { shape: [20, 6], values: classes } });
    const info = await run('d.npz', { draw: 12, ...keepAll });
    expect(info).toMatchObject({ binary: true, maximum: 1, counts: { train: 12 }, factors: { names: ['colour', 'shape', 'scale', 'orientation', 'x', 'y'] } });
    const { values } = readSplit(join(parent, 'mine'), info, 'train');
    const factors = readFactors(join(parent, 'mine'), info, 'train');
    // The picture is the parity of its place in the source, and so is the lowest bit of the factor of four values.
    for (let i = 0; i < 12; i++) expect(values[2 * i]).toBe((factors[6 * i + 2] ?? 0) % 2);
  });

  it('of two dimensions are a table', async () => {
    writeNpz(join(folder, 't.npz'), { train: { shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) }, validation: { shape: [1, 3], values: Float64Array.of(7, 8, 9) } });
    const info = await run('t.npz');
    expect(info).toMatchObject({ kind: 'table', columns: ['c0', 'c1', 'c2'], counts: { train: 2, valid: 1, test: 0 } });
    expect(readSplit(join(parent, 'mine'), info, 'valid').values).toEqual(Float32Array.of(7, 8, 9));
  });

  it.each([
    ['of several sizes', { x_train: { shape: [1, 2, 2], values: pixels.slice(0, 4) }, x_test: { shape: [1, 4, 1], values: pixels.slice(0, 4) } }],
    ['with too few labels', { x: { shape: [2, 2, 1], values: pixels.slice(0, 4) }, y: { shape: [1], values: Uint8Array.of(0) } }],
    ['with negative labels', { x: { shape: [1, 2, 1], values: pixels.slice(0, 2) }, y: { shape: [1], values: Int32Array.of(-1) } }],
    ['that are not finite', { x: { shape: [1, 2], values: Float32Array.of(1, NaN) } }],
    ['of pictures that are no bytes', { x: { shape: [1, 1, 2], values: Float32Array.of(0, 1) } }],
    ['by names that mean nothing', { weights: { shape: [1, 2], values: Float32Array.of(1, 2) } }],
  ])('%s are refused', async (_, arrays) => {
    writeNpz(join(folder, 'a.npz'), arrays);
    expect(await refusalOf(() => run('a.npz', keepAll))).toMatchObject({ code: 'bad-file', where: expect.stringContaining('a.npz') });
    expect(tree(parent)).toEqual({});
  });

  it('damaged at random are refused, or read as before', async () => {
    writeNpz(join(folder, 'a.npz'), { x: { shape: [6, 2, 2], values: pixels } });
    for (const bytes of damaged(readFileSync(join(folder, 'a.npz')), 150)) {
      writeFileSync(join(folder, 'b.npz'), bytes);
      const error = await refusalOf(() => run('b.npz', keepAll));
      if (!error) rmSync(join(parent, 'mine'), { recursive: true });
      expect(tree(parent)).toEqual({});
    }
  });
});

describe('CIFAR-10', () => {
  const record = (label: number, shade: number): Buffer => Buffer.concat([Buffer.of(label), Buffer.alloc(1024, shade), Buffer.alloc(1024, shade + 1), Buffer.alloc(1024, shade + 2)]);

  it('is read by its usual names, colours beside each other', async () => {
    files(folder, { 'data_batch_1.bin': record(3, 10), 'data_batch_2.bin.gz': gzipSync(record(9, 20)), 'test_batch.bin': Buffer.concat([record(0, 30), record(1, 40)]) });
    const info = await run('');
    expect(info).toMatchObject({ height: 32, width: 32, channels: 3, counts: { train: 2, valid: 0, test: 2 } });
    expect(info.classes?.[9]).toBe('truck');
    const { values, labels } = readSplit(join(parent, 'mine'), info, 'train');
    expect([...values.slice(0, 6), ...values.slice(-3)]).toEqual([10, 11, 12, 10, 11, 12, 20, 21, 22]);
    expect(labels).toEqual(Uint16Array.of(3, 9));
  });

  it.each([['a cut record', record(1, 1).subarray(1), 'data_batch_1.bin'], ['a label of 10', Buffer.concat([record(1, 1), record(10, 1)]), 'byte 3073'], ['nothing', Buffer.alloc(0), 'data_batch_1.bin'], ['damaged gzip', Buffer.of(0x1f, 0x8b, 8, 0, 1), 'data_batch_1.bin']])('with %s is refused', async (_, bytes, where) => {
    files(folder, { 'data_batch_1.bin': bytes });
    expect(await refusalOf(() => run(''))).toMatchObject({ code: 'bad-file', where: expect.stringContaining(where) });
  });
});
