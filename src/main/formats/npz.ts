import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

export interface NpyArray {
  shape: readonly number[];
  values: Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array;
}

/** Beyond it a zip file needs other records. */
const zipLimit = 2 ** 32 - 1;

/**
 * Writes arrays by name as NumPy's NPZ, `numpy.load(path)[name]`: a zip file of NPY files, not compressed
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html; PKWARE's APPNOTE, sections 4.3.7, 4.3.12, 4.3.16).
 */
export function writeNpz(path: string, arrays: Record<string, NpyArray>): void {
  const file = openSync(path, 'w');
  try {
    let end = 0;
    const put = (bytes: Uint8Array): void => {
      for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
      end += bytes.length;
      if (end > zipLimit) throw new Error(`${path} would be larger than 4 GiB.`);
    };
    const directory = Object.entries(arrays).map(([name, array]) => {
      const start = end;
      const fileName = Buffer.from(`${name}.npy`);
      const header = npyHeader(name, array);
      const values = new Uint8Array(array.values.buffer, array.values.byteOffset, array.values.byteLength);
      const size = header.length + values.length;
      // From the version needed to the length of the extra field: stored, of 1 January 1980, checksum, sizes.
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0);
      common.writeUInt16LE(0x21, 8);
      common.writeUInt32LE(crc32(values, crc32(header)), 10);
      common.writeUInt32LE(size, 14);
      common.writeUInt32LE(size, 18);
      common.writeUInt16LE(fileName.length, 22);
      put(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, fileName]));
      put(header);
      put(values);
      const tail = Buffer.alloc(14);
      tail.writeUInt32LE(start, 10);
      return Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, fileName]);
    });
    const start = end;
    directory.forEach(put);
    const last = Buffer.alloc(22);
    last.write('PK\x05\x06', 'latin1');
    last.writeUInt16LE(directory.length, 8);
    last.writeUInt16LE(directory.length, 10);
    last.writeUInt32LE(end - start, 12);
    last.writeUInt32LE(start, 16);
    put(last);
  } finally {
    closeSync(file);
  }
}

/** Version 1.0, padded with spaces to a multiple of 64 bytes. */
function npyHeader(name: string, { shape, values }: NpyArray): Buffer {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== values.length) throw new Error(`The array ${name} has ${values.length} values, its shape [${shape.join(', ')}] takes ${size}.`);
  const type = values instanceof Uint8Array ? '|u1' : values instanceof Uint16Array ? '<u2' : values instanceof Int32Array ? '<i4' : values instanceof Float32Array ? '<f4' : '<f8';
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.map((length) => `${length},`).join(' ')}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(length, 8);
  return Buffer.concat([start, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1')]);
}
