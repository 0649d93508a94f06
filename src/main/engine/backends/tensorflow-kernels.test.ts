import { add, conv2d, conv2dTranspose, elu, engine, gather, getBackend, grads, matMul, memory, mul, relu, scalar, setBackend, sigmoid, softplus, square, sub, sum, tanh, tensor, tensor1d, tidy, tile, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { unitTriangularInverse } from '../../../ml/inverse';
import { createNoise } from '../../../ml/random/noise';

/** The values and gradients of the same computation on a backend, with the same inputs. */
function on(backend: string, shapes: number[][], compute: (...inputs: Tensor[]) => Tensor): number[][] {
  const inputs = shapes.map((shape, i) => tidy(() => createNoise(8).normal(shape, `input ${i}`)));
  const held = inputs.map((input) => ({ values: input.dataSync().slice(), shape: input.shape }));
  inputs.forEach((input) => input.dispose());
  const before = getBackend();
  setBackend(backend);
  const found = tidy(() => {
    const moved = held.map(({ values, shape }) => tensor(values, shape));
    // The weights make dy differ from place to place.
    const weighted = (...x: Tensor[]): Tensor => {
      const y = compute(...x);
      return sum(mul(y, tensor(Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)), y.shape)));
    };
    return [compute(...moved), ...grads(weighted)(moved)].map((value) => Array.from(value.dataSync()));
  });
  setBackend(before);
  return found;
}

const cases: [string, number[][], (...inputs: Tensor[]) => Tensor][] = [
  ['relu', [[5, 7]], (x) => relu(x as Tensor)],
  ['tanh', [[5, 7]], (x) => tanh(x as Tensor)],
  ['sigmoid', [[5, 7]], (x) => sigmoid(x as Tensor)],
  ['softplus', [[5, 7]], (x) => softplus(x as Tensor)],
  ['elu', [[5, 7]], (x) => elu(x as Tensor)],
  ['square', [[5, 7]], (x) => square(x as Tensor)],
  ['sum of all', [[2, 3, 4]], (x) => sum(x as Tensor)],
  ['sum of a middle axis', [[2, 3, 4]], (x) => sum(x as Tensor, 1)],
  ['sum of the last axes, kept', [[2, 3, 4]], (x) => sum(x as Tensor, [1, -1], true)],
  ['copies along the first axis', [[2, 3]], (x) => tile(x as Tensor, [4, 1])],
  ['copies along two axes', [[2, 3, 2]], (x) => tile(x as Tensor, [2, 1, 3])],
  ['copies of a picture', [[1, 2, 3, 2]], (x) => tile(x as Tensor, [4, 1, 1, 1])],
  ...[add, sub, mul].flatMap((op): (typeof cases)[number][] =>
    [
      [[4, 3], [4, 3]],
      [[4, 3], [3]],
      [[3], [4, 3]],
      [[4, 3], []],
      [[4, 1], [1, 3]],
      [[2, 4, 5, 3], [4, 1, 3]],
      [[2, 4, 5, 3], [3]],
      [[1, 3], [1, 1]],
    ].map((shapes) => [`${op.name} of ${JSON.stringify(shapes)}`, shapes, (a, b) => op(a as Tensor, b as Tensor)]),
  ),
  ['a matrix product', [[4, 6], [6, 5]], (a, b) => matMul(a as Tensor, b as Tensor)],
  ['a matrix product, left transposed', [[6, 4], [6, 5]], (a, b) => matMul(a as Tensor, b as Tensor, true)],
  ['a matrix product, both transposed', [[6, 4], [5, 6]], (a, b) => matMul(a as Tensor, b as Tensor, true, true)],
  ['matrix products in a batch', [[3, 4, 6], [3, 6, 5]], (a, b) => matMul(a as Tensor, b as Tensor)],
  ['a 1 x 1 convolution', [[2, 3, 4, 5], [1, 1, 5, 6]], (x, filter) => conv2d(x as Tensor4D, filter as Tensor4D, 1, 'same')],
  ['a 1 x 1 convolution of stride 2', [[2, 3, 4, 5], [1, 1, 5, 6]], (x, filter) => conv2d(x as Tensor4D, filter as Tensor4D, 2, 'same')],
  ['a transposed 1 x 1 convolution', [[2, 3, 4, 5], [1, 1, 6, 5]], (x, filter) => conv2dTranspose(x as Tensor4D, filter as Tensor4D, [2, 3, 4, 6], 1, 'same')],
  ...([[1, 'lower'], [5, 'lower'], [5, 'upper'], [8, 'upper']] as const).map(([size, part]): (typeof cases)[number] => [
    `the inverse of the ${part} triangle of ${size} rows`,
    [[size, size]],
    (x) => unitTriangularInverse(mul(x as Tensor2D, 0.5), part),
  ]),
  ['x + x, which uses one tensor twice', [[3, 2]], (x) => add(x as Tensor, x as Tensor)],
];

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('on TensorFlow', () => {
  it.each(cases)('%s and its gradients are those of the plain JavaScript backend', (_, shapes, compute) => {
    const [native, plain] = [on('tensorflow', shapes, compute), on('cpu', shapes, compute)];
    native.forEach((values, i) => values.forEach((value, j) => expect(Math.abs(value - (plain[i]?.[j] ?? NaN))).toBeLessThan(2e-6 * (1 + Math.abs(value)))));
  });

  it('the new gradients leave no tensor behind', () => {
    const before = memory().numTensors;
    for (const [, shapes, compute] of cases) on('tensorflow', shapes, compute);
    expect(memory().numTensors).toBe(before);
  });

  it('rows are gathered without reading the indices back', () => {
    const { backend } = engine();
    const original = backend.readSync;
    let reads = 0;
    backend.readSync = (id) => (reads++, original.call(backend, id));
    const rows = tidy(() => gather(tensor([[1, 2], [3, 4], [5, 6]]), tensor1d([2, 0], 'int32')));
    expect(reads).toBe(0);
    backend.readSync = original;
    expect(Array.from(rows.dataSync())).toEqual([5, 6, 1, 2]);
    expect(() => tidy(() => gather(tensor([[1, 2]]), tensor1d([1], 'int32')).dataSync())).toThrow();
  });

  it('a triangle that is not finite has an inverse that is not finite, and no error', () => {
    const found = tidy(() => unitTriangularInverse(tensor([[NaN, 0, 0], [NaN, 0, 0], [1, Infinity, 0]]) as Tensor2D, 'lower').dataSync());
    expect(found[0]).toBe(1);
    expect(found[3]).toBeNaN();
  });

  it('noise takes its step from a tensor without reading it back', () => {
    const { backend } = engine();
    const original = backend.readSync;
    let reads = 0;
    backend.readSync = (id) => (reads++, original.call(backend, id));
    tidy(() => createNoise(1).at(scalar(7, 'int32')).normal([3], 'z'));
    expect(reads).toBe(0);
    backend.readSync = original;
  });
});
