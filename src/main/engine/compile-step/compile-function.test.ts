import { add, concat, matMul, mul, oneHot, reshape, scalar, sigmoid, slice, sum, tensor1d, tensor2d, tidy, variable, zeros, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../../../ml/random/noise';
import { loop } from '../../../ml/sampling/loop';
import { compileFunction } from './compile-function';
import { compileStep, feed } from './compile-step';

const read = (results: Tensor[]): number[][] =>
  results.map((result) => {
    const values = Array.from(result.dataSync());
    result.dispose();
    return values;
  });

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('a compiled function', () => {
  it('gives what the function gives, at once and later, and sees variables as they are', () => {
    const weight = variable(tensor1d([1, 2, 3]));
    const f = (x: Tensor): Tensor[] => [mul(weight, x), sum(mul(weight, x))];
    const { results, compiled } = compileFunction([weight], [scalar(2)], f as (...inputs: Tensor[]) => Tensor[]);
    expect(read(results)).toEqual([[2, 4, 6], [12]]);
    expect(read(compiled.call([scalar(3)]))).toEqual([[3, 6, 9], [18]]);
    tidy(() => weight.assign(tensor1d([1, 1, 1])));
    expect(read(compiled.call([scalar(3)]))).toEqual([[3, 3, 3], [9]]);
    compiled.dispose();
    weight.dispose();
  });

  // Left to itself TensorFlow makes AddN of the sum, which begins with the first term that nothing else waits for: here the third.
  it('adds the terms of a long sum in the order in which the function does', () => {
    const noise = createNoise(3);
    const f = (step: Tensor): Tensor[] => {
      const x = noise.at(step as Scalar).normal([256], 'x');
      const terms = Array.from({ length: 12 }, (_, i) => mul(sigmoid(add(x, i / 10)), Math.exp(((i * 7) % 11) - 5)));
      const total = terms.reduce((sum, term) => add(sum, term));
      return [total, ...terms.slice(0, 2).map((term) => mul(term, total))];
    };
    const expected = tidy(() => f(scalar(1, 'int32')).map((result) => Array.from(result.dataSync())));
    const { results, compiled } = compileFunction([], [scalar(1, 'int32')], f as (...inputs: Tensor[]) => Tensor[]);
    results.forEach((result) => result.dispose());
    expect(read(compiled.call([scalar(1, 'int32')]))).toEqual(expected);
    compiled.dispose();
  });

  it('keeps a large tensor from outside on the device', () => {
    const table = tidy(() => createNoise(1).normal([300, 100], 'table'));
    const f = (row: Tensor): Tensor[] => [reshape(table.gather(reshape(row, [1]) as Tensor1D), [100])];
    const { results, compiled } = compileFunction([], [scalar(7, 'int32')], f as (...inputs: Tensor[]) => Tensor[]);
    results.forEach((result) => result.dispose());
    expect(read(compiled.call([scalar(299, 'int32')]))[0]).toEqual(Array.from(table.dataSync().slice(29_900)));
    compiled.dispose();
    table.dispose();
  });
});

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('a loop in the graph', () => {
  const fibonacci = (): Tensor[] => {
    const weights = tensor2d([[0, 1], [1, 1]]);
    return loop(30, [tensor2d([[0], [1]]), zeros([30])], (i: Scalar, [pair, list]) => [
      matMul(weights, pair as never),
      add(list as Tensor, mul(oneHot(reshape(i, [1]) as Tensor1D, 30).toFloat().reshape([30]), slice(pair as Tensor, [0, 0], [1, 1]).reshape([]))),
    ]);
  };

  it('turns as often as it should, with values from outside, its index and its own state', () => {
    const expected = tidy(() => fibonacci().map((value) => Array.from(value.dataSync())));
    expect(expected[1]?.slice(0, 8)).toEqual([0, 1, 1, 2, 3, 5, 8, 13]);
    const { results, compiled } = compileFunction([], [], () => fibonacci());
    expect(read(results)).toEqual(expected);
    expect(read(compiled.call([]))).toEqual(expected);
    compiled.dispose();
  });

  it('uses variables, feeds and noise that depends on its index, and may hold another loop', () => {
    const weight = variable(scalar(0.5));
    const noise = createNoise(6);
    const f = (x: Tensor): Tensor[] =>
      loop(4, [x], (i, [value]) => {
        const [inner] = loop(3, [value as Tensor], (_, [turn]) => [mul(turn as Tensor, weight)]);
        return [concat([slice(add(inner as Tensor, noise.at(i).normal([2], 'z')), 1, 1), slice(inner as Tensor, 0, 1)])];
      });
    const eager = tidy(() => f(tensor1d([1, 2])).map((value) => Array.from(value.dataSync())));
    const { results, compiled } = compileFunction([weight], [tensor1d([1, 2])], f as (...inputs: Tensor[]) => Tensor[]);
    read(results).forEach((values, k) => values.forEach((value, j) => expect(value).toBeCloseTo(eager[k]?.[j] ?? NaN, 5)));
    compiled.dispose();
    weight.dispose();
  });

  it.each(['graph', 'xla'] as const)('is part of a step (%s), which then is not held against its one turn', (lowering) => {
    const step = compileStep({ state: {}, resident: {}, examples: [[feed(1)], [feed(2)]], body: (n) => tidy(() => reshape(loop(5, [(n as Tensor).toFloat()], (_, [x]) => [mul(x as Tensor, 2)])[0] as Tensor, [1])) }, { lowering });
    expect(step.run(Int32Array.of(3))[0]).toBe(96);
    step.dispose();
  });

  it('that changes the shape of its state is refused', () => {
    expect(() => compileFunction([], [], () => loop(2, [tensor1d([1])], (_, [x]) => [concat([x as Tensor1D, x as Tensor1D])]))).toThrow(/has to keep its shape/);
  });
});
