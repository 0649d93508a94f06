import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { findDensity, logDensities } from '../../data/densities';
import { findGenerated } from '../../data/generated';
import type { FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { probabilityFlow } from './probability-flow';

it('has the density of the eight Gaussians that it finds in their points, by its flow as by the mixture, with an accuracy that its steps decide', () => {
  const count = 3000;
  const rows = (split: 'train' | 'test', n: number): Float32Array => findGenerated('8gaussians')?.rows(split, 0, n).values as Float32Array;
  const build = (settings: object) => probabilityFlow.build({ settings: probabilityFlow.settings.parse(settings), data: { kind: 'table', levels: null, examples: count, height: 1, width: 1, channels: 2, binary: false }, noise: createNoise(1) }) as FittedModel;
  const data = tensor4d(rows('train', count), [count, 1, 1, 2]);
  const fitted = (settings: object) => {
    const model = build(settings);
    const [terms = {}] = [...model.fit(data, createNoise(3))];
    return { model, terms };
  };
  const { model, terms } = fitted({});
  expect(terms['differenceNats']).toBeLessThan(1e-2);
  const test = rows('test', 1000);
  const { log } = readValues(() => ({ log: model.abilities.logProb?.(tensor4d(test, [1000, 1, 1, 2]), createNoise(1)) ?? data }));
  const density = findDensity('8gaussians');
  const truth = density ? logDensities(density, test) : [];
  const gap = Array.from(truth).reduce((sum, value, i) => sum + (value - (log[i] ?? NaN)) / 1000, 0);
  // Eight means, variances and weights of 3,000 points: about 39 / 6,000 nats are lost.
  expect(Math.abs(gap)).toBeLessThan(0.03);
  const few = fitted({ layers: 1, solverSteps: 6 });
  expect(few.terms['differenceNats']).toBeGreaterThan(1e-2);
  dispose([...Object.values(model.parameters), ...Object.values(few.model.parameters), data]);
});
