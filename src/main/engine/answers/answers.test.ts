import { add, concat, dispose, exp, fill, memory, mul, neg, ones, range, reshape, reverse, scalar, slice, sub, sum, tensor2d, tensor4d, where, zeros, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { beforeEach, expect, it, vi } from 'vitest';
import type { DatasetInfo } from '../../../contract/datasets';
import type { FromEngine } from '../../../contract/engine';
import { experimentSchema } from '../../../contract/experiment';
import type { Probe, ProbeAnswer } from '../../../contract/probes';
import { findDensity } from '../../../ml/data/densities';
import { gaussian, standardNormal } from '../../../ml/distributions/gaussian';
import type { Bijector } from '../../../ml/bijectors/bijector';
import type { Abilities, Batch } from '../../../ml/model';
import { readValues } from '../../../ml/read';
import { Link } from '../link';
import { answerProbe } from '../probes';
import type { Session } from '../session';
import { classifierOf } from './codes';
import { compressedBytes, packedBits } from './compressed';
import { gridPoints, ownPoints, pointsAtOnce } from './densities';

// As a compiled question is: the first function of a key and of shapes answers all that follow.
const known = vi.hoisted(() => new Map<string, (...inputs: Tensor[]) => Record<string, Tensor>>());
const notes = vi.hoisted((): string[] => []);
vi.mock('../ask', () => ({
  forget: () => undefined,
  takeNote: () => notes.shift(),
  askModel: (_session: unknown, key: string, inputs: Tensor[], f: (...inputs: Tensor[]) => Record<string, Tensor>) => {
    const whole = JSON.stringify([key, inputs.map(({ shape }) => shape)]);
    const first = known.get(whole) ?? f;
    known.set(whole, first);
    const values = readValues(() => first(...inputs));
    dispose(inputs);
    return values;
  },
}));
const factorValues = vi.hoisted(() => ({ value: new Uint16Array() }));
vi.mock('../../formats/dataset-folder', () => ({ readFactors: () => factorValues.value }));
beforeEach(() => known.clear());

const pictures: DatasetInfo = {
  id: 'made', title: 'Made', kind: 'pictures', columns: null, height: 4, width: 2, channels: 1, maximum: 255, binary: false, counts: { train: 3, valid: 0, test: 3 },
  classes: null, factors: null, protocol: '', licence: '', source: '', bytes: 0, builtIn: true,
};
const table: DatasetInfo = { ...pictures, kind: 'table', columns: ['x1', 'x2'], height: 1, width: 1, channels: 2, maximum: 1 };
const grey = [0, 0.2, 0.4, 0.6, 0.8, 1, 0.4, 0.2].flatMap((value) => [value, 1 - value, value / 2]);
const pictureData = tensor4d(grey, [3, 4, 2, 1]);
const tableData = tensor4d([0, 1, 2, -1, 0.5, 0.25], [3, 1, 1, 2]);

function session(abilities: Abilities, dataset = pictures, latentSize: number | null = 1): Session {
  const data = dataset.kind === 'table' ? tableData : pictureData;
  return {
    run: { id: 'r', experiment: experimentSchema.parse({ model: 'made', data: dataset.id }), folder: '', dataset, datasetFolder: '', purpose: 'answer', compute: null },
    model: { parameters: {}, latentSize, abilities, unit: 'nats' },
    protocol: 'grey',
    split: () => ({ data, labels: null }),
    shown: () => ({ data, labels: null }),
  } as unknown as Session;
}

function ask<K extends Probe['kind']>(of: Session, probe: Extract<Probe, { kind: K }>): ProbeAnswer<K> {
  const sent: FromEngine[] = [];
  const before = memory().numTensors;
  answerProbe(of, 7, { type: 'probe', id: 1, probe }, new Link((message) => sent.push(message)));
  expect(memory().numTensors).toBe(before);
  const [message] = sent;
  if (message?.type === 'refused') throw new Error(message.error.message);
  if (message?.type !== 'answer') throw new Error('There was no answer.');
  expect(message.answer).toMatchObject({ kind: probe.kind, step: 7 });
  return message.answer as unknown as ProbeAnswer<K>;
}

const test3 = { split: 'test', offset: 0, count: 3, seed: 0 } as const;
const flat = (x: Batch): Tensor2D => reshape(x, [x.shape[0], x.size / x.shape[0]]);

// z ~ N(0, 1), each of 8 pixels ~ N(z, 1): everything is known in closed form.
const size = 8;
const posterior = (x: Batch) => gaussian(mul(sum(flat(x), 1, true), 1 / (size + 1)), scalar(-0.5 * Math.log(size + 1)));
const decode = (z: Tensor2D) => gaussian(mul(reshape(z, [z.shape[0], 1, 1, 1]), ones([1, 4, 2, 1])), scalar(0));
/** ln N(x; 0, I + 1 1^T). */
const logMarginal = (x: number[]): number => {
  const total = x.reduce((sum, value) => sum + value, 0);
  const squares = x.reduce((sum, value) => sum + value ** 2, 0);
  return -0.5 * (size * Math.log(2 * Math.PI) + Math.log(size + 1) + squares - total ** 2 / (size + 1));
};
const linear: Abilities = {
  encode: posterior,
  decode,
  prior: (count) => standardNormal(count, 1),
  elbo: (x, noise) => {
    const q = posterior(x);
    const z = q.sample(noise, 'posterior') as Tensor2D;
    const klPerDimension = q.klToStandardNormal() as Tensor2D;
    const reconstruction = decode(z).logProb(x) as Tensor1D;
    const kl = sum(klPerDimension, 1) as Tensor1D;
    return { elbo: sub(reconstruction, kl), reconstruction, kl, klPerDimension, klPerLevel: concat([mul(klPerDimension, 0.25), mul(klPerDimension, 0.75)], 1) as Tensor2D };
  },
  importance: (x, count, noise) =>
    concat(
      Array.from({ length: count }, (_, draw) => {
        const q = posterior(x);
        const z = q.sample(noise, `draw ${draw}`) as Tensor2D;
        return reshape(sub(add(decode(z).logProb(x), standardNormal(x.shape[0], 1).logProb(z)), q.logProb(z)), [1, x.shape[0]]);
      }),
    ) as Tensor2D,
};
const rows = Array.from({ length: 3 }, (_, i) => grey.slice(i * size, (i + 1) * size));
const exact = rows.map(logMarginal);

it('with the exact posterior every estimate by importance is log p(x), of K effective samples; the naive one rises to it', () => {
  const answer = ask(session(linear), { kind: 'estimators', ...test3, draws: 1000 });
  const truth = exact.reduce((sum, value) => sum + value, 0) / 3;
  expect(answer.ks).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  for (const value of answer.weighted) expect(value).toBeCloseTo(truth, 4);
  answer.ks.forEach((k, i) => expect(answer.effective[i]).toBeCloseTo(k, 2));
  expect(answer.elbo).toBeCloseTo(truth, 4);
  expect(answer.naive?.[0]).toBeLessThan(truth - 1);
  expect(Math.abs((answer.naive?.at(-1) ?? NaN) - truth)).toBeLessThan(0.15);
});

it('sums of weights are those of the estimate by all draws', () => {
  const { sums, weighted, effective, naive } = ask(session(linear), { kind: 'estimators', ...test3, draws: 200 });
  const average = (logs: Float64Array | null): number => (logs ?? new Float64Array()).reduce((sum, log) => sum + log / 3, 0);
  expect(average(sums.weights) - Math.log(200)).toBeCloseTo(weighted.at(-1) ?? NaN, 6);
  expect(average(sums.naive) - Math.log(200)).toBeCloseTo(naive?.at(-1) ?? NaN, 6);
  expect(average(sums.weights.map((log, i) => Math.exp(2 * log - (sums.squares[i] ?? NaN))))).toBeCloseTo(effective.at(-1) ?? NaN, 3);
});

it('the naive estimate takes each example against its own draws', () => {
  for (const offset of [0, 2]) expect(Math.abs((ask(session(linear), { kind: 'estimators', ...test3, offset, count: 1, draws: 1000 }).naive?.at(-1) ?? NaN) - (exact[offset] ?? NaN))).toBeLessThan(0.25);
});

it('a spectrum has the mean divergence by dimension and level, and the variance of the posterior means', () => {
  const answer = ask(session(linear), { kind: 'spectrum', ...test3 });
  const means = rows.map((row) => row.reduce((sum, value) => sum + value, 0) / (size + 1));
  const variance = 1 / (size + 1);
  const kl = means.reduce((sum, mean) => sum + 0.5 * (mean ** 2 + variance - 1 - Math.log(variance)), 0) / 3;
  expect(answer.kl).toBeCloseTo(kl, 5);
  expect(answer.perDimension?.[0]).toBeCloseTo(kl, 5);
  expect(Array.from(answer.perLevel ?? [])).toEqual([expect.closeTo(0.25 * kl, 5), expect.closeTo(0.75 * kl, 5)]);
  const centre = means.reduce((sum, mean) => sum + mean, 0) / 3;
  expect(answer.meanVariances?.[0]).toBeCloseTo(means.reduce((sum, mean) => sum + (mean - centre) ** 2, 0) / 3, 5);
});

it('what speaks of a whole split is answered from examples dealt out of it: a file may be in the order of its classes', () => {
  const half = 200;
  const counts = { train: 2 * half, valid: 0, test: 2 * half };
  const data = concat([fill([half, 4, 2, 1], 0), fill([half, 4, 2, 1], 1)]) as Tensor4D;
  const whole = (abilities: Abilities, latentSize: number): Session => ({ ...session(abilities, { ...pictures, counts, builtIn: false }, latentSize), shown: () => ({ data, labels: null }) });
  // Half of the examples of either kind: one as the mean of a code that is 0 or 1 has the variance of a coin.
  const encoding: Abilities = {
    elbo: (x) => ({ distortion: sum(flat(x), 1), kl: sum(flat(x), 1) as Tensor1D, elbo: neg(sum(flat(x), 1)) as Tensor1D }) as unknown as ReturnType<NonNullable<Abilities['elbo']>>,
    encode: (x) => gaussian(slice(flat(x), [0, 0], [x.shape[0], 1]), scalar(0)),
    prior: (count) => standardNormal(count, 1),
  };
  const { examples, kl, meanVariances } = ask(whole(encoding, 1), { kind: 'spectrum', split: 'test', offset: 0, count: half, seed: 0 });
  expect(examples).toBe(half);
  expect(kl).toBeGreaterThan(3);
  expect(kl).toBeLessThan(5);
  expect(meanVariances?.[0]).toBeGreaterThan(0.24);
  const { aggregate } = ask(whole(encoding, 1), { kind: 'aggregate', split: 'test', offset: 0, count: half, x: [-2, 2], y: [-2, 2], resolution: 8, seed: 0 });
  expect(Math.abs(aggregate.reduce((all, z) => all + z / half, 0) - 0.5)).toBeLessThan(0.3);
  const { scores } = ask(whole({ logProb: (x) => neg(sum(flat(x), 1)) as Tensor1D }, 1), { kind: 'foreign', count: half, batch: 1, pictures: { count: 1, height: 4, width: 2, channels: 1, pixels: new Uint8Array(8) }, seed: 0 });
  expect(scores.likelihood.own.filter((log) => log < -7)).not.toHaveLength(0);
  dispose(data);
});

it('foreign pictures are told from its own by likelihood, typicality and complexity', () => {
  // Sums of values, in nats: known for every picture.
  const logProb = (x: Batch): Tensor1D => neg(sum(flat(x), 1)) as Tensor1D;
  const sums = rows.map((row) => -row.reduce((sum, value) => sum + value, 0));
  const foreign = { kind: 'foreign', count: 3, batch: 1, pictures: { count: 2, height: 4, width: 2, channels: 1, pixels: new Uint8Array(16).fill(51) }, seed: 0 } as const;
  const { estimator, entropy, scores } = ask(session({ ...linear, logProb }), foreign);
  expect(estimator).toBe('log p(x)');
  const found = (values: Float32Array): number[] => Array.from(values);
  expect(found(scores.likelihood.own)).toEqual(sums.map((value) => expect.closeTo(value, 5) as number));
  expect(found(scores.likelihood.other)).toEqual([expect.closeTo(-1.6, 5), expect.closeTo(-1.6, 5)]);
  expect(scores.likelihood.auroc).toBe(sums.filter((value) => value > -1.6).length / 3);
  expect(entropy).toBeCloseTo(-sums.reduce((a, b) => a + b / 3, 0), 5);
  expect(found(scores.typicality.other)).toEqual([expect.closeTo(Math.abs(1.6 - entropy), 5), expect.closeTo(Math.abs(1.6 - entropy), 5)]);
  expect(scores.typicality.own).toHaveLength(3);
  expect(ask(session({ logProb }), { ...foreign, batch: 2 }).scores.typicality.own).toHaveLength(1);
  // A picture of one value compresses best.
  const bytes = found(scores.complexity.other).map((bits) => (1.6 / Math.LN2 - bits) / 8);
  expect(bytes).toEqual([expect.closeTo(compressedBytes(new Uint8Array(8).fill(51), 2, 1), 4), expect.closeTo(bytes[0] ?? NaN, 4)]);
  expect(scores.complexity.auroc).toBe(1);
  expect(ask(session(linear), foreign).estimator).toBe('ELBO');
  expect(() => ask(session({ logProb }), { ...foreign, pictures: { ...foreign.pictures, height: 2, width: 4 } })).toThrow(/2 x 4 x 1/);
});

it('a picture compresses by the filter that suits it, and zeros and ones as bits', () => {
  const noise = Uint8Array.from({ length: 256 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 43758.5453) & 255);
  const slope = Uint8Array.from({ length: 256 }, (_, i) => 7 * (i % 16) + 3 * Math.floor(i / 16));
  expect(compressedBytes(slope, 16, 1)).toBeLessThan(40);
  expect(compressedBytes(noise, 16, 1)).toBeGreaterThan(250);
  // A row repeated is nothing but zeros by the filter of the row above.
  expect(compressedBytes(Uint8Array.from({ length: 256 }, (_, i) => noise[i % 16] ?? 0), 16, 1)).toBeLessThan(32);
  expect(Array.from(packedBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0), 9))).toEqual([129, 128, 64, 0]);
});

