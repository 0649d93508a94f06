import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { importSchema, splits, type DatasetInfo, type DatasetPage, type Split } from '../../contract/datasets';
import { errorFrom, Refusal, refuse, type ElboError } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { cancelled } from './cancelled';

// A data set is a folder: `dataset.json`, and for each split `train.pixels` (bytes, count x height x width x channels, row-major) or a
// table's `train.values` (float32, count x columns); where there are labels, `train.labels` (uint16); where there are factors,
// `train.factors` (uint16, count x factors). Numbers are little-endian, as on every machine that Elbo runs on.

export interface SplitArrays {
  /** count x height x width x channels, row-major: bytes of pictures, 0 to `info.maximum`; float32 numbers of a table. */
  values: Uint8Array | Float32Array;
  /** One per example, or null for a set without labels. */
  labels: Uint16Array | null;
  /** count x factors; absent for a set without. */
  factors?: Uint16Array | null;
}

type Stored = Uint8Array | Uint16Array | Float32Array;

const count = z.int().min(0);
const size = z.int().min(1).max(65_536);
const idSchema = importSchema.shape.id;
const infoSchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  kind: z.enum(['pictures', 'table']).default('pictures'),
  columns: z.array(z.string()).max(65_536).nullable().default(null),
  height: size,
  width: size,
  channels: size,
  maximum: z.int().min(1).max(255),
  binary: z.boolean(),
  counts: z.strictObject({ train: count, valid: count, test: count }),
  classes: z.array(z.string()).max(65_536).nullable(),
  factors: z.strictObject({ names: z.array(z.string()).min(1).max(256), sizes: z.array(z.int().min(1).max(65_536)) }).nullable().default(null),
  protocol: z.string(),
  licence: z.string(),
  source: z.string(),
  bytes: count,
  builtIn: z.boolean(),
}) satisfies z.ZodType<DatasetInfo>;
const manifestSchema = z.strictObject({
  format: z.literal(1),
  info: infoSchema,
  /** SHA-256 of each array's file, by its name. */
  sums: z.record(z.string(), z.string()),
  /** What a built-in set was made from. */
  madeFrom: z.string().nullable(),
});
type Manifest = z.output<typeof manifestSchema>;

const manifestFile = 'dataset.json';
export const temporary = '.writing-';
const staleAfterMs = 3_600_000;

/** @throws Refusal `not-found`, `bad-file` */
export function readManifest(folder: string): Manifest {
  const file = join(folder, manifestFile);
  if (!existsSync(file)) refuse('not-found', 'There is no data set here.', { where: folder });
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    refuse('bad-file', 'It is not JSON.', { where: file, repair: 'Remove the data set and import it again.' });
  }
  return parse(manifestSchema, raw, file, 'bad-file');
}

/** What `dataset.json` says. @throws Refusal `not-found`, `bad-file` */
export const readDatasetInfo = (folder: string): DatasetInfo => readManifest(folder).info;

/** The whole of a split, with its sums checked. @throws Refusal `not-found` when the set has no such split, `bad-file` when an array is damaged */
export function readSplit(folder: string, info: DatasetInfo, split: Split): { values: Uint8Array | Float32Array; labels: Uint16Array | null } {
  const { values, labels } = readRows(folder, info, split, allRows(info.counts[split]));
  const { sums } = readManifest(folder);
  checkSum(folder, valuesFile(info, split), values, sums);
  if (labels) checkSum(folder, `${split}.labels`, labels, sums);
  return { values, labels };
}

/** The factors of a split, `count` x `info.factors.names.length`, with their sum checked. @throws Refusal as {@link readSplit}; `not-found` for a set without factors */
export function readFactors(folder: string, info: DatasetInfo, split: Split): Uint16Array {
  const { factors, counts } = info;
  if (!factors) return refuse('not-found', `The data set ${info.id} comes without factors.`, { where: folder });
  if (counts[split] === 0) refuse('not-found', `The data set ${info.id} has no ${split} split.`, { where: folder });
  const values = uint16(readRecords(join(folder, `${split}.factors`), 2 * factors.names.length, allRows(counts[split]), counts[split]));
  checkSum(folder, `${split}.factors`, values, readManifest(folder).sums);
  return values;
}

function checkSum(folder: string, name: string, array: Stored, sums: Manifest['sums']): void {
  if (sha256(array) !== sums[name]) refuse('bad-file', 'Its bytes are not those that were imported.', { where: join(folder, name), repair: 'Remove the data set and import it again.' });
}

