import { add, mul, ones, reshape, scalar, sub, sum, tensor4d, tensor2d, tile, zeros, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it, vi } from 'vitest';
import type { DatasetInfo } from '../../../contract/datasets';
import { experimentSchema } from '../../../contract/experiment';
import { measurementSchema, type MeasurementKind } from '../../../contract/measurements';
import { gaussian, standardNormal } from '../../../ml/distributions/gaussian';
import { point } from '../../../ml/distributions/point';
import { flowPosterior } from '../../../ml/distributions/posterior';
import type { Abilities, Batch, PosteriorWords } from '../../../ml/model';
import type { Noise } from '../../../ml/random/noise';
import { dealtOrder } from '../../../ml/data/shown-order';
import { philoxNormals, philoxUniforms } from '../../../ml/random/philox';
import type { Session } from '../session';
import { amortisation } from './amortisation';
import { boundVariance } from './bound-variance';
import { disentanglement } from './disentanglement';
import { embeddings } from './embeddings';
import { gradients } from './gradients';
import { holes } from './holes';
import { labels } from './labels';
import { learnedWeights } from './learned-weights';
import { levels } from './levels';
import { manifold } from './manifold';
import type { Asked, Measuring } from './measurement';
import { posteriorGap } from './posterior-gap';
import { principalAngles } from './principal-angles';
import { repair } from './repair';
import { samples } from './samples';

const factorValues = vi.hoisted(() => ({ value: new Uint16Array() }));
vi.mock('../../formats/dataset-folder', () => ({ readFactors: () => factorValues.value }));

interface Made {
  abilities: Abilities;
  /** Rows of the test split, and of the training split where that is another. */
  test: number[][];
  train?: number[][];
  shape?: [number, number, number];
  labels?: number[];
  factors?: { names: string[]; sizes: number[] };
  /** False of a file in any order. */
  builtIn?: boolean;
  latentSize?: number;
}

function session({ abilities, test, train = test, shape = [1, 1, test[0]?.length ?? 0], labels: classes, factors, builtIn = true, latentSize = 1 }: Made): Session {
  const [height, width, channels] = shape;
  const dataset: DatasetInfo = {
    id: 'made', title: 'Made', kind: height === 1 ? 'table' : 'pictures', columns: null, height, width, channels, maximum: 255, binary: false, counts: { train: train.length, valid: 0, test: test.length },
    classes: classes ? ['a', 'b'] : null, factors: factors ?? null, protocol: '', licence: '', source: '', bytes: 0, builtIn,
  };
  const splits = { train, valid: test, test };
  const data = Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, { data: tensor4d(rows.flat(), [rows.length, ...shape]), labels: classes ? Uint16Array.from(classes) : null }]));
  return {
    run: { id: 'r', experiment: experimentSchema.parse({ model: 'made', data: 'made' }), folder: '', dataset, datasetFolder: '', purpose: 'answer', compute: null },
    compute: { backend: 'wasm' },
    model: { parameters: {}, latentSize, abilities, unit: 'nats' },
    protocol: 'grey',
    split: (name: 'train' | 'test') => data[name],
    shown: (name: 'train' | 'test') => data[name],
  } as unknown as Session;
}

function measured<K extends MeasurementKind>(measuring: Measuring<K>, made: Made, asked: { measure: K } & Record<string, unknown>): Record<string, number> {
  const going = measuring(session(made), measurementSchema.parse(asked) as Asked<K>, made.test.length);
  for (;;) {
    const { done, value } = going.next();
    if (done) return Object.fromEntries(value.map((measure) => [measure.metric, measure.value]));
    expect(value.done).toBeLessThanOrEqual(value.total);
  }
}

const normals = (count: number, size: number, seed: number): number[][] => {
  const values = philoxNormals(count * size, seed, 0);
  return Array.from({ length: count }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);
};
const flat = (x: Batch): Tensor2D => reshape(x, [x.shape[0], x.size / x.shape[0]]);

