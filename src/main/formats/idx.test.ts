import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdx } from './idx';
import { damaged, idx, refusalOf } from './testing/fixtures';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-idx-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const put = (bytes: Buffer): string => {
  const file = join(folder, 'file');
  writeFileSync(file, bytes);
  return file;
};

const pixels = Array.from({ length: 24 }, (_, i) => i * 10);

describe('an IDX file', () => {
  it.each([['plain', (b: Buffer) => b], ['gzipped', gzipSync], ['gzipped in two members', (b: Buffer) => Buffer.concat([gzipSync(b.subarray(0, 7)), gzipSync(b.subarray(7))])]] as const)('of bytes is read, %s', async (_, pack) => {
    expect(await readIdx(put(pack(idx(0x08, [2, 3, 4], pixels))))).toEqual({ shape: [2, 3, 4], values: Uint8Array.from(pixels) });
  });

  it('of 16-bit integers is read as big-endian and signed', async () => {
    expect(await readIdx(put(idx(0x0b, [3], [0x03, 0xc4, 0xff, 0xfe, 0, 7])))).toEqual({ shape: [3], values: Int16Array.of(964, -2, 7) });
  });

  it('larger than a chunk is read whole', async () => {
    const many = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 8);
    expect((await readIdx(put(gzipSync(idx(0x08, [3000, 1000], many))))).values).toEqual(many);
  });

  const whole = idx(0x08, [2, 3, 4], pixels);
  it.each([
    ['empty', Buffer.alloc(0), 'byte 0'],
    ['cut off in its header', whole.subarray(0, 9), 'byte 9'],
    ['cut off in its values', whole.subarray(0, -1), 'byte 4'],
    ['with bytes after its values', Buffer.concat([whole, Buffer.of(1)]), 'byte 4'],
    ['of another magic', Buffer.from('PNG picture of something'), 'byte 0'],
    ['of floats', idx(0x0d, [1], [0, 0, 0, 0]), 'byte 2'],
    ['of no dimensions', idx(0x08, [], [1]), 'byte 3'],
    ['of 255 dimensions', Buffer.concat([Buffer.of(0, 0, 8, 255), Buffer.alloc(2000)]), 'byte 3'],
    ['that claims 16 exabytes', idx(0x08, [0xffffffff, 0xffffffff], [1]), 'byte 4'],
    ['that claims more than there is', idx(0x08, [200, 3, 4], pixels), 'byte 4'],
    ['packed and cut off', gzipSync(whole).subarray(0, -9), 'byte'],
    ['packed without its end', gzipSync(whole).subarray(0, -4), 'byte'],
    ['packed and changed', Buffer.concat([gzipSync(whole).subarray(0, 14), Buffer.of(99), gzipSync(whole).subarray(15)]), 'byte'],
    ['packed that holds less than it claims', gzipSync(idx(0x08, [3, 3, 4], pixels)), 'byte 40'],
    ['packed that claims more than any gzip of its size holds', gzipSync(idx(0x08, [1000, 1000], [1])), 'byte 4'],
  ])('%s is refused, with its place', async (_, bytes, place) => {
    const file = put(bytes);
    const error = await refusalOf(() => readIdx(file));
    expect(error?.code).toBe('bad-file');
    expect(error?.where).toContain(`${file}, ${place}`);
  });

  it('that is a gzip bomb is refused before more is unpacked than it claims', async () => {
    const file = put(gzipSync(Buffer.concat([idx(0x08, [10], Array(10).fill(0)), Buffer.alloc(1 << 28)])));
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusalOf(() => readIdx(file))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('after the last value') });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 26);
  });

  it('that is a folder, or not there, is refused', async () => {
    mkdirSync(join(folder, 'sub'));
    expect(await refusalOf(() => readIdx(join(folder, 'sub')))).toMatchObject({ code: 'bad-file', where: join(folder, 'sub') });
    expect(await refusalOf(() => readIdx(join(folder, 'none')))).toMatchObject({ code: 'not-found', where: join(folder, 'none') });
  });

  it('is given up when cancelled', async () => {
    expect(await refusalOf(() => readIdx(put(whole), AbortSignal.abort()))).toMatchObject({ code: 'cancelled' });
  });

  it('damaged at random gives values or a refusal that names the file, never another error', async () => {
    let refused = 0;
    for (const seed of [whole, gzipSync(whole), idx(0x0b, [3], [1, 2, 3, 4, 5, 6])])
      for (const bytes of damaged(seed, 120)) {
        const file = put(bytes);
        const error = await refusalOf(async () => {
          const { shape, values } = await readIdx(file);
          expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
        });
        if (error) {
          refused++;
          expect(error).toMatchObject({ code: 'bad-file', where: expect.stringContaining(file) });
        }
      }
    expect(refused).toBeGreaterThan(150);
  });
});
