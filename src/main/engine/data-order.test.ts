import { describe, expect, it } from 'vitest';
import { permutation } from './data-order';

describe('the order of the data', () => {
  it('has every example once', () => {
    expect([...permutation(1000, 3, 7)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  it('is a function of seed and epoch, and of both', () => {
    expect(permutation(50, 1, 2)).toEqual(permutation(50, 1, 2));
    expect(permutation(50, 1, 2)).not.toEqual(permutation(50, 1, 3));
    expect(permutation(50, 1, 2)).not.toEqual(permutation(50, 2, 2));
  });

  it('takes each of the 24 orders of four examples equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 24_000; epoch += 1) {
      const order = permutation(4, 0, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    // Chi-square with 23 degrees of freedom: 49.7 is the 0.1 % point. The draws are fixed by the seed.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, (24 - counts.size) * 1000);
    expect(chiSquare).toBeLessThan(49.7);
  });
});
