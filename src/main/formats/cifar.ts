import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';
import type { SplitArrays } from './dataset-folder';

export const cifarSide = 32;
const plane = cifarSide * cifarSide;
const recordBytes = 1 + 3 * plane;
const mostRecords = 50_000;
export const cifarClasses = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const name = /^(data|test)_batch.*\.bin(\.gz)?$/;

/** The files of CIFAR-10's binary version in a folder, by their usual names, gzipped or not. */
export async function findCifar(folder: string): Promise<{ path: string; split: Split }[]> {
  const names = (await readdir(folder)).sort();
  return names.flatMap((file) => {
    const match = name.exec(file);
    if (!match || (match[2] && names.includes(file.slice(0, -3)))) return [];
    return [{ path: join(folder, file), split: match[1] === 'test' ? ('test' as const) : ('train' as const) }];
  });
}

/**
 * Reads records of a label and 32 x 32 reds, greens and blues (Krizhevsky 2009, "binary version").
 * @throws Refusal `bad-file` with the byte, `cancelled`
 */
export async function readCifar(sources: { path: string; split: Split }[], onProgress: (done: number, total: number) => void, signal: AbortSignal | undefined): Promise<Partial<Record<Split, SplitArrays>>> {
  const arrays: Partial<Record<Split, SplitArrays>> = {};
  for (const split of new Set(sources.map((source) => source.split))) {
    const parts: Buffer[] = [];
    for (const { path } of sources.filter((source) => source.split === split)) {
      if (signal?.aborted) cancelled();
      parts.push(await recordsOf(path));
      onProgress(parts.length, sources.length);
    }
    const records = Buffer.concat(parts);
    const count = records.length / recordBytes;
    const values = new Uint8Array(count * 3 * plane);
    const labels = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
      labels[i] = records[i * recordBytes] ?? 0;
      for (let pixel = 0; pixel < plane; pixel++)
        for (let channel = 0; channel < 3; channel++) values[(i * plane + pixel) * 3 + channel] = records[i * recordBytes + 1 + channel * plane + pixel] ?? 0;
    }
    arrays[split] = { values, labels };
  }
  return arrays;
}

async function recordsOf(path: string): Promise<Buffer> {
  if ((await stat(path)).size > mostRecords * recordBytes) refuse('bad-file', `It has more than ${mostRecords} records.`, { where: path });
  const raw = await readFile(path);
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? unpacked(raw, path) : raw;
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) refuse('bad-file', `CIFAR-10’s binary files are records of ${recordBytes} bytes; ${bytes.length} bytes are not whole ones.`, { where: path });
  for (let at = 0; at < bytes.length; at += recordBytes) if ((bytes[at] ?? 0) > 9) refuse('bad-file', `The label is ${bytes[at]}; there are 0 to 9.`, { where: `${path}, byte ${at}` });
  return bytes;
}

function unpacked(raw: Buffer, path: string): Buffer {
  try {
    return gunzipSync(raw, { maxOutputLength: mostRecords * recordBytes });
  } catch (thrown) {
    return refuse('bad-file', `Its gzip stream cannot be unpacked: ${(thrown as Error).message}.`, { where: path });
  }
}