// z ~ N(0, 1), each of 8 values ~ N(z, 1): the posterior is N(sum / 9, 1 / 9).
const size = 8;
const decode = (z: Tensor2D) => gaussian(mul(reshape(z, [z.shape[0], 1, 1, 1]), ones([1, 1, 1, size])), scalar(0));
const linear = (shift: number, logRatio: number): Abilities => {
  const encode = (x: Batch) => gaussian(add(mul(sum(flat(x), 1, true), 1 / (size + 1)), shift), scalar(logRatio - 0.5 * Math.log(size + 1)));
  const prior = (count: number) => standardNormal(count, 1);
  const draw = (x: Batch, noise: Noise, purpose: string) => {
    const q = encode(x);
    const z = q.sample(noise, purpose) as Tensor2D;
    return { q, z, reconstruction: decode(z).logProb(x) };
  };
  return {
    encode, decode, prior,
    sample: ({ count, noise }) => decode(noise.normal([count, 1], 'z') as Tensor2D).mean() as Batch,
    elbo(x, noise) {
      const { q, reconstruction } = draw(x, noise, 'posterior');
      const variance = Math.exp(2 * logRatio) / (size + 1);
      const kl = reshape(mul(sub(add(q.mean().square(), variance), 1 + Math.log(variance)), 0.5), [-1]);
      return { elbo: sub(reconstruction, kl), reconstruction, kl, closedForm: true } as ReturnType<NonNullable<Abilities['elbo']>>;
    },
    importance(x, count, noise) {
      const { q, z, reconstruction } = draw(x, noise, 'importance');
      return reshape(sub(add(reconstruction, prior(x.shape[0]).logProb(z)), q.logProb(z)), [count, x.shape[0]]);
    },
  };
};
const latent = normals(60, 1, 5).map(([z = 0]) => z);
const fromLinear = normals(60, size, 6).map((row, i) => row.map((value) => value + (latent[i] ?? 0)));

it('both estimators of the bound have one mean; with the exact posterior the single sample does not vary at all, and the closed form does', () => {
  const found = measured(boundVariance, { abilities: linear(0, 0), test: fromLinear }, { measure: 'bound-variance', draws: 200 });
  expect(Math.abs((found['closedFormNats'] ?? NaN) - (found['singleSampleNats'] ?? NaN))).toBeLessThan(0.05);
  expect(found['singleSampleVariance']).toBeLessThan(1e-8);
  // With z = m + s e, m = sum x / 9 and s^2 = 1/9, log p(x|z) is a constant + s m e - 4 s^2 e^2, of variance s^2 m^2 + 2 (4 s^2)^2.
  const exact = fromLinear.reduce((total, row) => total + (row.reduce((a, b) => a + b, 0) / 9) ** 2 / 9 / fromLinear.length, 2 * (4 / 9) ** 2);
  expect(Math.abs((found['closedFormVariance'] ?? NaN) / exact - 1)).toBeLessThan(0.1);
});

it('what an encoder lacks is the divergence of its normals from the posterior', () => {
  const [shift, logRatio] = [0.3, 0.4];
  const found = measured(amortisation, { abilities: linear(shift, logRatio), test: fromLinear }, { measure: 'amortisation', steps: 150 });
  const divergence = 0.5 * (shift ** 2 * (size + 1) + Math.exp(2 * logRatio) - 1 - 2 * logRatio);
  expect(found['amortisationGapNats']).toBeCloseTo(divergence, 1);
  expect((found['bestElboNats'] ?? NaN) - (found['encoderElboNats'] ?? NaN)).toBeCloseTo(found['amortisationGapNats'] ?? NaN, 4);
});

it('log p(x) less the bound is the divergence from the exact posterior', () => {
  const [shift, logRatio] = [0.3, 0.4];
  const found = measured(posteriorGap, { abilities: linear(shift, logRatio), test: fromLinear }, { measure: 'posterior-gap' });
  expect(found['posteriorKlNats']).toBeCloseTo(0.5 * (shift ** 2 * (size + 1) + Math.exp(2 * logRatio) - 1 - 2 * logRatio), 5);
  // This bound takes one draw.
  expect(Math.abs(found['gapDifferenceNats'] ?? NaN)).toBeLessThan(0.5);
});

it('the gradient with draws held is nothing like that of the bound; by the score and through the draws it is right, the latter with less noise', () => {
  const found = measured(gradients, { abilities: linear(0.5, 0), test: fromLinear.slice(0, 20) }, { measure: 'gradients', draws: 3000 });
  expect(found['naiveGradientError']).toBeGreaterThan(0.97);
  expect(found['naiveGradientError']).toBeLessThan(1.03);
  expect(found['reparameterisedGradientError']).toBeLessThan(0.05);
  expect(found['scoreGradientError']).toBeLessThan(0.3);
  expect(found['scoreGradientSpread']).toBeGreaterThan(2 * (found['reparameterisedGradientSpread'] ?? NaN));
  // Of the exact posterior there is none to estimate.
  expect(() => measured(gradients, { abilities: linear(0, 0), test: fromLinear.slice(0, 20) }, { measure: 'gradients', draws: 10 })).toThrow('zero');
});

