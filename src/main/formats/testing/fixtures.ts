import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importSchema, type ImportRequest } from '../../../contract/datasets';
import { errorFrom, type ElboError } from '../../../contract/errors';

/** An IDX file: big-endian sizes, then the bytes of the values. */
export function idx(type: number, shape: number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt8(type, 2);
  header.writeUInt8(shape.length, 3);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, Buffer.from(Array.from(values))]);
}

/** Writes files below `folder` by their relative paths; returns `folder`. */
export function files(folder: string, contents: Record<string, Buffer | string>): string {
  for (const [name, bytes] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

/** Every file below `folder` by its relative path. */
export function tree(folder: string): Record<string, string> {
  const names = (readdirSync(folder, { recursive: true }) as string[]).sort();
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), 'base64') : 'folder']));
}

/** The error with which `action` is refused; undefined when it is not; what is no refusal is thrown on. */
export async function refusalOf(action: () => unknown): Promise<ElboError | undefined> {
  try {
    await action();
    return undefined;
  } catch (thrown) {
    const error = errorFrom(thrown);
    if (error.code === 'bug') throw thrown;
    return error;
  }
}

export const request = (path: string, more: Partial<ImportRequest> = {}): ImportRequest => importSchema.parse({ id: 'mine', path, ...more });

/** Flips, cuts and inserts at random places, the same ones every time. */
export function* damaged(whole: Buffer, count: number): Generator<Buffer> {
  let state = 1;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Knuth's linear congruential generator; its high bits
    return Math.floor((state / 2 ** 32) * n);
  };
  for (let i = 0; i < count; i++) {
    const at = below(whole.length);
    const kind = below(4);
    if (kind === 0) yield whole.subarray(0, at);
    else if (kind === 1) yield Buffer.concat([whole.subarray(0, at), Buffer.from('x'.repeat(1 + below(9))), whole.subarray(at)]);
    else {
      const bytes = Buffer.from(whole);
      // Mostly near the front, where the headers are.
      for (let flips = 1 + below(3); flips > 0; flips--) bytes[below(2) ? at : below(Math.min(64, whole.length))] = below(256);
      yield bytes;
    }
  }
}

/** A tar archive (ustar) of files by their paths. */
export function tarOf(contents: Record<string, Buffer>): Buffer {
  const parts = Object.entries(contents).flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write('0000644', 100);
    header.write(bytes.length.toString(8).padStart(11, '0'), 124);
    header.write('        0', 148);
    header.write('ustar\x0000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