/** Some examples of a split, for display. Reads only these, and checks no sums. @param rows asked for once the file is seen to hold them all @throws Refusal as {@link readSplit} */
export const readPage = (folder: string, info: DatasetInfo, split: Split, rows: () => Int32Array): DatasetPage => pageOf(info, readRows(folder, info, split, rows));

/** For display: a table's numbers as they are, pixels stretched from 0 to `info.maximum` to bytes. */
export function pageOf(info: Pick<DatasetInfo, 'columns' | 'height' | 'width' | 'channels' | 'maximum'>, { values, labels }: SplitArrays): DatasetPage {
  const { columns, height, width, channels, maximum } = info;
  const count = values.length / (height * width * channels);
  if (values instanceof Float32Array) return { kind: 'table', rows: { count, columns: columns ?? [], values }, labels };
  return { kind: 'pictures', pictures: { count, height, width, channels, pixels: maximum === 255 ? values : values.map((pixel) => Math.round((pixel * 255) / maximum)) }, labels };
}

const valuesFile = ({ kind }: DatasetInfo, split: Split): string => `${split}.${kind === 'table' ? 'values' : 'pixels'}`;
const uint16 = (bytes: Uint8Array<ArrayBuffer>): Uint16Array => new Uint16Array(bytes.buffer);

const allRows = (total: number) => (): Int32Array => Int32Array.from({ length: total }, (_, row) => row);

function readRows(folder: string, info: DatasetInfo, split: Split, rows: () => Int32Array): SplitArrays {
  const total = info.counts[split];
  if (total === 0) refuse('not-found', `The data set ${info.id} has no ${split} split.`, { where: folder });
  const isTable = info.kind === 'table';
  const bytes = readRecords(join(folder, valuesFile(info, split)), info.height * info.width * info.channels * (isTable ? 4 : 1), rows, total);
  const labels = info.classes && uint16(readRecords(join(folder, `${split}.labels`), 2, rows, total));
  return { values: isTable ? new Float32Array(bytes.buffer) : bytes, labels };
}

