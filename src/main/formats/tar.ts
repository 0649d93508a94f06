import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';

const block = 512;

/**
 * Writes the files that `members` names (the ends of their paths in the archive: `power/data.npy`) from a gzipped tar archive (POSIX.1-1988,
 * "ustar") into `folder`, each under its last name. Everything else in the archive is passed over; nothing is read behind the last of them.
 * @throws Refusal `bad-file` naming the byte of the unpacked archive, `cancelled`
 */
export async function unpackTar(archive: string, members: readonly string[], folder: string, signal: AbortSignal): Promise<void> {
  const missing = new Set(members);
  const bad = (rule: string, byte: number): never => refuse('bad-file', `This archive cannot be unpacked: ${rule}.`, { where: `${archive}, byte ${byte} of what is packed` });
  const source = createReadStream(archive, { highWaterMark: 1 << 20 });
  const stream = source.pipe(createGunzip({ chunkSize: 1 << 20 }));
  source.on('error', (error) => stream.destroy(error));
  let header: Buffer = Buffer.alloc(0);
  let [position, left, padding] = [0, 0, 0]; // bytes seen, bytes of the present file to come, bytes behind it
  let file: FileHandle | null = null;
  try {
    for await (const whole of stream as AsyncIterable<Buffer>) {
      for (let chunk = whole; chunk.length > 0; ) {
        if (signal.aborted) cancelled();
        let taken: number;
        if (left > 0) {
          taken = Math.min(left, chunk.length);
          await file?.writeFile(chunk.subarray(0, taken));
          left -= taken;
        } else if (padding > 0) {
          taken = Math.min(padding, chunk.length);
          padding -= taken;
        } else {
          taken = Math.min(block - header.length, chunk.length);
          header = Buffer.concat([header, chunk.subarray(0, taken)]);
          if (header.length === block) {
            const entry = readHeader(header, (rule) => bad(rule, position + taken - block));
            const member = entry.isFile ? members.find((name) => missing.has(name) && `/${entry.name}`.endsWith(`/${name}`)) : undefined;
            if (member !== undefined) {
              missing.delete(member);
              file = await open(join(folder, basename(member)), 'wx');
            }
            left = entry.size;
            padding = (block - (entry.size % block)) % block;
            header = Buffer.alloc(0);
          }
        }
        position += taken;
        chunk = chunk.subarray(taken);
        if (left > 0 || !file) continue;
        await file.close();
        file = null;
        if (missing.size === 0) return;
      }
    }
    if (left > 0 || header.length > 0) bad('it is cut off', position);
  } catch (thrown) {
    if (/^Z_/.test((thrown as { code?: string }).code ?? '')) bad('its gzip stream is damaged or cut off', position);
    throw thrown;
  } finally {
    await file?.close();
    source.destroy();
    stream.destroy();
  }
  bad(`there is no ${[...missing].join(', no ')} in it`, position);
}

function readHeader(header: Buffer, bad: (rule: string) => never): { name: string; size: number; isFile: boolean } {
  if (header.every((byte) => byte === 0)) return { name: '', size: 0, isFile: false };
  const text = (from: number, to: number): string => header.toString('latin1', from, to).replace(/\0.*$/s, '');
  const octal = (from: number, to: number): number => Number.parseInt(text(from, to).trim() || '0', 8);
  // The sum of all bytes, its own taken as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum !== octal(148, 156)) bad('a header’s sum is wrong');
  const prefix = text(257, 262) === 'ustar' ? text(345, 500) : '';
  // Files beyond 8 GiB have their size as a binary number behind a set bit.
  const size = header.readUInt8(124) & 0x80 ? Number(header.readBigUInt64BE(128)) : octal(124, 136);
  if (!Number.isSafeInteger(size)) bad('a file’s size is no number');
  return { name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100), size, isFile: ['0', ''].includes(text(156, 157)) };
}