it('finds holes where the aggregate posterior is not, and how far their pictures are from data', () => {
  // Codes at -2 and 2 alone; a decoder that gives the code back.
  const test = Array.from({ length: 40 }, (_, i) => [i % 2 === 0 ? -2 : 2, 0]);
  const abilities: Abilities = {
    encode: (x) => gaussian(flat(x).slice([0, 0], [-1, 1]), scalar(Math.log(0.2))),
    decode: (z) => point(reshape(z.concat(zeros([z.shape[0], 1]), 1) as Tensor2D, [z.shape[0], 1, 1, 2])),
    prior: (count) => standardNormal(count, 1),
  };
  const found = measured(holes, { abilities, test }, { measure: 'holes', count: 2000 });
  // Within .75 of -2 or 2 the log ratio is above -3: there codes are less than .75 away, and elsewhere more.
  expect(found['elsewhereDistance']).toBeLessThan(0.75);
  expect(found['holeDistance']).toBeGreaterThan(1);
  // The distance is that to training examples, wherever the codes of the split are.
  const away = measured(holes, { abilities, test, train: test.map(([x = 0]) => [x, 100]) }, { measure: 'holes', count: 2000 });
  expect(away['holeDistance']).toBeGreaterThan(99);
  expect(away['elsewhereDistance']).toBeGreaterThan(99);
  // A flow's density is not known at any code.
  const image: Abilities = { ...abilities, encode: (x) => flowPosterior(gaussian(flat(x).slice([0, 0], [-1, 1]), scalar(0)), { forward: (y) => ({ y, logDet: zeros([y.shape[0] ?? 0]) }), inverse: (y) => ({ x: y, logDet: zeros([y.shape[0] ?? 0]) }) }) };
  expect(() => measured(holes, { abilities: image, test }, { measure: 'holes' })).toThrow('at any code is not known');
});

it('samples of the data are as near as other data, samples of something else are not', () => {
  const of = (scale: number, shift: number): Abilities => ({
    sample: ({ count, noise }) => reshape(add(mul(noise.normal([count, 4], 'x'), scale), shift), [count, 2, 2, 1]) as Batch,
    decode: (z) => point(reshape(add(tile(z, [1, 4]), shift), [z.shape[0], 2, 2, 1])),
  });
  const made = { test: normals(400, 4, 1), train: normals(400, 4, 2), shape: [2, 2, 1] as [number, number, number] };
  const same = measured(samples, { ...made, abilities: of(1, 0) }, { measure: 'samples', count: 400 });
  expect(same['frechetDistance']).toBeLessThan(0.15);
  expect(Math.abs(same['mmdNormals'] ?? NaN)).toBeLessThan(0.005);
  expect(same['mmdNormalsPValue']).toBeGreaterThan(0.05);
  expect(same['frechetFloor']).toBeLessThan(0.15);
  expect(same['precision']).toBeGreaterThan(0.8);
  // |m|^2 + d (s - 1)^2.
  const moved = measured(samples, { ...made, abilities: of(0.5, 2) }, { measure: 'samples', count: 400 });
  expect(Math.abs((moved['frechetDistance'] ?? NaN) - (4 * 4 + 4 * 0.25))).toBeLessThan(1);
  expect(moved['coverage']).toBeLessThan(0.1);
  for (const metric of ['mmdNormals', 'mmdInverseMultiquadric', 'mmdCubic']) expect(moved[metric]).toBeGreaterThan(20 * Math.abs(same[metric] ?? NaN));
  expect(moved['mmdNormalsPValue']).toBe(0.01);
  const decoded = measured(samples, { ...made, abilities: of(1, 2) }, { measure: 'samples', count: 400, codes: 'standard-normal' });
  expect(Math.abs((decoded['frechetDistance'] ?? NaN) - (16 + 3 + 1))).toBeLessThan(2);
});

