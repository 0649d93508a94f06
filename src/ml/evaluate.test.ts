import { concat, fill, memory, mul, tensor1d, tensor4d, zeros, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gaussian, standardNormal } from './distributions/gaussian';
import { chunksOf, evaluateModel, evaluateTerms } from './evaluate';
import type { ElboTerms, GradientModel } from './model';
import { findModel } from './models/registry';
import { createNoise } from './random/noise';

/** Reconstructs every pixel as 0.5 and has the bound -10 x the first pixel. */
const fixed: GradientModel = {
  parameters: {},
  latentSize: 1,
  unit: 'nats',
  abilities: {
    reconstruct: (x) => mul(fill(x.shape, 0.5), 1) as Tensor4D,
    elbo: (x) => {
      const first = x.reshape([x.shape[0], 4]).slice([0, 0], [x.shape[0], 1]).reshape([x.shape[0]]) as Tensor1D;
      return { elbo: mul(first, -10), reconstruction: mul(first, -7), kl: mul(first, 3), klPerDimension: zeros([x.shape[0], 1]) as Tensor2D };
    },
  },
  objective: (x) => {
    const loss = mul(x.mean(), 2).asScalar();
    return { loss, terms: { loss } };
  },
};
const noise = createNoise(1);
const data = tensor4d([1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0], [3, 2, 2, 1]);

