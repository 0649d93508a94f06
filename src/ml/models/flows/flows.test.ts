import { dispose, grad, moments, mul, scalar, sub, tensor1d, tensor4d, tidy, variableGrads, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { Batch, GradientModel, ModelDefinition } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { gaussianizationFlow } from './gaussianization';
import { glow } from './glow';
import { iafFlow } from './iaf';
import { maf } from './maf';
import { mintnet } from './mintnet';
import { nice } from './nice';
import { rbig } from './rbig';
import { realnvp } from './realnvp';
import { realnvpMultiScale } from './realnvp-multi-scale';
import { splineFlow } from './spline';

const noise = createNoise(8);
const pictures: DataShape = { kind: 'pictures', levels: 16, examples: 100, height: 8, width: 6, channels: 1, binary: false };
const levelsOf = (batch: number): Batch => tidy(() => noise.uniform([batch, 8, 6, 1], 'pictures').mul(16).floor().div(15) as Batch);

function withModel(definition: ModelDefinition, settings: object, test: (model: GradientModel) => void): void {
  const model = definition.build({ settings: definition.settings.parse(settings), data: pictures, noise: createNoise(2) }) as GradientModel;
  tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(variable.add(mul(noise.normal(variable.shape, name), 0.02)))));
  test(model);
  dispose([...Object.values(model.parameters), ...Object.values(model.state ?? {})]);
}

const table = (columns: number): DataShape => ({ kind: 'table', levels: null, examples: 100, height: 1, width: 1, channels: columns, binary: false });

const value = (make: () => Tensor): number[] => Array.from(readValues(() => ({ value: make() })).value);

