import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeNpz } from './npz';

const folder = mkdtempSync(join(tmpdir(), 'elbo-npz-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'arrays.npz');

const hasNumpy = (() => {
  try {
    execFileSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

const arrays = {
  means: { shape: [2, 3], values: Float32Array.of(1, -2.5, 3, 4, 5, 6) },
  labels: { shape: [4], values: Uint16Array.of(0, 1, 2, 65_535) },
  pixels: { shape: [1, 1, 2, 1], values: Uint8Array.of(7, 255) },
  exact: { shape: [], values: Float64Array.of(0.1) },
  indices: { shape: [0, 2], values: new Int32Array(0) },
};

describe('an NPZ file', () => {
  it('is a zip of NPY files that begin at multiples of their own rules', () => {
    writeNpz(path, { means: arrays.means });
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    expect(bytes.subarray(30, 39).toString()).toBe('means.npy');
    const npy = bytes.subarray(39);
    expect(npy.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
    const header = 10 + npy.readUInt16LE(8);
    expect(header % 64).toBe(0);
    expect(npy.subarray(10, header).toString()).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3,\), \} *\n$/);
    expect(npy.readFloatLE(header + 4)).toBe(-2.5);
    expect(bytes.subarray(-22, -18).toString('latin1')).toBe('PK\x05\x06');
  });

  it.runIf(hasNumpy)('is read by NumPy', () => {
    writeNpz(path, arrays);
    const script = 'import numpy, json, sys; f = numpy.load(sys.argv[1]); print(json.dumps({k: [str(f[k].dtype), list(f[k].shape), f[k].flatten().tolist()] for k in f}))';
    expect(JSON.parse(execFileSync('python3', ['-c', script, path]).toString())).toEqual({
      means: ['float32', [2, 3], [1, -2.5, 3, 4, 5, 6]],
      labels: ['uint16', [4], [0, 1, 2, 65_535]],
      pixels: ['uint8', [1, 1, 2, 1], [7, 255]],
      exact: ['float64', [], [0.1]],
      indices: ['int32', [0, 2], []],
    });
  });

  it('is refused a shape that its values do not fill', () => expect(() => writeNpz(path, { a: { shape: [3], values: Uint8Array.of(1) } })).toThrow(/shape/));
});
