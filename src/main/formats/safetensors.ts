import { z } from 'zod';
import { Refusal, refuse } from '../../contract/errors';

export interface StoredTensor {
  shape: number[];
  values: Float32Array | Int32Array | BigInt64Array;
}

const types = {
  F32: { bytes: 4, from: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  I32: { bytes: 4, from: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  I64: { bytes: 8, from: (buffer: ArrayBuffer) => new BigInt64Array(buffer) },
} as const;
const typeOf = (values: StoredTensor['values']): keyof typeof types =>
  values instanceof Float32Array ? 'F32' : values instanceof Int32Array ? 'I32' : 'I64';

const offset = z.int().min(0);
const entrySchema = z.strictObject({
  dtype: z.enum(['F32', 'I32', 'I64']),
  shape: z.array(offset).max(16),
  data_offsets: z.tuple([offset, offset]),
});

/** The most that a header may claim, as in the reference implementation. */
const headerLimit = 100_000_000;

/**
 * Tensors as a safetensors file (https://huggingface.co/docs/safetensors, "Format"): 8 bytes of header length, little endian, a
 * JSON header, then the values, little endian, without gaps.
 */
export function writeSafetensors(tensors: Record<string, StoredTensor>): Uint8Array {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { shape, values }]) => {
    if (values.length !== product(shape)) throw new Error(`Tensor ${name} has ${values.length} values, its shape [${shape.join(', ')}] takes ${product(shape)}.`);
    const begin = end;
    end += values.byteLength;
    return { name, values, entry: { dtype: typeOf(values), shape, data_offsets: [begin, end] } };
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries.map(({ name, entry }) => [name, entry]))));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + headerLength + end, ' ');
  bytes.writeBigUInt64LE(BigInt(headerLength));
  json.copy(bytes, 8);
  for (const { values, entry } of entries)
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 8 + headerLength + (entry.data_offsets[0] ?? 0));
  return bytes;
}

/**
 * The inverse of {@link writeSafetensors}: tensors of F32, I32 and I64 by name, in the order of their values.
 * @param file named in what is refused
 * @throws Refusal `bad-file`, naming the byte or the tensor and the rule
 */
export function readSafetensors(bytes: Uint8Array, file: string): Record<string, StoredTensor> {
  const bad = (rule: string, place: string): never => refuse('bad-file', `Not a safetensors file: ${rule}.`, { where: `${file}, ${place}` });
  if (bytes.length < 8) bad('it is shorter than 8 bytes', `byte ${bytes.length}`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (headerLength > Math.min(headerLimit, bytes.length - 8)) bad(`its header claims ${headerLength} bytes`, 'byte 0');
  const dataLength = bytes.length - 8 - headerLength;
  const data = bytes.subarray(8 + headerLength);

  const tensors = Object.entries(header(bytes.subarray(8, 8 + headerLength), bad))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => {
      const { success, data: entry, error } = entrySchema.safeParse(value);
      if (!success) return bad(`${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`, `tensor ${name}`);
      const [begin, end] = entry.data_offsets;
      if (end > dataLength) bad(`its values end at byte ${end} of ${dataLength}`, `tensor ${name}`);
      if (end - begin !== product(entry.shape) * types[entry.dtype].bytes) bad(`its shape does not fit its ${end - begin} bytes`, `tensor ${name}`);
      return { name, begin, end, shape: entry.shape, from: types[entry.dtype].from };
    })
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  let covered = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== covered) bad(begin < covered ? 'its values overlap those before' : 'there is a gap before its values', `tensor ${name}`);
    covered = end;
  }
  if (covered !== dataLength) bad('there are bytes after the last tensor', `byte ${8 + headerLength + covered}`);
  return Object.fromEntries(tensors.map(({ name, begin, end, shape, from }) => [name, { shape, values: from(new Uint8Array(data.subarray(begin, end)).buffer) }]));
}

function header(bytes: Uint8Array, bad: (rule: string, place: string) => never): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('its header is not an object', 'byte 8');
    return value as Record<string, unknown>;
  } catch (thrown) {
    if (thrown instanceof Refusal) throw thrown;
    return bad('its header is not JSON', 'byte 8');
  }
}

const product = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