describe.each([
  ['Glow', glow as ModelDefinition, { levels: 2, steps: 2, filters: 8 }],
  ['Glow of logits', glow as ModelDefinition, { levels: 2, steps: 2, filters: 8, pictures: 'logits' }],
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

it('says which arrays its values are after each layer', () => {
  interface Arrays {
    name: string;
    shapes: readonly (readonly [number, number, number])[];
    /** Of one array, row and column from 0. */
    at(array: number, row: number, column: number, channel: number): number;
  }
  const arraysOf = (definition: ModelDefinition, settings: object): Arrays[] => {
    let found: Arrays[] = [];
    withModel(definition, settings, ({ abilities }) => {
      const x = levelsOf(1);
      tidy(() => {
        found = (abilities.stages?.(x, noise) ?? []).map(({ name, values, shapes = [] }): Arrays => {
          const all = values.dataSync<'float32'>();
          const starts = shapes.map((_, i) => shapes.slice(0, i).reduce((sum, [h, w, c]) => sum + h * w * c, 0));
          return { name, shapes, at: (array, row, column, channel) => all[(starts[array] ?? NaN) + (row * (shapes[array]?.[1] ?? NaN) + column) * (shapes[array]?.[2] ?? NaN) + channel] ?? NaN };
        });
      });
      x.dispose();
    });
    return found;
  };
  const stages = arraysOf(realnvpMultiScale, { levels: 3, steps: 1, filters: 4 });
  const twice = (...shapes: number[][]): number[][][] => [shapes, shapes];
  const last = [[1, 3, 4], [2, 3, 2], [4, 3, 2]];
  expect(stages.map(({ shapes }) => shapes)).toEqual([...twice([8, 6, 1]), ...twice([4, 3, 4]), ...twice([4, 3, 2], [4, 3, 2]), ...twice([2, 3, 4], [4, 3, 2]), ...twice([2, 3, 2], [2, 3, 2], [4, 3, 2]), ...twice(...last), ...twice(...last)]);
  const [, before, squeezed, , , , again] = stages;
  const [coupled, parted] = [stages[3], stages[4]];
  expect([squeezed?.name, parted?.name, again?.name]).toEqual(['level 1: pixels to channels', 'level 1: half leaves', 'level 2: pixels to channels']);
  for (const [row, column] of [[0, 0], [3, 2], [1, 2]] as const)
    for (let channel = 0; channel < 4; channel++) {
      expect(squeezed?.at(0, row, column, channel)).toBe(before?.at(0, 2 * row + (channel >> 1), 2 * column + (channel & 1), 0));
      expect(parted?.at(channel >> 1, row, column, channel & 1)).toBe(coupled?.at(0, row, column, channel));
    }
  // Of three columns none can be halved, so that rows alone become channels. What left lies where it lay.
  expect(again?.at(0, 1, 2, 3)).toBe(stages[5]?.at(0, 3, 2, 1));
  expect(again?.at(1, 3, 2, 1)).toBe(parted?.at(1, 3, 2, 1));
  const [data, evenFirst, ...others] = arraysOf(nice, { layers: 1, widths: [4] });
  expect(evenFirst?.shapes).toEqual([[8, 3, 1], [8, 3, 1]]);
  for (const half of [0, 1]) expect(evenFirst?.at(half, 5, 1, 0)).toBe(data?.at(0, 5, 2 + half, 0));
  expect(others.map(({ shapes }) => shapes)).toEqual(others.map(() => evenFirst?.shapes));
});

it('a Glow coupling starts by scaling with sigmoid(2), which is 0.8808, within its floor of 1e-3', () => {
  const model = glow.build({ settings: glow.settings.parse({ levels: 1, steps: 1, filters: 4 }), data: pictures, noise: createNoise(2) }) as GradientModel;
  const [logDet] = value(() => {
    const stages = model.abilities.stages?.(levelsOf(1), noise) ?? [];
    const step = stages.findIndex(({ name }) => name.includes('step 1'));
    return sub(stages[step]?.logDet ?? scalar(NaN), stages[step - 1]?.logDet ?? scalar(NaN));
  });
  // Of 4 channels of 4 x 3 pixels two change; the random rotation keeps volume, and so does the normalisation at its start.
  expect(logDet).toBeCloseTo(24 * Math.log(0.999 / (1 + Math.exp(-2)) + 1e-3), 3);
  dispose([...Object.values(model.parameters), ...Object.values(model.state ?? {})]);
});

describe.each([
  [realnvp, 0.05, { layers: 1 }],
  [realnvpMultiScale, 0.05, {}],
  [glow, 0.05, { pictures: 'logits' }],
  [splineFlow, 0.05, { layers: 1 }],
  [maf, 1e-6, { layers: 1 }],
  [mintnet, 1e-6, { layers: 1 }],
  [gaussianizationFlow, 1e-5, { layers: 1 }],
  [rbig, 1e-5, { layers: 1 }],
] as readonly [ModelDefinition, number, object][])('the pictures of $id', (definition, usual, own) => {
  it(`are seen through the logit with a margin that is a setting, ${usual} where nothing else is said`, () => {
    const most = (settings: object): number => {
      const model = definition.build({ settings: definition.settings.parse({ ...own, ...settings }), data: pictures, noise: createNoise(2) });
      const values = value(() => model.abilities.stages?.(zeros([2, 8, 6, 1]), { ...noise, uniform: (shape) => zeros(shape) })[0]?.values ?? scalar(NaN));
      dispose([...Object.values(model.parameters), ...Object.values('state' in model ? model.state ?? {} : {})]);
      return Math.max(...values);
    };
    // Black, without noise, is logit(margin).
    for (const [settings, margin] of [[{}, usual], [{ margin: 0.2 }, 0.2]] as const) expect(most(settings)).toBeCloseTo(Math.log(margin / (1 - margin)), 3);
  });
});

describe('NICE', () => {
  const started = (data: DataShape, settings: object, x: Tensor): GradientModel => {
    const model = nice.build({ settings: nice.settings.parse({ layers: 4, widths: [16], ...settings }), data, noise: createNoise(2) }) as GradientModel;
    tidy(() => model.initialise?.(x as Batch, noise));
    return model;
  };

  it('does not start where symmetric data hold it: the gradient of each shift is more than rounding', () => {
    // Each point with its three mirror images: at the identity no shift would have a direction.
    const quarter = value(() => noise.normal([200, 2], 'quarter'));
    const points = tensor4d([1, -1].flatMap((a) => [1, -1].flatMap((b) => quarter.map((v, i) => 2 * (i % 2 === 0 ? a : b) * v))), [800, 1, 1, 2]);
    const model = started({ kind: 'table', levels: null, examples: 800, height: 1, width: 1, channels: 2, binary: false }, {}, points);
    const { grads } = variableGrads(() => model.objective(points as Batch, { noise, step: scalar(1, 'int32'), rows: tensor1d([0], 'int32') }).loss, Object.values(model.parameters));
    for (const [name, variable] of Object.entries(model.parameters)) {
      if (!name.endsWith('output/kernel')) continue;
      expect(value(() => (grads[variable.name] ?? scalar(NaN)).abs().max())[0], name).toBeGreaterThan(1e-3);
    }
    dispose([points, ...Object.values(grads), ...Object.values(model.parameters)]);
  });

  it('starts with each hidden unit at zero for an example of its own, so that kinks lie all over the data', () => {
    const x = value(() => noise.normal([200, 2], 'far').mul(3).add(5));
    const points = tensor4d(x, [200, 1, 1, 2]);
    const model = started({ kind: 'table', levels: null, examples: 200, height: 1, width: 1, channels: 2, binary: false }, {}, points);
    const [kernel = [], bias = []] = ['kernel', 'bias'].map((part) => value(() => (model.parameters[`layer-0/dense-0/${part}`] ?? scalar(NaN)).clone()));
    expect(bias).toHaveLength(16);
    bias.forEach((b, unit) => expect((kernel[unit] ?? NaN) * (x[2 * unit] ?? NaN) + b).toBeCloseTo(0, 4));
    dispose([points, ...Object.values(model.parameters)]);
  });

  it('starts with values of mean 0 and deviation 1 in the base, of pixels that are always black too', () => {
    const black = tidy(() => levelsOf(256).mul(noise.uniform([1, 8, 6, 1], 'black').greater(0.3)) as Batch);
    const model = started(pictures, { base: 'logistic' }, black);
    const { centre, deviation, lossNats } = readValues(() => {
      const z = model.abilities.stages?.(black, noise).at(-1)?.values ?? scalar(NaN);
      const centre = z.mean(0);
      return { centre, deviation: z.sub(centre).square().mean(0).sqrt(), lossNats: model.objective(black, { noise, step: scalar(1, 'int32'), rows: tensor1d([0], 'int32') }).loss };
    });
    centre.forEach((mean) => expect(Math.abs(mean)).toBeLessThan(2e-3));
    deviation.forEach((each) => expect(Math.abs(each - 1)).toBeLessThan(1e-2));
    // Sixteen levels at random are worth ln 16 each; a black pixel is next to nothing.
    expect(lossNats[0]).toBeLessThan(48 * Math.log(16));
    dispose([black, ...Object.values(model.parameters)]);
  });
});

it.each([
  { definition: maf, net: 'layer-0', column: 0 },
  { definition: maf, net: 'mixtures', settings: { layers: 1, mixtureComponents: 2 }, column: 1 },
  { definition: iafFlow, net: 'layer-0', column: 0 },
  { definition: splineFlow, net: 'layer-0', column: 0 },
])('$definition.id starts with the kinks of $net at the standardised data, one at each of the first examples', ({ definition, net, column, settings = {} }) => {
  const points = tidy(() => noise.normal([200, 1, 1, 2], 'far').mul(3).add(5) as Batch);
  const { build, settings: schema } = definition as ModelDefinition;
  const model = build({ settings: schema.parse({ widths: [16], ...settings }), data: table(2), noise: createNoise(2) }) as GradientModel;
  tidy(() => model.initialise?.(points, noise));
  const [kernel = [], bias = []] = ['kernel', 'bias'].map((part) => value(() => (model.parameters[`${net}/dense-0/${part}`] ?? scalar(NaN)).clone()));
  const standardised = value(() => {
    const { mean, variance } = moments(points.reshape([200, 2]), 0);
    return points.reshape([200, 2]).sub(mean).div(variance.sqrt());
  });
  expect(bias).toHaveLength(16);
  // Of two values each unit sees the first one of the order.
  bias.forEach((b, unit) => expect((kernel[16 * column + unit] ?? NaN) * (standardised[2 * unit + column] ?? NaN) + b).toBeCloseTo(0, 3));
  dispose([points, ...Object.values(model.parameters)]);
});

describe('MAF with no layers but mixtures, which is MADE with mixture conditionals', () => {
  it('is the mixture that its biases say of the first value, and integrates to it over the second', () => {
    const components = 3;
    const model = maf.build({ settings: maf.settings.parse({ layers: 0, mixtureComponents: components, widths: [8] }), data: table(2), noise: createNoise(2) }) as GradientModel;
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => name.startsWith('mixtures/') && variable.assign(variable.add(noise.normal(variable.shape, name)))));
    // Logits, means and log-scales of the first value, on which nothing has a say.
    const own = Array.from(model.parameters['mixtures/output/bias']?.dataSync() ?? []).slice(0, 3 * components);
    const weights = own.slice(0, components).map(Math.exp);
    const density = (x: number): number =>
      weights.reduce((sum, weight, k) => {
        const mean = (own[components + k] ?? NaN) + (4 * (k + 0.5)) / components - 2;
        const deviation = Math.exp(3 * Math.tanh((own[2 * components + k] ?? NaN) / 3));
        return sum + ((weight / weights.reduce((a, b) => a + b)) * Math.exp(-0.5 * ((x - mean) / deviation) ** 2)) / (deviation * Math.sqrt(2 * Math.PI));
      }, 0);
    const [cells, extent] = [6000, 60];
    const step = (2 * extent) / cells;
    for (const first of [-1.3, 0.2, 2.5]) {
      const points = tensor4d(Array.from({ length: cells }, (_, i) => [first, -extent + step * (i + 0.5)]).flat(), [cells, 1, 1, 2]);
      const total = value(() => model.abilities.logProb?.(points, noise) ?? scalar(NaN)).reduce((sum, log) => sum + step * Math.exp(log), 0);
      expect(total / density(first)).toBeCloseTo(1, 3);
      points.dispose();
    }
    dispose(Object.values(model.parameters));
  });

  it('needs them', () => {
    const refused = (settings: object) => maf.refuses(table(2), maf.settings.parse(settings));
    expect(refused({ layers: 0 })).toMatch(/nothing to learn.*mixture components/);
    expect(refused({ layers: 0, mixtureComponents: 2 })).toBeNull();
    expect(refused({ layers: 1 })).toBeNull();
  });
});

it('NICE needs three couplings for every value to depend on every other (Dinh, Krueger and Bengio 2014, section 3.2)', () => {
  const size = 6;
  const at = tidy(() => noise.normal([1, 1, 1, size], 'at') as Batch);
  /** How many of the derivatives of a code by a value are zero. */
  const unmixed = (layers: number): number => {
    const model = nice.build({ settings: nice.settings.parse({ layers, widths: [32], activation: 'tanh' }), data: table(size), noise: createNoise(2) }) as GradientModel;
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(variable.add(mul(noise.normal(variable.shape, name), 0.3)))));
    const codes = (x: Tensor): Tensor => model.abilities.encode?.(x as Batch).mean() ?? x;
    const jacobian = Array.from({ length: size }, (_, i) => value(() => grad((x: Tensor) => codes(x).gather([i], 1).sum())(at))).flat();
    dispose(Object.values(model.parameters));
    return jacobian.filter((derivative) => derivative === 0).length;
  };
  // One coupling leaves half of the values as they were and the others apart; after two those of a half still do not see each other.
  expect([1, 2, 3, 4].map(unmixed)).toEqual([6 + 6 + 9, 6, 0, 0]);
  at.dispose();
});
