import { add, concat, grads, matMul, mean, moments, scalar, sum, tensor, tensor2d, tidy, tile, transpose, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../distributions/gaussian';
import { gaussianPosterior } from '../distributions/posterior';
import { standardNormalPrior } from '../distributions/prior';
import { stopGradient } from '../gradients';
import type { Batch } from '../model';
import { createNoise } from '../random/noise';
import { evidenceLowerBound } from './elbo';
import { doublyReparameterised, drawWeights, effectiveSampleSize, importanceBound, importanceObjective, logWeights } from './importance';

// The linear-Gaussian model of elbo.test.ts and the best normal posterior with independent dimensions.
const logEvidence = -3.1758674083595064;
const posteriorMean = [0.28780488, 0.77317073];
const logSigma = [1 / 6, 1 / 7].map((variance) => 0.5 * Math.log(variance));
const weights = [[1, 0.5], [0, 1], [0.5, -0.5]];
const decodeBy = (w: Tensor2D) => (z: Tensor2D) => gaussian(add(matMul(z, transpose(w)), tensor([0.1, -0.2, 0.3])).reshape([z.shape[0], 1, 3, 1]), tensor(Math.log(0.5)));
const observed = (rows: number) => tile(tensor([1, 0.5, -0.25], [1, 1, 3, 1]), [rows, 1, 1, 1]) as Batch;
const posterior = (rows: number, centre: Tensor = tensor(posteriorMean), spread: Tensor = tensor(logSigma)) => gaussianPosterior(gaussian(tile(centre.reshape([1, 2]), [rows, 1]), spread));
const noise = createNoise(7);

const weighing = (rows: number, count: number, w: Tensor2D = tensor2d(weights), centre?: Tensor, spread?: Tensor) => ({ posterior: posterior(rows * count, centre, spread), prior: standardNormalPrior(2), decode: decodeBy(w), noise, purpose: 'posterior' });
const bounds = (rows: number, count: number) => logWeights(drawWeights(observed(rows), count, weighing(rows, count)));

function stats(values: () => Tensor1D): { value: number; error: number } {
  const [value = NaN, variance = NaN, n = NaN] = tidy(() => {
    const all = values();
    const { mean, variance } = moments(all);
    return Array.from(concat([mean.reshape([1]), variance.reshape([1]), tensor([all.size])]).dataSync());
  });
  return { value, error: Math.sqrt(variance / n) };
}

describe('the importance weighted bound of the linear-Gaussian model', () => {
  const estimates = ([[1, 40_000], [5, 20_000], [50, 4000]] as const).map(([k, rows]) => ({ k, ...stats(() => importanceBound(bounds(rows, k))) }));

  it.each([[1, -3.187916, 0], [5, -3.1782, 5e-5], [50, -3.1758, 5e-5]])('is by %d draws %d', (k, reference, rounding) => {
    const { value, error } = estimates.find((estimate) => estimate.k === k) ?? { value: NaN, error: NaN };
    expect(Math.abs(value - reference)).toBeLessThan(4 * error + 5 * rounding);
  });

  it('grows with the draws, and stays below log p(x)', () => {
    const [one, five, fifty] = estimates;
    if (!one || !five || !fifty) throw new Error('Three numbers of draws are compared.');
    expect(five.value - one.value).toBeGreaterThan(4 * Math.hypot(five.error, one.error));
    expect(fifty.value).toBeGreaterThan(five.value - 4 * Math.hypot(five.error, fifty.error));
    expect(fifty.value).toBeLessThan(logEvidence + 4 * fifty.error);
  });

  it('by one draw is the evidence lower bound by one draw', () => {
    tidy(() => {
      const { elbo } = evidenceLowerBound(observed(30), posterior(30), { prior: standardNormalPrior(2), decode: decodeBy(tensor2d(weights)) }, noise, 'single-sample');
      expect(importanceBound(bounds(30, 1)).sub(elbo).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('is by ten draws of log w with the known mean the logarithm of their average', () => {
    const [found, expected] = tidy(() => {
      const logW = bounds(3, 10);
      const values = logW.arraySync() as number[][];
      return [Array.from(importanceBound(logW).dataSync()), [0, 1, 2].map((i) => Math.log(values.reduce((total, row) => total + Math.exp(row[i] ?? NaN), 0) / 10))] as const;
    });
    expected.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
  });
});

it('the effective sample size is K for equal weights and 1 for one that counts', () => {
  expect(tidy(() => Array.from(effectiveSampleSize(tensor2d([[3, 0], [3, -100], [3, -100], [3, -100]])).dataSync()))).toEqual([4, 1]);
});

it('a warm-up adjusts the bound, and leaves the bound and the effective sample size as they are', () => {
  tidy(() => {
    const parts = drawWeights(observed(3), 5, weighing(3, 5));
    const read = (weight?: number) => Object.fromEntries(Object.entries(importanceObjective(parts, weight === undefined ? undefined : scalar(weight)).terms).map(([name, value]) => [name, value.dataSync()[0] ?? NaN]));
    const [plain, warming, { lossNats: likelihood, ...none }] = [read(), read(0.5), read(0)] as [Record<string, number>, Record<string, number>, Record<string, number>];
    expect(Object.keys(plain)).toEqual(['lossNats', 'effectiveSampleSize']);
    for (const terms of [warming, none]) expect(terms).toMatchObject({ boundNats: plain.lossNats, effectiveSampleSize: plain.effectiveSampleSize });
    expect(warming.adjustmentNats).toBeCloseTo((warming.lossNats ?? NaN) - (plain.lossNats ?? NaN), 6);
    expect(warming.lossNats).toBeCloseTo(-(importanceBound(add(parts.reconstruction, parts.minusKl.mul(0.5))).mean().dataSync()[0] ?? NaN), 5);
    expect(likelihood).toBeCloseTo(-(importanceBound(parts.reconstruction).mean().dataSync()[0] ?? NaN), 5);
  });
});

describe('the gradients of the importance weighted bound', () => {
  // Each copy of the example has parameters of its own, so that there are as many independent gradients as copies.
  const gradients = (doubly: boolean, rows: number, count: number, centre: number[], spread: number[], klWeight?: Scalar) => {
    const of = grads((centre: Tensor, spread: Tensor) => {
      const each = (x: Tensor) => tile(x, [count, 1]);
      const q = (m: Tensor, s: Tensor) => gaussianPosterior(gaussian(each(m), each(s)));
      const common = { posterior: q(centre, spread), prior: standardNormalPrior(2), decode: decodeBy(tensor2d(weights)), noise, purpose: 'posterior' };
      const parts = doubly ? doublyReparameterised(observed(rows), count, q(stopGradient(centre), stopGradient(spread)), common, klWeight) : drawWeights(observed(rows), count, common);
      return sum(importanceBound(logWeights(parts, klWeight)));
    });
    return of([tile(tensor2d([centre]), [rows, 1]), tile(tensor2d([spread]), [rows, 1])]);
  };
  const summary = (doubly: boolean, centre: number[], spread: number[], klWeight?: number) => {
    const rows = 20_000;
    const values = tidy(() => {
      const { mean, variance } = moments(concat(gradients(doubly, rows, 8, centre, spread, klWeight === undefined ? undefined : scalar(klWeight)), 1), 0);
      return Array.from(concat([mean, variance]).dataSync());
    });
    return [0, 1, 2, 3].map((j) => ({ value: values[j] ?? NaN, error: Math.sqrt((values[4 + j] ?? NaN) / rows) }));
  };

  it.each([['without a warm-up', undefined], ['where one starts', 0], ['within one', 0.5], ['at its end', 1]])('by both ways have the same mean for the posterior, %s', (_, klWeight) => {
    const [plain, doubly] = [false, true].map((way) => summary(way, [0.6, 0.4], [-0.5, -1.4], klWeight)) as [ReturnType<typeof summary>, ReturnType<typeof summary>];
    plain.forEach(({ value, error }, j) => {
      const other = doubly[j] ?? { value: NaN, error: NaN };
      expect(Math.abs(value - other.value)).toBeLessThan(4 * Math.hypot(error, other.error));
      expect(Math.abs(value)).toBeGreaterThan(4 * error);
    });
  });

  it('vary less in the doubly reparameterised way, where the posterior is good', () => {
    const [plain, doubly] = [false, true].map((way) => summary(way, posteriorMean, logSigma)) as [ReturnType<typeof summary>, ReturnType<typeof summary>];
    plain.forEach(({ error }, j) => expect(doubly[j]?.error).toBeLessThan(0.5 * error));
  });

  it('are the same for the decoder', () => {
    const of = (doubly: boolean) =>
      tidy(() =>
        Array.from(
          (grads((w: Tensor) => {
            const common = weighing(40, 6, w as Tensor2D);
            return mean(importanceBound(logWeights(doubly ? doublyReparameterised(observed(40), 6, posterior(240), common) : drawWeights(observed(40), 6, common))));
          })([tensor2d(weights)])[0] as Tensor).dataSync(),
        ),
      );
    const [plain, doubly] = [of(false), of(true)];
    plain.forEach((value, i) => expect(doubly[i]).toBeCloseTo(value, 4));
    expect(Math.hypot(...plain)).toBeGreaterThan(0.1);
  });
});