/** Records of `size` bytes each, in the order of `chosen`; those that follow each other in the file are read at once. Takes memory for them only where the file has them. */
function readRecords(file: string, size: number, chosen: () => Int32Array, total: number): Uint8Array<ArrayBuffer> {
  const descriptor = openSync(file, 'r');
  try {
    const { size: actual } = fstatSync(descriptor);
    if (actual !== total * size) refuse('bad-file', `It has ${actual} bytes, ${total * size} are expected.`, { where: file, repair: 'Remove the data set and import it again.' });
    const rows = chosen();
    const bytes = new Uint8Array(rows.length * size);
    for (let first = 0, last = 0; first < rows.length; first = last) {
      const row = rows[first] ?? NaN;
      for (last = first + 1; rows[last] === row + last - first; last += 1);
      for (let done = first * size; done < last * size; ) {
        const read = readSync(descriptor, bytes, done, last * size - done, row * size + done - first * size);
        if (read === 0) refuse('bad-file', 'It was cut off while it was read.', { where: file });
        done += read;
      }
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** Every readable set below `parent`, by id. A missing `parent` holds none. `unreadable`: why the others cannot be read. */
export function listDatasets(parent: string, unreadable: ElboError[] = []): DatasetInfo[] {
  if (!existsSync(parent)) return [];
  const names = readdirSync(parent).filter((name) => idSchema.safeParse(name).success).sort();
  return names.flatMap((name) => {
    try {
      const info = readDatasetInfo(join(parent, name));
      if (info.id !== name) refuse('bad-file', `The data set calls itself ${info.id}.`, { where: join(parent, name) });
      return [info];
    } catch (thrown) {
      unreadable.push(errorFrom(thrown));
      return [];
    }
  });
}

/**
 * Writes `parent/<info.id>/`: beside under another name, fsynced, renamed. What fails or is cancelled leaves nothing.
 * @param replace an existing set of that id; otherwise it is a conflict
 * @throws Refusal `conflict`, `cancelled`
 */
export async function writeDatasetFolder(
  parent: string,
  info: DatasetInfo,
  arrays: Partial<Record<Split, SplitArrays>>,
  { madeFrom = null, replace = false, signal }: { madeFrom?: string | null; replace?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const target = join(parent, parse(idSchema, info.id, 'data set id'));
  const taken = (): never => refuse('conflict', `There is already a data set ${info.id}.`, { where: target, repair: 'Choose another id, or remove it first.' });
  if (!replace && existsSync(target)) taken();
  await mkdir(parent, { recursive: true });
  const beside = join(parent, temporary + randomUUID());
  try {
    await mkdir(beside);
    const sums: Manifest['sums'] = {};
    for (const split of splits) {
      const { values, labels, factors } = arrays[split] ?? {};
      for (const [name, array] of [[valuesFile(info, split), values], [`${split}.labels`, labels], [`${split}.factors`, factors]] as const) {
        if (!array) continue;
        sums[name] = sha256(array);
        await writeDurably(join(beside, name), array, signal);
      }
    }
    const manifest: Manifest = { format: 1, info, sums, madeFrom };
    await writeDurably(join(beside, manifestFile), Buffer.from(JSON.stringify(manifest, null, 2)), signal);
    await fsyncFolder(beside);
    if (signal?.aborted) cancelled();
    const replaced: (string | null)[] = [];
    for (let done = false; !done; ) {
      if (replace) replaced.push(await setAside(parent, target));
      done = await renamedToFree(beside, target);
      if (!done && !replace) taken(); // Replacing, another writer was in between: once more.
    }
    await fsyncFolder(parent);
    for (const aside of replaced) if (aside) await rm(aside, { recursive: true, force: true });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** Whether `folder` holds a set that was made from that, or one that a person imported. */
export function isInstalled(folder: string, madeFrom: string): boolean {
  try {
    const installed = readManifest(folder);
    return !installed.info.builtIn || installed.madeFrom === madeFrom;
  } catch {
    return false; // missing or damaged: made anew
  }
}

/** Writes a set that comes with Elbo. Of several processes the first one's stays: a set that is there is never taken away for an equal one. */
export async function installDataset(parent: string, info: DatasetInfo, arrays: Partial<Record<Split, SplitArrays>>, madeFrom: string): Promise<void> {
  try {
    await writeDatasetFolder(parent, info, arrays, { madeFrom });
  } catch (thrown) {
    if (!(thrown instanceof Refusal && thrown.error.code === 'conflict')) throw thrown;
    if (isInstalled(join(parent, info.id), madeFrom)) return; // another was faster
    await writeDatasetFolder(parent, info, arrays, { madeFrom, replace: true }); // damaged, or of another version
  }
}

/** @throws Refusal `not-found`; `conflict` for a set that comes with Elbo */
export async function removeDataset(parent: string, id: string): Promise<void> {
  const folder = join(parent, parse(idSchema, id, 'data set id'));
  if (!existsSync(folder)) refuse('not-found', `There is no data set ${id}.`, { where: folder });
  if (listDatasets(parent).find((info) => info.id === id)?.builtIn) refuse('conflict', `The data set ${id} comes with Elbo and stays.`);
  const aside = await setAside(parent, folder);
  if (aside) await rm(aside, { recursive: true, force: true });
}

/** @returns false: another has put a folder there */
async function renamedToFree(folder: string, target: string): Promise<boolean> {
  try {
    await rename(folder, target);
    return true;
  } catch (thrown) {
    const { code } = thrown as { code?: string };
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || (code === 'EPERM' && existsSync(target))) return false;
    throw thrown;
  }
}

/** Renames what is to be removed, so that no one ever sees half a data set. @returns its new place; null when there was none */
async function setAside(parent: string, folder: string): Promise<string | null> {
  const aside = join(parent, temporary + randomUUID());
  try {
    await rename(folder, aside);
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'ENOENT') return null;
    throw thrown;
  }
  return aside;
}

/** Removes what a killed process left half written, an hour later at the earliest. */
export async function cleanUp(parent: string): Promise<void> {
  for (const name of readdirSync(parent).filter((other) => other.startsWith(temporary))) {
    const folder = join(parent, name);
    const written = await stat(folder).catch(() => null);
    if (written && Date.now() - written.mtimeMs > staleAfterMs) await rm(folder, { recursive: true, force: true });
  }
}

const bytesOf = (array: Stored): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const sha256 = (array: Stored): string => createHash('sha256').update(bytesOf(array)).digest('hex');

async function writeDurably(file: string, array: Stored, signal: AbortSignal | undefined): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const bytes = bytesOf(array);
    for (let done = 0; done < bytes.length; done += 1 << 24) {
      if (signal?.aborted) cancelled();
      await handle.writeFile(bytes.subarray(done, done + (1 << 24)));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a rename in the folder durable. Windows has no such call and needs none. */
async function fsyncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
