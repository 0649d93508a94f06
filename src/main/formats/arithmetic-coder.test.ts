import { describe, expect, it } from 'vitest';
import { ArithmeticDecoder, ArithmeticEncoder, shares } from './arithmetic-coder';

/** Uniform numbers that are the same each time (Park and Miller 1988). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Symbols drawn from a distribution of their own each, of `sharpness`: 0 is uniform, 20 nearly certain. */
function source(symbols: number, count: number, sharpness: number, seed: number) {
  const uniform = uniforms(seed);
  return Array.from({ length: count }, () => {
    const weights = Array.from({ length: symbols }, () => Math.exp(sharpness * uniform()));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const probabilities = Float32Array.from(weights, (weight) => weight / sum);
    const u = uniform();
    let [symbol, below] = [0, probabilities[0] ?? NaN];
    while (u >= below && symbol < symbols - 1) below += probabilities[++symbol] ?? NaN;
    return { symbol, probabilities };
  });
}

function encode(coded: readonly { symbol: number; probabilities: ArrayLike<number> }[]): Uint8Array {
  const encoder = new ArithmeticEncoder();
  coded.forEach(({ symbol, probabilities }) => encoder.put(symbol, probabilities));
  return encoder.finish();
}

const decode = (bytes: Uint8Array, coded: readonly { probabilities: ArrayLike<number> }[]): number[] => {
  const decoder = new ArithmeticDecoder(bytes);
  return coded.map(({ probabilities }) => decoder.take(probabilities));
};

describe('the arithmetic coder', () => {
  for (const [symbols, count, sharpness] of [[2, 20_000, 2], [2, 20_000, 20], [256, 3_000, 3], [256, 3_000, 30], [17, 5_000, 0]] as const)
    it(`gives back ${count} of ${symbols} symbols, at sharpness ${sharpness}, in the model's bits or less than one percent more`, () => {
      const coded = source(symbols, count, sharpness, 7 + symbols + sharpness);
      const bytes = encode(coded);
      expect(decode(bytes, coded)).toEqual(coded.map(({ symbol }) => symbol));
      const bits = coded.reduce((total, { symbol, probabilities }) => total - Math.log2(probabilities[symbol] ?? NaN), 0);
      expect(bytes.length * 8).toBeLessThan(1.01 * bits + 16);
      expect(bytes.length * 8).toBeGreaterThan(bits - 16);
    });

  it('codes what its model deems impossible, at a price', () => {
    const coded = [1, 0, 1].map((symbol) => ({ symbol, probabilities: [1, 0] }));
    expect(decode(encode(coded), coded)).toEqual([1, 0, 1]);
  });

  it('gets over long runs about the middle of the interval', () => {
    const coded = Array.from({ length: 500 }, () => ({ symbol: 1, probabilities: [0.4999, 0.0002, 0.4999] }));
    expect(decode(encode(coded), coded)).toEqual(coded.map(() => 1));
  });

  it('codes many certain symbols in next to nothing, and none in a byte', () => {
    const coded = Array.from({ length: 1000 }, () => ({ symbol: 0, probabilities: [1, 0] }));
    expect(encode(coded).length).toBeLessThan(3);
    expect(encode([]).length).toBe(1);
  });

  it('decodes anything without an error', () => {
    const coded = source(256, 200, 3, 5);
    for (const bytes of [new Uint8Array(0), Uint8Array.of(255), encode(coded).slice(0, 20)]) expect(decode(bytes, coded)).toHaveLength(200);
  });

  it('shares out everything, by probability, and leaves nobody out', () => {
    const begins = shares([0.5, 0, 0.25, 0.25]);
    expect(begins[4]).toBe(2 ** 20);
    expect([...begins].every((begin, k) => k === 0 || begin > (begins[k - 1] ?? NaN))).toBe(true);
    expect(((begins[1] ?? NaN) - (begins[0] ?? NaN)) / 2 ** 20).toBeCloseTo(0.5, 4);
  });

  it('refuses what are no probabilities, and symbols that there are not', () => {
    for (const wrong of [[], [0, 0], [NaN, 1], [Infinity, 1], [-1, 2]]) expect(() => shares(wrong)).toThrow(/probabilities/);
    for (const symbol of [-1, 2, 0.5, NaN]) expect(() => new ArithmeticEncoder().put(symbol, [0.5, 0.5])).toThrow(/symbol/);
  });
});
