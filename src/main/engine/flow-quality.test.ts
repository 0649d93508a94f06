import { dispose, slice, tensor4d, tidy, type Scalar, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { findDensity, logDensities } from '../../ml/data/densities';
import { findGenerated } from '../../ml/data/generated';
import { chunksOf, evaluateTerms } from '../../ml/evaluate';
import type { Model } from '../../ml/model';
import { findModel } from '../../ml/models/registry';
import { createNoise, under } from '../../ml/random/noise';
import { gap, integral, plane } from '../../ml/testing/plane';
import { createTrainStep } from '../../ml/train-step';
import { compileStep, feed } from './compile-step/compile-step';
import { epochOrder } from './train-loop';

const sets = ['8gaussians', 'moons', 'checkerboard', 'pinwheel', '2spirals'] as const;

/**
 * Test negative log-likelihood minus the density's own, nats, of flows of these sizes: measured once with another program, 10,000 steps of Adam on batches of 512
 * with a rate that falls from 2e-3 to 0.
 */
const reference: Record<string, readonly number[]> = {
  'planar-flow': [0.296, 0.523, 0.71, 0.661, 1.016],
  nice: [0.355, 0.103, 0.334, 0.18, 0.597],
  realnvp: [0.065, 0.009, 0.119, 0.073, 0.056],
  maf: [0.118, 0.017, 0.138, 0.087, 0.263],
  'gaussianization-flow': [0.112, 0.075, 0.316, 0.19, 0.39],
  ffjord: [0.003, 0.003, 0.136, 0.016, 0.057],
};
const allowed = 0.05;

/** Those of which no number is known: none may be nearer to the truth than the truth. */
const others = [
  { id: 'radial-flow', settings: {} },
  { id: 'iaf-flow', settings: {} },
  { id: 'spline-flow', settings: {} },
  { id: 'rbig', settings: {} },
  { id: 'mintnet', settings: {} },
  { id: 'maf', settings: { layers: 5, mixtureComponents: 10 } },
  { id: 'maf', settings: { layers: 0, mixtureComponents: 10 } },
];

const examples = 20_000;
const tested = 5000;
const batch = 256;
/** Steps of Adam at each rate. */
const phases = [[7000, 2e-3], [2000, 4e-4], [1000, 8e-5]] as const;
const rows = (set: string, split: 'train' | 'test', count: number): Float32Array => findGenerated(set)?.rows(split, 0, count).values as Float32Array;

function trained(id: string, set: string, settings: object = {}): Model {
  const data = tensor4d(rows(set, 'train', examples), [examples, 1, 1, 2]);
  const definition = findModel(id);
  const model = definition.build({ settings: definition.settings.parse(settings), data: plane(examples), noise: under('initialise', createNoise(0)) });
  if ('fit' in model) {
    for (const terms of model.fit(data, createNoise(0))) void terms;
    data.dispose();
    return model;
  }
  tidy(() => model.initialise?.(slice(data, 0, 256), createNoise(0)));
  const perEpoch = Math.floor(examples / batch);
  const batchOf = (step: number): Int32Array => {
    const first = ((step - 1) % perEpoch) * batch;
    return epochOrder(examples, 0, Math.floor((step - 1) / perEpoch)).slice(first, first + batch);
  };
  let step = 0;
  for (const [steps, learningRate] of phases) {
    const eager = createTrainStep({ model, learningRate, data, binarisation: 'none', seed: 0 });
    const compiled = compileStep(
      { state: eager.state, resident: { data }, examples: [[feed(1), feed(batchOf(1))], [feed(2), feed(batchOf(2))]], body: (n, at) => eager.body(n as Scalar, at as Tensor1D) },
      { lowering: 'graph' },
    );
    for (let i = 0; i < steps; i++) compiled.run(Int32Array.of(++step), batchOf(step));
    compiled.store();
    compiled.dispose();
    eager.dispose();
  }
  data.dispose();
  return model;
}

/** By test points of the set. */
function gapOn(model: Model, set: string): { nats: number; standardError: number } {
  const points = rows(set, 'test', tested);
  const density = findDensity(set);
  return gap(model, points, density ? logDensities(density, points) : []);
}

const disposeOf = (model: Model): void => dispose([...Object.values(model.parameters), ...Object.values(('state' in model && model.state) || {})]);

/** Run one: ELBO_LONG=1 npx vitest run src/main/engine/flow-quality.test.ts -t "maf on moons". Each takes about a minute on a quiet core, a continuous flow some minutes. */
describe.runIf(process.env.ELBO_LONG)('trained flows', { timeout: 1_200_000 }, () => {
  const pairs = Object.entries(reference).flatMap(([id, gaps]) => sets.map((set, i) => ({ id, set, expected: gaps[i] ?? NaN })));

  it.each(pairs)('$id on $set comes as near to the truth as the reference, and not beyond the truth', ({ id, set, expected }) => {
    const model = trained(id, set);
    const { nats, standardError } = gapOn(model, set);
    console.log(`${id} on ${set}: ${nats.toFixed(3)} ± ${standardError.toFixed(3)} nats from the truth, reference ${expected}`);
    expect(nats).toBeLessThan(expected + allowed);
    expect(nats).toBeGreaterThan(-4 * standardError);
    disposeOf(model);
  });

  it.each(others.flatMap((each) => ['moons', 'checkerboard'].map((set) => ({ ...each, set }))))('$id, $settings, on $set integrates to one and is not beyond the truth', ({ id, settings, set }) => {
    const model = trained(id, set, settings);
    const { nats, standardError } = gapOn(model, set);
    const total = integral(model, 400);
    console.log(`${id} on ${set}: ${nats.toFixed(3)} ± ${standardError.toFixed(3)} nats from the truth, integral ${total.toFixed(4)}`);
    expect(Math.abs(total - 1)).toBeLessThan(5e-3);
    expect(nats).toBeGreaterThan(-4 * standardError);
    disposeOf(model);
  });

  it('a distilled student comes within 0.05 nats of its teacher on moons', () => {
    const model = trained('distilled-flow', 'moons');
    const chunks = chunksOf(tensor4d(rows('moons', 'test', tested), [tested, 1, 1, 2]) as Tensor4D);
    const { klNats } = evaluateTerms({ model, chunks, binarisation: 'none', noise: createNoise(3), step: 1 });
    console.log(`KL(student || teacher) ${klNats?.toFixed(3)} nats`);
    expect(klNats).toBeLessThan(0.05);
    disposeOf(model);
  });
});
