import { add, concat, dispose, log, logSumExp, matMul, mul, scalar, slice, sub, sum, tensor2d, tensor4d, tidy, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { cholesky, solveLower } from '../../cholesky';
import type { FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { ppca } from './ppca';
import { symmetricEigen } from './symmetric-eigen';

const [count, size] = [400, 5];
const table: DataShape = { kind: 'table', levels: null, examples: count, height: 1, width: 1, channels: size, binary: false };
const noise = createNoise(4);
const data = tidy(() => {
  const codes = mul(noise.normal([count, 3], 'codes'), tensor2d([[3, 1.5, 0.7]]));
  return add(add(matMul(codes as Tensor2D, noise.normal([3, size], 'axes') as Tensor2D), mul(noise.normal([count, size], 'noise'), 0.4)), noise.normal([size], 'centre')).reshape([count, 1, 1, size]) as Tensor4D;
});
afterAll(() => data.dispose());

// The sample's mean, covariance (by 1/N) and eigenvalues in double precision.
const values = data.dataSync();
const at = (row: number, j: number): number => values[row * size + j] ?? NaN;
const average = (f: (row: number) => number): number => Array.from({ length: count }, (_, row) => f(row)).reduce((total, value) => total + value, 0) / count;
const centre = Array.from({ length: size }, (_, j) => average((row) => at(row, j)));
const covariance = Float64Array.from({ length: size * size }, (_, i) => average((row) => (at(row, Math.floor(i / size)) - (centre[Math.floor(i / size)] ?? 0)) * (at(row, i % size) - (centre[i % size] ?? 0))));
const { values: eigenvalues } = symmetricEigen(covariance.slice(), size);

/** Tipping and Bishop 1999, equations 4 and 8: the mean log-likelihood at its maximum, by the eigenvalues alone. */
function greatest(k: number): number {
  const sigma2 = eigenvalues.slice(k).reduce((total, value) => total + value, 0) / (size - k);
  return -0.5 * (size * Math.log(2 * Math.PI) + eigenvalues.slice(0, k).reduce((total, value) => total + Math.log(value), 0) + (size - k) * Math.log(sigma2) + size);
}

function fitted(latentSize: number, test: (model: FittedModel, terms: Record<string, number>[]) => void, shape = table, examples = data): void {
  const model = ppca.build({ settings: { latentSize }, data: shape, noise }) as FittedModel;
  const terms = [...model.fit(examples, noise)];
  test(model, terms);
  dispose(Object.values(model.parameters));
}

const have = <T>(ability: T | undefined): T => ability ?? expect.fail('the model lacks an ability');

describe('probabilistic PCA', () => {
  it.each([1, 2, 4])('of %i dimensions has the likelihood that the eigenvalues of the covariance give, row by row that of its normal', (k) => {
    fitted(k, (model, terms) => {
      expect(terms.at(-1)?.lossNats).toBeCloseTo(-greatest(k), 4);
      const { each, weights, logSigma } = readValues(() => ({ each: have(model.abilities.logProb)(data, noise), weights: (model.parameters.weights ?? expect.fail()).clone(), logSigma: (model.parameters['log-sigma'] ?? expect.fail()).clone() }));
      expect(each.reduce((total, value) => total + value / count, 0)).toBeCloseTo(greatest(k), 4);
      // log N(x; mean, W W^T + sigma^2 I) by the Cholesky factor of the whole covariance.
      const w = (i: number, j: number): number => weights[i * k + j] ?? NaN;
      const whole = Float64Array.from({ length: size * size }, (_, i) => {
        const [a, b] = [Math.floor(i / size), i % size];
        return Array.from({ length: k }, (_, j) => w(a, j) * w(b, j)).reduce((total, value) => total + value, a === b ? Math.exp(2 * (logSigma[0] ?? NaN)) : 0);
      });
      const lower = cholesky(whole, size);
      for (const row of [0, 17, 399]) {
        const solved = solveLower(lower, size, Float64Array.from(centre, (mean, j) => at(row, j) - mean));
        const logDet = Array.from({ length: size }, (_, i) => 2 * Math.log(lower[i * size + i] ?? NaN)).reduce((total, value) => total + value, 0);
        const expected = -0.5 * (size * Math.log(2 * Math.PI) + logDet + solved.reduce((total, value) => total + value * value, 0));
        expect(each[row]).toBeCloseTo(expected, 3);
      }
    });
  });

  it('draws samples of the mean and the covariance W W^T + sigma^2 I, which with all dimensions but one is the sample\'s', () => {
    fitted(size - 1, (model) => {
      const n = 40_000;
      const { mean, moments, cool, still } = readValues(() => {
        const draw = (temperature: number) => have(model.abilities.sample)({ count: n, temperature: scalar(temperature), noise }).reshape([n, size]) as Tensor2D;
        const spread = (x: Tensor2D) => { const centred = sub<Tensor2D>(x, x.mean(0)); return matMul(centred, centred, true).div(n); };
        return { mean: draw(1).mean(0), moments: spread(draw(1)), cool: spread(draw(0.5)), still: draw(0) };
      });
      mean.forEach((value, j) => expect(Math.abs(value - (centre[j] ?? NaN))).toBeLessThan(4.5 * Math.sqrt((covariance[j * size + j] ?? NaN) / n)));
      moments.forEach((value, i) => {
        const [a, b] = [Math.floor(i / size), i % size];
        const of = (j: number, l: number): number => covariance[j * size + l] ?? NaN;
        // Wishart: var of an entry is (C_aa C_bb + C_ab^2) / n.
        const error = Math.sqrt((of(a, a) * of(b, b) + of(a, b) ** 2) / n);
        expect(Math.abs(value - of(a, b))).toBeLessThan(4.5 * error);
        expect(Math.abs((cool[i] ?? NaN) - of(a, b) / 4)).toBeLessThan(4.5 * error / 4);
      });
      still.slice(0, 2 * size).forEach((value, i) => expect(value).toBeCloseTo(centre[i % size] ?? NaN, 5));
    });
  });

  it('has the posterior that Bayes\' rule gives on a grid of codes', () => {
    fitted(1, (model) => {
      const points = 2001;
      const { mean, deviation, byBayes } = readValues(() => {
        const x = slice(data, 0, 3);
        const q = have(model.abilities.encode)(x);
        const z = tensor2d(Float32Array.from({ length: points }, (_, i) => -6 + (12 * i) / (points - 1)), [points, 1]);
        const prior = have(model.abilities.prior)(points).logProb(z);
        const decoded = have(model.abilities.decode)(z);
        const moments = [0, 1, 2].map((row) => {
          const joint = add(decoded.logProb(slice(data, row, 1).tile([points, 1, 1, 1])), prior);
          const weights = sub(joint, logSumExp(joint)).exp();
          const first = sum(mul(weights, z.flatten()));
          return concat([first.reshape([1]), sub(sum(mul(weights, z.flatten().square())), first.square()).sqrt().reshape([1])]);
        });
        return { mean: q.mean(), deviation: have(q.standardDeviation)(), byBayes: concat(moments) };
      });
      for (let row = 0; row < 3; row++) {
        expect(mean[row]).toBeCloseTo(byBayes[2 * row] ?? NaN, 3);
        expect(deviation[row]).toBeCloseTo(byBayes[2 * row + 1] ?? NaN, 3);
      }
    });
  });

  it('has a bound that is log p(x), and weights that are all p(x)', () => {
    fitted(2, (model) => {
      const { bound, exact, weights, kl, perDimension, sampled } = readValues(() => {
        const { elbo, kl, klPerDimension } = have(model.abilities.elbo)(data, noise);
        const q = have(model.abilities.encode)(data);
        const z = q.sample(noise, 'z') as Tensor2D;
        return { bound: elbo, exact: have(model.abilities.logProb)(data, noise), weights: have(model.abilities.importance)(data, 3, noise), kl: kl.mean(), perDimension: have(klPerDimension).mean(0), sampled: sub(q.logProb(z), have(model.abilities.prior)(count).logProb(z)).mean() };
      });
      exact.forEach((value, i) => {
        expect(bound[i]).toBeCloseTo(value, 3);
        for (let draw = 0; draw < 3; draw++) expect(weights[draw * count + i]).toBeCloseTo(value, 3);
      });
      expect(kl[0]).toBeCloseTo((perDimension[0] ?? NaN) + (perDimension[1] ?? NaN), 4);
      expect(Math.abs((kl[0] ?? NaN) - (sampled[0] ?? NaN))).toBeLessThan(0.3);
    });
  });

  it('of pictures is a density of dequantised levels, which bounds their log-probability', () => {
    const grey: DataShape = { kind: 'pictures', levels: 4, examples: 300, height: 1, width: 2, channels: 1, binary: false };
    const pictures = tidy(() => noise.uniform([300, 2], 'levels').mul(4).floor().div(3).reshape([300, 1, 2, 1]) as Tensor4D);
    fitted(1, (model, terms) => {
      const { each, total } = readValues(() => {
        const all = tensor4d(Array.from({ length: 16 }, (_, i) => [Math.floor(i / 4) / 3, (i % 4) / 3]).flat(), [16, 1, 2, 1]);
        const many = all.tile([400, 1, 1, 1]) as Tensor4D;
        // E_u[p(levels + u)] summed over all levels is the mass inside of the pictures' range.
        return { each: have(model.abilities.logProb)(pictures, noise), total: log(have(model.abilities.logProb)(many, noise).exp().sum().div(400)) };
      });
      expect(Math.abs(each.reduce((sum, value) => sum + value / 300, 0) + (terms.at(-1)?.lossNats ?? NaN))).toBeLessThan(1e-3);
      // A normal of the uniform's variance has 84 % of its mass in each range of it.
      expect(Math.exp(total[0] ?? NaN)).toBeGreaterThan(0.8 ** 2);
      expect(total[0]).toBeLessThan(0.02);
      expect(-(terms.at(-1)?.lossNats ?? NaN)).toBeLessThan(-2 * Math.log(4));
    }, grey, pictures);
    pictures.dispose();
  });

  it('keeps the noise above its floor where the data have no others, and refuses codes of as many dimensions as there are values', () => {
    const flat = tidy((): Tensor4D => mul(data, tensor4d([1, 1, 0, 0, 0], [1, 1, 1, 5])));
    fitted(2, (_model, terms) => {
      const total = eigenvaluesOfFirst(2);
      expect((terms.at(-1)?.sigma ?? NaN) ** 2).toBeCloseTo((1e-6 * total) / size, 8);
    }, table, flat);
    flat.dispose();
    expect(ppca.refuses(table, { latentSize: 5 })).toMatch(/4 or less/);
    expect(ppca.refuses(table, { latentSize: 4 })).toBeNull();
  });
});

const eigenvaluesOfFirst = (columns: number): number => Array.from({ length: columns }, (_, j) => covariance[j * size + j] ?? NaN).reduce((total, value) => total + value, 0);
