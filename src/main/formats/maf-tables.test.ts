import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchSchema, splits, type DatasetInfo, type Split } from '../../contract/datasets';
import { readSplit } from './dataset-folder';
import { fetchSet } from './fetch';
import { MersenneTwister } from './mersenne-twister';
import { writeNpz } from './npz';
import { publicSets } from './public-sets';
import { files, refusalOf, tarOf } from './testing/fixtures';

let folder: string;
let parent: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-maf-'));
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => [folder, parent].forEach((path) => rmSync(path, { recursive: true })));

/** An NPY file of float64 numbers. */
function npy(shape: number[], values: number[]): Buffer {
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(Float64Array.from(values).buffer)]);
}

async function read(id: string): Promise<{ info: DatasetInfo; rows: Record<Split, number[][]> }> {
  const set = publicSets.find((each) => each.id === id);
  if (!set) throw new Error(id);
  const info = await fetchSet({ ...set, files: set.files.map((file) => ({ ...file, sum: null })) }, fetchSchema.parse({ id, from: folder }), parent, () => undefined, new AbortController().signal);
  const of = (split: Split): number[][] => {
    const { values } = readSplit(join(parent, id), info, split);
    return Array.from({ length: info.counts[split] }, (_, row) => [...values.subarray(row * info.channels, (row + 1) * info.channels)]);
  };
  return { info, rows: Object.fromEntries(splits.map((split) => [split, of(split)])) as Record<Split, number[][]> };
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: number[], ddof: number): number => (mean(values.map((value) => (value - mean(values)) ** 2)) * values.length) / (values.length - ddof);
const column = (rows: number[][], i: number): number[] => rows.map((row) => row[i] ?? NaN);

/** (x - m) / s for those moments. */
const standardised = (values: number[], of: number[], ddof: number): number[] => values.map((value) => (value - mean(of)) / Math.sqrt(variance(of, ddof)));
const expectClose = (actual: number[], expected: number[], digits = 5): void => {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, digits));
};

