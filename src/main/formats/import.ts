import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importSchema, splits, type DatasetInfo, type Factors, type ImportPreview, type ImportRequest, type Split } from '../../contract/datasets';
import { Refusal, refuse } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { pageOf, writeDatasetFolder, type SplitArrays } from './dataset-folder';
import { readArray, findArrays, type ArrayPlace, type NumpyArray } from './arrays';
import { cifarClasses, cifarSide, findCifar, readCifar } from './cifar';
import { readCsv } from './csv';
import { findIdx, readIdxImages, type IdxSource } from './idx-folder';
import { decodePictures, findPictures, splitNames, type PictureFile } from './pictures';

type Arrays = Partial<Record<Split, SplitArrays>>;
type Progress = (done: number, total: number) => void;

/** What a source holds, before anything is held out of it. */
export interface Source {
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
    const source = await openSource(wanted, onProgress, signal);
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

/** What lies at `request.path`, by its name and first bytes. @throws Refusal as {@link previewImport} */
export async function openSource(request: ImportRequest, onProgress: Progress, signal: AbortSignal | undefined): Promise<Source> {
  if (!(await stat(request.path)).isDirectory()) {
    if (request.labels === undefined && /\.(csv|tsv|txt)(\.gz)?$/i.test(request.path)) return openCsv(request.path);
    if (request.labels === undefined && /\.np[yz]$/i.test(request.path)) return openArrays(request, onProgress, signal);
    const sources: IdxSource[] = [{ split: 'train', images: request.path, labels: request.labels ?? null }];
    return openIdx(sources, request, onProgress, signal);
  }
  if (request.labels !== undefined) refuse('bad-request', 'Labels belong to a file of images; in a folder they are found by their names.', { where: 'labels' });
  const sources = await findIdx(request.path);
  if (sources.length > 0) return openIdx(sources, request, onProgress, signal);
  const cifar = await findCifar(request.path);
  if (cifar.length > 0)
    return {
      kind: 'cifar',
      height: cifarSide,
      width: cifarSide,
      channels: 3,
      arrays: await readCifar(cifar, onProgress, signal),
      classes: cifarClasses,
      files: cifar.map(({ path, split }) => ({ path, role: `${split} images and labels` })),
      made: 'as in the source',
    };
  const pictures = await findPictures(request.path);
  if (pictures.length > 0) return openPictures(pictures, request, onProgress, signal);
  return refuse('bad-file', 'There are neither IDX files (train-images-idx3-ubyte, …) nor CIFAR-10’s (data_batch_1.bin, …) nor pictures (PNG, JPEG, WebP, GIF, TIFF) here.', { where: request.path });
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

async function openCsv(path: string): Promise<Source> {
  const { columns, values } = await readCsv(path);
  return { kind: 'csv', height: 1, width: 1, channels: columns.length, columns, arrays: { train: { values, labels: null } }, classes: null, files: [{ path, role: 'rows' }], made: 'as in the source' };
}

type ArrayRole = 'values' | 'labels' | 'factors';
const arrayRoles: Record<string, ArrayRole> = { '': 'values', imgs: 'values', x: 'values', images: 'values', data: 'values', arr_0: 'values', y: 'labels', labels: 'labels', label: 'labels', latents_classes: 'factors' };
const dspritesFactors = ['colour', 'shape', 'scale', 'orientation', 'x', 'y'];

/** The arrays `x`, `imgs`, `images` or `data` with `y` or `labels`, each with `_train`, `_valid`, `_test` or without; dSprites' `latents_classes` as factors. */
async function openArrays(request: ImportRequest, onProgress: Progress, signal: AbortSignal | undefined): Promise<Source> {
  const found: { place: ArrayPlace; split: Split; role: ArrayRole }[] = (await findArrays(request.path)).flatMap((place) => {
    const word = /(?:^|_)(train|valid|val|validation|test)(?=_|$)/.exec(place.name);
    const split = splitNames[word?.[1] ?? 'train'] ?? 'train';
    const role = arrayRoles[(word ? place.name.replace(word[0], '') : place.name).replace(/^_/, '').toLowerCase()];
    return role ? [{ place, split, role }] : [];
  });
  const choose = (rows: number): Uint32Array | null => (request.draw !== undefined && request.draw < rows ? shuffled(rows).slice(0, request.draw).sort() : null);
  const read: Partial<Record<Split, Partial<Record<ArrayRole, NumpyArray>>>> = {};
  for (const [i, { place, split, role }] of found.entries()) {
    onProgress(i, found.length);
    const own = (read[split] ??= {});
    if (own[role]) refuse('bad-file', `Two arrays would be the ${split} ${role}.`, { where: `${request.path}, ${place.name}` });
    own[role] = await readArray(place, { choose, signal });
  }
  const shape = read.train?.values?.shape ?? refuse('bad-file', 'There is no array of training data: imgs, images, x or data, alone or with _train.', { where: request.path });
  const [, height = 1, width = 1, channels = 1] = shape;
  const isTable = shape.length === 2;
  const arrays: Arrays = {};
  const where = (split: Split, role: ArrayRole): { where: string } => ({ where: `${request.path}, ${found.find((each) => each.split === split && each.role === role)?.place.name ?? role}` });
  const sizes: number[] = [];
  for (const split of splits) {
    const { values, labels, factors } = read[split] ?? {};
    if (!values) continue;
    const [count = 0] = values.shape;
    if (count === 0 || shape.length < 2 || shape.length > 4 || values.shape.slice(1).join() !== shape.slice(1).join()) refuse('bad-file', `Its shape is [${values.shape.join(', ')}]; all splits are [n, columns], [n, height, width] or [n, height, width, channels].`, where(split, 'values'));
    if (!isTable && (!(values.values instanceof Uint8Array) || Math.max(height, width) > 1024 || channels > 4)) refuse('bad-file', 'Pictures are bytes (uint8), at most 1024 a side, of 1 to 4 channels.', where(split, 'values'));
    const bad = values.values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) refuse('bad-file', `Row ${Math.floor(bad / height)}, column ${bad % height} is not a finite number.`, where(split, 'values'));
    if (labels && (labels.shape.length !== 1 || labels.shape[0] !== count)) refuse('bad-file', `The labels’ shape is [${labels.shape.join(', ')}], there are ${count} examples.`, where(split, 'labels'));
    if (factors && (factors.shape.length !== 2 || factors.shape[0] !== count)) refuse('bad-file', `The factors’ shape is [${factors.shape.join(', ')}], there are ${count} examples.`, where(split, 'factors'));
    for (const [role, array] of [['labels', labels], ['factors', factors]] as const) if (array && !array.values.every((value) => Number.isInteger(value) && value >= 0 && value < 65_536)) refuse('bad-file', 'Labels and factors are whole numbers from 0 to 65535.', where(split, role));
    factors?.values.forEach((value, i) => (sizes[i % (factors.shape[1] ?? 1)] = Math.max(sizes[i % (factors.shape[1] ?? 1)] ?? 0, value + 1)));
    arrays[split] = { values: isTable ? Float32Array.from(values.values) : (values.values as Uint8Array), labels: labels ? Uint16Array.from(labels.values) : null, ...(factors && { factors: Uint16Array.from(factors.values) }) };
  }
  const present = splits.flatMap((split) => arrays[split] ?? []);
  if (present.some((each) => !each.labels !== !present[0]?.labels || !each.factors !== !present[0]?.factors)) refuse('bad-file', 'Some splits have labels or factors, and others have none.', { where: request.path });
  const largest = largestOf(present.flatMap(({ labels }) => (labels ? [largestOf(labels, 0)] : [])), -1);
  return {
    kind: 'arrays',
    ...(isTable ? { height: 1, width: 1, channels: height, columns: Array.from({ length: height }, (_, i) => `c${i}`) } : { height, width, channels }),
    arrays,
    classes: largest < 0 ? null : Array.from({ length: largest + 1 }, (_, label) => String(label)),
    ...(sizes.length > 0 && { factors: { names: sizes.map((_, i) => (sizes.length === 6 ? dspritesFactors[i] : undefined) ?? `factor ${i}`), sizes } }),
    files: found.map(({ place, split, role }) => ({ path: request.path, role: `${place.name || 'array'}: ${split} ${role}` })),
    made: request.draw === undefined ? 'as in the source' : `${request.draw} of each split drawn by seed 0`,
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

/** The data set that a source is under a request: split, standardised, described. @throws Refusal `bad-file`, `bad-request` */
export function describe(request: ImportRequest, source: Source, maximumGiven?: number): Imported {
  const { kind, columns = null, factors = null, height, width, channels, classes, files } = source;
  const { arrays, sentence } = holdOut(source, request);
  if (request.standardise) standardise(arrays, columns ?? refuse('bad-request', 'Only tables are standardised.', { where: 'standardise' }));
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
    protocol: `${values} ${source.made}; ${sentence}${request.standardise ? '; standardised by the mean and deviation of the training rows' : ''}`,
    licence: request.licence,
    source: request.source,
    bytes: present.reduce((sum, split) => sum + split.values.byteLength + (split.labels?.byteLength ?? 0) + (split.factors?.byteLength ?? 0), 0),
    builtIn: false,
  };
  return { kind, info, arrays, files };
}

/** In place: (x - mean) / standard deviation of each column, both of the training rows. @throws Refusal `bad-file` on a constant column */
function standardise(arrays: Arrays, columns: string[]): void {
  const train = arrays.train?.values ?? new Float32Array();
  const rows = train.length / columns.length;
  columns.forEach((name, column) => {
    let [mean, square] = [0, 0];
    for (let row = 0; row < rows; row++) mean += (train[row * columns.length + column] ?? 0) / rows;
    for (let row = 0; row < rows; row++) square += ((train[row * columns.length + column] ?? 0) - mean) ** 2 / rows;
    if (!(square > 0)) refuse('bad-file', `The column ${name} has one value only: it has no density.`, { repair: 'Leave it out.' });
    for (const { values } of Object.values(arrays)) for (let at = column; at < values.length; at += columns.length) values[at] = ((values[at] ?? 0) - mean) / Math.sqrt(square);
  });
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
