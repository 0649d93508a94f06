import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importSchema, splits, type DatasetInfo, type Factors, type ImportPreview, type ImportRequest, type Split } from '../../contract/datasets';
import { Refusal, refuse } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { pageOf, writeDatasetFolder, type SplitArrays } from './dataset-folder';
import { findIdx, readIdxImages, type IdxSource } from './idx-folder';
import { decodePictures, findPictures, type PictureFile } from './pictures';

type Arrays = Partial<Record<Split, SplitArrays>>;
type Progress = (done: number, total: number) => void;

/** What a source holds, before anything is held out of it. */
interface Source {
  kind: ImportPreview['kind'];
  height: number;
  width: number;
  channels: number;
  arrays: Arrays;
  classes: string[] | null;
  files: ImportPreview['files'];
  /** Of a table. */
  columns?: string[];
  factors?: Factors;
  /** How the values came about, in words. */
  made: string;
}

export interface Imported {
  kind: ImportPreview['kind'];
  info: DatasetInfo;
  arrays: Arrays;
  files: ImportPreview['files'];
}

const shown = 100;

/** Reads and checks everything that an import would take, and writes nothing. @throws Refusal `bad-file`, `bad-request`, `not-found`, `cancelled` */
export async function previewImport(request: ImportRequest, signal?: AbortSignal): Promise<ImportPreview> {
  const { kind, info, arrays, files } = await read(request, () => undefined, signal);
  const { values, labels } = arrays.train ?? { values: new Uint8Array(), labels: null };
  const first = { values: values.slice(0, shown * info.height * info.width * info.channels), labels: labels?.slice(0, shown) ?? null };
  return { kind, info, files, first: pageOf(info, first) };
}

/**
 * Imports into `parent/<id>/`. Nothing is written before everything has been checked; a cancelled or failed import leaves nothing.
 * @throws Refusal as `previewImport`, and `conflict` when the id is taken
 */
export async function runImport(request: ImportRequest, parent: string, onProgress: Progress, signal: AbortSignal): Promise<DatasetInfo> {
  if (existsSync(join(parent, parse(importSchema.shape.id, request.id, 'id')))) refuse('conflict', `There is already a data set ${request.id}.`, { repair: 'Choose another id, or remove it first.' });
  const { info, arrays } = await read(request, onProgress, signal);
  await writeDatasetFolder(parent, info, arrays, { signal });
  return info;
}

/**
 * The data set that a request describes.
 * @param maximum the largest value of a pixel, where it is neither 1 nor 255
 * @throws Refusal as {@link previewImport}
 */
export async function read(request: ImportRequest, onProgress: Progress, signal?: AbortSignal, maximum?: number): Promise<Imported> {
  const wanted = parse(importSchema, request, 'import');
  if ((wanted.height === undefined) !== (wanted.width === undefined)) refuse('bad-request', 'Height and width are given together.', { where: wanted.height === undefined ? 'height' : 'width' });
  try {
    const source = await open(wanted, onProgress, signal);
    return describe(wanted, source, maximum);
  } catch (thrown) {
    const { code, path } = thrown as { code?: string; path?: string };
    if (thrown instanceof Refusal) throw thrown;
    const where = path ?? wanted.path;
    if (code === 'ENOENT' || code === 'ENOTDIR') refuse('not-found', 'There is no such file or folder.', { where });
    if (code === 'EACCES' || code === 'EPERM') refuse('bad-file', 'This may not be read.', { where, repair: 'Give yourself permission to read it.' });
    throw thrown;
  }
}

async function open(request: ImportRequest, onProgress: Progress, signal: AbortSignal | undefined): Promise<Source> {
  if (!(await stat(request.path)).isDirectory()) {
    const sources: IdxSource[] = [{ split: 'train', images: request.path, labels: request.labels ?? null }];
    return openIdx(sources, request, onProgress, signal);
  }
  if (request.labels !== undefined) refuse('bad-request', 'Labels belong to a file of images; in a folder they are found by their names.', { where: 'labels' });
  const sources = await findIdx(request.path);
  if (sources.length > 0) return openIdx(sources, request, onProgress, signal);
  const pictures = await findPictures(request.path);
  if (pictures.length > 0) return openPictures(pictures, request, onProgress, signal);
  return refuse('bad-file', 'There are neither IDX files (train-images-idx3-ubyte, …) nor pictures (PNG, JPEG, WebP, GIF, TIFF) here.', { where: request.path });
}

async function openIdx(sources: IdxSource[], request: ImportRequest, onProgress: Progress, signal: AbortSignal | undefined): Promise<Source> {
  if (request.height !== undefined) refuse('bad-request', 'Only folders of pictures are resized.', { where: 'height' });
  const images = await readIdxImages(sources, onProgress, signal);
  const largest = splits.reduce((most, split) => images.arrays[split]?.labels?.reduce((a, b) => Math.max(a, b), most) ?? most, -1);
  return {
    ...images,
    kind: 'idx',
    channels: 1,
    classes: largest < 0 ? null : Array.from({ length: largest + 1 }, (_, label) => String(label)),
    files: sources.flatMap(({ split, images: path, labels }) => [{ path, role: `${split} images` }, ...(labels === null ? [] : [{ path: labels, role: `${split} labels` }])]),
    made: 'as in the source',
  };
}

