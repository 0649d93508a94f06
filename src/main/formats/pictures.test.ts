import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewImport, runImport } from './import';
import { damaged, files, refusalOf, request, tree } from './testing/fixtures';

let folder: string;
let parent: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-pictures-'));
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
});
afterEach(() => [folder, parent].forEach((path) => rmSync(path, { recursive: true })));

/** A PNG made by hand: grey of 8 or 16 bits, or of the size that it claims. */
function png(width: number, height: number, rows: number[], bits = 8): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.writeUInt8(bits, 8);
  const lines = Array.from({ length: rows.length / width }, (_, y) => [0, ...rows.slice(y * width, (y + 1) * width).flatMap((v) => (bits === 8 ? [v] : [v, v]))]);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.from(lines.flat()))), chunk('IEND', Buffer.alloc(0))]);
}
const dot = (value: number): Buffer => png(2, 1, [value, 255 - value]);
const signal = new AbortController().signal;
const firstOf = async (more = {}) => {
  const { first } = await previewImport(request(folder, more));
  if (first.kind === 'table') throw new Error('A table.');
  return first.pictures;
};

describe('a folder of pictures', () => {
  it('gives its splits, its classes by name and its pixels, exactly', async () => {
    files(folder, {
      'train/2/b.png': dot(3), 'train/2/a.png': dot(2), 'train/10/a.png': dot(10), 'Validation/2/a.png': dot(20), 'test/10/a.PNG': dot(30),
      'train/2/.DS_Store': 'x', 'README.md': 'x', 'train/notes.txt': 'x',
    });
    const { kind, info, first, files: roles } = await previewImport(request(folder));
    expect(kind).toBe('pictures');
    expect(info).toMatchObject({ height: 1, width: 2, channels: 1, maximum: 255, binary: false, counts: { train: 3, valid: 1, test: 1 }, classes: ['2', '10'], bytes: 20 });
    expect(first).toEqual({ kind: 'pictures', pictures: { count: 3, height: 1, width: 2, channels: 1, pixels: Uint8Array.of(2, 253, 3, 252, 10, 245) }, labels: Uint16Array.of(0, 0, 1) });
    expect(roles).toContainEqual({ path: join(folder, 'train', '2'), role: 'train images, class 2: 2' });
  });

  it('without folders for splits is all training data, of which a tenth each is drawn', async () => {
    for (let i = 0; i < 40; i++) files(folder, { [`${i}.png`]: dot(i) });
    const { info } = await previewImport(request(folder));
    expect(info).toMatchObject({ counts: { train: 32, valid: 4, test: 4 }, classes: null, protocol: expect.stringContaining('seed 0') });
  });

  it('is read in 16 bits as in 8, in colour when one has colour, grey when asked', async () => {
    files(folder, { 'train/a.png': png(2, 1, [7, 200], 16) });
    expect(await firstOf()).toMatchObject({ channels: 1, pixels: Uint8Array.of(7, 200) });
    const red = await sharp({ create: { width: 2, height: 1, channels: 3, background: 'red' } }).png().toBuffer();
    files(folder, { 'train/b.png': red });
    expect(await firstOf()).toMatchObject({ channels: 3, pixels: Uint8Array.of(7, 7, 7, 200, 200, 200, 255, 0, 0, 255, 0, 0) });
    const grey = await firstOf({ grey: true });
    expect(grey).toMatchObject({ channels: 1, count: 2 });
    expect([...grey.pixels.subarray(0, 2)]).toEqual([7, 200]);
  });

  it('shows black where a picture is transparent, and upright what the camera turned', async () => {
    const clear = await sharp({ create: { width: 2, height: 1, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } } }).png().toBuffer();
    files(folder, { 'train/a.png': clear });
    expect((await firstOf()).pixels.every((pixel) => pixel === 0)).toBe(true);
    rmSync(join(folder, 'train'), { recursive: true });
    const turned = await sharp(Buffer.of(...Array(8 * 16).fill(0)), { raw: { width: 16, height: 8, channels: 1 } }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    files(folder, { 'train/a.jpg': turned });
    expect(await firstOf()).toMatchObject({ height: 16, width: 8 });
  });

  it('of pictures that are black or white is binary', async () => {
    files(folder, { 'train/a.png': png(2, 1, [0, 255]), 'test/a.png': png(2, 1, [255, 255]) });
    expect((await previewImport(request(folder))).info).toMatchObject({ binary: true, maximum: 255, protocol: expect.stringContaining('static binarisation') });
  });

  it('of several sizes is refused, naming the picture, unless a size is given', async () => {
    files(folder, { 'train/a.png': dot(1), 'train/b.png': png(3, 1, [1, 2, 3]) });
    expect(await refusalOf(() => previewImport(request(folder)))).toMatchObject({ code: 'bad-file', where: join(folder, 'train', 'b.png'), repair: expect.stringContaining('resized') });
    expect((await previewImport(request(folder, { height: 4, width: 5 }))).info).toMatchObject({ height: 4, width: 5, counts: { train: 2 }, protocol: expect.stringContaining('resized to 5 x 4') });
    expect(await refusalOf(() => previewImport(request(folder, { height: 4 })))).toMatchObject({ code: 'bad-request', where: 'width' });
  });
});

