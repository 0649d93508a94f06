import { dispose, scalar, tensor4d, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { findGenerated } from '../../data/generated';
import { logDensityOfLinearGaussian, marginalCovariance } from '../../data/linear-gaussian';
import { estimateLogLikelihood } from '../../estimators/log-likelihood';
import { chunksOf, evaluateModel } from '../../evaluate';
import type { FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { linearGaussian } from './linear-gaussian';

const noise = createNoise(9);
const table: DataShape = { kind: 'table', levels: null, examples: 100, height: 1, width: 1, channels: 3, binary: false };
const have = <T>(ability: T | undefined): T => ability ?? expect.fail('the model lacks an ability');
const observation = () => tensor4d([1, 0.5, -0.25], [1, 1, 1, 3]);

function built(posterior: string, test: (model: FittedModel) => void): void {
  const model = linearGaussian.build({ settings: linearGaussian.settings.parse({ posterior }), data: table, noise }) as FittedModel;
  test(model);
  dispose(Object.values(model.parameters));
}

// Worked out by hand and by quadrature for x = (1, 1/2, -1/4).
const logP = -3.1758674083595064;
const meanField = -3.187916184149037;
// E[log N(x; W z + mean, I/4)] = -3/2 ln(pi/2) - 2 (|x - mean|^2 + |W|^2).
const prior = -1.5 * Math.log(Math.PI / 2) - 2 * (1.6025 + 2.75);
const centre = [0.1, -0.2, 0.3];

describe('the data set linear-gaussian', () => {
  const rows = findGenerated('linear-gaussian')?.rows('train', 0, 10_000).values as Float32Array;
  const at = (row: number, j: number): number => rows[3 * row + j] ?? NaN;
  const average = (f: (row: number) => number): number => Array.from({ length: 10_000 }, (_, row) => f(row)).reduce((sum, value) => sum + value / 10_000, 0);

  it('has the mean and the covariance of its model, and the density', () => {
    const covariance = marginalCovariance();
    centre.forEach((mean, j) => expect(Math.abs(average((row) => at(row, j)) - mean)).toBeLessThan(4.5 * Math.sqrt((covariance[4 * j] ?? NaN) / 10_000)));
    [[1.5, 0.5, 0.25], [0.5, 1.25, -0.5], [0.25, -0.5, 0.75]].forEach((row, a) =>
      row.forEach((value, b) => {
        expect(covariance[3 * a + b]).toBeCloseTo(value, 12);
        const found = average((r) => (at(r, a) - (centre[a] ?? NaN)) * (at(r, b) - (centre[b] ?? NaN)));
        expect(Math.abs(found - value)).toBeLessThan(4.5 * Math.sqrt(((covariance[4 * a] ?? NaN) * (covariance[4 * b] ?? NaN) + value ** 2) / 10_000));
      }),
    );
    expect(logDensityOfLinearGaussian([1, 0.5, -0.25])).toBeCloseTo(logP, 12);
  });
});

describe('the linear-Gaussian model', () => {
  it.each([['exact', logP], ['mean-field', meanField], ['prior', prior]] as const)('with the posterior %s has the known log p(x), posterior and bound', (posterior, bound) => {
    built(posterior, (model) => {
      const { exact, elbo, mean, deviation } = readValues(() => {
        const q = have(model.abilities.encode)(observation());
        return { exact: have(model.abilities.logProb)(observation(), noise), elbo: have(model.abilities.elbo)(observation(), noise).elbo, mean: q.mean(), deviation: have(q.standardDeviation)() };
      });
      expect(exact[0]).toBeCloseTo(logP, 5);
      expect(elbo[0]).toBeCloseTo(bound, 5);
      const variances = { exact: [0.17073171, 0.14634146], 'mean-field': [1 / 6, 1 / 7], prior: [1, 1] }[posterior];
      variances.forEach((variance, j) => {
        expect((deviation[j] ?? NaN) ** 2).toBeCloseTo(variance, 6);
        expect(mean[j]).toBeCloseTo(posterior === 'prior' ? 0 : [0.28780488, 0.77317073][j] ?? NaN, 6);
      });
    });
  });

  it.each(['exact', 'mean-field', 'prior'])('with the posterior %s has a log p(x) that is its bound plus the divergence from the exact posterior, and a bound and weights that its draws have', (posterior) => {
    built(posterior, (model) => {
      const rows = tensor4d(findGenerated('linear-gaussian')?.rows('test', 0, 500).values as Float32Array, [500, 1, 1, 3]);
      const [{ lossNats = NaN, boundNats = NaN, posteriorKlNats = NaN } = {}] = [...model.fit(rows, noise)];
      expect(Math.abs(-lossNats - (-boundNats + posteriorKlNats))).toBeLessThan(1e-6 * Math.max(1, posteriorKlNats));
      if (posterior === 'exact') expect(Math.abs(posteriorKlNats)).toBeLessThan(1e-6);
      if (posterior === 'mean-field') expect(posteriorKlNats).toBeCloseTo(0.01204877578953, 6);
      const { single, weights, sampledKl, kl } = readValues(() => {
        const q = have(model.abilities.encode)(rows);
        const z = q.sample(noise, 'z') as Tensor2D;
        const { elbo, kl } = have(model.abilities.elbo)(rows, noise);
        return { single: elbo, weights: have(model.abilities.importance)(rows, 400, noise).mean(0), sampledKl: q.logProb(z).sub(have(model.abilities.prior)(500).logProb(z)).mean(), kl: kl.mean() };
      });
      const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
      expect(mean(single)).toBeCloseTo(-boundNats, 4);
      expect(Math.abs(mean(weights) + boundNats)).toBeLessThan(posterior === 'prior' ? 0.1 : 3e-3);
      expect(Math.abs(mean(sampledKl) - (kl[0] ?? NaN))).toBeLessThan(0.15);
      rows.dispose();
    });
  });

  it('is estimated by weights as tabled: with the mean-field posterior at K = 1, 5 and 50, and naively', () => {
    built('mean-field', (model) => {
      for (const [estimator, k, copies, expected, digits] of [['iwae', 1, 20_000, meanField, 1e-4], ['iwae', 5, 10_000, -3.1782, 5e-4], ['iwae', 50, 2000, -3.1758, 5e-4], ['naive', 50, 2000, -3.208, 3e-3], ['exact', 1, 10, logP, 1e-5], ['elbo', 1, 10, meanField, 1e-5]] as const) {
        const data = observation().tile([copies, 1, 1, 1]) as ReturnType<typeof observation>;
        const going = estimateLogLikelihood({ model, shape: table, estimator, k, data, noise });
        let next = going.next();
        while (!next.done) next = going.next();
        data.dispose();
        const [measure] = next.value;
        expect(Math.abs((measure?.value ?? NaN) - expected), `${estimator} ${k}`).toBeLessThan(4 * (measure?.standardError ?? NaN) + digits);
      }
    });
  });

  it('draws rows of its own covariance, and nothing but its mean without temperature', () => {
    built('exact', (model) => {
      const n = 40_000;
      const { samples, still } = readValues(() => ({ samples: have(model.abilities.sample)({ count: n, temperature: scalar(1), noise }), still: have(model.abilities.sample)({ count: 1, temperature: scalar(0), noise }) }));
      marginalCovariance().forEach((value, i) => {
        const [a, b] = [Math.floor(i / 3), i % 3];
        let found = 0;
        for (let row = 0; row < n; row++) found += (((samples[3 * row + a] ?? NaN) - (still[a] ?? NaN)) * ((samples[3 * row + b] ?? NaN) - (still[b] ?? NaN))) / n;
        expect(Math.abs(found - value)).toBeLessThan(0.05);
      });
      centre.forEach((value, j) => expect(still[j]).toBeCloseTo(value, 6));
    });
  });

  it('is evaluated without sampling, its bound short of log p(x) by the divergence', () => {
    built('mean-field', (model) => {
      const rows = tensor4d(findGenerated('linear-gaussian')?.rows('test', 0, 1000).values as Float32Array, [1000, 1, 1, 3]);
      const measures = evaluateModel({ model, chunks: chunksOf(rows), binarisation: 'none', noise, step: 1, levels: null });
      const of = (metric: string) => measures.find((measure) => measure.metric === metric) ?? expect.fail(metric);
      expect(Math.abs(of('logProbNats').value - of('elboNats').value - 0.01204877578953)).toBeLessThan(1e-6);
      expect(of('elboNats').estimator).toBe('evidence lower bound, its expectation in closed form, divergence in closed form');
      expect(of('reconstructionNats').estimator).not.toMatch(/sample/);
      rows.dispose();
    });
  });

  it('refuses other data', () => {
    expect(linearGaussian.refuses({ ...table, channels: 2 }, { posterior: 'exact' })).toMatch(/linear-gaussian/);
  });
});
