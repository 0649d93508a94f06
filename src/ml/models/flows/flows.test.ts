import { dispose, mul, scalar, sub, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { Batch, GradientModel, ModelDefinition } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { glow } from './glow';
import { realnvpMultiScale } from './realnvp-multi-scale';

const noise = createNoise(8);
const pictures: DataShape = { kind: 'pictures', levels: 16, examples: 100, height: 8, width: 6, channels: 1, binary: false };
const levelsOf = (batch: number): Batch => tidy(() => noise.uniform([batch, 8, 6, 1], 'pictures').mul(16).floor().div(15) as Batch);

function withModel(definition: ModelDefinition, settings: object, test: (model: GradientModel) => void): void {
  const model = definition.build({ settings: definition.settings.parse(settings), data: pictures, noise: createNoise(2) }) as GradientModel;
  tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(variable.add(mul(noise.normal(variable.shape, name), 0.02)))));
  test(model);
  dispose([...Object.values(model.parameters), ...Object.values(model.state ?? {})]);
}

const value = (make: () => Tensor): number[] => Array.from(readValues(() => ({ value: make() })).value);

describe.each([
  ['Glow', glow as ModelDefinition, { levels: 2, steps: 2, filters: 8 }],
  ['Glow with free matrices and additive couplings', glow as ModelDefinition, { levels: 3, steps: 1, filters: 8, mixing: 'free', coupling: 'additive' }],
  ['multi-scale RealNVP', realnvpMultiScale as ModelDefinition, { levels: 2, steps: 2, filters: 8 }],
] as const)('%s', (_, definition, settings) => {
  it('gives back every level of a picture, from as many codes as it has values', () =>
    withModel(definition, settings, ({ abilities, latentSize }) => {
      const x = levelsOf(4);
      expect(latentSize).toBe(48);
      expect(abilities.levels?.sizes.reduce((sum, size) => sum + size)).toBe(48);
      expect(Math.max(...value(() => sub(abilities.reconstruct?.(x) ?? x, x).abs()))).toBeLessThan(1e-5);
      x.dispose();
    }));

  it('gives one picture at temperature 0, and pictures further apart at higher ones, with the noise held', () =>
    withModel(definition, settings, ({ abilities, initialise }) => {
      const x = levelsOf(64);
      initialise?.(x, noise);
      const spread = (temperature: number): number =>
        value(() => {
          const samples = abilities.sample?.({ count: 32, temperature: scalar(temperature), noise }) ?? x;
          return samples.sub(samples.mean(0)).square().mean();
        })[0] ?? NaN;
      const [cold = NaN, ...warmer] = [0, 0.25, 0.6, 0.8, 1].map(spread);
      expect(cold).toBeLessThan(1e-10);
      warmer.forEach((now, i) => expect(now).toBeGreaterThan([cold, ...warmer][i] ?? NaN));
      x.dispose();
    }));

  it('changes the pictures by each level\'s own temperature, and holds the first levels', () =>
    withModel(definition, settings, ({ abilities: { levels } }) => {
      const count = levels?.sizes.length ?? 0;
      const sample = (temperatures: number[], held: number): number[] =>
        value(() => levels?.sample({ count: 3, temperatures: tensor1d(temperatures), held, noise, heldNoise: createNoise(77) }) ?? scalar(NaN));
      const base = sample(new Array<number>(count).fill(0.7), 0);
      for (let level = 0; level < count; level++) expect(sample(new Array<number>(count).fill(0.7).map((t, i) => (i === level ? 0 : t)), 0)).not.toEqual(base);
      const all = sample(new Array<number>(count).fill(0.7), count);
      expect(all.slice(0, 48)).toEqual(all.slice(48, 96));
      expect(sample(new Array<number>(count).fill(0.7), 1).slice(0, 48)).not.toEqual(sample(new Array<number>(count).fill(0.7), 1).slice(48, 96));
    }));

  it('adds its layers\' log-determinants up to the likelihood', () =>
    withModel(definition, settings, ({ abilities }) => {
      const x = levelsOf(4);
      const { whole, summed } = readValues(() => {
        const last = abilities.stages?.(x, noise).at(-1);
        if (!last) throw new Error('no stages');
        return { whole: abilities.logProb?.(x, noise) ?? x, summed: last.values.square().mul(-0.5).sub(0.5 * Math.log(2 * Math.PI)).sum(1).add(last.logDet) };
      });
      whole.forEach((logProb, i) => expect(logProb).toBeCloseTo(summed[i] ?? NaN, 2));
      expect(Math.max(...whole)).toBeLessThan(0);
      x.dispose();
    }));
});

it('a Glow coupling starts by scaling with sigmoid(2): ln 0.8808 for each changed value', () => {
  const model = glow.build({ settings: glow.settings.parse({ levels: 1, steps: 1, filters: 4 }), data: pictures, noise: createNoise(2) }) as GradientModel;
  const [logDet] = value(() => {
    const stages = model.abilities.stages?.(levelsOf(1), noise) ?? [];
    const step = stages.findIndex(({ name }) => name.includes('step 1'));
    return sub(stages[step]?.logDet ?? scalar(NaN), stages[step - 1]?.logDet ?? scalar(NaN));
  });
  // Of 4 channels of 4 x 3 pixels two change; the random rotation keeps volume, and so does the normalisation at its start.
  expect(logDet).toBeCloseTo(24 * Math.log(1 / (1 + Math.exp(-2))), 3);
  dispose([...Object.values(model.parameters), ...Object.values(model.state ?? {})]);
});