describe('a hostile folder of pictures is refused, naming the place:', () => {
  const refused = async (where: string, code = 'bad-file'): Promise<void> => {
    expect(await refusalOf(() => runImport(request(folder), parent, () => undefined, signal))).toMatchObject({ code, where });
    expect(tree(parent)).toEqual({});
  };

  it('a link out of it, to a file, to a folder, to nowhere', async () => {
    const outside = files(mkdtempSync(join(tmpdir(), 'elbo-outside-')), { 'a.png': dot(1) });
    for (const target of [join(outside, 'a.png'), outside, join(folder, 'none')]) {
      files(folder, { 'ok.png': dot(1) });
      symlinkSync(target, join(folder, 'link.png'));
      await refused(join(folder, 'link.png'));
      rmSync(join(folder, 'link.png'));
    }
    rmSync(join(folder, 'ok.png'));
    mkdirSync(join(folder, 'train'));
    symlinkSync(outside, join(folder, 'train', '7'));
    await refused(join(folder, 'train', '7'));
    rmSync(outside, { recursive: true });
  });

  it('a link that leads round in a circle', async () => {
    files(folder, { 'train/7/a.png': dot(1) });
    symlinkSync(folder, join(folder, 'train', '8'));
    await refused(join(folder, 'train', '8'));
  });

  it('a picture that is cut off, or none, or of a forbidden kind under a picture’s name', async () => {
    const jpeg = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } }).jpeg().toBuffer();
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1"><image href="file:///etc/passwd"/></svg>';
    for (const bytes of [jpeg.subarray(0, jpeg.length / 2), dot(1).subarray(0, 50), Buffer.from('no picture'), Buffer.alloc(0), Buffer.from(svg)]) {
      writeFileSync(join(folder, 'a.png'), bytes);
      await refused(join(folder, 'a.png'));
    }
  });

  it('a picture that claims a huge size', async () => {
    files(folder, { 'a.png': png(100_000, 100_000, []) });
    await refused(join(folder, 'a.png'));
  });

  it('pictures beside folders of classes, folders below classes, something beside splits', async () => {
    files(folder, { '7/a.png': dot(1), 'b.png': dot(1) });
    await refused(join(folder, 'b.png'));
    rmSync(join(folder, 'b.png'));
    files(folder, { '7/deep/a.png': dot(1) });
    await refused(join(folder, '7', 'deep'));
    files(folder, { 'train/a.png': dot(1) });
    await refused(join(folder, '7'));
  });

  it('no pictures at all', async () => {
    files(folder, { 'a.txt': 'x', '.hidden.png': dot(1) });
    await refused(folder);
  });

  it('pictures damaged at random give pixels or a refusal, never another error', async () => {
    for (const bytes of [...damaged(png(4, 4, Array.from({ length: 16 }, (_, i) => i * 9)), 120), ...damaged(await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).jpeg().toBuffer(), 120)]) {
      files(folder, { 'train/a.png': bytes });
      const error = await refusalOf(() => previewImport(request(folder)));
      if (error) expect(error).toMatchObject({ code: expect.stringMatching(/bad-file|bad-request/) });
    }
  });
});