async function openPictures(files: PictureFile[], request: ImportRequest, onProgress: Progress, signal: AbortSignal | undefined): Promise<Source> {
  const bare = files.find((file) => file.className === null);
  const named = files.find((file) => file.className !== null);
  if (bare && named) refuse('bad-file', 'Some pictures lie in folders of classes, and this one does not.', { where: bare.path, repair: 'Move it into the folder of its class.' });
  const classes = named ? [...new Set(files.map((file) => file.className ?? ''))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })) : null;
  const { arrays, ...size } = await decodePictures(files, classes, request, onProgress, signal);
  const folders = new Map<string, { role: string; count: number }>();
  for (const { path, split, className } of files) {
    const folder = folders.get(dirname(path)) ?? { role: `${split} images${className === null ? '' : `, class ${className}`}`, count: 0 };
    folders.set(dirname(path), { ...folder, count: folder.count + 1 });
  }
  return {
    ...size,
    kind: 'pictures',
    arrays,
    classes,
    files: [...folders].map(([path, { role, count }]) => ({ path, role: `${role}: ${count}` })),
    made: request.height === undefined ? 'as in the source' : `resized to ${size.width} x ${size.height}`,
  };
}

function describe(request: ImportRequest, source: Source, maximumGiven: number | undefined): Imported {
  const { kind, columns = null, factors = null, height, width, channels, classes, files } = source;
  const { arrays, sentence } = holdOut(source, request);
  const present = splits.flatMap((split) => arrays[split] ?? []);
  const largest = columns ? 1 : present.reduce((most, { values }) => largestOf(values, most), 0);
  const maximum = maximumGiven ?? (largest <= 1 ? 1 : 255);
  if (largest > maximum) refuse('bad-file', `A pixel is ${largest}; the most is ${maximum}.`, { where: request.path });
  const binary = !columns && present.every(({ values }) => (values as Uint8Array).every((pixel) => pixel === 0 || pixel === maximum));
  const colour = channels === 1 ? 'grey' : 'colour';
  const values = columns ? `a table of ${columns.length} columns,` : `${binary ? 'static binarisation' : colour}: pixels ${binary ? `0 and ${maximum}` : `0 to ${maximum}`}`;
  const count = (split: Split): number => (arrays[split]?.values.length ?? 0) / (height * width * channels);
  const info: DatasetInfo = {
    id: request.id,
    title: request.title ?? request.id,
    kind: columns ? 'table' : 'pictures',
    columns,
    height,
    width,
    channels,
    maximum,
    binary,
    counts: { train: count('train'), valid: count('valid'), test: count('test') },
    classes,
    factors,
    protocol: `${values} ${source.made}; ${sentence}`,
    licence: request.licence,
    source: request.source,
    bytes: present.reduce((sum, split) => sum + split.values.byteLength + (split.labels?.byteLength ?? 0) + (split.factors?.byteLength ?? 0), 0),
    builtIn: false,
  };
  return { kind, info, arrays, files };
}

function largestOf(values: ArrayLike<number>, atLeast: number): number {
  let largest = atLeast;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] ?? 0);
  return largest;
}

/** Draws validation and test examples from training data that come without. Everything keeps the order of the source. */
function holdOut(source: Source, request: ImportRequest): { arrays: Arrays; sentence: string } {
  const { train } = source.arrays;
  if (!train) return refuse('bad-file', 'There are no training examples.', { where: request.path });
  const total = train.values.length / (source.height * source.width * source.channels);
  const given = splits.filter((split) => source.arrays[split]);
  const tenth = given.length === 1 ? Math.floor(total / 10) : 0;
  const wanted = request.holdOut ?? { valid: tenth, test: tenth };
  for (const split of ['valid', 'test'] as const)
    if (wanted[split] > 0 && source.arrays[split]) refuse('bad-request', `The source has a ${split} split of its own.`, { where: `holdOut.${split}`, repair: 'Leave it at 0.' });
  if (wanted.valid + wanted.test >= total) refuse('bad-request', `Of ${total} training examples ${wanted.valid + wanted.test} cannot be held out.`, { where: 'holdOut' });

  const order = shuffled(total);
  const take = (from: number, to: number): SplitArrays => rowsOf(train, order.slice(from, to).sort(), total);
  const arrays = { ...source.arrays };
  const drawn: string[] = [];
  let end = 0;
  for (const split of ['valid', 'test'] as const) {
    if (wanted[split] === 0) continue;
    arrays[split] = take(end, end + wanted[split]);
    drawn.push(`${wanted[split]} ${split}`);
    end += wanted[split];
  }
  if (end > 0) arrays.train = take(end, total);
  const missing = splits.filter((split) => !arrays[split]);
  const rest = given.length === 1 ? 'the others are train' : `${given.join(', ')} as in the source`;
  const sentence = [
    end > 0 ? `${drawn.join(' and ')} examples drawn by seed 0 from the ${total} training examples of the source, ${rest}` : `${given.join(', ')} as in the source`,
    ...(missing.length > 0 ? [`no ${missing.join(' and no ')} split`] : []),
  ].join('; ');
  return { arrays, sentence };
}

/** The examples `rows` of arrays that hold `total`. */
function rowsOf({ values, labels, factors }: SplitArrays, rows: Uint32Array, total: number): SplitArrays {
  const take = <A extends Uint8Array | Uint16Array | Float32Array>(array: A): A => {
    const size = array.length / total;
    const taken = array.slice(0, rows.length * size) as A;
    rows.forEach((row, i) => taken.set(array.subarray(row * size, (row + 1) * size), i * size));
    return taken;
  };
  return { values: take(values), labels: labels && take(labels), ...(factors && { factors: take(factors) }) };
}

/** 0 to n - 1 in the order that Fisher and Yates's shuffle gives with Marsaglia's xorshift32 ("Xorshift RNGs", 2003) from its first state. */
function shuffled(n: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let state = 2_463_534_242;
  for (let last = n - 1; last > 0; last--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = Math.floor(((state >>> 0) / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}
