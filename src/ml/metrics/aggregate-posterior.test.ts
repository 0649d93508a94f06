import { memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { finished } from '../finished';
import { philoxNormals } from '../random/philox';
import { activeUnits } from './active-units';
import { decomposeAggregate, holeShare, logAggregate, type Decomposition, type NormalPosteriors, type Posteriors } from './aggregate-posterior';

const logNormal = (z: ArrayLike<number>, size: number): Float64Array =>
  Float64Array.from({ length: z.length / size }, (_, m) => Array.from({ length: size }, (_, j) => -0.5 * (z[m * size + j] ?? NaN) ** 2 - 0.5 * Math.log(2 * Math.PI)).reduce((a, b) => a + b));

/** The values; NaN of what is left out. */
function decomposed(...given: Parameters<typeof decomposeAggregate>): Record<Exclude<keyof Decomposition, 'saturated'>, number> & { saturated: boolean } {
  const { saturated, ...means } = finished(decomposeAggregate(...given));
  return { saturated, ...(Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, mean?.value ?? NaN])) as Record<keyof typeof means, number>) };
}

/** Posteriors with means N(0, spread^2) and one draw of each. */
function drawn(n: number, size: number, spread: number, deviation: number, seed = 1): { posteriors: NormalPosteriors; codes: Float32Array } {
  const means = philoxNormals(n * size, seed, 1).map((value) => value * spread);
  const codes = philoxNormals(n * size, seed, 2).map((value, i) => (means[i] ?? NaN) + deviation * value);
  return { posteriors: { means, deviations: new Float32Array(n * size).fill(deviation), size }, codes };
}

