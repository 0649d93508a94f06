import { concat, fill, memory, mul, scalar, tensor1d, tensor4d, tidy, zeros, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../contract/models';
import { gaussian, standardNormal } from './distributions/gaussian';
import { chunksOf, evaluateModel, evaluateTerms, rowsAtOnce, type Measure } from './evaluate';
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
      expect(measures.meanSquaredError?.estimator).toBe("mean squared error of decoding the code's mean, averaged over the pixels");
      expect(memory().numTensors).toBe(before);
    }
  });

  it('of a certain code has the squared error in the same words as of a posterior, so that they compare', () => {
    const { reconstruct } = fixed.abilities;
    const estimator = (model: GradientModel) => evaluateModel({ model, chunks: chunksOf(data, 3), binarisation: 'none', noise, step: 1 }).find(({ metric }) => metric === 'squaredError')?.estimator;
    expect(estimator({ ...fixed, abilities: { ...(reconstruct && { reconstruct }) } })).toBe("squared error of decoding the code's mean, summed over the pixels");
    expect(estimator(fixed)).toBe("squared error of decoding the code's mean, summed over the pixels");
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

  it('says how the posterior came about', () => {
    const shape: DataShape = { kind: 'pictures', levels: 2, examples: 3, height: 2, width: 2, channels: 1, binary: true };
    const definition = findModel('vae');
    const of = (settings: Record<string, unknown>) => {
      const model = definition.build({ settings: definition.settings.parse({ widths: [4], flowWidth: 4, classes: 3, ...settings }), data: shape, noise }) as GradientModel;
      const found = Object.fromEntries(evaluateModel({ model, chunks: chunksOf(data), binarisation: 'none', noise, step: 1, levels: 2 }).map(({ metric, estimator }) => [metric, estimator]));
      Object.values(model.parameters).forEach((variable) => variable.dispose());
      return found;
    };
    expect(of({})).toMatchObject({ elboNats: 'evidence lower bound, 1 sample an example, divergence in closed form', reconstructionNats: '-log p(x|z), 1 sample an example', activeUnits: 'variance over x of the mean of q(z_j|x) above 0.01' });
    expect(of({ posterior: 'categorical' })).toMatchObject({ elboNats: 'evidence lower bound, the expectation over all 9 codes, divergence in closed form', reconstructionNats: '-log p(x|z), the expectation over all 9 codes' });
    expect(of({ posterior: 'categorical', codeGradient: 'reinforce' }).elboNats).toMatch(/, 2 samples an example,/);
    expect(of({ posterior: 'categorical', codeGradient: 'gumbel' }).elboNats).toMatch(/, 1 sample an example,/);
    expect(of({ posterior: 'mixture', posteriorComponents: 3 }).elboNats).toMatch(/, 3 samples an example, one from each component/);
    const flow = of({ posterior: 'planar' });
    expect(flow.activeUnits).toMatch(/image under the flow .* not the mean of q\(z_j\|x\)/);
    expect(flow.squaredError).toMatch(/image under the flow/);
    expect(flow).not.toHaveProperty('mutualInformationNats');
    const fitted = of({ posterior: 'per-example' });
    for (const metric of ['elboNats', 'reconstructionNats', 'klNats', 'squaredError', 'activeUnits', 'mutualInformationNats', 'aggregateKlNats']) expect(fitted[metric]).toMatch(/fitted to each example by 40 steps of Adam, the decoder held/);
  });

  it.each(['mixture', 'categorical', 'bernoulli'])('takes the divergence of codes with the posterior %s apart', (posterior) => {
    const shape: DataShape = { kind: 'pictures', levels: 2, examples: 16, height: 2, width: 2, channels: 1, binary: true };
    const definition = findModel('vae');
    const model = definition.build({ settings: definition.settings.parse({ widths: [4], classes: 3, posterior }), data: shape, noise }) as GradientModel;
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(variable.add(noise.normal(variable.shape, name)))));
    const all = tensor4d(Array.from({ length: 800 }, (_, i) => ((Math.floor(i / 4) % 16) >> (i % 4)) & 1), [200, 2, 2, 1]);
    const found = Object.fromEntries(evaluateModel({ model, chunks: chunksOf(all, 90), binarisation: 'none', noise, step: 1, levels: 2 }).map((measure) => [measure.metric, measure]));
    const { klNats, mutualInformationNats, aggregateKlNats } = found;
    expect(mutualInformationNats?.n).toBe(200);
    // The rate is exact for discrete codes, and the parts take one draw an example.
    expect(Math.abs((mutualInformationNats?.value ?? NaN) + (aggregateKlNats?.value ?? NaN) - (klNats?.value ?? NaN))).toBeLessThan(0.35);
    expect(mutualInformationNats?.value).toBeGreaterThan(0.05);
    Object.values(model.parameters).forEach((variable) => variable.dispose());
    all.dispose();
  });

  /** Measures of codes of `size` numbers whose means are those pixels, by their names. */
  const coded = (rows: Tensor4D, size: number, spread: number): Record<string, Measure> => {
    const encode = (x: Tensor4D) => gaussian(x.reshape([x.shape[0], -1]).slice([0, 0], [-1, size]), fill([size], Math.log(spread)));
    const model: GradientModel = { ...fixed, latentSize: size, abilities: { encode, elbo: (x) => ({ elbo: zeros([x.shape[0]]), reconstruction: zeros([x.shape[0]]), kl: zeros([x.shape[0]]) }), prior: (count) => standardNormal(count, size) } };
    const measures = evaluateModel({ model, chunks: chunksOf(rows), binarisation: 'none', noise, step: 1 });
    rows.dispose();
    return Object.fromEntries(measures.map((measure) => [measure.metric, measure]));
  };

  it('gives bounds for the parts of the divergence when the examples are too few for them, and leaves out what would say nothing', () => {
    const few = coded(noise.uniform([300, 2, 2, 1], 'rows') as Tensor4D, 2, 1e-4);
    expect(few['mutualInformationNats']).toMatchObject({ unit: 'nats, at least', value: expect.closeTo(Math.log(300), 1), estimator: expect.stringMatching(/at most ln n = 5.70; saturated: a bound$/) });
    expect(few['aggregateKlNats']).toMatchObject({ unit: 'nats, at most', estimator: expect.stringMatching(/saturated: a bound$/) });
    expect(few['ownShare']?.value).toBeGreaterThan(0.9);
    expect(few['ownShare']?.estimator).toMatch(/neither total correlation nor share of holes/);
    for (const metric of ['totalCorrelationNats', 'holeShare']) expect(few).not.toHaveProperty(metric);
    const enough = coded(noise.uniform([300, 2, 2, 1], 'rows') as Tensor4D, 2, 0.3);
    expect(enough).toMatchObject({ mutualInformationNats: { unit: 'nats' }, aggregateKlNats: { unit: 'nats' }, totalCorrelationNats: { unit: 'nats' }, holeShare: { unit: 'share' } });
    for (const { estimator } of Object.values(enough)) expect(estimator).not.toMatch(/saturated:|neither/);
  });

  it('takes q(z) over every example, however long the codes', () => {
    const found = coded(noise.uniform([600, 8, 8, 1], 'rows') as Tensor4D, 50, 1);
    expect(found['mutualInformationNats']).toMatchObject({ n: 600, estimator: expect.stringMatching(/over 600 examples; at most ln n = 6.40$/) });
    expect(found['aggregateKlNats']).toMatchObject({ n: 600 });
  });

  it('deals examples out where it takes not all: a file may be in the order of its classes', () => {
    // Four of five examples near 0, then the fifth near 3, each in a place of its own: of KL(q(z) || p(z)) = -ln n - ln s - 1/2 + E z^2 / 2 the first 10,000 would lack the last term.
    const places = Float32Array.from({ length: 12_500 }, (_, i) => (i < 10_000 ? 0 : 3) + (i % 10_000) * 2e-5);
    const found = coded(tensor4d(places, [12_500, 1, 1, 1]), 1, 2e-6);
    const squares = places.reduce((sum, z) => sum + z * z, 0) / places.length;
    expect(squares).toBeGreaterThan(1.8);
    expect(Math.abs((found['aggregateKlNats']?.value ?? NaN) - (-Math.log(10_000) - Math.log(2e-6) - 0.5 + squares / 2))).toBeLessThan(0.1);
  });

  it('gives the objective the rows of training examples, whatever the chunks, and calls none a training step', () => {
    const rowsOnly: GradientModel = { ...fixed, objective: (_, { rows, training }) => ({ loss: scalar(0), terms: { row: training ? scalar(NaN) : rows ? rows.toFloat().mean().asScalar() : scalar(-1) } }) };
    for (const rows of [1, 2, 500]) expect(evaluateTerms({ model: rowsOnly, chunks: chunksOf(data, rows), binarisation: 'none', noise, step: 1, training: true }).row).toBeCloseTo(1, 6);
    expect(evaluateTerms({ model: rowsOnly, chunks: chunksOf(data), binarisation: 'none', noise, step: 1 }).row).toBe(-1);
  });

  it('gives the bound of a likelihood of levels in bits, and not that of a density', () => {
    const bits = (mass: boolean, levels: number) => evaluateModel({ model: { ...fixed, mass }, chunks: chunksOf(data), binarisation: 'none', noise, step: 1, levels }).find(({ metric }) => metric === 'elboBitsPerDimension');
    // 10/3 nats over four values.
    expect(bits(true, 256)).toMatchObject({ unit: 'bits/dim', n: 3, value: expect.closeTo(10 / 3 / 4 / Math.LN2, 5) });
    expect(bits(true, 2)).toBeUndefined();
    expect(bits(false, 256)).toBeUndefined();
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

it('a split is taken in round pieces, the smaller the larger its examples are', () => {
  const rowsOf = (shape: [number, number, number, number]): number[] =>
    tidy(() =>
      Array.from(chunksOf(zeros(shape)), (chunk) => chunk.shape[0]),
    );
  expect(rowsOf([1000, 1, 1, 2])).toEqual([500, 500]);
  expect(rowsOf([230, 28, 28, 1])).toEqual([100, 100, 30]);
  expect([64, 784, 1024, 3072, 12_288].map(rowsAtOnce)).toEqual([500, 100, 50, 25, 10]);
});