it('samples and training examples are held against the split in equal numbers, and are called what they are', () => {
  const abilities: Abilities = { sample: ({ count, noise }) => noise.normal([count, 2, 2, 1], 'x') as Batch };
  const made = { abilities, test: normals(60, 4, 1), train: normals(1000, 4, 2), shape: [2, 2, 1] as [number, number, number] };
  const all = (change: object = {}) => {
    const of = session(made);
    const going = samples({ ...of, model: { ...of.model, ...change } }, measurementSchema.parse({ measure: 'samples', count: 500 }) as Asked<'samples'>, 60);
    for (let next = going.next(); ; next = going.next()) if (next.done) return next.value;
  };
  const found = all();
  expect(found.filter(({ n }) => n !== 60)).toEqual([]);
  // Both are of one distribution, so that what is left is the bias of 60 rows: many times that of 1,000.
  const [distance = NaN, floor = NaN] = ['frechetDistance', 'frechetFloor'].map((name) => found.find(({ metric }) => metric === name)?.value);
  expect(distance / floor).toBeGreaterThan(0.4);
  expect(distance / floor).toBeLessThan(2.5);
  expect(found[0]?.estimator).toMatch(/60 samples and as many examples/);
  expect(all({ samplesAreMeans: true })[0]?.estimator).toMatch(/60 means of p\(x\|z\) at codes of the prior and/);
});

it('no cut takes the first rows of a file: in one that is sorted by class they are of one class', () => {
  // Two classes far from each other, one after the other in both splits.
  const rows = (count: number, seed: number): number[][] => normals(count, 4, seed).map((row, i) => row.map((value) => value + (i < count / 2 ? 0 : 30)));
  const draw: Abilities = { sample: ({ count }) => tensor4d(rows(count, 7).flat(), [count, 2, 2, 1]) };
  const made = { abilities: draw, builtIn: false, test: rows(1200, 1), train: rows(4000, 2), shape: [2, 2, 1] as [number, number, number] };
  const found = measured(samples, made, { measure: 'samples', count: 300 });
  // Of the first 300 and the first 2,000 rows the distances would be those of one class to two: 900 and more.
  expect(found['frechetDistance']).toBeLessThan(10);
  expect(found['frechetFloor']).toBeLessThan(10);
  for (const metric of ['dataPrecision', 'dataRecall', 'dataCoverage']) expect(found[metric]).toBeGreaterThan(0.6);
  expect(Math.abs((found['dataDensity'] ?? NaN) - 1)).toBeLessThan(0.3);
  // 20 labels of the first rows would be of one class.
  const classes = { builtIn: false, test: rows(200, 3), train: rows(200, 4), labels: Array.from({ length: 200 }, (_, i) => (i < 100 ? 0 : 1)) };
  const told = measured(labels, { abilities: { encode: (x) => point(flat(x)) }, ...classes }, { measure: 'labels', labelled: 20 });
  for (const metric of ['codeAccuracy', 'codeNeighbourAccuracy', 'dataAccuracy', 'dataNeighbourAccuracy']) expect(told[metric]).toBe(1);
});

it('a model that has learned its training examples by heart is told by its distances to them alone', () => {
  const train = normals(3000, 4, 2);
  const made = { test: normals(500, 4, 1), train, shape: [2, 2, 1] as [number, number, number] };
  const of = (rows: number[][]) => measured(samples, { ...made, abilities: { sample: ({ count }) => tensor4d(rows.slice(0, count).flat(), [count, 2, 2, 1]) } }, { measure: 'samples', count: 250 });
  // The last ones: no part of the training set is left out of the search.
  const heart = of(train.slice(-250));
  expect(heart['nearestTraining']).toBe(0);
  expect(heart['dataNearestTraining']).toBeGreaterThan(0.1);
  expect(heart['precision']).toBeGreaterThan(0.8);
  const fresh = of(normals(250, 4, 5));
  expect((fresh['nearestTraining'] ?? NaN) / (fresh['dataNearestTraining'] ?? NaN)).toBeGreaterThan(0.8);
  // Of the training split itself others of its examples are the measure, and there are no examples that were held out.
  const own = measured(samples, { ...made, abilities: { sample: ({ count }) => tensor4d(normals(count, 4, 5).flat(), [count, 2, 2, 1]) } }, { measure: 'samples', count: 250, split: 'train' });
  expect(own['frechetFloor']).toBeGreaterThan(0);
  expect(own['dataPrecision']).toBeLessThan(1);
  expect(own).not.toHaveProperty('dataNearestTraining');
});