describe('evaluation', () => {
  it('gives the mean over the examples with its standard error, whatever the chunks', () => {
    for (const rows of [1, 2, 3, 500]) {
      const before = memory().numTensors;
      const measures = Object.fromEntries(evaluateModel({ model: fixed, chunks: chunksOf(data, rows), binarisation: 'none', noise, step: 1 }).map((measure) => [measure.metric, measure]));
      expect(Object.keys(measures).sort()).toEqual(['elboNats', 'klNats', 'meanSquaredError', 'reconstructionNats', 'squaredError']);
      // -10, 0, 0: mean -10/3, sample variance 100/3, over 3 examples.
      expect(measures.elboNats).toMatchObject({ n: 3, unit: 'nats', k: null });
      expect(measures.elboNats?.value).toBeCloseTo(-10 / 3, 5);
      expect(measures.elboNats?.standardError).toBeCloseTo(10 / 3, 5);
      expect(measures.reconstructionNats?.value).toBeCloseTo(7 / 3, 5);
      expect(measures.klNats?.value).toBeCloseTo(1, 5);
      expect(measures.squaredError?.value).toBeCloseTo(1, 5);
      expect(measures.meanSquaredError?.value).toBeCloseTo(0.25, 5);
      expect(measures.meanSquaredError?.estimator).toBe("mean squared error of the decoder's mean at the encoder's mean, averaged over the pixels");
      expect(memory().numTensors).toBe(before);
    }
  });

  it('weighs the terms of unequal chunks by their examples', () => {
    for (const rows of [1, 2, 3]) expect(evaluateTerms({ model: fixed, chunks: chunksOf(data, rows), binarisation: 'none', noise, step: 1 }).loss).toBeCloseTo((2 * 4) / 12, 5);
  });

  it('has no standard error of one example', () => {
    expect(evaluateModel({ model: fixed, chunks: [tensor4d([0, 0, 0, 0], [1, 2, 2, 1])], binarisation: 'none', noise, step: 1 })[0]?.standardError).toBeNull();
  });

  it('binarises grey data anew in each chunk, the same way each time', () => {
    const grey = fill([40, 2, 2, 1], 0.5) as Tensor4D;
    const of = (seed: number) => evaluateTerms({ model: fixed, chunks: chunksOf(grey, 20), binarisation: 'dynamic', noise: createNoise(seed), step: 1 }).loss ?? NaN;
    expect(of(1)).toBe(of(1));
    expect(of(2)).not.toBe(of(1));
    expect(Math.abs(of(1) - 1)).toBeLessThan(4 * Math.sqrt(1 / 160));
  });

  it('counts the dimensions that a code uses, and takes its divergence apart', () => {
    // Codes of two dimensions: the first follows the first pixel, the second nothing.
    const encode = (x: Tensor4D) => gaussian(concat([x.reshape([-1, 4]).slice([0, 0], [-1, 1]), zeros([x.shape[0], 1])], 1), tensor1d([Math.log(0.1), 0]));
    const coded: GradientModel = {
      ...fixed,
      latentSize: 2,
      abilities: {
        encode,
        prior: (count) => standardNormal(count, 2),
        elbo: (x) => {
          const klPerDimension = encode(x).klToStandardNormal() as Tensor2D;
          return { elbo: klPerDimension.sum(1), reconstruction: klPerDimension.sum(1), kl: klPerDimension.sum(1), klPerDimension };
        },
      },
    };
    const half = tensor4d(Array.from({ length: 800 }, (_, i) => (i % 8 === 0 ? 1 : 0)), [200, 2, 2, 1]);
    const before = memory().numTensors;
    const measures = Object.fromEntries(evaluateModel({ model: coded, chunks: chunksOf(half, 64), binarisation: 'none', noise, step: 1 }).map((measure) => [measure.metric, measure]));
    expect(memory().numTensors).toBe(before);
    expect(measures.activeUnits).toMatchObject({ value: 1, n: 200, unit: 'dimensions of 2' });
    expect(measures.activeByKl).toMatchObject({ value: 1, n: 200 });
    // Two separate places, equally often: one bit.
    expect(measures.mutualInformationNats?.value).toBeCloseTo(Math.log(2), 2);
    expect(measures.totalCorrelationNats?.value).toBeCloseTo(0, 1);
    const [rate, parts] = [measures.klNats?.value ?? NaN, (measures.mutualInformationNats?.value ?? NaN) + (measures.aggregateKlNats?.value ?? NaN)];
    expect(Math.abs(parts - rate)).toBeLessThan(0.3);
    expect(measures.holeShare?.value).toBeGreaterThan(0.5);
  });

  it('says how it was computed: over columns of a table, and how its divergence was had', () => {
    const estimators = (closedForm?: ElboTerms['closedForm'], levels: number | null = 2) => {
      const zero = zeros([3]) as Tensor1D;
      const abilities = { ...fixed.abilities, elbo: () => ({ elbo: zero, reconstruction: zero, kl: zero, ...(closedForm !== undefined && { closedForm }) }) };
      return Object.fromEntries(evaluateModel({ model: { ...fixed, abilities }, chunks: chunksOf(data), binarisation: 'none', noise, step: 1, levels }).map(({ metric, estimator }) => [metric, estimator]));
    };
    expect(estimators(undefined, null).squaredError).toMatch(/summed over the columns$/);
    expect(estimators(undefined, null).meanSquaredError).toMatch(/averaged over the columns$/);
    expect(estimators().elboNats).not.toContain('divergence');
    expect(estimators(false).elboNats).toMatch(/, divergence by the sample$/);
    expect(estimators(true).klNats).toMatch(/, divergence in closed form$/);
    expect(estimators('in each level').elboNats).toMatch(/, divergence of each level in closed form, given a draw of those above$/);
    expect(estimators('above the lowest level').elboNats).toMatch(/, divergence of the lowest level by the sample, above in closed form$/);
  });

  it('gives bits a value beside nats for levels, and not for zeros and ones', () => {
    const uniform: GradientModel = { ...fixed, abilities: { logProb: (x) => fill([x.shape[0]], -4 * Math.log(256)) as Tensor1D } };
    const of = (levels: number | null) => evaluateModel({ model: uniform, chunks: chunksOf(data), binarisation: 'none', noise, step: 1, levels });
    expect(of(256).map(({ metric }) => metric)).toEqual(['logProbNats', 'bitsPerDimension']);
    expect(of(256)[1]?.value).toBeCloseTo(8, 5);
    expect(of(2)).toHaveLength(1);
    expect(of(null)).toHaveLength(1);
  });

  it('agrees for a VAE with the objective on the same noise', () => {
    const definition = findModel('vae');
    const model = definition.build({ settings: definition.settings.parse({ widths: [4] }), data: { kind: 'pictures', levels: 2, examples: 3, height: 2, width: 2, channels: 1, binary: true }, noise }) as GradientModel;
    const request = { model, binarisation: 'none' as const, noise, step: 1 };
    const [bound] = evaluateModel({ ...request, chunks: chunksOf(data, 2) });
    const terms = evaluateTerms({ ...request, chunks: chunksOf(data, 2) });
    expect(bound?.metric).toBe('elboNats');
    expect(bound?.value).toBeCloseTo(-(terms.lossNats ?? NaN), 4);
  });
});
