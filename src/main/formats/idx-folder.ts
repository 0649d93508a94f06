import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { splits, type Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import type { SplitArrays } from './dataset-folder';
import { readIdx } from './idx';
import { refuseOutside } from './pictures';

export interface IdxSource {
  split: Split;
  images: string;
  labels: string | null;
}

export interface IdxImages {
  height: number;
  width: number;
  arrays: Partial<Record<Split, SplitArrays>>;
}

const imagesName = /^(.*?)[-_.]?images[-_.]idx3-ubyte(\.gz)?$/i;
const labelsName = /^(.*?)[-_.]?labels[-_.]idx1-(?:ubyte|short)(\.gz)?$/i;
const roles: [RegExp, Split][] = [
  [/(^|[-_.])(train|training|background)$/i, 'train'],
  [/(^|[-_.])(valid|val|validation)$/i, 'valid'],
  [/(^|[-_.])(t10k|test|testing|evaluation)$/i, 'test'],
];
const longestSide = 1024;

/**
 * The IDX files in a folder by their usual names: `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, … A file of images whose
 * name speaks of no split is training data. An unpacked file is taken before its `.gz`. Training data come first.
 * @throws Refusal `bad-file` when two files claim one split, or only some splits have labels
 */
export async function findIdx(folder: string): Promise<IdxSource[]> {
  const names = (await readdir(folder)).sort();
  const matches = (pattern: RegExp) =>
    names.flatMap((name) => {
      const match = pattern.exec(name);
      return match && !(match[2] && names.includes(name.slice(0, -3))) ? [{ name, stem: match[1] ?? '' }] : [];
    });
  const labels = matches(labelsName);
  const sources: IdxSource[] = [];
  const real = await realpath(folder);
  for (const { name, stem } of matches(imagesName)) {
    const split = roles.find(([pattern]) => pattern.test(stem))?.[1] ?? 'train';
    const other = sources.find((source) => source.split === split);
    if (other) refuse('bad-file', `Both ${name} and ${other.images} would be the ${split} split.`, { where: folder, repair: 'Import one of them as a file.' });
    const own = labels.find((label) => label.stem === stem);
    for (const file of [name, own?.name]) if (file) await refuseOutside(join(folder, file), real);
    sources.push({ split, images: join(folder, name), labels: own ? join(folder, own.name) : null });
  }
  const without = sources.find((source) => !source.labels);
  if (without && sources.some((source) => source.labels)) refuse('bad-file', 'There are labels for other splits, but none for this file.', { where: without.images });
  return sources.sort((a, b) => splits.indexOf(a.split) - splits.indexOf(b.split));
}

/** Reads and checks all of them. @throws Refusal `bad-file`, `cancelled` */
export async function readIdxImages(sources: IdxSource[], onProgress: (done: number, total: number) => void, signal: AbortSignal | undefined): Promise<IdxImages> {
  let size: { height: number; width: number } | undefined;
  const arrays: IdxImages['arrays'] = {};
  for (const [i, { split, images, labels }] of sources.entries()) {
    onProgress(i, sources.length);
    const { shape, values } = await readIdx(images, signal);
    const [count = 0, height = 0, width = 0] = shape;
    if (!(values instanceof Uint8Array) || shape.length !== 3) return refuse('bad-file', 'These are no grey images: three dimensions of bytes are expected.', { where: `${images}, byte 2` });
    if (count === 0 || height === 0 || width === 0) refuse('bad-file', `There are no pixels in ${shape.join(' x ')}.`, { where: `${images}, byte 4` });
    if (Math.max(height, width) > longestSide) refuse('bad-file', `Images of ${width} x ${height} are too large; the longest side is ${longestSide}.`, { where: `${images}, byte 8` });
    size ??= { height, width };
    if (height !== size.height || width !== size.width)
      refuse('bad-file', `Its images have ${width} x ${height} pixels, those of the other splits ${size.width} x ${size.height}.`, { where: `${images}, byte 8` });
    arrays[split] = { values, labels: labels === null ? null : await readLabels(labels, count, signal) };
  }
  if (!size) return refuse('bad-file', 'There are no IDX files.');
  return { ...size, arrays };
}

async function readLabels(file: string, count: number, signal: AbortSignal | undefined): Promise<Uint16Array> {
  const { shape, values } = await readIdx(file, signal);
  if (shape.length !== 1) refuse('bad-file', `Labels have one dimension, these have ${shape.length}.`, { where: `${file}, byte 3` });
  if (values.length !== count) refuse('bad-file', `There are ${values.length} labels for ${count} images.`, { where: `${file}, byte 4` });
  const negative = values.findIndex((value) => value < 0);
  if (negative >= 0) refuse('bad-file', `A label is ${values[negative]}; labels count from 0.`, { where: `${file}, byte ${8 + negative * values.BYTES_PER_ELEMENT}` });
  return Uint16Array.from(values);
}
