import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors';
import { damaged, refusalOf } from './testing/fixtures';

const file = (header: unknown, data: number[] = []): Buffer => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.from(data)]);
};
const four = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

describe('safetensors', () => {
  it('come back as they were written, each type, in order', () => {
    const tensors = {
      b: { shape: [2, 2], values: Float32Array.of(1.5, -0, Infinity, 1e-45) },
      'a/ü': { shape: [], values: Int32Array.of(-7) },
      long: { shape: [2], values: BigInt64Array.of(-1n, 2n ** 62n) },
      empty: { shape: [0, 3], values: new Float32Array() },
    };
    const read = readSafetensors(writeSafetensors(tensors), 'x');
    expect(read).toEqual(tensors);
    expect(Object.keys(read).sort()).toEqual(Object.keys(tensors).sort());
  });

  it('are laid out as the format says: length, JSON padded to 8 bytes, little-endian values', () => {
    const bytes = Buffer.from(writeSafetensors({ a: { shape: [1, 2], values: Float32Array.of(1, -2) } }));
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({ a: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] } });
    expect(bytes.toString('hex', 8 + length)).toBe('0000803f000000c0');
  });

  it('of another writer are read: metadata, any order, values that are not aligned', () => {
    const bytes = file({ z: { dtype: 'F32', shape: [1], data_offsets: [8, 12] }, __metadata__: { format: 'pt' }, a: { dtype: 'I64', shape: [], data_offsets: [0, 8] } }, [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63]);
    for (const shift of [0, 1, 2, 3]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      expect(readSafetensors(shifted, 'x')).toEqual({ a: { shape: [], values: BigInt64Array.of(5n) }, z: { shape: [1], values: Float32Array.of(1) } });
    }
  });

  it('named like the properties of every object are tensors like others', () => {
    const read = readSafetensors(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', [0, 0, 128, 63]), 'x');
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Object.entries(read)).toEqual([['__proto__', { shape: [1], values: Float32Array.of(1) }]]);
  });

  it.each([
    ['of no bytes', Buffer.alloc(0), 'byte 0'],
    ['whose header claims more than there is', Buffer.concat([Buffer.from('ffffffffffffff7f', 'hex'), Buffer.from('{}')]), 'byte 0'],
    ['whose header is cut off', file({ a: four }, [0, 0, 0, 0]).subarray(0, 20), 'byte 0'],
    ['whose header is no JSON', file('{"a":'), 'byte 8'],
    ['whose header is no UTF-8', Buffer.concat([Buffer.of(4, 0, 0, 0, 0, 0, 0, 0), Buffer.from('7b80ff7d', 'hex')]), 'byte 8'],
    ['whose header is a list', file([]), 'byte 8'],
    ['whose header is null', file('null'), 'byte 8'],
    ['whose entry is no object', file({ a: 3 }), 'tensor a'],
    ['of an unknown type', file({ a: { ...four, dtype: 'Q4' } }, [0, 0, 0, 0]), 'tensor a'],
    ['of a negative size', file({ a: { ...four, shape: [-1] } }, [0, 0, 0, 0]), 'tensor a'],
    ['of half a value', file({ a: { ...four, shape: [0.5] } }, [0, 0, 0, 0]), 'tensor a'],
    ['of sizes whose product overflows', file({ a: { ...four, shape: [2 ** 52, 2 ** 52] } }, [0, 0, 0, 0]), 'tensor a'],
    ['of a shape that does not fill its bytes', file({ a: { ...four, shape: [2] } }, [0, 0, 0, 0]), 'tensor a'],
    ['whose values end after the file', file({ a: four }, [0, 0]), 'tensor a'],
    ['whose values end before they begin', file({ a: { ...four, data_offsets: [4, 0] } }, [0, 0, 0, 0]), 'tensor a'],
    ['whose tensors overlap', file({ a: four, b: { ...four, data_offsets: [2, 6] } }, [0, 0, 0, 0, 0, 0]), 'tensor b'],
    ['whose tensors lie on each other', file({ a: four, b: four }, [0, 0, 0, 0]), 'tensor b'],
    ['with a gap', file({ a: { ...four, data_offsets: [4, 8] } }, Array(8).fill(0)), 'tensor a'],
    ['with bytes after the last tensor', file({ a: four }, Array(9).fill(0)), 'byte'],
  ])('%s are refused, with the place', async (_, bytes, place) => {
    const error = await refusalOf(() => readSafetensors(bytes, 'some/file'));
    expect(error).toMatchObject({ code: 'bad-file', where: expect.stringContaining(`some/file, ${place}`) });
  });

  it('damaged at random give tensors or a refusal, never another error', async () => {
    let refused = 0;
    const whole = Buffer.from(writeSafetensors({ a: { shape: [2], values: Float32Array.of(1, 2) }, b: { shape: [1], values: BigInt64Array.of(3n) } }));
    for (const bytes of damaged(whole, 2000)) {
      const error = await refusalOf(() => readSafetensors(bytes, 'f'));
      if (error) {
        refused++;
        expect(error).toMatchObject({ code: 'bad-file', where: expect.stringContaining('f, ') });
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
