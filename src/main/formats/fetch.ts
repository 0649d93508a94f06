import { randomUUID } from 'node:crypto';
import { existsSync, utimesSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { importSchema, type DatasetInfo, type FetchRequest } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';
import { temporary, writeDatasetFolder } from './dataset-folder';
import { checkFile, download } from './download';
import { describe } from './import';
import type { PublicSource } from './public-sets';
import { unpackTar } from './tar';

type Progress = (done: number, total: number) => void;

/**
 * Gets a public set from the web, or from the folder `from`, checks it, and imports it into `parent/<id>/`. What fails or is cancelled leaves
 * nothing. Sums that nobody published are stated in the set's source.
 * @param onProgress bytes
 * @throws Refusal `conflict`, `network`, `bad-file`, `not-found`, `cancelled`
 */
export async function fetchSet(set: PublicSource, { from, draw }: FetchRequest, parent: string, onProgress: Progress, signal: AbortSignal): Promise<DatasetInfo> {
  if (existsSync(join(parent, set.id))) refuse('conflict', `There is already a data set ${set.id}.`, { repair: 'Remove it first.' });
  await mkdir(parent, { recursive: true });
  const folder = join(parent, temporary + randomUUID());
  await mkdir(folder);
  try {
    const { path, sums } = from === undefined ? await fromWeb(set, folder, onProgress, signal) : await fromFolder(set, from, folder, signal);
    const source = `${set.source}. ${sums}`;
    const request = importSchema.parse({ id: set.id, title: set.title, path, licence: set.licence, source, ...(draw !== undefined && { draw }) });
    if (signal.aborted) cancelled();
    const { info, arrays } = describe(request, await set.read(request, () => undefined, signal));
    await writeDatasetFolder(parent, info, arrays, { signal });
    return info;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Files {
  /** The folder in which they lie. */
  path: string;
  /** How they were checked, in a sentence. */
  sums: string;
}

async function fromWeb(set: PublicSource, folder: string, onProgress: Progress, signal: AbortSignal): Promise<Files> {
  const { files, members, byHand, id } = set;
  if (byHand !== null) refuse('conflict', `${set.title} cannot be fetched from the web. ${byHand}`, { where: id, repair: `Then give the folder: elbo data fetch ${id} --from FOLDER.` });
  const sums: string[] = [];
  let before = 0;
  for (const { name, urls, sum, bytes } of files) {
    const rest = files.slice(files.findIndex((file) => file.name === name) + 1).reduce((total, file) => total + file.bytes, 0);
    let [size, touched] = [bytes, 0];
    const sha256 = await download({
      urls,
      to: join(folder, name),
      sum,
      otherwise: `Or get the file in another way, and give its folder: elbo data fetch ${id} --from FOLDER.`,
      signal,
      onProgress(done, total) {
        size = Math.max(done, total ?? bytes);
        onProgress(before + done, before + size + rest);
        // Folders that nobody has written to for long are taken for left behind.
        const now = Date.now();
        if (now - touched > 10_000) utimesSync(folder, now / 1000, (touched = now) / 1000);
      },
    });
    before += size;
    sums.push(sha256);
  }
  if (members) await unpackTar(join(folder, files[0]?.name ?? ''), members, folder, signal);
  return { path: folder, sums: `Fetched from ${new URL(files[0]?.urls[0] ?? '').host}; ${sumsOf(files, sums)}` };
}

/** The files as they are published; or what would be unpacked of them; or what serves instead. */
async function fromFolder({ files, members = [], instead = [], id, byHand }: PublicSource, from: string, folder: string, signal: AbortSignal): Promise<Files> {
  const there = (names: readonly string[]): boolean => names.length > 0 && names.every((name) => existsSync(join(from, basename(name))));
  if (there(files.map(({ name }) => name))) {
    const sums: string[] = [];
    for (const { name, sum } of files) sums.push(await checkFile(join(from, name), sum, signal));
    if (members.length === 0) return { path: from, sums: sumsOf(files, sums) };
    await unpackTar(join(from, files[0]?.name ?? ''), members, folder, signal);
    return { path: folder, sums: sumsOf(files, sums) };
  }
  const unchecked = [members, instead].find(there);
  if (unchecked) return { path: from, sums: `Files given by hand: ${unchecked.map((name) => basename(name)).join(', ')}, not checked` };
  const wanted = [files.map(({ name }) => name), members.map((name) => basename(name)), instead].filter((names) => names.length > 0).map((names) => names.join(', '));
  return refuse('not-found', `The files of ${id} are not here: ${wanted.join('; or ')}.`, { where: from, repair: byHand ?? `Download ${files.map(({ urls }) => urls[0]).join(', ')} into this folder.` });
}

/** Which files have the published sum, and the SHA-256 of the others. */
function sumsOf(files: PublicSource['files'], sha256: string[]): string {
  const checked = files.filter(({ sum }) => sum !== null).map(({ name }) => name);
  const stated = files.flatMap(({ name, sum }, i) => (sum === null ? [`${name} has the SHA-256 ${sha256[i]}, to compare: none is published`] : []));
  return [...(checked.length > 0 ? [`checked by the published ${checked.length === 1 ? 'sum' : 'sums'}: ${checked.join(', ')}`] : []), ...stated].join('; ');
}