describe('the aggregate posterior', () => {
  it('is the mean of the densities', () => {
    const { posteriors, codes } = drawn(5, 2, 1, 0.7);
    const direct = Array.from({ length: 5 }, (_, m) => {
      const densities = Array.from({ length: 5 }, (_, i) => [0, 1].reduce((product, j) => product * Math.exp(-0.5 * (((codes[2 * m + j] ?? NaN) - (posteriors.means[2 * i + j] ?? NaN)) / 0.7) ** 2) / (0.7 * Math.sqrt(2 * Math.PI)), 1));
      return Math.log(densities.reduce((a, b) => a + b) / 5);
    });
    logAggregate(posteriors, codes).forEach((log, m) => expect(log).toBeCloseTo(direct[m] ?? NaN, 6));
  });

  it('is that of mixtures and of discrete variables, joint and dimension by dimension', () => {
    // Two examples, each of two normals in two dimensions.
    const means = [0, 1, 2, -1, 0.5, 0.5, -2, 0];
    const deviations = [0.5, 1, 1, 0.7, 0.3, 2, 1, 1];
    const shares = [0.2, 0.8, 0.6, 0.4];
    const mixtures: Posteriors = { means: Float32Array.from(means), deviations: Float32Array.from(deviations), size: 2, mixture: { components: 2, logWeights: Float32Array.from(shares, Math.log) } };
    const codes = Float32Array.of(-1, 0.2, 0.3, 0.9);
    const one = (m: number, part: number, j: number): number => Math.exp(-0.5 * (((codes[2 * m + j] ?? NaN) - (means[2 * part + j] ?? NaN)) / (deviations[2 * part + j] ?? NaN)) ** 2) / (deviations[2 * part + j] ?? NaN) / Math.sqrt(2 * Math.PI);
    const over = (parts: number[], of: (part: number) => number): number => parts.reduce((total, part) => total + (shares[part] ?? NaN) * of(part), 0);
    const joint = [0, 1].map((m) => Math.log(over([0, 1, 2, 3], (part) => one(m, part, 0) * one(m, part, 1)) / 2));
    logAggregate(mixtures, codes).forEach((log, m) => expect(log).toBeCloseTo(joint[m] ?? NaN, 5));
    const own = [0, 1].map((m) => Math.log(over([2 * m, 2 * m + 1], (part) => one(m, part, 0) * one(m, part, 1))));
    const marginal = [0, 1].map((m) => [0, 1].reduce((total, j) => total + Math.log(over([0, 1, 2, 3], (part) => one(m, part, j)) / 2), 0));
    const found = decomposed(mixtures, codes, [0, 0]);
    const mean = ([a = NaN, b = NaN]: number[]): number => (a + b) / 2;
    expect(found.mutualInformation).toBeCloseTo(mean(own) - mean(joint), 5);
    expect(found.totalCorrelation).toBeCloseTo(mean(joint) - mean(marginal), 5);
    expect(found.ownShare).toBeCloseTo(mean([0, 1].map((m) => Math.exp((own[m] ?? NaN) - (joint[m] ?? NaN)) / 2)), 5);

    // Three examples of two variables of three values, one-hot; and the first two values of each as a number.
    const probabilities = [0.1, 0.2, 0.7, 0.5, 0.25, 0.25, 0.3, 0.3, 0.4, 0.6, 0.2, 0.2, 0.9, 0.05, 0.05, 0.2, 0.2, 0.6];
    const discrete: Posteriors = { logProbabilities: Float32Array.from(probabilities, Math.log), variables: 2, values: 3, size: 6 };
    const values = [[2, 0], [1, 2], [0, 0]];
    const hot = Float32Array.from(values.flatMap((pair) => pair.flatMap((value) => [0, 1, 2].map((k) => (k === value ? 1 : 0)))));
    const mass = (m: number, i: number, j: number): number => probabilities[(2 * i + j) * 3 + (values[m]?.[j] ?? NaN)] ?? NaN;
    logAggregate(discrete, hot).forEach((log, m) => expect(log).toBeCloseTo(Math.log([0, 1, 2].reduce((total, i) => total + mass(m, i, 0) * mass(m, i, 1) / 3, 0)), 5));
    const coins: Posteriors = { logProbabilities: Float32Array.of(0.2, 0.8, 0.9, 0.1).map(Math.log), variables: 1, values: 2, size: 1 };
    logAggregate(coins, Float32Array.of(1, 0)).forEach((log, m) => expect(log).toBeCloseTo(Math.log([0.45, 0.55][m] ?? NaN), 5));
  });

  it('holds no information of one example', () => {
    const { posteriors, codes } = drawn(1, 3, 1, 0.5);
    expect(decomposed(posteriors, codes, logNormal(codes, 3)).mutualInformation).toBeCloseTo(0, 12);
  });

  it('splits the rate into parts that sum to it', () => {
    const { posteriors, codes } = drawn(300, 4, 0.8, 0.7);
    const { rate, mutualInformation, marginalKl, totalCorrelation, dimensionWiseKl } = decomposed(posteriors, codes, logNormal(codes, 4));
    expect(Math.abs(mutualInformation + marginalKl - rate)).toBeLessThan(1e-6);
    expect(Math.abs(totalCorrelation + dimensionWiseKl - marginalKl)).toBeLessThan(1e-6);
  });

  it('has the information of a Gaussian channel, and no divergence where it is the prior', () => {
    // z = x + noise: x of variance 1 - s^2, noise s^2, so that q(z) = N(0, 1) and I = -ln s for each dimension.
    const s = 0.6;
    const { posteriors, codes } = drawn(3000, 1, Math.sqrt(1 - s * s), s);
    const { mutualInformation, marginalKl, totalCorrelation } = decomposed(posteriors, codes, logNormal(codes, 1));
    expect(mutualInformation).toBeCloseTo(-Math.log(s), 1);
    expect(Math.abs(marginalKl)).toBeLessThan(0.02);
    expect(totalCorrelation).toBeCloseTo(0, 6);
  });

  it('has that of several dimensions, of which most tell nothing', () => {
    // As above in the first two of twenty; the others are the prior's.
    const [n, size, s] = [800, 20, 0.4];
    const means = philoxNormals(n * size, 5, 1).map((value, at) => (at % size < 2 ? Math.sqrt(1 - s * s) * value : 0));
    const deviations = Float32Array.from(means, (_, at) => (at % size < 2 ? s : 1));
    const codes = philoxNormals(n * size, 5, 2).map((value, at) => (means[at] ?? NaN) + (deviations[at] ?? NaN) * value);
    const found = decomposed({ means, deviations, size }, codes, logNormal(codes, size));
    expect(Math.abs(found.mutualInformation + 2 * Math.log(s))).toBeLessThan(0.1);
    expect(Math.abs(found.marginalKl)).toBeLessThan(0.1);
    expect(Math.abs(found.mutualInformation + found.marginalKl - found.rate)).toBeLessThan(1e-6);
    expect(found.saturated).toBe(false);
  });

  it('loses no digit in 32 bits where posteriors are narrow and far from the origin, and leaves nothing behind', () => {
    // Ten clusters of thirty examples whose places differ by little more than a deviation, which differs from one to the next; a thousand deviations from each other.
    const [n, size] = [300, 3];
    const random = philoxNormals(2 * n * size, 6, 1);
    const deviations = Float32Array.from({ length: n * size }, (_, at) => 1e-3 * (1 + (at % 7) / 3));
    const means = Float32Array.from({ length: n * size }, (_, at) => 50 + (Math.floor(at / size) % 10) + 2e-3 * (random[at] ?? NaN));
    const codes = means.map((mean, at) => mean + (deviations[at] ?? NaN) * (random[n * size + at] ?? NaN));
    const density = (m: number, i: number): number => {
      let log = 0;
      for (let j = 0; j < size; j += 1) {
        const deviation = deviations[i * size + j] ?? NaN;
        log -= 0.5 * (((codes[m * size + j] ?? NaN) - (means[i * size + j] ?? NaN)) / deviation) ** 2 + Math.log(deviation) + 0.5 * Math.log(2 * Math.PI);
      }
      return log;
    };
    const before = memory().numTensors;
    logAggregate({ means, deviations, size }, codes).forEach((log, m) => {
      const each = Array.from({ length: n }, (_, i) => density(m, i));
      const most = Math.max(...each);
      expect(log).toBeCloseTo(most + Math.log(each.reduce((sum, one) => sum + Math.exp(one - most), 0) / n), 8);
    });
    expect(memory().numTensors).toBe(before);
  });

  it('saturates at ln n when every example has a place of its own', () => {
    const { posteriors, codes } = drawn(50, 3, 100, 0.01);
    const { mutualInformation, ownShare, saturated, totalCorrelation } = decomposed(posteriors, codes, logNormal(codes, 3));
    expect({ saturated, totalCorrelation }).toEqual({ saturated: true, totalCorrelation: NaN });
    expect(mutualInformation).toBeCloseTo(Math.log(50), 6);
    expect(ownShare).toBeCloseTo(1, 6);
  });

  it('has the total correlation of correlated normals', () => {
    // Means (a, a) with a ~ N(0, 1) and noise 1/2: correlation 1 / 1.25.
    const n = 3000;
    const a = philoxNormals(n, 3, 1);
    const noise = philoxNormals(2 * n, 3, 2);
    const means = Float32Array.from({ length: 2 * n }, (_, i) => a[Math.floor(i / 2)] ?? NaN);
    const codes = means.map((mean, i) => mean + 0.5 * (noise[i] ?? NaN));
    const { totalCorrelation } = decomposed({ means, deviations: new Float32Array(2 * n).fill(0.5), size: 2 }, codes, logNormal(codes, 2));
    expect(Math.abs(totalCorrelation + 0.5 * Math.log(1 - 0.64))).toBeLessThan(0.04);
  });

  it('has no holes where it is the prior, and one where it leaves half of it', () => {
    const prior = philoxNormals(2000, 9, 1);
    const same: Posteriors = { means: new Float32Array(1), deviations: Float32Array.of(1), size: 1 };
    expect(holeShare(same, prior, logNormal(prior, 1))).toBe(0);
    // N(2, 0.25): below where its log-density is 3 less than the prior's, which the quadratic equation says.
    const aside: Posteriors = { means: Float32Array.of(2), deviations: Float32Array.of(0.5), size: 1 };
    const below = (z: number): number => -0.5 * ((z - 2) / 0.5) ** 2 - Math.log(0.5) + 0.5 * z * z + 3;
    const expected = prior.filter((z) => below(z) < 0).length / 2000;
    expect(expected).toBeGreaterThan(0.7);
    expect(holeShare(aside, prior, logNormal(prior, 1))).toBeCloseTo(expected, 6);
  });
});

describe('active units', () => {
  it('are the dimensions whose mean varies', () => {
    const noise = philoxNormals(3000, 4, 1);
    const means = Float32Array.from({ length: 3000 }, (_, i) => (noise[i] ?? NaN) * ([1, 0.05, 0.2][i % 3] ?? NaN) + 7);
    const { variances, active } = activeUnits(means, 3);
    expect(active).toBe(2);
    expect(variances[0]).toBeCloseTo(1, 1);
    expect(variances[1]).toBeCloseTo(0.0025, 3);
  });
});
