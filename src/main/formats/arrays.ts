import { createReadStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';
import { idxLimit } from './idx';

/** An array of NumPy's: bytes for `u1` and `b1`, float32 for floating-point numbers, else the integers as float64. */
export interface NumpyArray {
  shape: number[];
  values: Uint8Array | Float32Array | Float64Array;
}

/** Where an NPY file lies: a file of its own, or a member of an NPZ. */
export interface ArrayPlace {
  /** Without `.npy`. */
  name: string;
  path: string;
  start: number;
  /** Bytes there. */
  packed: number;
  /** Bytes of the NPY file. */
  size: number;
  deflated: boolean;
  /** Checksum of the NPY file; null for one of its own. */
  crc: number | null;
}

/**
 * The arrays of an NPY or NPZ file by name (a zip file's central directory: PKWARE's APPNOTE, sections 4.3.12 and 4.3.16).
 * @throws Refusal `bad-file`
 */
export async function findArrays(path: string): Promise<ArrayPlace[]> {
  const { size } = await stat(path);
  const file = await open(path, 'r');
  try {
    const begin = await bytesAt(file, 0, Math.min(size, 8));
    if (begin.toString('latin1', 1, 6) === 'NUMPY') return [{ name: '', path, start: 0, packed: size, size, deflated: false, crc: null }];
    if (begin.toString('latin1', 0, 2) !== 'PK') refuse('bad-file', 'This is neither an NPY nor an NPZ file.', { where: `${path}, byte 0` });
    const tail = await bytesAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    if (end < 0 || end + 22 > tail.length) return refuse('bad-file', 'The zip file has no directory: it is cut off.', { where: path });
    const [count, length, start] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
    if (start + length > size) refuse('bad-file', 'The zip file’s directory lies outside of it.', { where: path });
    return await Promise.all(directoryOf(await bytesAt(file, start, length), count, path).map((entry) => placed(file, entry, size)));
  } finally {
    await file.close();
  }
}

function directoryOf(directory: Buffer, count: number, path: string): ArrayPlace[] {
  const places: ArrayPlace[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) refuse('bad-file', `Entry ${i} of the zip file’s directory is damaged.`, { where: path });
    const [flags, method, crc, packed, size] = [directory.readUInt16LE(at + 8), directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 16), directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 24)];
    const [nameLength, extra, comment] = [directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30), directory.readUInt16LE(at + 32)];
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    if (flags & 1 || (method !== 0 && method !== 8)) refuse('bad-file', `${name} is packed in a way that is not read; numpy.savez and numpy.savez_compressed write stored or deflated arrays.`, { where: path });
    if (Math.max(packed, size) === 0xffffffff) refuse('bad-file', `${name} is larger than 4 GiB.`, { where: path });
    if (name.endsWith('.npy')) places.push({ name: name.slice(0, -4), path, start: directory.readUInt32LE(at + 42), packed, size, deflated: method === 8, crc });
    at += 46 + nameLength + extra + comment;
  }
  return places;
}

/** With the start of its bytes, behind its local header. */
async function placed(file: FileHandle, place: ArrayPlace, fileSize: number): Promise<ArrayPlace> {
  const header = await bytesAt(file, place.start, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) return refuse('bad-file', `The array ${place.name} is not where the zip file’s directory says.`, { where: place.path });
  const start = place.start + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + place.packed > fileSize) refuse('bad-file', `The array ${place.name} goes beyond the end of the file.`, { where: place.path });
  return { ...place, start };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/**
 * Reads an NPY file (versions 1 to 3; https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html) of numbers in C order, little-endian.
 * @param choose which rows of so many to keep, ascending; all when null or left out. Memory is taken for these only.
 * @throws Refusal `bad-file` naming the array and the rule, `cancelled`
 */
