import { conv2d, conv2dTranspose, cumsum, getBackend, grads, memory, mul, oneHot, setBackend, sum, tensor, tensor2d, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNoise } from '../../../ml/random/noise';
import { loadBackend } from './load';

type Convolve = (x: Tensor4D, filter: Tensor4D) => Tensor;

/** The gradients of the same convolution on a backend, with the same inputs. */
function gradientsOn(backend: string, shapes: number[][], convolve: Convolve): number[][] {
  const inputs = tidy(() => shapes.map((shape, i) => createNoise(8).normal(shape, `input ${i}`).dataSync().slice()));
  setBackend(backend);
  const found = tidy(() => {
    const weighted = (...[x, filter]: Tensor[]): Tensor => {
      const y = convolve(x as Tensor4D, filter as Tensor4D);
      return sum(mul(y, tensor(Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)), y.shape)));
    };
    return grads(weighted)(shapes.map((shape, i) => tensor(inputs[i] as Float32Array, shape))).map((value) => Array.from(value.dataSync()));
  });
  setBackend('wasm');
  return found;
}

const cases: [string, number[][], Convolve][] = [
  ['3 x 3, same', [[2, 5, 4, 3], [3, 3, 3, 2]], (x, filter) => conv2d(x, filter, 1, 'same')],
  ['3 x 2, valid', [[2, 5, 4, 3], [3, 2, 3, 2]], (x, filter) => conv2d(x, filter, 1, 'valid')],
  ['4 x 4 of stride 2, of odd height', [[2, 5, 4, 3], [4, 4, 3, 2]], (x, filter) => conv2d(x, filter, 2, 'same')],
  ['2 x 2 of strides 2 and 3', [[2, 7, 8, 1], [2, 2, 1, 2]], (x, filter) => conv2d(x, filter, [2, 3], 'same')],
  ['larger than the picture', [[2, 2, 1, 3], [4, 4, 3, 2]], (x, filter) => conv2d(x, filter, 2, 'same')],
  ['1 x 1', [[2, 5, 4, 3], [1, 1, 3, 2]], (x, filter) => conv2d(x, filter, 1, 'same')],
  ['transposed 4 x 4 of stride 2 to odd height', [[2, 3, 2, 3], [4, 4, 2, 3]], (x, filter) => conv2dTranspose(x, filter, [2, 5, 4, 2], 2, 'same')],
];

describe.skipIf(process.env.ELBO_BACKEND === 'tensorflow')('on WebAssembly', () => {
  beforeAll(async () => {
    await loadBackend('wasm');
  });

  it.each(cases)('the gradients of a convolution %s are those of the plain JavaScript backend', (_, shapes, convolve) => {
    const [here, plain] = [gradientsOn('wasm', shapes, convolve), gradientsOn('cpu', shapes, convolve)];
    here.forEach((values, i) => values.forEach((value, j) => expect(Math.abs(value - (plain[i]?.[j] ?? NaN))).toBeLessThan(2e-6 * (1 + Math.abs(value)))));
  });

  it('they leave no tensor behind', () => {
    gradientsOn('wasm', ...(cases[0]?.slice(1) as [number[][], Convolve]));
    const before = memory();
    for (const [, shapes, convolve] of cases) gradientsOn('wasm', shapes, convolve);
    expect(getBackend()).toBe('wasm');
    expect([memory().numTensors, memory().numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
  });

  it('sums along an axis counted from the end are those along that axis', () => {
    const x = tensor2d([[1, 2, 3], [4, 5, 6]]);
    expect(Array.from(tidy(() => cumsum(x, -1)).dataSync())).toEqual([1, 3, 6, 4, 9, 15]);
    expect(Array.from(tidy(() => cumsum(x, -2)).dataSync())).toEqual([1, 2, 3, 5, 7, 9]);
  });

  it.each(['float32', 'int32'] as const)('one-hot vectors can be %s', (dtype) => {
    expect(Array.from(tidy(() => oneHot(tensor2d([[2], [0]], [2, 1], 'int32'), 3, 1, 0, dtype)).dataSync())).toEqual([0, 0, 1, 1, 0, 0]);
  });
});