it('large pictures are averaged over squares before their distances are taken', () => {
  // A left and a right half of 544 pixels each, of which squares of 2 x 2 leave 136.
  const rows = (seed: number) => normals(60, 2, seed).map((halves) => Array.from({ length: 34 * 32 }, (_, i) => halves[i % 32 < 16 ? 0 : 1] ?? NaN));
  const abilities: Abilities = { sample: ({ count }) => tensor4d(rows(3).slice(0, count).flat(), [count, 34, 32, 1]) };
  const of = session({ abilities, test: rows(1), train: rows(2), shape: [34, 32, 1] });
  const going = samples(of, measurementSchema.parse({ measure: 'samples', count: 60 }) as Asked<'samples'>, 60);
  for (let next = going.next(); ; next = going.next())
    if (next.done) {
      const [distance] = next.value;
      expect(distance?.estimator).toMatch(/averaged over squares of 2 x 2 pixels/);
      expect((distance?.value ?? NaN) / 136).toBeLessThan(0.5);
      expect(next.value.find(({ metric }) => metric === 'sharpness')?.value).toBeGreaterThan(0);
      return;
    }
});

it('levels: their divergences, and the variance of pixels that the levels not held make', () => {
  // A pixel is the sum of draws of variances 9, 4 and 1.
  const abilities: Abilities = {
    elbo: (x) => ({ elbo: zeros([x.shape[0]]), reconstruction: zeros([x.shape[0]]), kl: zeros([x.shape[0]]), klPerLevel: tile(tensor2d([[3, 2, 1]]), [x.shape[0], 1]) }),
    levels: {
      sizes: [1, 1, 1],
      sample: ({ count, held, noise, heldNoise }) =>
        [3, 2, 1].map((scale, level) => mul(level < held ? tile(heldNoise.normal([1, 1, 1, 1], `${level}`), [count, 1, 1, 1]) : noise.normal([count, 1, 1, 1], `${level}`), scale)).reduce((total, value) => add(total, value)) as Batch,
    },
  };
  const found = measured(levels, { abilities, test: [[0], [1]] }, { measure: 'levels', count: 200, draws: 40 });
  expect([1, 2, 3].map((level) => found[`klLevel${level}Nats`])).toEqual([3, 2, 1]);
  [14, 5, 1].forEach((variance, held) => expect(Math.abs((found[`pixelVarianceHeld${held}`] ?? NaN) / variance - 1)).toBeLessThan(0.05));
});

it('neighbours of a smooth manifold differ little, of white noise as much as any', () => {
  const prior = (count: number) => standardNormal(count, 2);
  const smooth = measured(manifold, { abilities: { prior, decode: (z) => point(reshape(z, [z.shape[0], 1, 1, 2])) }, test: [[0, 0]], latentSize: 2 }, { measure: 'manifold', side: 10 });
  expect(smooth['neighbourShare']).toBeLessThan(0.1);
  // The mean over both columns of E (z - z')^2 = 2 Var z of the ten quantiles, over the grid's 100 cells.
  const quantiles = [0.1257, 0.3853, 0.6745, 1.0364, 1.6449].map((z) => z * z);
  expect(smooth['gridError']).toBeCloseTo((2 * quantiles.reduce((total, z) => total + z, 0)) / 5 * (100 / 99), 2);
  const rough = measured(manifold, { abilities: { prior, decode: (z) => point(reshape(z.mul(1e5).sin(), [z.shape[0], 1, 1, 2])) }, test: [[0, 0]], latentSize: 2 }, { measure: 'manifold', side: 10 });
  expect(rough['neighbourShare']).toBeGreaterThan(0.5);
});

