import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';

/** Values in row-major order, the last dimension fastest. */
export interface IdxArray {
  shape: number[];
  values: Uint8Array | Int16Array;
}

/** The most bytes of values that one file may hold. */
export const idxLimit = 2 ** 31;
/** Deflate cannot make more than this of a byte (Deutsch, RFC 1951: 258 bytes from 2 bits). */
const mostPerByte = 1032;
const chunkBytes = 1 << 20;

/**
 * Reads an IDX file (LeCun et al., "The MNIST database", "The IDX file format"), gzipped or not, of unsigned bytes (type 08) or 16-bit
 * integers (type 0B), big-endian, of one to four dimensions. The header's claim is checked before memory is taken for it,
 * and no more is unpacked than it claims.
 * @throws Refusal `bad-file`, naming the file, the byte (of the unpacked file) and the rule; `not-found`, `cancelled`
 */
export async function readIdx(file: string, signal?: AbortSignal): Promise<IdxArray> {
  const bad = (rule: string, byte: number): never => refuse('bad-file', `Not an IDX file: ${rule}.`, { where: `${file}, byte ${byte}` });
  const { size, gzipped } = await look(file);
  const source = createReadStream(file, { highWaterMark: chunkBytes });
  const stream: Readable = gzipped ? source.pipe(createGunzip({ chunkSize: chunkBytes })) : source;
  source.on('error', (error) => stream.destroy(error));
  let head: Buffer = Buffer.alloc(0);
  let header: Header | undefined;
  let bytes = new Uint8Array();
  let filled = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (signal?.aborted) cancelled();
      let rest = chunk;
      if (!header) {
        head = Buffer.concat([head, chunk]);
        header = readHeader(head, bad);
        if (!header) continue;
        const claimed = header.length + header.bytes;
        if (header.bytes > idxLimit) bad(`its header claims ${header.bytes} bytes of values, the most is ${idxLimit}`, 4);
        if (gzipped ? claimed > size * mostPerByte : claimed !== size) bad(`its header claims ${header.bytes} bytes of values, the file has ${size} bytes${gzipped ? ' packed' : ''}`, 4);
        bytes = new Uint8Array(header.bytes);
        rest = head.subarray(header.length);
      }
      if (filled + rest.length > bytes.length) bad('there are bytes after the last value', header.length + bytes.length);
      bytes.set(rest, filled);
      filled += rest.length;
    }
  } catch (thrown) {
    const code = (thrown as { code?: string }).code ?? '';
    if (/^Z_/.test(code)) bad(code === 'Z_BUF_ERROR' ? 'its gzip stream is cut off' : 'its gzip stream is damaged', (header?.length ?? head.length) + filled);
    throw thrown;
  } finally {
    source.destroy();
    stream.destroy();
  }
  if (!header) return bad('its header is cut off', head.length);
  if (filled < bytes.length) bad(`it ends after ${filled} of ${bytes.length} bytes of values`, header.length + filled);
  return { shape: header.shape, values: header.type === 0x08 ? bytes : int16(bytes) };
}

async function look(file: string): Promise<{ size: number; gzipped: boolean }> {
  const found = await stat(file);
  if (!found.isFile()) refuse('bad-file', 'Not a file.', { where: file });
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return { size: found.size, gzipped: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b };
  } finally {
    await handle.close();
  }
}

interface Header {
  type: 0x08 | 0x0b;
  shape: number[];
  /** Of the header itself. */
  length: number;
  /** Of the values that it claims. */
  bytes: number;
}

/** Undefined while `head` is too short to tell. */
function readHeader(head: Buffer, bad: (rule: string, byte: number) => never): Header | undefined {
  if (head.length < 4) return undefined;
  if (head.readUInt16BE() !== 0) bad('it does not begin with two zero bytes', 0);
  const type = head.readUInt8(2);
  if (type !== 0x08 && type !== 0x0b) return bad(`its values are of type 0x${type.toString(16).padStart(2, '0')}; 08 (bytes) and 0b (16-bit integers) are read`, 2);
  const rank = head.readUInt8(3);
  if (rank < 1 || rank > 4) bad(`it has ${rank} dimensions; 1 to 4 are read`, 3);
  const length = 4 + 4 * rank;
  if (head.length < length) return undefined;
  const shape = Array.from({ length: rank }, (_, i) => head.readUInt32BE(4 + 4 * i));
  return { type, shape, length, bytes: shape.reduce((a, b) => a * b, type === 0x08 ? 1 : 2) };
}

const int16 = (bytes: Uint8Array): Int16Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i));
};
