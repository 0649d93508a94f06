import { add, grads, matMul, mean, memory, moments, tensor, tensor2d, tidy, transpose, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gaussian } from '../distributions/gaussian';
import { gaussianPosterior } from '../distributions/posterior';
import { standardNormalPrior } from '../distributions/prior';
import type { Batch } from '../model';
import { createNoise, type Noise } from '../random/noise';
import { estimators, evidenceLowerBound } from './elbo';

// x = W z + mu + eps with z ~ N(0, I_2), eps ~ N(0, 0.25 I_3), observed at (1, 0.5, -0.25). With this W and noise the exact values are:
const logEvidence = -3.1758674083595064;
const posteriorMean = [0.28780488, 0.77317073];
const posteriorCovariance = [
  [0.17073171, -0.02439024],
  [-0.02439024, 0.14634146],
];
// and for the best diagonal q, whose precisions are the diagonal of the exact one's, the bound is:
const bestBound = -3.187916184149037;
const bestVariances = [1 / 6, 1 / 7]; // 1 / diag((W^T W + 0.25 I) / 0.25)
const logSigma = bestVariances.map((variance) => 0.5 * Math.log(variance));

const decode = (z: Tensor2D) => gaussian(add(matMul(z, transpose(tensor2d([[1, 0.5], [0, 1], [0.5, -0.5]]))), tensor([0.1, -0.2, 0.3])).reshape([z.shape[0], 1, 3, 1]), tensor(Math.log(0.5)));
const prior = standardNormalPrior(2);
const observed = (rows: number) => tensor([1, 0.5, -0.25], [1, 1, 3, 1]).tile([rows, 1, 1, 1]) as Batch;

// The mean over these four points is exact for every polynomial of degree two under N(0, I_2), and so for both estimators.
const sigmaPoints: Noise = { uniform: () => tensor([]), normal: () => tensor2d([[Math.SQRT2, 0], [-Math.SQRT2, 0], [0, Math.SQRT2], [0, -Math.SQRT2]]), at: () => sigmaPoints };

const bound = (noise: Noise, rows: number, estimator: (typeof estimators)[number], centre: Tensor = tensor(posteriorMean), spread: Tensor = tensor(logSigma)) =>
  evidenceLowerBound(observed(rows), gaussianPosterior(gaussian(centre.reshape([1, 2]).tile([rows, 1]), spread)), { prior, decode }, noise, estimator);

describe.each(estimators)('the bound of the linear-Gaussian model by %s', (estimator) => {
  it('is that of the best diagonal posterior', () => {
    expect(tidy(() => mean(bound(sigmaPoints, 4, estimator).elbo)).dataSync()[0]).toBeCloseTo(bestBound, 5);
  });

  it('lies below log p(x) by exactly the divergence from the true posterior', () => {
    const [[a = 0, b = 0] = [], [, d = 0] = []] = posteriorCovariance;
    const determinant = a * d - b * b;
    const trace = ((bestVariances[0] ?? 0) * d + (bestVariances[1] ?? 0) * a) / determinant;
    const divergence = 0.5 * (trace - 2 + Math.log(determinant / ((bestVariances[0] ?? 0) * (bestVariances[1] ?? 0))));
    expect(divergence).toBeCloseTo(0.01204877578953, 7);
    const elbo = tidy(() => mean(bound(sigmaPoints, 4, estimator).elbo)).dataSync()[0] ?? NaN;
    expect(elbo + divergence).toBeCloseTo(logEvidence, 5);
  });

  it('is greatest there', () => {
    for (const [dm, ds] of [[0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05]] as const) {
      const moved = tidy(() => mean(bound(sigmaPoints, 4, estimator, tensor(posteriorMean.map((m) => m + dm)), tensor(logSigma.map((s) => s + ds))).elbo)).dataSync()[0];
      expect(moved).toBeLessThan(bestBound - 1e-4);
    }
  });

  it('is the reconstruction less the divergence, and that the sum over the dimensions', () => {
    tidy(() => {
      const { elbo, reconstruction, kl, klPerDimension } = bound(createNoise(1), 8, estimator);
      expect(klPerDimension?.shape).toEqual([8, 2]);
      expect(reconstruction.sub(kl).sub(elbo).abs().max().dataSync()[0]).toBeLessThan(1e-5);
      expect(klPerDimension?.sum(1).sub(kl).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    });
  });
});

describe('the two estimators', () => {
  it('have the same gradient in the mean, away from the optimum', () => {
    const before = memory().numTensors;
    const of = (estimator: (typeof estimators)[number]) =>
      tidy(() => grads((centre: Tensor, spread: Tensor) => mean(bound(sigmaPoints, 4, estimator, centre, spread).elbo))([tensor([0.1, 0.2]), tensor([-0.3, 0.4])]).map((gradient) => Array.from(gradient.dataSync()))).flat();
    const [analytic, single] = [of('analytic-kl'), of('single-sample')];
    analytic.forEach((value, i) => expect(single[i]).toBeCloseTo(value, 4));
    expect(Math.hypot(...analytic)).toBeGreaterThan(1);
    expect(memory().numTensors).toBe(before);
  });

  it('agree in the mean over samples where q is not exact, the single-sample form with the larger variance', () => {
    // A decoder that ignores z: the reconstruction is constant, so the analytic form does not vary at all, the other does.
    const n = 20_000;
    const stats = (estimator: (typeof estimators)[number]) =>
      tidy(() => {
        const { mean, variance } = moments(bound(createNoise(3), n, estimator, tensor([1.2, -0.7]), tensor([0.3, 0.2])).elbo);
        return [mean.dataSync()[0] ?? NaN, variance.dataSync()[0] ?? NaN] as const;
      });
    const [analyticMean, analyticVariance] = stats('analytic-kl');
    const [singleMean, singleVariance] = stats('single-sample');
    expect(Math.abs(analyticMean - singleMean)).toBeLessThan(4 * Math.sqrt((analyticVariance + singleVariance) / n));
    const ignoring = (estimator: (typeof estimators)[number]) =>
      tidy(() => moments(evidenceLowerBound(observed(n), gaussianPosterior(gaussian(tensor2d([[1, -0.5]]).tile([n, 1]), tensor([-0.7, 0.7]))), { prior, decode: () => decode(tensor2d([[0, 0]]).tile([n, 1])) }, createNoise(3), estimator).elbo).variance.dataSync()[0] ?? NaN);
    expect(ignoring('analytic-kl')).toBeLessThan(1e-8);
    expect(ignoring('single-sample')).toBeGreaterThan(0.1);
  });
});