it('tells codes of one factor each from their mixture, each score beside its floor, and leaves a factor out that is the same for all', () => {
  const uniforms = philoxUniforms(2000, 3, 0);
  const rows = Array.from({ length: 1000 }, (_, i) => [uniforms[2 * i] ?? 0, uniforms[2 * i + 1] ?? 0].map((uniform) => Math.floor(uniform * 5)));
  factorValues.value = Uint16Array.from(rows.flatMap(([one = 0, two = 0]) => [one, 3, two]));
  const factors = { names: ['one', 'still', 'two'], sizes: [5, 4, 5] };
  const made = (mix: number[][]): Made => ({ abilities: { encode: (x) => point(flat(x).matMul(tensor2d(mix)) as Tensor2D) }, test: rows, factors });
  const asked = measurementSchema.parse({ measure: 'disentanglement', factor: 'two' }) as Asked<'disentanglement'>;
  const words: Record<string, string> = {};
  const of = (mix: number[][]): Record<string, number> => {
    const going = disentanglement(session(made(mix)), asked, rows.length);
    let next = going.next();
    while (!next.done) next = going.next();
    for (const { metric, estimator } of next.value) words[metric] = estimator;
    return Object.fromEntries(next.value.map(({ metric, value }) => [metric, value]));
  };
  const perfect = of([[1, 0], [0, 2]]);
  expect(perfect).toMatchObject({ factorInformation: expect.closeTo(1, 2), restInformation: expect.closeTo(0, 1), mutualInformationGap: expect.closeTo(1, 1), mutualInformationGapFloor: expect.closeTo(0, 1), dciDisentanglement: expect.closeTo(1, 1), betaVaeScore: 1 });
  expect(perfect['betaVaeScoreFloor']).toBeLessThan(0.6);
  const mixed = of([[1, 1], [1, -1]]);
  expect(mixed['restInformation']).toBeGreaterThan(0.2);
  expect(mixed['mutualInformationGap']).toBeLessThan(0.1);
  expect(mixed['attributePredictability']).toBeLessThan(perfect['attributePredictability'] ?? 0);
  expect(words).toMatchObject({
    factorVaeScore: 'FactorVAE score, 10,000 votes to learn from and 5,000 to test on, each of 64 examples (Kim and Mnih 2018), of codes; without still, the same for all',
    modularityFloor: expect.stringMatching(/^floor, the codes dealt out at random: modularity, 20 bins/),
  });
  expect(() => disentanglement(session(made([[1], [1]])), { ...asked, factor: 'still' }, 10).next()).toThrow('still is the same for all of these examples');
});

it('repairs count against what asks for no model', () => {
  const half = (upper: number, lower: number): number[] => [upper, upper, lower, lower];
  const test = [half(1, 0.2), half(0.5, 0.6)];
  const made = { test, train: [half(0.5, 0.5), half(0.5, 0.3)], shape: [2, 2, 1] as [number, number, number] };
  const nothing = measured(repair, { ...made, abilities: { reconstruct: (x) => x } }, { measure: 'repair', corruption: 'gaussian', amount: 0.1 });
  expect(nothing['repairError']).toBeGreaterThan(0);
  expect(nothing['trivialError']).toBeLessThanOrEqual(nothing['repairError'] ?? 0);
  // The missing half is 0 in what is given, and .4 in the mean picture.
  const missing = measured(repair, { ...made, abilities: { reconstruct: (x) => x } }, { measure: 'repair', corruption: 'lower-half' });
  expect(missing['repairError']).toBeCloseTo((0.04 + 0.36) / 2, 6);
  expect(missing['trivialError']).toBeCloseTo(0.04, 6);
});

// Two classes in the first of three columns; the others are noise, and louder.
const classes = Array.from({ length: 200 }, (_, i) => i % 2);
const classed = normals(200, 3, 9).map(([a = 0, b = 0, c = 0], i) => [(classes[i] ?? 0) * 2 + 0.3 * a, 5 * b, 5 * c]);
const telling: Abilities = { encode: (x) => point(flat(x).slice([0, 0], [-1, 1]) as Tensor2D) };

it('learned weights are held against the square roots of what they weigh', () => {
  const made: Made = { abilities: {}, test: [[0], [1]] };
  const of = (terms: Record<string, number>): Session => {
    const whole = session(made);
    const objective = () => ({ loss: scalar(0), terms: Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, scalar(value)])) });
    return { ...whole, model: { ...whole.model, objective } } as Session;
  };
  const asked = measurementSchema.parse({ measure: 'learned-weights' }) as Asked<'learned-weights'>;
  const going = learnedWeights(of({ reconstructionNats: 100, klNats: 16, weightReconstruction: 5, weightKl: 8, beta: 0.625 }), asked, 2);
  going.next();
  expect(going.next().value).toMatchObject([{ metric: 'weightReconstructionShare', value: 0.5 }, { metric: 'weightKlShare', value: 2 }, { metric: 'learnedBeta', value: 0.625 }]);
  const none = learnedWeights(of({ reconstructionNats: 100, klNats: 16 }), asked, 2);
  none.next();
  expect(() => none.next()).toThrow('no learned weights');
});