export async function readArray(place: ArrayPlace, { choose = () => null, signal }: { choose?: (rows: number) => Uint32Array | null; signal?: AbortSignal | undefined } = {}): Promise<NumpyArray> {
  const bad = (rule: string): never => refuse('bad-file', `${place.name ? `The array ${place.name}` : 'The file'} cannot be read: ${rule}.`, { where: place.path });
  if (place.packed === 0) return bad('it is empty');
  const source = createReadStream(place.path, { start: place.start, end: place.start + place.packed - 1, highWaterMark: 1 << 20 });
  const stream: Readable = place.deflated ? source.pipe(createInflateRaw({ chunkSize: 1 << 20 })) : source;
  source.on('error', (error) => stream.destroy(error));
  let head: Buffer = Buffer.alloc(0);
  let header: Header | null = null;
  let rows: Uint32Array | null = null;
  let kept = new Uint8Array();
  let [position, row, sum] = [0, 0, 0]; // bytes of values seen, rows kept, checksum
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (signal?.aborted) cancelled();
      sum = crc32(chunk, sum);
      let rest = chunk;
      if (!header) {
        head = Buffer.concat([head, chunk]);
        header = headerOf(head, bad);
        if (!header) continue;
        const { shape, itemBytes, rowBytes, length } = header;
        const claimed = (shape[0] ?? 1) * rowBytes;
        if (length + claimed !== place.size) bad(`its header claims ${claimed} bytes of values, there are ${place.size - length}`);
        rows = shape.length > 0 ? choose(shape[0] ?? 0) : null;
        const keeps = (rows?.length ?? shape[0] ?? 1) * rowBytes;
        if (keeps > idxLimit * itemBytes) bad(`${keeps} bytes are too many; take fewer rows`);
        kept = new Uint8Array(keeps);
        rest = head.subarray(length);
      }
      const { rowBytes } = header;
      if (!rows) {
        if (position + rest.length > kept.length) bad('there are bytes after the last value');
        kept.set(rest, position);
      } else
        for (; row < rows.length; row++) {
          const start = (rows[row] ?? 0) * rowBytes - position;
          if (start >= rest.length) break;
          const from = Math.max(0, start);
          kept.set(rest.subarray(from, Math.min(rest.length, start + rowBytes)), row * rowBytes + from - start);
          if (start + rowBytes > rest.length) break;
        }
      position += rest.length;
    }
  } catch (thrown) {
    if (/^Z_/.test((thrown as { code?: string }).code ?? '')) bad('its packed bytes are damaged');
    throw thrown;
  } finally {
    source.destroy();
    stream.destroy();
  }
  if (!header) return bad('its header is cut off');
  const { shape, length, type } = header;
  if (length + position !== place.size || (place.crc !== null && sum !== place.crc)) bad('its checksum is not that of its bytes');
  return { shape: rows ? [rows.length, ...shape.slice(1)] : shape, values: valuesOf(kept, type) };
}

interface Header {
  type: string;
  shape: number[];
  length: number;
  itemBytes: number;
  /** Bytes of an element of the first dimension. */
  rowBytes: number;
}

const types: Record<string, number> = { '|u1': 1, '|b1': 1, '|i1': 1, '<u2': 2, '<i2': 2, '<u4': 4, '<i4': 4, '<i8': 8, '<u8': 8, '<f4': 4, '<f8': 8 };

/** Null while `head` is too short to tell. */
function headerOf(head: Buffer, bad: (rule: string) => never): Header | null {
  if (head.length < 12) return null;
  if (head.toString('latin1', 0, 6) !== '\x93NUMPY') bad('it does not begin as an NPY file does');
  const start = head.readUInt8(6) === 1 ? 10 : 12;
  const length = start + (start === 10 ? head.readUInt16LE(8) : head.readUInt32LE(8));
  if (length > 1 << 20) bad('its header is longer than a mebibyte');
  if (head.length < length) return null;
  const text = head.toString('latin1', start, length);
  const type = /'descr': *'([^']*)'/.exec(text)?.[1] ?? bad('its numbers are of several types, or none is named');
  const shapeText = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1] ?? bad('its header names no shape');
  if (!/'fortran_order': *False/.test(text)) bad('its order is Fortran’s; save numpy.ascontiguousarray of it');
  const itemBytes = types[type] ?? bad(`its numbers are of type ${type}; ${Object.keys(types).join(', ')} are read`);
  const shape = shapeText.split(',').map((size) => size.trim()).filter(Boolean).map(Number);
  const rowBytes = shape.slice(1).reduce((product, size) => product * size, itemBytes);
  if (!Number.isSafeInteger((shape[0] ?? 1) * rowBytes)) bad('its shape is too large');
  return { type, shape, length, itemBytes, rowBytes };
}

function valuesOf(bytes: Uint8Array<ArrayBuffer>, type: string): NumpyArray['values'] {
  const { buffer } = bytes;
  switch (type) {
    case '|u1':
    case '|b1':
      return bytes;
    case '<f4':
      return new Float32Array(buffer);
    case '<f8':
      return Float32Array.from(new Float64Array(buffer));
    case '|i1':
      return Float64Array.from(new Int8Array(buffer));
    case '<u2':
      return Float64Array.from(new Uint16Array(buffer));
    case '<i2':
      return Float64Array.from(new Int16Array(buffer));
    case '<u4':
      return Float64Array.from(new Uint32Array(buffer));
    case '<i4':
      return Float64Array.from(new Int32Array(buffer));
    default:
      return Float64Array.from(type === '<i8' ? new BigInt64Array(buffer) : new BigUint64Array(buffer), Number);
  }
}
