import { tensor2d, tensor4d, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { finished } from '../finished';
import { philoxNormals } from '../random/philox';
import { moments, principalFeatures, squaredDistance, type Features } from './features';
import { frechetDistance } from './frechet';
import { cubic, inverseMultiquadric, mmd, normalMixture } from './mmd';
import { fidelity, nearestDistances } from './neighbours';

/** N(mean, deviation^2 I) */
const normal = (n: number, size: number, seed: number, mean = 0, deviation = 1): Features => ({ values: philoxNormals(n * size, seed, 0).map((value) => mean + deviation * value), size });

describe('the Frechet distance', () => {
  it('of N(0, I) and N(m, s^2 I) is |m|^2 + d (s - 1)^2', () => {
    expect(frechetDistance(normal(20_000, 4, 1), normal(20_000, 4, 2, 0.5, 1.5))).toBeCloseTo(4 * 0.25 + 4 * 0.25, 1);
  });

  it('is zero of a set and itself, and rises with fewer rows of the same distribution', () => {
    const a = normal(300, 5, 1);
    expect(frechetDistance(a, a)).toBeCloseTo(0, 6);
    expect(frechetDistance(normal(100, 5, 3), normal(100, 5, 4))).toBeGreaterThan(frechetDistance(normal(10_000, 5, 3), normal(10_000, 5, 4)));
  });

  it('knows of correlations, where the marginals agree', () => {
    const a = normal(5000, 2, 1);
    const together: Features = { size: 2, values: Float32Array.from({ length: 10_000 }, (_, i) => a.values[i - (i % 2)] ?? NaN) };
    // tr(S1 + S2 - 2 S2^1/2) of S1 = I and eigenvalues 2, 0: 4 - 2 sqrt 2.
    expect(frechetDistance(a, together)).toBeCloseTo(4 - 2 * Math.SQRT2, 1);
  });
});

describe('principal features', () => {
  it('carry the variance of the largest directions, in their order', () => {
    const scales = [1, 5, 0.2, 3];
    const data: Features = { size: 4, values: philoxNormals(8000, 7, 0).map((value, i) => 10 + value * (scales[i % 4] ?? NaN)) };
    const { mean, covariance } = moments(principalFeatures(data, 2)(data));
    expect(Math.hypot(...mean)).toBeLessThan(1e-3);
    expect(Math.sqrt(covariance[0] ?? NaN)).toBeCloseTo(5, 0);
    expect(Math.sqrt(covariance[3] ?? NaN)).toBeCloseTo(3, 0);
    expect(Math.abs(covariance[1] ?? NaN)).toBeLessThan(0.01);
  });
});

describe('the maximum mean discrepancy', () => {
  it('is the sum over pairs', () => {
    const a: Features = { values: [0, 1, 3], size: 1 };
    const b: Features = { values: [2, 5], size: 1 };
    const k = (x: number, y: number): number => 2 / (2 + (x - y) ** 2);
    const expected = (2 * (k(0, 1) + k(0, 3) + k(1, 3))) / 6 + k(2, 5) - (2 * (k(0, 2) + k(0, 5) + k(1, 2) + k(1, 5) + k(3, 2) + k(3, 5))) / 6;
    expect(mmd(a, b, inverseMultiquadric).squared).toBeCloseTo(expected, 6);
  });

  it.each([
    ['a mixture of normal kernels', normalMixture],
    ['the inverse multiquadric', () => inverseMultiquadric],
    ['the cubic kernel', () => cubic],
  ])('by %s tells other distributions apart, and not the same one', (_name, kernelOf) => {
    const [a, same, shifted] = [normal(250, 3, 1), normal(250, 3, 2), normal(250, 3, 3, 0.5)];
    expect(mmd(a, same, kernelOf(a, same), { permutations: 99 }).pValue).toBeGreaterThan(0.05);
    expect(mmd(a, shifted, kernelOf(a, shifted), { permutations: 99 }).pValue).toBe(0.01);
  });

  it('is unbiased: its mean over pairs of sets of one distribution is nothing', () => {
    const values = Array.from({ length: 60 }, (_, i) => mmd(normal(60, 2, 2 * i), normal(60, 2, 2 * i + 1), inverseMultiquadric).squared);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59);
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(60));
    expect(Math.min(...values)).toBeLessThan(0);
  });
});

describe('precision, recall, density and coverage', () => {
  it('are high of the same distribution', () => {
    const { precision, recall, density, coverage } = fidelity(normal(500, 3, 1), normal(500, 3, 2));
    for (const value of [precision, recall, coverage]) expect(value).toBeGreaterThan(0.85);
    expect(density).toBeCloseTo(1, 0);
  });

  it('lose recall for a collapsed mode, and precision for wild samples', () => {
    const real = normal(400, 2, 1);
    const collapsed = fidelity(real, normal(400, 2, 2, 0, 0.1));
    expect(collapsed.precision).toBeGreaterThan(0.95);
    expect(collapsed.recall).toBeLessThan(0.2);
    expect(collapsed.coverage).toBeLessThan(0.3);
    const wild = fidelity(real, normal(400, 2, 3, 0, 5));
    expect(wild.precision).toBeLessThan(0.35);
    expect(wild.recall).toBeGreaterThan(0.9);
  });

  it('do not see what was learned by heart: distances to the training set do', () => {
    const training = normal(200, 3, 1);
    expect(fidelity(training, training).precision).toBe(1);
    const nearest = ({ values: queries, size }: Features, { values: known }: Features): number[] =>
      tidy(() => Array.from(finished(nearestDistances(tensor2d(Array.from(queries), [queries.length / size, size]), tensor4d(Array.from(known), [known.length / size, 1, 1, size])))));
    expect(Math.max(...nearest(training, training))).toBe(0);
    expect(nearest({ values: [0, 0], size: 2 }, { values: [3, 4, 6, 8], size: 2 })).toEqual([5]);
    const others = normal(200, 3, 2);
    nearest(others, training).forEach((distance, i) => expect(distance).toBeCloseTo(Math.min(...Array.from({ length: 200 }, (_, j) => Math.sqrt(squaredDistance(others, i, training, j)))), 5));
    // Far from the origin no digit is lost, and neither where there are several pieces.
    const far = ({ values, size }: Features): Features => ({ values: Float32Array.from(values, (value) => value + 2000), size });
    expect(Math.max(...nearest(far(training), far(training)))).toBe(0);
    expect(Math.max(...nearest(normal(3500, 3, 5), normal(3500, 3, 5)))).toBe(0);
  });
});