it('labels: classes are told by a telling code from few labels, and by neighbours where noise is taken away', () => {
  const found = measured(labels, { abilities: telling, test: classed, labels: classes }, { measure: 'labels', labelled: 20 });
  expect(found['codeAccuracy']).toBeGreaterThan(0.95);
  expect(found['codeNeighbourAccuracy']).toBeGreaterThan(0.95);
  expect(found['dataNeighbourAccuracy']).toBeLessThan(0.85);
  expect(found['dataAccuracy']).toBeGreaterThan(0.6);
});

it('labels: few of them are the mean over ten draws without an example in common', () => {
  // By a single label all examples are of its class, whose share is 1 / 4 or 3 / 4.
  const quarter = classes.map((_, i) => (i % 4 === 0 ? 0 : 1));
  const drawn = Array.from(dealtOrder(200).subarray(0, 10), (row): number => (quarter[row] === 0 ? 0.25 : 0.75));
  const found = measured(labels, { abilities: telling, test: classed, labels: quarter }, { measure: 'labels', labelled: 1 });
  const expected = drawn.reduce((sum, share) => sum + share) / 10;
  expect(new Set(drawn).size).toBe(2);
  expect(found['codeNeighbourAccuracy']).toBeCloseTo(expected, 6);
  expect(found['dataNeighbourAccuracy']).toBeCloseTo(expected, 6);
});

it('codes that are no posterior means are not called so', () => {
  const names = (posterior?: PosteriorWords, abilities: Abilities = { ...linear(0, 0), ...telling }) => {
    const of = session({ abilities, test: classed, labels: classes });
    const going = labels({ ...of, model: { ...of.model, ...(posterior && { posterior }) } }, measurementSchema.parse({ measure: 'labels', labelled: 20 }) as Asked<'labels'>, 50);
    for (let next = going.next(); ; next = going.next()) if (next.done) return next.value.find(({ metric }) => metric === 'codeAccuracy')?.estimator;
  };
  expect(names(undefined, telling)).toMatch(/of codes, from 20 labels; mean over 10 draws of them$/);
  expect(names()).toMatch(/of posterior means, from 20 labels; mean over 10 draws of them$/);
  expect(names({ expectation: '', mean: 'the image of something' })).toMatch(/of codes, each the image of something, from 20 labels; mean over 10 draws of them$/);
  expect(names({ expectation: '', mean: 'the mean of q(z|x)', origin: 'q(z|x) fitted' })).toMatch(/of posterior means, q\(z\|x\) fitted, from 20 labels; mean over 10 draws of them$/);
});

it('embeddings: neighbours of one class in each', () => {
  const apart = normals(90, 5, 4).map((row, i) => row.map((value, j) => value + (j === i % 2 ? 8 : 0)));
  const found = measured(embeddings, { abilities: { encode: (x) => point(zeros([x.shape[0], 1])) }, test: apart, labels: apart.map((_, i) => i % 2) }, { measure: 'embeddings', perplexity: 10 });
  expect(found['tSneAccuracy']).toBeGreaterThan(0.95);
  expect(found['pcaAccuracy']).toBeGreaterThan(0.95);
  expect(found['dataAccuracy']).toBe(1);
  // All codes are the same: no neighbour is nearer than the first.
  expect(found['embeddingAccuracy']).toBeCloseTo(0.5, 1);
});

it('the angle between a decoder and the principal components is that by which it was turned', () => {
  const test = normals(300, 3, 8).map(([a = 0, b = 0, c = 0]) => [3 * a, 2 * b, 0.1 * c]);
  const angle = (degrees: number): number => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    // The span of e1 + e2 and of e2 turned towards e3: oblique, and away from the components by the angle.
    const columns = tensor2d([[1, cos, sin], [0, 2 * cos, 2 * sin]]);
    return measured(principalAngles, { abilities: { decode: (z) => point(reshape(add(z.matMul(columns), 7), [z.shape[0], 1, 1, 3])) }, test, latentSize: 2 }, { measure: 'principal-angles' })['largestPrincipalAngle'] ?? NaN;
  };
  expect(angle(0)).toBeLessThan(1.5);
  expect(Math.abs(angle(30) - 30)).toBeLessThan(1.5);
});