it('times the model of a run rebuilt for other sizes, and keeps none of them', () => {
  const of = (model: string, dataset = table, settings = {}): Session => {
    const asked = session({}, dataset);
    asked.run.experiment = experimentSchema.parse({ model, data: dataset.id, settings });
    asked.model.abilities.logProb = () => zeros([1]);
    asked.compute = { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow', lowering: 'eager' };
    return asked;
  };
  const { points, density, compute } = ask(of('maf', table, { layers: 1, widths: [4] }), { kind: 'cost' });
  expect(points.map(({ size }) => size)).toEqual([8, 16, 32, 64]);
  for (const { density, sampling } of points) expect([density, sampling].every((ms) => ms !== null && ms > 0)).toBe(true);
  expect([density, compute]).toEqual(['log p(x)', 'TensorFlow on CPU']);
  // An autoencoder has neither density nor samples.
  expect(ask(of('ae', pictures, { widths: [4] }), { kind: 'cost' }).points).toEqual([16, 64, 256, 1024].map((size) => ({ size, density: null, sampling: null })));
});

it('a density is given on the middles of the cells and sums to one', () => {
  const logProb = (x: Batch): Tensor1D => standardNormal(x.shape[0], 2).logProb(flat(x)) as Tensor1D;
  const { logDensity, integral } = ask(session({ logProb }, table), { kind: 'density', x: [-6, 6], y: [-5, 7], resolution: 60, seed: 0 });
  expect(integral).toBeCloseTo(1, 4);
  expect(logDensity[0]).toBeCloseTo(-0.5 * (5.9 ** 2 + 4.9 ** 2) - Math.log(2 * Math.PI), 3);
  expect(Array.from(gridPoints([0, 2], [0, 20], 2))).toEqual([0.5, 5, 1.5, 5, 0.5, 15, 1.5, 15]);
  expect(() => ask(session({ logProb }), { kind: 'density', x: [0, 1], y: [0, 1], resolution: 2, seed: 0 })).toThrow(/not rows of a table/);
  expect(() => ask(session({ logProb }, table), { kind: 'density', x: [0, 1], resolution: 2, seed: 0 })).toThrow(/2 columns, and the grid has 1/);
  expect(ask(Object.assign(session({ logProb }, table), { model: { abilities: { logProb }, onSurface: true } }), { kind: 'density', x: [-6, 6], y: [-6, 6], resolution: 4, seed: 0 })).toMatchObject({ integral: null, inside: null });
});

it('points are drawn in parts, each with noise of its own', () => {
  const counts: number[] = [];
  const sample: Abilities['sample'] = ({ count, noise }) => {
    counts.push(count);
    return reshape(noise.normal([count, 2], 'x'), [count, 1, 1, 2]) as Tensor4D;
  };
  const points = ownPoints(session({ sample }, table), 2 * pointsAtOnce + 10, 3);
  expect(points).toHaveLength(2 * (2 * pointsAtOnce + 10));
  expect(Math.max(...counts)).toBe(pointsAtOnce);
  expect(new Set(points).size).toBeGreaterThan(0.999 * (points?.length ?? NaN));
});

it('of one column a density is a line; what an integral lacks is told from where the samples lie', () => {
  const column = { ...table, id: 'uniform-4z', columns: ['x'], channels: 1 };
  const data = tensor4d([1, 4, 7], [3, 1, 1, 1]);
  const of = (abilities: Abilities): Session => ({ ...session(abilities, column), shown: () => ({ data, labels: null }) });
  const logProb = (x: Batch): Tensor1D => standardNormal(x.shape[0], 1).logProb(flat(x)) as Tensor1D;
  const sample: Abilities['sample'] = ({ count, noise }) => reshape(noise.normal([count, 1], 'x'), [count, 1, 1, 1]) as Tensor4D;
  const whole = ask(of({ logProb, sample }), { kind: 'density', x: [-6, 10], resolution: 400, seed: 0 });
  expect(whole.integral).toBeCloseTo(1, 5);
  expect(whole.inside).toBeNull();
  expect(whole.logDensity).toHaveLength(400);
  expect(whole.logDensity[0]).toBeCloseTo(-0.5 * 5.98 ** 2 - 0.5 * Math.log(2 * Math.PI), 3);
  // X = 4 Z has the density 1/8 on [0, 8].
  expect(Array.from(whole.trueLogDensity ?? []).filter(Number.isFinite)).toHaveLength(200);
  expect(whole.gap?.nats).toBeCloseTo([1, 4, 7].reduce((sum, x) => sum + (0.5 * x * x + 0.5 * Math.log(2 * Math.PI)) / 3, Math.log(1 / 8)), 4);
  const half = ask(of({ logProb, sample }), { kind: 'density', x: [0, 6], resolution: 400, seed: 0 });
  expect(half.integral).toBeCloseTo(0.5, 4);
  expect(Math.abs((half.inside?.share ?? NaN) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / (half.inside?.samples ?? 0)));
  expect(ask(of({ logProb }), { kind: 'density', x: [0, 6], resolution: 400, seed: 0 }).inside).toBeNull();
  dispose(data);
});

it('where the data set knows its density, the gap is the mean difference over test rows', () => {
  const truth = findDensity('8gaussians');
  const logProb = (x: Batch): Tensor1D => fill([x.shape[0]], -2) as Tensor1D;
  const density = ask(session({ logProb }, { ...table, id: '8gaussians' }), { kind: 'density', x: [-1, 1], y: [-1, 1], resolution: 2, seed: 0 });
  const logs = [[0, 1], [2, -1], [0.5, 0.25]].map(([x = 0, y = 0]) => truth?.logDensity(x, y) ?? NaN);
  expect(density.gap?.nats).toBeCloseTo(logs.reduce((sum, log) => sum + log, 0) / 3 + 2, 3);
  expect(density.trueLogDensity?.[3]).toBeCloseTo(truth?.logDensity(0.5, 0.5) ?? NaN, 4);
  expect(ask(session({ logProb }, { ...table, id: '8gaussians', builtIn: false }), { kind: 'density', x: [-1, 1], y: [-1, 1], resolution: 2, seed: 0 })).toMatchObject({ gap: null, trueLogDensity: null });
});

it('stages bring examples and further points through every layer, and say how exact the round trip is', () => {
  // Its inverse misses by 0.001 for each unit, of which the examples have two at most, and the further points four.
  const doubling: Bijector = { forward: (x) => ({ y: mul(x, 2), logDet: zeros([x.shape[0] ?? 0]) }), inverse: (y) => ({ x: mul(y, 0.5005), logDet: zeros([y.shape[0] ?? 0]) }) };
  const stages: Abilities['stages'] = (x) => [
    { name: 'data', values: flat(x), logDet: zeros([x.shape[0]]) },
    { name: 'double', values: mul(flat(x), 2), logDet: fill([x.shape[0]], 2 * Math.log(2)), layer: doubling, shapes: [[1, 1, 1], [1, 1, 1]] },
    { name: 'double', values: mul(flat(x), 4), logDet: fill([x.shape[0]], 4 * Math.log(2)), layer: doubling },
  ];
  const answer = ask(session({ stages }, table, 2), { kind: 'stages', ...test3, points: Float32Array.of(3, 4) });
  expect(answer.count).toBe(3);
  expect(answer.stages.map(({ name, size, shapes }) => [name, size, shapes])).toEqual([['data', 2, null], ['double', 2, [[1, 1, 1], [1, 1, 1]]], ['double', 2, null]]);
  expect(Array.from(answer.stages[1]?.values ?? [])).toEqual([0, 2, 4, -2, 1, 0.5, 6, 8]);
  expect(answer.stages[1]?.logDet[0]).toBeCloseTo(2 * Math.log(2), 5);
  expect(answer.roundTrip).toBeCloseTo(2 * (1.001 ** 2 - 1), 5);
  expect(answer.stages.map(({ residual }) => residual)).toEqual([null, expect.closeTo(0.002, 5), expect.closeTo(0.004, 5)]);
});

it('the aggregate posterior of one standard normal is the prior; far from it everything is a hole', () => {
  const q = (mean: number): Abilities => ({ prior: (count) => standardNormal(count, 2), encode: (x) => gaussian(fill([x.shape[0], 2], mean), scalar(0)) });
  const probe = { kind: 'aggregate', ...test3, x: [-2, 2], y: [-2, 2], resolution: 8 } as const;
  const same = ask(session(q(0), pictures, 2), { ...probe, x: [-2, 2], y: [-2, 2] });
  expect(same.holes).toBe(0);
  for (const ratio of same.logRatio ?? [NaN]) expect(ratio).toBeCloseTo(0, 4);
  known.clear();
  expect(ask(session(q(10), pictures, 2), { ...probe, x: [-2, 2], y: [-2, 2] }).holes).toBe(1);
});

it('temperature, seed and known part are inputs: what was first asked does not stay', () => {
  const sampled: Abilities = {
    sample: ({ count, temperature, noise }) => mul(noise.uniform([count, 4, 2, 1], 'u'), temperature) as Tensor4D,
    levels: { sizes: [2, 8], sample: ({ count, temperatures, held, noise, heldNoise }) => mul(concat([(held > 0 ? heldNoise : noise).uniform([1, 4, 2, 1], 'top'), noise.uniform([count - 1, 4, 2, 1], 'low')]), slice(temperatures, 1, 1)) as Tensor4D },
    complete: ({ x, known, temperature }) => reshape(where(reshape(range(0, size, 1, 'int32').less(known), [1, size]).logicalAnd(ones([x.shape[0], size], 'bool')), flat(x), mul(ones([x.shape[0], size]), temperature)), [x.shape[0], 4, 2, 1]) as Tensor4D,
  };
  const of = session(sampled);
  const pixels = (temperature: number, seed: number) => Array.from(ask(of, { kind: 'sample', count: 2, temperature, seed }).pictures.pixels);
  const first = pixels(1, 0);
  pixels(0.5, 0).forEach((value, i) => expect(Math.abs(value - (first[i] ?? NaN) / 2)).toBeLessThanOrEqual(1));
  expect(pixels(1, 1)).not.toEqual(first);
  expect(pixels(0, 3).every((value) => value === 0)).toBe(true);

  const levels = (temperatures: number[], held: number, heldSeed: number) => ask(of, { kind: 'levels', count: 3, temperatures, held, seed: 0, heldSeed });
  expect(levels([], 0, 0).sizes).toEqual([2, 8]);
  expect(levels([], 1, 1).pictures.pixels).not.toEqual(levels([], 1, 2).pictures.pixels);
  expect(levels([], 0, 1).pictures.pixels).toEqual(levels([], 0, 2).pictures.pixels);
  expect(levels([1, 0], 0, 0).pictures.pixels.every((value) => value === 0)).toBe(true);

  const complete = (known: number) => Array.from(ask(of, { kind: 'complete', ...test3, count: 1, known, temperature: 1 }).pictures.pixels);
  const truth = rows[0]?.map((value) => Math.round(255 * value)) ?? [];
  expect(complete(0)).toEqual(new Array(size).fill(255));
  expect(complete(3)).toEqual([...truth.slice(0, 3), 255, 255, 255, 255, 255]);
  expect(complete(1000)).toEqual(truth);
});

it('an answer says when it was answered op by op, and no other does', () => {
  const of = session({ sample: ({ count }) => ones([count, 4, 2, 1]) });
  const sample = () => ask(of, { kind: 'sample', count: 1, temperature: 1, seed: 0 });
  notes.push('left by something else', 'Answered op by op.');
  expect(sample().note).toBe('Answered op by op.');
  expect('note' in sample()).toBe(false);
});

it('what the settings of a run take away is told from what its model never has', () => {
  expect(() => ask(session({}), { kind: 'complete', ...test3, known: 0, temperature: 1 })).toThrow('The model "made" cannot complete a part with the settings of this run.');
  expect(() => ask(session({}), { kind: 'encode', split: 'test', offset: 0, count: 3 })).toThrow('The model "made" cannot encode.');
});

it('damage is done and repaired where it was done', () => {
  const of = session({ reconstruct: (x) => fill(x.shape, 0.5) });
  const edit = (damage: 'noise' | 'lower half' | 'fewer pixels' | 'colour', by = of) => ask(by, { kind: 'edit', ...test3, damage });
  const truth = edit('noise').truth.pixels;
  expect(edit('noise').given.pixels).not.toEqual(truth);
  expect(edit('noise').outputs.pixels.every((value) => value === 128)).toBe(true);
  const half = edit('lower half');
  expect(half.outputs.pixels.subarray(0, 4)).toEqual(truth.subarray(0, 4));
  expect(half.given.pixels.subarray(4, 8).every((value) => value === 128)).toBe(true);
  const [coarse] = [edit('fewer pixels').given.pixels.subarray(0, 8)];
  expect(new Set(coarse).size).toBe(1);
  expect(Math.abs((coarse[0] ?? 0) - truth.subarray(0, 8).reduce((sum, value) => sum + value, 0) / 8)).toBeLessThan(1);
  expect(() => edit('colour')).toThrow(/no colour/);
  const completing = session({ complete: ({ x, known }) => add(x, mul(exp(mul(known, 0)), 0)) as Tensor4D });
  expect(edit('lower half', completing).by).toBe('completion');
  expect(() => edit('noise', completing)).toThrow(/cannot reconstruct/);
});

it('binary damage stays binary', () => {
  const binary = session({ reconstruct: (x) => x }, { ...pictures, binary: true });
  for (const value of ask(binary, { kind: 'edit', ...test3, damage: 'fewer pixels' }).given.pixels) expect(value % 255).toBe(0);
});

it('codes that are the factors score at the top; dealt out at random they are at the floor', () => {
  const count = 600;
  // The factor in the middle has one value.
  const rows = Array.from({ length: count }, (_, i) => [i % 4, 0, Math.floor(i / 4) % 3]);
  factorValues.value = Uint16Array.from(rows.flat());
  const shown = tensor4d(Float32Array.from(rows.flatMap(([a = 0, , b = 0]) => [a, b])), [count, 1, 1, 2]);
  const data = { ...table, factors: { names: ['a', 'still', 'b'], sizes: [4, 1, 3] }, counts: { train: count, valid: 0, test: count } };
  // The first code moves the first number, and the second none.
  const decodeFirst = (z: Tensor2D) => gaussian(reshape(mul(z, [[1, 0]]), [z.shape[0], 1, 1, 2]), scalar(0));
  const of: Session = { ...session({ encode: (x) => gaussian(flat(x), scalar(-9)), decode: decodeFirst }, data, 2), shown: () => ({ data: shown, labels: null }) };
  const answer = ask(of, { kind: 'factors', split: 'test', offset: 0, count, seed: 0 });
  expect(answer).toMatchObject({ names: ['a', 'b'], constant: ['still'] });
  expect(answer.information.map((row) => row.map((share) => Math.round(share)))).toEqual([[1, 0], [0, 1]]);
  // From -1.9 to 4.9 in seven steps: through all of its range and no further.
  expect(answer.response).toEqual([[expect.closeTo(1 / 6, 5), 0], [0, 0]]);
  expect(ask({ ...of, model: { ...of.model, abilities: { encode: of.model.abilities.encode } } } as Session, { kind: 'factors', split: 'test', offset: 0, count, seed: 0 }).response).toBeNull();
  for (const { name, value, floor } of answer.scores) {
    if (/^(Total correlation|Wasserstein correlation|Information between codes)/.test(name)) expect(value).toBeLessThan(0.01);
    // A linear classifier on one code cannot tell the middle values of a factor from both sides.
    else expect([name, value > (name === 'Attribute predictability' ? 0.2 : 0.9), floor < value - 0.03]).toEqual([name, true, true]);
  }
  expect(answer.scores[0]?.floor).toBeLessThan(0.05);
  expect(() => ask(session({ encode: posterior }), { kind: 'factors', ...test3 })).toThrow(/comes without factors/);
});

it('conditionals of binary data have entropies in bits', () => {
  const conditionals: Abilities['conditionals'] = (x) => gaussian(fill(x.shape, 0.5), scalar(Math.log(0.25)));
  const bits = ask(session({ conditionals }, { ...pictures, binary: true }), { kind: 'conditionals', split: 'test', offset: 0, count: 2 });
  expect(bits.measure).toBe('bits');
  expect(Array.from(bits.spread ?? [])).toEqual(new Array(2 * size).fill(1));
  known.clear();
  expect(ask(session({ conditionals }), { kind: 'conditionals', split: 'test', offset: 0, count: 1 })).toMatchObject({ measure: 'standard deviation' });
});

it('conditionals of levels have the entropy of their probabilities, in bits', () => {
  // Of four levels: all alike, one certain, two alike.
  const p = [[0.25, 0.25, 0.25, 0.25], [0, 1, 0, 0], [0.5, 0.5, 0, 0]];
  const probabilities = (): Tensor => reshape(tensor2d([...p, ...p, ...p.slice(0, 2)]), [1, 4, 2, 1, 4]);
  const conditionals: Abilities['conditionals'] = () => ({ probabilities, mean: () => fill([1, 4, 2, 1], 0.5), sample: () => fill([1], 0), logProb: () => fill([1], 0) }) as ReturnType<NonNullable<Abilities['conditionals']>>;
  const { spread, measure } = ask(session({ conditionals }), { kind: 'conditionals', split: 'test', offset: 0, count: 1 });
  expect(measure).toBe('bits');
  expect(Array.from(spread ?? [])).toEqual([2, 0, 1, 2, 0, 1, 2, 0].map((bits) => expect.closeTo(bits, 5) as number));
});

it('a receptive field has the slopes of the mean of the pixel that is asked for, without their signs', () => {
  // The mean of pixel i is 3 x_(i-1) - x_(i-2)^2.
  const conditionals: Abilities['conditionals'] = (x) => {
    const values = flat(x);
    const before = (by: number): Tensor2D => concat([zeros([x.shape[0], by]), slice(values, [0, 0], [-1, size - by])], 1);
    return gaussian(reshape(sub(mul(before(1), 3), mul(before(2), before(2))), x.shape), scalar(0));
  };
  const field = (pixel: number) => ask(session({ conditionals }), { kind: 'receptive-field', split: 'test', offset: 0, count: 3, pixel });
  const { height, width, field: slopes, examples } = field(5);
  expect([height, width, examples]).toEqual([4, 2, 3]);
  expect(Array.from(slopes)).toEqual([0, 0, 0, expect.closeTo(2 * rows.reduce((sum, row) => sum + (row[3] ?? NaN), 0), 5), 9, 0, 0, 0]);
  expect(field(0).field.every((value) => value === 0)).toBe(true);
  expect(() => field(8)).toThrow(/8 pixels, counted from 0; there is none at 8/);
});

it('rows of a table are reconstructed with the mean of their squared distance', () => {
  const of = session({ reconstruct: (x) => mul(x, [1, 0]) as Tensor4D }, table);
  const { columns, inputs, outputs, squaredError } = ask(of, { kind: 'reconstruct-rows', split: 'test', offset: 0, count: 3 });
  expect([columns, Array.from(inputs), Array.from(outputs)]).toEqual([2, [0, 1, 2, -1, 0.5, 0.25], [0, 0, 2, -0, 0.5, 0]]);
  expect(squaredError).toMatchObject({ value: expect.closeTo((1 + 1 + 0.0625) / 3, 6) as number, rows: 3 });
});

it('points are rows and samples of a table; pictures of one are refused in a sentence', () => {
  const of = session({ sample: ({ count, temperature }) => mul(ones([count, 1, 1, 2]), temperature) as Tensor4D }, table);
  const answer = ask(of, { kind: 'points', ...test3, temperature: 0.5 });
  expect(Array.from(answer.data)).toEqual([0, 1, 2, -1, 0.5, 0.25]);
  expect(Array.from(answer.samples ?? [])).toEqual(new Array(6).fill(0.5));
  expect(answer.samplesAre).toBe('draws');
  const means = { ...of, model: { ...of.model, samplesAreMeans: true } };
  expect([undefined, true].map((draw) => ask(means, { kind: 'points', ...test3, temperature: 0.5, draw }).samplesAre)).toEqual(['means', 'draws']);
  expect(() => ask(of, { kind: 'sample', count: 1, temperature: 1, seed: 0 })).toThrow('This run\'s data are rows of a table, not pictures.');
});

it('an ability that the model lacks is named in words', () => {
  expect(() => ask(session({}), { kind: 'levels', count: 1, temperatures: [], held: 0, seed: 0, heldSeed: 0 })).toThrow('The model "made" cannot sample level by level.');
  expect(() => ask(session({}), { kind: 'encode', split: 'test', offset: 0, count: 1 })).toThrow(/cannot encode/);
  expect(() => ask(session(linear), { kind: 'encode', split: 'test', offset: 3, count: 1 })).toThrow(/there is none at 3/);
});

it('codes come with the factors of their examples', () => {
  factorValues.value = Uint16Array.of(0, 10, 1, 11, 2, 12);
  const of = session({ encode: (x) => posterior(x) }, { ...pictures, factors: { names: ['shape', 'x'], sizes: [3, 32] } });
  expect(ask(of, { kind: 'encode', split: 'test', offset: 1, count: 2 }).factors).toEqual(Uint16Array.of(1, 11, 2, 12));
  expect(ask(session({ encode: (x) => posterior(x) }), { kind: 'encode', split: 'test', offset: 0, count: 3 }).factors).toBeNull();
});

it('an output is judged by the label of its input, and so is the input itself: what the judge gets wrong is not the model\'s error', () => {
  const backwards = session({ reconstruct: (x) => reverse(x, 0) });
  const of = (test: number[]): Session => ({ ...backwards, shown: (split: string) => ({ data: pictureData, labels: Uint16Array.from(split === 'train' ? [0, 1, 2] : test) }) }) as unknown as Session;
  const [known, misnamed] = [of([0, 1, 2]), of([0, 1, 1])];
  const judges = [known, misnamed].map(classifierOf);
  const three = { split: 'test', offset: 0, count: 3 } as const;
  expect(ask(known, { kind: 'reconstruct', ...three })).toMatchObject({ keptClass: Uint8Array.of(0, 1, 0), inputRight: Uint8Array.of(1, 1, 1), classifier: '3 nearest of 3 examples' });
  expect(ask(misnamed, { kind: 'reconstruct', ...three })).toMatchObject({ keptClass: Uint8Array.of(0, 1, 0), inputRight: Uint8Array.of(1, 1, 0) });
  // Inputs are judged once, each range for itself.
  expect(ask(misnamed, { kind: 'reconstruct', split: 'test', offset: 1, count: 2 })).toMatchObject({ keptClass: Uint8Array.of(0, 1), inputRight: Uint8Array.of(1, 0) });
  expect(ask(misnamed, { kind: 'reconstruct', ...three }).inputRight).toEqual(Uint8Array.of(1, 1, 0));
  judges.forEach((judge) => judge?.dispose());
  expect(ask(backwards, { kind: 'reconstruct', ...three })).toMatchObject({ keptClass: null, inputRight: null, classifier: null });
});
