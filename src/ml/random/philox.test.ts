import { memory, scalar, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise, under } from './noise';
import { permutation, philox4x32, philoxNormals, philoxUniforms, philoxWords, streamKey } from './philox';

const values = (make: () => Tensor): Float32Array => {
  const tensor = tidy(make);
  const read = tensor.dataSync<'float32'>();
  tensor.dispose();
  return read;
};

/** NaN where the lengths differ. Not `toEqual`, which would print a hundred thousand numbers. */
const largestDifference = (a: Float32Array, b: Float32Array): number => (a.length === b.length ? a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0) : NaN);

describe('Philox4x32-10', () => {
  // The known answers published with Random123 (kat_vectors).
  it.each([
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
  ])('of counter %j and key %j is as published', (counter, [key0 = 0, key1 = 0], expected) => {
    const block = Uint32Array.from(counter);
    philox4x32(block, key0, key1);
    expect([...block]).toEqual(expected);
  });
});

describe.each([
  ['odd', [7, 3]],
  ['large', [100, 28, 28, 1]],
])('noise of %s size', (_, shape) => {
  const count = shape.reduce((product, size) => product * size, 1);

  it.each([
    [0, 0],
    [5, 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ])("is on the backend what the code here computes, for seed %i and step %i", (seed, step) => {
    const noise = createNoise(seed, step);
    const key = streamKey(seed, 'purpose');
    expect(largestDifference(values(() => noise.uniform(shape, 'purpose')), philoxUniforms(count, key, step))).toBe(0);
    expect(largestDifference(values(() => noise.normal(shape, 'purpose')), philoxNormals(count, key, step))).toBeLessThan(4e-6);
  });
});

describe('noise', () => {
  const noise = createNoise(3, 11);
  const draw = (of = noise, purpose = 'a') => values(() => of.normal([64], purpose));

  it('has the same numbers when the step is a tensor', () => {
    expect(values(() => noise.at(scalar(12, 'int32')).normal([64], 'a'))).toEqual(draw(createNoise(3, 12)));
  });

  it('differs with seed, purpose, step and name, and with nothing else', () => {
    expect(draw()).toEqual(draw(createNoise(3, 0).at(11)));
    for (const other of [draw(createNoise(4, 11)), draw(noise.at(12)), draw(noise, 'b'), draw(under('x', noise))]) expect(other).not.toEqual(draw());
    expect(draw(under('x', noise))).toEqual(draw(noise, 'x/a'));
    expect(draw(under('x', createNoise(3)).at(11))).toEqual(draw(noise, 'x/a'));
  });

  it('gives the first draws of a longer sequence', () => {
    expect(philoxWords(1000, 1, 2).subarray(0, 50)).toEqual(philoxWords(50, 1, 2).subarray(0, 50));
  });

  it('takes negative keys as 64-bit integers, as TensorFlow does', () => {
    const purposes = Array.from({ length: 20 }, (_, i) => `p${i}`).filter((purpose) => streamKey(0, purpose) < 0);
    expect(purposes.length).toBeGreaterThan(3);
    for (const purpose of purposes) expect(values(() => createNoise(0, 5).uniform([9], purpose))).toEqual(philoxUniforms(9, streamKey(0, purpose), 5));
  });

  it('is standard normal: moments, tails and independence of neighbours, within four standard errors', () => {
    const n = 400_000;
    const x = philoxNormals(n, 17, 4);
    const mean = (f: (value: number, i: number) => number) => x.reduce((sum, value, i) => sum + f(value, i), 0) / n;
    const near = (estimate: number, expected: number, variance: number) => expect(Math.abs(estimate - expected)).toBeLessThan(4 * Math.sqrt(variance / n));
    near(mean((v) => v), 0, 1);
    near(mean((v) => v ** 2), 1, 2);
    near(mean((v) => v ** 3), 0, 15);
    near(mean((v) => v ** 4), 3, 96);
    near(mean((v) => (Math.abs(v) > 2 ? 1 : 0)), 0.0455003, 0.0455 * 0.9545);
    near(mean((v, i) => v * (x[i + 1] ?? 0)), 0, 1);
    near(mean((v, i) => v ** 2 * (x[i + 1] ?? 0) ** 2), 1, 8);
  });

  it('frees what it makes', () => {
    const before = memory().numTensors;
    draw();
    expect(memory().numTensors).toBe(before);
  });
});

describe('the order of an epoch', () => {
  it('visits every example once, in an order of its own for each seed and epoch', () => {
    const order = permutation(1000, 1, 0);
    expect(Int32Array.from(order).sort()).toEqual(Int32Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1000, 1, 0)).toEqual(order);
    expect(permutation(1000, 1, 1)).not.toEqual(order);
    expect(permutation(1000, 2, 0)).not.toEqual(order);
    expect(permutation(1000, 1, 0, 'another purpose')).not.toEqual(order);
    expect(permutation(0, 1, 0)).toHaveLength(0);
  });

  it('takes each of the 24 orders of four examples equally often', () => {
    const counts = new Map<string, number>();
    const n = 12_000;
    for (let epoch = 0; epoch < n; epoch++) {
      const key = permutation(4, 9, epoch).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - n / 24) ** 2 / (n / 24), 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(55); // 23 degrees of freedom: exceeded once in 5,000
  });
});
