import { add, dispose, slice, tensor4d, tidy, type Scalar, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { findGenerated } from '../../data/generated';
import type { Model, ModelDefinition } from '../../model';
import { createNoise } from '../../random/noise';
import { gap, integral, plane } from '../../testing/plane';
import { createTrainStep } from '../../train-step';
import { flows } from '.';

const noise = createNoise(4);
const count = 4000;
const long = Boolean(process.env.ELBO_LONG);
const steps = long ? 200 : 30;
const tolerance = 5e-3;

const pointsOf = (values: Float32Array): Tensor4D => tensor4d(values, [values.length / 2, 1, 1, 2]);
const moons = (): Float32Array => findGenerated('moons')?.rows('train', 0, count).values as Float32Array;
const normal = (purpose: string, n: number): Float32Array => tidy(() => noise.normal([n, 2], purpose).dataSync<'float32'>().slice());
const normalLog = (points: Float32Array): number[] => Array.from({ length: points.length / 2 }, (_, i) => -Math.log(2 * Math.PI) - ((points[2 * i] ?? NaN) ** 2 + (points[2 * i + 1] ?? NaN) ** 2) / 2);

interface Trained {
  model: Model;
  train(steps: number): void;
  end(): void;
}

/** The model on points of the plane, and what takes it further. `changed` makes another of it. */
function start(definition: ModelDefinition, values: Float32Array, changed = (model: Model): Model => model): Trained {
  const data = pointsOf(values);
  const model = changed(definition.build({ settings: definition.settings.parse({}), data: plane(count), noise: createNoise(1) }));
  const end = (): void => dispose([data, ...Object.values(model.parameters), ...Object.values('state' in model ? model.state ?? {} : {})]);
  if ('fit' in model) return { model, train: () => void [...model.fit(data, noise)], end };
  const step = createTrainStep({ model, learningRate: 2e-3, data, binarisation: 'none', seed: 1 });
  return {
    model,
    train: (steps) => {
      tidy(() => model.initialise?.(slice(data, 0, 256), noise));
      for (let i = 1; i <= steps; i++) step.run(i, Int32Array.from({ length: 128 }, (_, k) => (i * 128 + k * 7) % count));
    },
    end: () => {
      step.dispose();
      end();
    },
  };
}

// A density along a curve is none over the plane.
const planar = flows.filter((definition) => definition.id !== 'rectangular-flow' && definition.abilities.includes('logProb') && definition.refuses(plane(count), definition.settings.parse({})) === null);
// These start as the identity.
const quick = ['realnvp', 'maf'];
const subjects = planar.filter(({ id }) => long || quick.includes(id)).map((definition) => ({ id: definition.id, definition }));

it('takes every flow that takes a table of two columns', () => expect(planar.map(({ id }) => id)).toEqual(expect.arrayContaining(['planar-flow', 'radial-flow', 'nice', 'iaf-flow', 'spline-flow', 'gaussianization-flow', 'rbig', 'ffjord', 'mintnet', ...quick])));

describe.each(subjects)('$id on the plane', { timeout: 900_000 }, ({ id, definition }) => {
  it('has a density that integrates to one, before and after training', () => {
    const { model, train, end } = start(definition, moons());
    const side = long ? 400 : 200;
    // A fitted model is none before its fit.
    if (definition.trainedBy === 'gradient') {
      train(0);
      expect(Math.abs(integral(model, side) - 1)).toBeLessThan(tolerance);
    }
    train(steps);
    expect(Math.abs(integral(model, side) - 1)).toBeLessThan(tolerance);
    end();
  });

  // On points of its base a flow is near the truth from the start: what is beyond it shows.
  it('never beats the truth', () => {
    const { model, train, end } = start(definition, normal('train', count));
    const points = normal('test', 5000);
    if (quick.includes(id)) expect(Math.abs(gap(model, points, normalLog(points)).nats)).toBeLessThan(1e-5);
    train(steps);
    const { nats, standardError } = gap(model, points, normalLog(points));
    expect(nats).toBeGreaterThan(-4 * standardError);
    if (quick.includes(id)) expect(nats).toBeLessThan(0.05);
    end();
  });
});

it('a log-determinant that forgets a layer is noticed by either check', () => {
  const [realnvp] = planar.filter(({ id }) => id === 'realnvp');
  /** The model, whose first normalisation's log-scales do not count. */
  const forgetful = (model: Model): Model => {
    if (!('objective' in model)) return model;
    const logScale = model.parameters['layer-0/actnorm/log-scale'] as unknown as Tensor1D;
    const counted = model.abilities.logProb?.bind(model.abilities);
    const uncounted = (total: Scalar): Scalar => add(total, logScale.sum());
    return {
      ...model,
      abilities: { ...model.abilities, logProb: (x, drawn) => counted?.(x, drawn).sub(logScale.sum()) as Tensor1D },
      objective(x, context) {
        const { loss, terms } = model.objective(x, context);
        return { loss: uncounted(loss), terms: { ...terms, lossNats: uncounted(loss) } };
      },
    };
  };
  const { model, train, end } = start(realnvp as ModelDefinition, normal('train', count), forgetful);
  train(30);
  const points = normal('test', 5000);
  const { nats, standardError } = gap(model, points, normalLog(points));
  expect(nats).toBeLessThan(-4 * standardError);
  expect(Math.abs(integral(model, 200) - 1)).toBeGreaterThan(tolerance);
  end();
});
