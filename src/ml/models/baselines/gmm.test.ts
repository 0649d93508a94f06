import { add, dispose, scalar, slice, tensor2d, tensor4d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { findDensity, logDensities } from '../../data/densities';
import { findGenerated } from '../../data/generated';
import type { FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { emStep, kMeansPlusPlus, type Table } from './em';
import { gmm } from './gmm';

const noise = createNoise(3);
const plane = (examples: number): DataShape => ({ kind: 'table', levels: null, examples, height: 1, width: 1, channels: 2, binary: false });
const have = <T>(ability: T | undefined): T => ability ?? expect.fail('the model lacks an ability');
const rowsOf = (id: string, split: 'train' | 'test', count: number): Float32Array => findGenerated(id)?.rows(split, 0, count).values as Float32Array;
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value / values.length, 0);

function variance(values: number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

function fitted(settings: object, values: Float32Array, test: (model: FittedModel, losses: number[], terms: Record<string, number>[]) => void, seed = noise): void {
  const shape = plane(values.length / 2);
  const model = gmm.build({ settings: gmm.settings.parse(settings), data: shape, noise }) as FittedModel;
  const data = tensor4d(values, [shape.examples, 1, 1, 2]);
  const terms = [...model.fit(data, seed)];
  test(model, terms.map(({ lossNats = NaN }) => lossNats), terms);
  dispose([data, ...Object.values(model.parameters)]);
}

/** log sum_k w_k N(x; m_k, C_k) in double precision by the inverse and determinant of 2 x 2 matrices. */
function plainLogDensity(parts: { weight: number; mean: [number, number]; covariance: [number, number, number] }[], x: number, y: number): number {
  return Math.log(parts.reduce((sum, { weight, mean: [mx, my], covariance: [a, b, c] }) => {
    const determinant = a * c - b * b;
    const [dx, dy] = [x - mx, y - my];
    return sum + (weight * Math.exp(-0.5 * ((c * dx * dx - 2 * b * dx * dy + a * dy * dy) / determinant))) / (2 * Math.PI * Math.sqrt(determinant));
  }, 0));
}

describe('expectation-maximisation', () => {
  const bent: Table = { values: Float32Array.from({ length: 900 }, (_, i) => Math.sin(i * 1.7) * (1 + (i % 3)) + (i % 7)), count: 300, size: 3 };

  it.each([['full', 1e-3], ['full', 0.3], ['diagonal', 1e-3], ['diagonal', 0.5]] as const)('with %s covariances and a floor of %f never lowers the log-likelihood', (covariance, floor) => {
    for (const seed of [1, 2, 3]) {
      const { uniforms } = readValues(() => ({ uniforms: noise.uniform([6], `start-${seed}`) }));
      let mixture = kMeansPlusPlus(bent, covariance, uniforms, floor);
      let before = -Infinity;
      for (let i = 0; i < 60; i++) {
        const { logLikelihood, next } = emStep(bent, mixture, floor);
        expect(logLikelihood).toBeGreaterThanOrEqual(before - 1e-9 * Math.abs(logLikelihood));
        [before, mixture] = [logLikelihood, next];
        expect(mean(mixture.weights) * 6).toBeCloseTo(1, 12);
      }
    }
  });

  it('of one component has the mean and covariance of the rows after one step', () => {
    const { next } = emStep(bent, kMeansPlusPlus(bent, 'full', Float32Array.of(0.4), 1e-6), 1e-6);
    const column = (j: number): number[] => Array.from({ length: bent.count }, (_, row) => bent.values[row * 3 + j] ?? NaN);
    const centres = [0, 1, 2].map((j) => mean(column(j)));
    next.means[0]?.forEach((value, j) => expect(value).toBeCloseTo(centres[j] ?? NaN, 10));
    const factor = next.factors[0] ?? expect.fail();
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) {
        const product = [0, 1, 2].reduce((sum, c) => sum + (factor[3 * a + c] ?? NaN) * (factor[3 * b + c] ?? NaN), 0);
        expect(product).toBeCloseTo(mean(column(a).map((value, row) => (value - (centres[a] ?? 0)) * ((column(b)[row] ?? NaN) - (centres[b] ?? 0)))), 9);
      }
  });

  it('keeps every direction of a component that closes in on few rows at the floor', () => {
    // Nine rows on a line and one beside it.
    const line: Table = { values: Float32Array.from([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 30, -30]), count: 10, size: 2 };
    const floor = 0.01;
    let mixture = kMeansPlusPlus(line, 'full', Float32Array.of(0.2, 0.99), floor);
    for (let i = 0; i < 20; i++) mixture = emStep(line, mixture, floor).next;
    expect(mixture.atFloor).toBe(3);
    const [alone, along] = [...mixture.factors].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    [0.1, 0, 0, 0.1].forEach((value, i) => expect(alone?.[i]).toBeCloseTo(value, 9));
    // Variance 40/3 along the diagonal and the floor across it.
    const [a = NaN, , b = NaN, c = NaN] = along ?? [];
    expect(a * a).toBeCloseTo((40 / 3 + floor) / 2, 6);
    expect(b * b + c * c).toBeCloseTo((40 / 3 + floor) / 2, 6);
    expect(a * b).toBeCloseTo((40 / 3 - floor) / 2, 6);
  });
});

describe('a Gaussian mixture', () => {
  it('of 8 components comes within 0.01 nat of the true density of eight Gaussians, each iteration at least as likely as the one before', () => {
    const test = rowsOf('8gaussians', 'test', 8000);
    const oracle = mean(logDensities(findDensity('8gaussians') ?? expect.fail(), test));
    for (const seed of [1, 2, 3])
      fitted({ components: 8 }, rowsOf('8gaussians', 'train', 6000), (model, losses) => {
        losses.slice(1).forEach((loss, i) => expect(loss).toBeLessThanOrEqual((losses[i] ?? NaN) + 1e-9));
        const { each } = readValues(() => ({ each: have(model.abilities.logProb)(tensor4d(test, [8000, 1, 1, 2]), noise) }));
        const gap = oracle - mean(each);
        expect(gap).toBeLessThan(0.01);
        // Nor is it better than the truth by more than chance.
        expect(gap).toBeGreaterThan(-0.002);
      }, createNoise(seed));
  });

  it.each(['full', 'diagonal'] as const)('with %s covariances has the log-density that its parameters give, and a bound and weights equal to it', (covariance) => {
    fitted({ components: 3, covariance }, rowsOf('pinwheel', 'train', 500), (model, losses) => {
      const values = rowsOf('pinwheel', 'test', 200);
      const parameters = readValues(() => Object.fromEntries(Object.entries(model.parameters).map(([name, variable]) => [name, variable.clone()])));
      const of = (name: string, i: number): number => parameters[name]?.[i] ?? NaN;
      const parts = [0, 1, 2].map((k) => {
        const [a, b, c] = covariance === 'full' ? [of('factors', 4 * k), of('factors', 4 * k + 2), of('factors', 4 * k + 3)] : [of('deviations', 2 * k), 0, of('deviations', 2 * k + 1)];
        return { weight: Math.exp(of('log-weights', k)), mean: [of('means', 2 * k), of('means', 2 * k + 1)] as [number, number], covariance: [a * a, a * b, b * b + c * c] as [number, number, number] };
      });
      const { exact, bound, weights, responsibilities, again } = readValues(() => {
        const x = tensor4d(values, [200, 1, 1, 2]);
        return {
          exact: have(model.abilities.logProb)(x, noise), bound: have(model.abilities.elbo)(x, noise).elbo, weights: have(model.abilities.importance)(x, 2, noise), responsibilities: have(model.abilities.encode)(x).mean(),
          again: have(model.abilities.logProb)(tensor4d(rowsOf('pinwheel', 'train', 500), [500, 1, 1, 2]), noise),
        };
      });
      exact.forEach((value, i) => {
        const [x, y] = [values[2 * i] ?? NaN, values[2 * i + 1] ?? NaN];
        expect(value).toBeCloseTo(plainLogDensity(parts, x, y), 3);
        expect(bound[i]).toBeCloseTo(value, 4);
        expect(weights[i]).toBeCloseTo(value, 3);
        expect(weights[200 + i]).toBeCloseTo(value, 3);
        parts.forEach((part, k) => expect(responsibilities[3 * i + k]).toBeCloseTo(Math.exp(plainLogDensity([part], x, y) - plainLogDensity(parts, x, y)), 3));
      });
      expect(-mean(again)).toBeCloseTo(losses.at(-1) ?? NaN, 4);
    });
  });

  it('draws components and rows as often as it says, and one-hot codes decode to their components', () => {
    fitted({ components: 2 }, Float32Array.from({ length: 800 }, (_, i) => (i % 8 < 2 ? 10 : -10) + Math.sin(i * i)), (model) => {
      const n = 20_000;
      const { samples, codes, still, one, logOne, means, logWeights } = readValues(() => {
        const draw = (temperature: number) => have(model.abilities.sample)({ count: n, temperature: scalar(temperature), noise }).reshape([n, 2]);
        const code = tensor2d([[1, 0], [0, 1]]);
        const given = have(model.abilities.decode)(code);
        const at = add(given.mean(), 0.1);
        return { samples: draw(1), codes: have(model.abilities.prior)(n).sample(noise, 'codes'), still: slice(draw(0), 0, 2), one: given.mean(), logOne: given.logProb(at), means: model.parameters.means?.clone() ?? expect.fail(), logWeights: model.parameters['log-weights']?.clone() ?? expect.fail() };
      });
      one.forEach((value, i) => expect(value).toBeCloseTo(means[i] ?? NaN, 5));
      expect(logOne.every(Number.isFinite)).toBe(true);
      const likely = (logWeights[0] ?? NaN) > (logWeights[1] ?? NaN) ? 0 : 1;
      expect(Math.exp(logWeights[likely] ?? NaN)).toBeCloseTo(0.75, 5);
      still.forEach((value, i) => expect(value).toBeCloseTo(means[2 * likely + (i % 2)] ?? NaN, 5));
      const share = (values: Float32Array, isLikely: (row: number) => boolean): number => Array.from({ length: n }, (_, row) => row).filter(isLikely).length / (values.length / 2);
      for (const found of [share(samples, (row) => (samples[2 * row] ?? NaN) < 0), share(codes, (row) => codes[2 * row + likely] === 1)]) expect(Math.abs(found - 0.75)).toBeLessThan(4.5 * Math.sqrt((0.75 * 0.25) / n));
      // Variance of sin(i^2) in both columns, kept within the component.
      const below = Array.from({ length: n }, (_, row) => samples[2 * row] ?? NaN).filter((x) => x < 0);
      const rows = Array.from({ length: 400 }, (_, row) => row).filter((row) => (2 * row) % 8 >= 2).map((row) => Math.sin((2 * row) ** 2));
      expect(Math.abs(variance(below) / variance(rows) - 1)).toBeLessThan(0.05);
    });
  });

  it('does not depend on the columns\' units', () => {
    const values = rowsOf('moons', 'train', 400);
    const stretched = values.map((value, i) => (i % 2 === 0 ? 1000 * value + 5000 : 0.01 * value));
    let reached = NaN;
    fitted({ components: 4 }, values, (_model, losses) => (reached = losses.at(-1) ?? NaN));
    fitted({ components: 4 }, stretched, (_model, losses) => expect(Math.abs((losses.at(-1) ?? NaN) - reached - Math.log(1000) - Math.log(0.01))).toBeLessThan(1e-4));
  });

  it('refuses full covariances of many values, and more components than examples', () => {
    const pictures: DataShape = { kind: 'pictures', levels: 256, examples: 100, height: 28, width: 28, channels: 1, binary: false };
    expect(gmm.refuses(pictures, gmm.settings.parse({}))).toMatch(/diagonal/);
    expect(gmm.refuses(pictures, gmm.settings.parse({ covariance: 'diagonal' }))).toBeNull();
    expect(gmm.refuses(plane(5), gmm.settings.parse({}))).toMatch(/5 components/);
  });
});