describe('the Mersenne twister draws as NumPy’s RandomState(42)', () => {
  it('rand', () => {
    const random = new MersenneTwister(42);
    expectClose([random.uniform(), random.uniform(), random.uniform()], [0.37454012, 0.95071431, 0.73199394], 8);
  });

  it('shuffle, then rand, over the border of its state', () => {
    const few = new MersenneTwister(42);
    expect([...few.shuffled(10)]).toEqual([8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
    expectClose([few.uniform(), few.uniform(), few.uniform()], [0.15599452, 0.05808361, 0.86617615], 8);
    const many = new MersenneTwister(42);
    const order = [...many.shuffled(1500)];
    expect([order.slice(0, 5), order.slice(-3)]).toEqual([[1116, 1368, 422, 413, 451], [860, 1459, 1126]]);
    expectClose([many.uniform(), many.uniform()], [0.49118634, 0.99633578], 8);
  });
});

describe('the tables of Papamakarios et al. 2017, from files like the originals:', () => {
  it('POWER is shuffled, loses reactive power and intensity, gets noise of the instruments’ width, and is standardised by train and valid', async () => {
    const count = 200;
    // Column c of row r is 1000 c + r, but for the two that go, which would stand out.
    const raw = Array.from({ length: count }, (_, row) => Array.from({ length: 8 }, (__, c) => (c === 1 || c === 3 ? 1e9 : 1000 * c + row)));
    files(folder, { 'data.tar.gz': gzipSync(tarOf({ 'data/gas/ethylene_CO.pickle': Buffer.alloc(700), 'data/power/data.npy': npy([count, 8], raw.flat()) })) });
    const { info, rows } = await read('power');
    expect(info).toMatchObject({ channels: 6, counts: { train: 162, valid: 18, test: 20 }, protocol: expect.stringContaining('train, valid, test as in the source') });
    const order = [...new MersenneTwister(42).shuffled(count)];
    const all = splits.flatMap((split) => rows[split]);
    // Time has no noise: it tells the order, and the moments are those of the first 180 rows.
    const times = order.map((row) => 7000 + row);
    expectClose(column(all, 5), standardised(times, times.slice(0, 180), 0));
    for (const c of [0, 1, 2, 3, 4]) {
      expect(mean(column(all.slice(0, 180), c))).toBeCloseTo(0, 5);
      expect(variance(column(all.slice(0, 180), c), 0)).toBeCloseTo(1, 4);
    }
    // What is left of a column when the row's number is taken off it is its noise.
    const noise = (c: number): number[] => {
      const deviation = Math.sqrt(variance(times.slice(0, 180), 0));
      const left = column(all, c).map((value, i) => value * deviation - (order[i] ?? 0));
      return left.map((value) => value - mean(left));
    };
    const width = (c: number): number => Math.max(...noise(c)) - Math.min(...noise(c));
    expect(width(0)).toBeLessThan(0.005);
    expect(width(1)).toBeLessThan(0.015);
    for (const c of [2, 3, 4]) {
      expect(width(c)).toBeGreaterThan(0.8);
      expect(width(c)).toBeLessThan(1.1);
    }
  });

  it('GAS loses concentrations, time, and the first of two columns that correlate above 0.98, until none does; standardised by all rows', async () => {
    const count = 100;
    const values = Array.from({ length: count }, (_, i) => {
      const [a, b, c] = [Math.sin(i), Math.cos(3 * i), (i * 37) % 11];
      return [i, 5, 6, a, b, a + 0.01 * b, c, 2 * a - 0.01 * c];
    });
    files(folder, { 'ethylene_CO.csv': ['Time,Meth,Eth,R1,R2,R3,R4,R5', ...values.map((row) => row.join(','))].join('\n') });
    const { info, rows } = await read('gas');
    // R1, R3 and R5 go together: R1 goes for R3, then R3 for R5.
    expect(info).toMatchObject({ columns: ['R2', 'R4', 'R5'], counts: { train: 81, valid: 9, test: 10 } });
    const all = splits.flatMap((split) => rows[split]);
    [4, 6, 7].forEach((from, to) => expectClose(column(all, to), standardised(column(values, from), column(values, from), 1)));
  });

  it('HEPMASS keeps the signal, drops what repeats at its smallest, and is standardised by the training rows', async () => {
    const row = (i: number): number[] => [i % 2, Math.sin(i), i % 3, i + 0.5];
    const lines = (from: number, count: number, more = ''): string[] => Array.from({ length: count }, (_, i) => row(from + i).join(',') + more);
    files(folder, { '1000_train.csv': ['# label,f0,f1,f2', ...lines(0, 60)].join('\n'), '1000_test.csv': ['# label,f0,f1,f2,mass', ...lines(100, 20, ',1000')].join('\r\n') });
    const { info, rows } = await read('hepmass');
    expect(info).toMatchObject({ columns: ['f0', 'f2'], counts: { train: 27, valid: 3, test: 10 } });
    const odd = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i).filter((i) => i % 2 === 1);
    const train = odd(0, 60);
    expectClose(column([...rows.train, ...rows.valid], 0), standardised(train.map(Math.sin), train.map(Math.sin), 1));
    expectClose(column(rows.test, 1), standardised(odd(100, 20).map((i) => i + 0.5), train.map((i) => i + 0.5), 1));
  });

  it('MINIBOONE of UCI keeps the signal, loses outliers and repeated columns; of the archive it comes filtered', async () => {
    // 40 rows of signal, two of them outliers, then background.
    const value = (i: number, c: number): number => (c === 0 && i % 20 === 3 ? -999 : c === 7 ? Math.max(0, i - 10) : Math.sin(i * (c + 1)) + i);
    const line = (i: number): string => `  ${Array.from({ length: 50 }, (_, c) => value(i, c).toExponential(5)).join('  ')}`;
    files(folder, { 'MiniBooNE_PID.txt': [' 40 5', ...Array.from({ length: 45 }, (_, i) => line(i))].join('\n') });
    const { info, rows } = await read('miniboone');
    expect(info).toMatchObject({ channels: 49, counts: { train: 32, valid: 3, test: 3 } });
    expect(info.columns).not.toContain('c7');
    const kept = Array.from({ length: 40 }, (_, i) => i).filter((i) => i % 20 !== 3).map((i) => Number(value(i, 1).toExponential(5)));
    expectClose(column(splits.flatMap((split) => rows[split]), 1), standardised(kept, kept.slice(0, 35), 0), 4);

    rmSync(join(parent, 'miniboone'), { recursive: true });
    rmSync(join(folder, 'MiniBooNE_PID.txt'));
    files(folder, { 'data.npy': npy([20, 2], Array.from({ length: 40 }, (_, i) => Math.sin(i))) });
    expect((await read('miniboone')).info).toMatchObject({ channels: 2, counts: { train: 17, valid: 1, test: 2 }, source: expect.stringContaining('data.npy, not checked') });
  });

  it('BSDS300 is taken as published, or of patches: noise, less their mean, without the last pixel', async () => {
    const patch = (count: number, from: number) => ({ shape: [count, 8, 8], values: Uint8Array.from({ length: 64 * count }, (_, i) => (from + 7 * i) % 256) });
    const raw = { train: patch(4, 0), validation: patch(2, 3), test: patch(2, 9) };
    writeNpz(join(folder, 'BSDS300.npz'), raw);
    const { info, rows } = await read('bsds300');
    expect(info).toMatchObject({ channels: 63, counts: { train: 4, valid: 2, test: 2 } });
    const [first = []] = rows.test;
    const pixels = [...raw.test.values.subarray(0, 64)].map((pixel) => pixel / 256);
    first.forEach((value, i) => expect(Math.abs(value - ((pixels[i] ?? 0) - mean(pixels)))).toBeLessThan(1 / 256));
    // The last pixel is what makes the mean zero.
    expect(Math.abs(-first.reduce((sum, value) => sum + value, 0) - ((pixels[63] ?? 0) - mean(pixels)))).toBeLessThan(1 / 256);
    expect(rows.train[0]?.some((value, i) => Math.abs(value - (([...raw.train.values][i] ?? 0) / 256 - mean([...raw.train.values.subarray(0, 64)]) / 256)) > 1e-4)).toBe(true);

    rmSync(join(parent, 'bsds300'), { recursive: true });
    const rows63 = (count: number) => ({ shape: [count, 63], values: Float64Array.from({ length: 63 * count }, (_, i) => i / 1000) });
    writeNpz(join(folder, 'BSDS300.npz'), { train: rows63(3), validation: rows63(1), test: rows63(1) });
    const published = await read('bsds300');
    expect(published.info.counts).toEqual({ train: 3, valid: 1, test: 1 });
    expectClose(published.rows.test[0] ?? [], Array.from({ length: 63 }, (_, i) => i / 1000));
  });

  it('another table is refused with what is wrong', async () => {
    files(folder, { 'data.npy': npy([4, 3], Array(12).fill(1)) });
    expect(await refusalOf(() => read('power'))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('8 columns') });
    files(folder, { '1000_train.csv': '# label,f0\n1,2\n1,two\n', '1000_test.csv': '# label,f0\n1,2\n' });
    expect(await refusalOf(() => read('hepmass'))).toMatchObject({ code: 'bad-file', where: expect.stringContaining('line 3') });
    files(folder, { 'ethylene_CO.csv': 'Time,R1\n1,2\n' });
    expect(await refusalOf(() => read('gas'))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('Meth') });
    expect(await refusalOf(() => read('bsds300'))).toMatchObject({ code: 'not-found', repair: expect.stringContaining('h5py') });
  });
});
