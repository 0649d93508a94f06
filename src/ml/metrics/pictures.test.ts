import { describe, expect, it } from 'vitest';
import { philoxNormals } from '../random/philox';
import { auroc, complexityScores, typicality } from './out-of-distribution';
import { sharpness, spectrum, type Greys } from './sharpness';

describe('the area under the curve', () => {
  it('is the share of pairs in the right order', () => {
    const [positives, negatives] = [[3, 1, 2, 2], [2, 0, 1]];
    const pairs = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
    expect(auroc(positives, negatives)).toBeCloseTo(pairs.reduce<number>((a, b) => a + b, 0) / pairs.length, 12);
    expect(auroc([1, 2], [3, 4])).toBe(0);
    expect(auroc([5, 5], [5, 5])).toBe(0.5);
  });

  it('of two normals a deviation apart is the normal distribution at 1 / sqrt 2', () => {
    const negatives = philoxNormals(20_000, 1, 0);
    expect(auroc(philoxNormals(20_000, 2, 0).map((value) => value + 1), negatives)).toBeCloseTo(0.7602, 2);
  });
});

describe('remedies for likelihoods that mislead', () => {
  it('typicality finds both sides untypical', () => expect(Array.from(typicality([10, 10, 7, 7, 13, 13, 99], 10, 2))).toEqual([0, 3, 3]));

  it('complexity takes the bits of the compressed picture off', () => {
    const scores = complexityScores([800 * Math.LN2, 1600 * Math.LN2], (i) => [50, 200][i] ?? NaN);
    expect(scores[0]).toBeCloseTo(400, 9);
    expect(scores[1]).toBeCloseTo(0, 9);
  });
});

describe('sharpness', () => {
  const [height, width] = [16, 16];
  const noise = philoxNormals(height * width, 1, 0);
  const at = (y: number, x: number): number => noise[((y + height) % height) * width + ((x + width) % width)] ?? NaN;
  const blurred = Float32Array.from(noise, (_, i) => [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => at(Math.floor(i / width) + dy, (i % width) + dx))).reduce((a, b) => a + b) / 9);
  const greys = (values: ArrayLike<number>): Greys => ({ values, height, width });

  it('falls with blur, and is nothing of a plane', () => {
    expect(sharpness(greys(noise))[0]).toBeGreaterThan(5 * (sharpness(greys(blurred))[0] ?? NaN));
    expect(sharpness(greys(Array.from({ length: 256 }, (_, i) => 2 * Math.floor(i / 16) + (i % 16))))[0]).toBeCloseTo(0, 9);
  });

  it('has the whole power of a wave in its ring, and blur takes the high frequencies', () => {
    const wave = Array.from({ length: 256 }, (_, i) => Math.cos((2 * Math.PI * 3 * (i % 16)) / 16));
    const power = spectrum(greys(wave));
    expect(power[3]).toBeGreaterThan(1);
    power.forEach((value, ring) => ring !== 3 && expect(value).toBeCloseTo(0, 9));
    const [sharp, soft] = [spectrum(greys(noise)), spectrum(greys(blurred))];
    expect((soft[7] ?? NaN) / (sharp[7] ?? NaN)).toBeLessThan(0.2);
    expect((soft[1] ?? NaN) / (sharp[1] ?? NaN)).toBeGreaterThan(0.7);
  });

  it('has the same power of a point at every frequency', () => {
    const power = spectrum({ values: [1, 0, 0, 0, 0, 0, 0, 0, 0], height: 3, width: 3 });
    expect(power[0]).toBeCloseTo(1 / 9, 9);
    expect(power[1]).toBeCloseTo(1 / 9, 9);
  });
});
