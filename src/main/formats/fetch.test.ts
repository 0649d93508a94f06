import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchSchema } from '../../contract/datasets';
import { readSplit } from './dataset-folder';
import { download } from './download';
import { fetchSet } from './fetch';
import { openSource } from './import';
import { publicSets, type PublicSource } from './public-sets';
import { unpackTar } from './tar';
import { damaged, files, idx, refusalOf, tarOf, tree } from './testing/fixtures';

let folder: string;
let parent: string;
let server: Server;
let origin: string;
let pages: Record<string, RequestListener>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'elbo-fetch-'));
  parent = mkdtempSync(join(tmpdir(), 'elbo-datasets-'));
  pages = {};
  server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    if (page) page(request, response);
    else response.writeHead(404).end('nothing here');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  [folder, parent].forEach((path) => rmSync(path, { recursive: true }));
});

const never = new AbortController().signal;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const images = gzipSync(idx(0x08, [10, 2, 1], Array.from({ length: 20 }, (_, i) => i * 9)));
const labels = gzipSync(idx(0x08, [10], Array.from({ length: 10 }, (_, i) => i % 3)));
const whole = (bytes: Buffer): RequestListener => (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

/** A set of two IDX files on the test's server. */
const small = (more: Partial<PublicSource> = {}): PublicSource => ({
  id: 'small',
  title: 'Small',
  licence: 'MIT',
  source: 'A test',
  files: [
    { name: 'train-images-idx3-ubyte.gz', bytes: images.length, sum: `sha256:${sha256(images)}`, urls: [`${origin}/images`] },
    { name: 'train-labels-idx1-ubyte.gz', bytes: labels.length, sum: null, urls: [`${origin}/labels`] },
  ],
  byHand: null,
  read: openSource,
  ...more,
});
const fetchSmall = (set = small(), more = {}, onProgress: (done: number, total: number) => void = () => undefined, signal = never) => fetchSet(set, fetchSchema.parse({ id: set.id, ...more }), parent, onProgress, signal);

describe('a public set', () => {
  it('is downloaded, checked and imported; a sum that nobody published is written down', async () => {
    pages = { '/images': whole(images), '/labels': whole(labels) };
    const seen: [number, number][] = [];
    const info = await fetchSmall(small(), {}, (done, total) => seen.push([done, total]));
    expect(info).toMatchObject({ id: 'small', title: 'Small', licence: 'MIT', counts: { train: 8, valid: 1, test: 1 }, classes: ['0', '1', '2'] });
    expect(info.source).toBe(`A test. Fetched from 127.0.0.1:${new URL(origin).port}; checked by the published sum: train-images-idx3-ubyte.gz; train-labels-idx1-ubyte.gz has the SHA-256 ${sha256(labels)}, to compare: none is published`);
    expect(seen.at(-1)).toEqual([images.length + labels.length, images.length + labels.length]);
    expect(Object.keys(tree(parent)).filter((name) => !name.startsWith('small'))).toEqual([]);
    expect(await refusalOf(() => fetchSmall())).toMatchObject({ code: 'conflict' });
  });

  it('is followed to where it has moved, and taken from the next server when one fails', async () => {
    pages = { '/images': (_, response) => void response.writeHead(302, { location: '/moved' }).end(), '/moved': whole(images), '/wrong': whole(Buffer.from('other')), '/labels': whole(labels) };
    const set = small();
    const [first, second] = set.files;
    if (!first || !second) throw new Error('two files');
    expect(await fetchSmall({ ...set, files: [first, { ...second, sum: `md5:${createHash('md5').update(labels).digest('hex')}`, urls: [`${origin}/gone`, `${origin}/wrong`, `${origin}/labels`] }] })).toMatchObject({ counts: { train: 8 } });
  });

  it.each<[string, () => Record<string, RequestListener>, object]>([
    ['is not there', () => ({ '/images': whole(images) }), { code: 'network', message: expect.stringMatching(/404 \(Not Found\)/), repair: expect.stringMatching(/elbo data fetch small --from/) }],
    ['cannot be given now', () => ({ '/images': (_, response) => void response.writeHead(503).end() }), { code: 'network', message: expect.stringMatching(/503 \(Service Unavailable\)/), repair: expect.stringMatching(/later/) }],
    ['has another sum', () => ({ '/images': whole(labels), '/labels': whole(labels) }), { code: 'bad-file', message: expect.stringContaining(sha256(images)), where: expect.stringContaining('/images') }],
    ['is cut off', () => ({ '/images': (_, response) => { response.writeHead(200, { 'content-length': images.length }); response.write(images.subarray(0, 9), () => response.destroy()); } }), { code: 'network', message: expect.stringMatching(/broke off after \d+ of \d+ bytes/) }],
    ['is no data set', () => ({ '/images': whole(images), '/labels': whole(Buffer.from('<html>log in</html>')) }), { code: 'bad-file' }],
    ['turns in circles', () => ({ '/images': (_, response) => void response.writeHead(302, { location: '/images' }).end() }), { code: 'network', message: expect.stringMatching(/redirect/) }],
  ])('that %s is refused with what to do, and nothing is left', async (_, served, expected) => {
    pages = served();
    expect(await refusalOf(() => fetchSmall())).toMatchObject(expected);
    expect(tree(parent)).toEqual({});
  });

  it('without a network is refused with the host', async () => {
    const { port } = new URL(origin);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    expect(await refusalOf(() => fetchSmall())).toMatchObject({ code: 'network', message: expect.stringMatching(new RegExp(`127.0.0.1:${port} cannot be reached: .*ECONNREFUSED`)) });
    const set = small();
    expect(await refusalOf(() => fetchSmall({ ...set, files: set.files.map((file) => ({ ...file, urls: ['http://no-such-host.invalid/x'] })) }))).toMatchObject({ code: 'network', message: expect.stringMatching(/no-such-host.invalid cannot be reached/) });
    expect(tree(parent)).toEqual({});
    await new Promise<void>((listening) => server.listen(0, listening));
  });

  it('cancelled in the middle of a file leaves nothing', async () => {
    const controller = new AbortController();
    pages = { '/images': (_, response) => { response.writeHead(200, { 'content-length': images.length }); response.write(images.subarray(0, 9)); } };
    const refusal = await refusalOf(() => fetchSmall(small(), {}, () => controller.abort(), controller.signal));
    expect(refusal).toMatchObject({ code: 'cancelled' });
    expect(tree(parent)).toEqual({});
  });

  it.runIf(process.platform === 'linux')('that the disk has no room for is refused as that', async () => {
    pages = { '/images': whole(images) };
    expect(await refusalOf(() => download({ urls: [`${origin}/images`, `${origin}/images`], to: '/dev/full', sum: null, otherwise: '', onProgress: () => undefined, signal: never }))).toMatchObject({ code: 'disk-full' });
  });

  it('is taken from a folder, with the same checks, and says what it looked for', async () => {
    files(folder, { 'train-images-idx3-ubyte.gz': images, 'train-labels-idx1-ubyte.gz': labels });
    const before = tree(folder);
    expect(await fetchSmall(small(), { from: folder })).toMatchObject({ counts: { train: 8 }, source: expect.stringContaining('checked by the published sum: train-images-idx3-ubyte.gz') });
    expect(tree(folder)).toEqual(before);
    files(folder, { 'train-images-idx3-ubyte.gz': labels });
    expect(await refusalOf(() => fetchSmall(small({ id: 'other' }), { from: folder }))).toMatchObject({ code: 'bad-file' });
    expect(await refusalOf(() => fetchSmall(small({ id: 'other' }), { from: parent }))).toMatchObject({ code: 'not-found', message: expect.stringContaining('train-images-idx3-ubyte.gz'), repair: expect.stringContaining(origin) });
    expect(await refusalOf(() => fetchSmall(small({ id: 'other', byHand: 'Ask the author.' })))).toMatchObject({ code: 'conflict', message: expect.stringContaining('Ask the author.') });
  });

  it('is unpacked from an archive, of which only its own files are taken', async () => {
    const archive = gzipSync(tarOf({ 'data/set/train-images-idx3-ubyte': idx(0x08, [10, 2, 1], Array.from({ length: 20 }, (_, i) => i)), 'data/other/huge': Buffer.alloc(5000), 'data/set/train-labels-idx1-ubyte': idx(0x08, [10], Array(10).fill(1)) }));
    pages = { '/archive': whole(archive) };
    const set = small({ files: [{ name: 'data.tar.gz', bytes: archive.length, sum: null, urls: [`${origin}/archive`] }], members: ['set/train-images-idx3-ubyte', 'set/train-labels-idx1-ubyte'] });
    const info = await fetchSmall(set);
    expect(info).toMatchObject({ counts: { train: 8 } });
    const values = (['train', 'valid', 'test'] as const).flatMap((split) => [...readSplit(join(parent, 'small'), info, split).values]);
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe('a gzipped tar archive', () => {
  const tar = tarOf({ 'a/one': Buffer.from('first'), 'b/one': Buffer.alloc(1025, 7), 'empty': Buffer.alloc(0) });

  it('gives the members that are asked for, by the ends of their paths', async () => {
    await unpackTar(join(files(folder, { x: gzipSync(tar) }), 'x'), ['b/one', 'empty'], parent, never);
    expect(tree(parent)).toEqual({ one: Buffer.alloc(1025, 7).toString('base64'), empty: '' });
  });

  it('without a member, cut off or damaged is refused, or gives it whole', async () => {
    files(folder, { x: gzipSync(tar), short: gzipSync(tar.subarray(0, 1700)) });
    expect(await refusalOf(() => unpackTar(join(folder, 'x'), ['c/one'], parent, never))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('there is no c/one') });
    expect(await refusalOf(() => unpackTar(join(folder, 'short'), ['b/one'], parent, never))).toMatchObject({ code: 'bad-file', message: expect.stringContaining('cut off') });
    for (const bytes of damaged(gzipSync(tar), 50)) {
      const empty = mkdtempSync(join(tmpdir(), 'elbo-tar-'));
      files(folder, { x: bytes });
      await refusalOf(() => unpackTar(join(folder, 'x'), ['a/one'], empty, never));
      rmSync(empty, { recursive: true });
    }
  });
});

describe('the list of public sets', () => {
  it('has unlike ids, and for each file either a server or how to get it by hand', () => {
    expect(new Set(publicSets.map(({ id }) => id)).size).toBe(publicSets.length);
    for (const { files: listed, byHand } of publicSets)
      for (const { urls, sum, bytes } of listed) {
        expect(urls.length > 0).toBe(byHand === null);
        expect(sum ?? 'md5:'.padEnd(36, '0')).toMatch(/^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$/);
        if (byHand === null) expect(bytes).toBeGreaterThan(0);
        for (const url of urls) expect(new URL(url).protocol).toMatch(/^https?:$/);
      }
  });

  /** Of the list, in place of its sums and servers. */
  const read = (id: string) => {
    const set = publicSets.find((each) => each.id === id);
    if (!set) throw new Error(id);
    return fetchSet({ ...set, files: set.files.map((file) => ({ ...file, sum: null })) }, fetchSchema.parse({ id, from: folder }), parent, () => undefined, never);
  };

  it('reads Larochelle’s text files: zeros and ones, three splits', async () => {
    const picture = (first: number): string => [first, ...Array(783).fill(0)].join(' ');
    files(folder, { 'binarized_mnist_train.amat': `${picture(1)}\n${picture(0)}\n`, 'binarized_mnist_valid.amat': `${picture(1)}\n`, 'binarized_mnist_test.amat': picture(0) });
    const info = await read('mnist-static');
    expect(info).toMatchObject({ counts: { train: 2, valid: 1, test: 1 }, height: 28, width: 28, maximum: 1, binary: true });
    expect(readSplit(join(parent, 'mnist-static'), info, 'train').values.indexOf(1)).toBe(0);
    rmSync(join(parent, 'mnist-static'), { recursive: true });
    files(folder, { 'binarized_mnist_test.amat': `${picture(0)} 1\n` });
    expect(await refusalOf(() => read('mnist-static'))).toMatchObject({ code: 'bad-file', where: expect.stringContaining('line 1') });
  });

  it('reads Roweis’s matrix: a column a picture', async () => {
    const header = Buffer.alloc(184);
    header.write('MATLAB 5.0 MAT-file');
    header.write('\x00\x01IM', 124, 'latin1');
    const count = 20;
    for (const [at, word] of [[128, 14], [132, 56 + count * 560], [136, 6], [140, 8], [144, 9], [152, 5], [156, 8], [160, 560], [164, count], [168, 0x20001], [176, 2], [180, count * 560]] as const) header.writeUInt32LE(word, at);
    files(folder, { 'frey_rawface.mat': Buffer.concat([header, ...Array.from({ length: count }, (_, i) => Buffer.alloc(560, 100 + i))]) });
    expect(await read('frey-faces')).toMatchObject({ height: 28, width: 20, counts: { train: 16, valid: 2, test: 2 }, maximum: 255 });
  });

  it('reads CIFAR-10 from its archive, unpacked by hand or not', async () => {
    const batch = (label: number): Buffer => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, 50 + label)]);
    const members = Object.fromEntries(['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'].map((name, i) => [`cifar-10-batches-bin/${name}.bin`, batch(i)]));
    files(folder, { 'cifar-10-binary.tar.gz': gzipSync(tarOf(members)) });
    expect(await read('cifar-10')).toMatchObject({ counts: { train: 5, valid: 0, test: 1 }, channels: 3 });
  });
});
