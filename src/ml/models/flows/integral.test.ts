import { dispose, slice, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { findDensity, logDensities } from '../../data/densities';
import { findGenerated } from '../../data/generated';
import type { Model, ModelDefinition } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { createTrainStep } from '../../train-step';
import { flows } from '.';

const noise = createNoise(4);
const count = 4000;
const plane: DataShape = { kind: 'table', levels: null, examples: count, height: 1, width: 1, channels: 2, binary: false };
const rows = (split: 'train' | 'test', n: number): Tensor4D => tensor4d(findGenerated('moons')?.rows(split, 0, n).values as Float32Array, [n, 1, 1, 2]);

/** log p of points `[n, 2]`, a few thousand at a time. */
function logProbs(model: Model, points: Float32Array): Float32Array {
  const n = points.length / 2;
  const logs = new Float32Array(n);
  for (let from = 0; from < n; from += 4000) {
    const some = Math.min(4000, n - from);
    logs.set(readValues(() => ({ log: model.abilities.logProb?.(tensor4d(points.slice(2 * from, 2 * (from + some)), [some, 1, 1, 2]), noise) ?? noise.normal([some], 'none') })).log, from);
  }
  return logs;
}

/** The integral of the density over a square of 8 standard deviations to each side, by the middles of `side`^2 cells. */
function integral(model: Model, side: number): number {
  const extent = 12;
  const cell = (2 * extent) / side;
  const points = Float32Array.from({ length: 2 * side * side }, (_, i) => -extent + cell * (0.5 + (i % 2 === 0 ? (i >> 1) % side : Math.floor((i >> 1) / side))));
  return cell * cell * logProbs(model, points).reduce((sum, log) => sum + Math.exp(log), 0);
}

/** Of test points: the mean of log p*(x) - log p(x) and its standard error. */
function gap(model: Model): { nats: number; standardError: number } {
  const moons = findDensity('moons');
  const points = findGenerated('moons')?.rows('test', 0, 5000).values as Float32Array;
  const logs = logProbs(model, points);
  const differences = Array.from(moons ? logDensities(moons, points) : [], (truth, i) => truth - (logs[i] ?? NaN));
  const nats = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  return { nats, standardError: Math.sqrt(differences.reduce((sum, value) => sum + (value - nats) ** 2, 0)) / differences.length };
}

/** The model on moons, and what takes it further. */
function start(definition: ModelDefinition): { model: Model; train(steps: number): void; end(): void } {
  const data = rows('train', count);
  const model = definition.build({ settings: definition.settings.parse({}), data: plane, noise: createNoise(1) });
  const end = (): void => dispose([data, ...Object.values(model.parameters), ...Object.values('state' in model ? model.state ?? {} : {})]);
  if ('fit' in model) return { model, train: () => void [...model.fit(data, noise)], end };
  tidy(() => model.initialise?.(slice(data, 0, 256), noise));
  const step = createTrainStep({ model, learningRate: 2e-3, data, binarisation: 'none', seed: 1 });
  return {
    model,
    train: (steps) => {
      for (let i = 1; i <= steps; i++) step.run(i, Int32Array.from({ length: 128 }, (_, k) => (i * 128 + k * 7) % count));
    },
    end: () => {
      step.dispose();
      end();
    },
  };
}

// A density along a curve is none over the plane.
const planar = flows.filter((definition) => definition.id !== 'rectangular-flow' && definition.abilities.includes('logProb') && definition.refuses(plane, definition.settings.parse({})) === null);
const quick = ['realnvp', 'maf'];

it('takes every flow that takes a table of two columns', () => expect(planar.map(({ id }) => id)).toEqual(expect.arrayContaining(['planar-flow', 'radial-flow', 'nice', 'iaf-flow', 'spline-flow', 'gaussianization-flow', 'rbig', 'ffjord', 'mintnet', ...quick])));

describe.each(planar.map((definition) => ({ id: definition.id, definition })))('$id on the plane', ({ id, definition }) => {
  const long = Boolean(process.env.ELBO_LONG);

  it.runIf(long || quick.includes(id))('has a density that integrates to one, before and after training, and never beats the truth', { timeout: 300_000 }, () => {
    const { model, train, end } = start(definition);
    const tolerance = 5e-3;
    const side = long ? 400 : 200;
    // A fitted model is none before its fit.
    if (definition.trainedBy === 'gradient') expect(Math.abs(integral(model, side) - 1)).toBeLessThan(tolerance);
    train(long ? 200 : 30);
    expect(Math.abs(integral(model, side) - 1)).toBeLessThan(tolerance);
    const { nats, standardError } = gap(model);
    expect(nats).toBeGreaterThan(-4 * standardError);
    end();
  });
});
