import { concat, dispose, grad, mean, moments, mul, scalar, sum, tensor1d, tensor2d, tidy, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import { gaussian } from '../../distributions/gaussian';
import { estimateLogLikelihood } from '../../estimators/log-likelihood';
import { chunksOf, evaluateModel } from '../../evaluate';
import type { GradientModel, ModelDefinition } from '../../model';
import { importanceBound } from '../../objectives/importance';
import { createNoise, under, type Noise } from '../../random/noise';
import { balancing, klOfNormals } from './hierarchy';
import { ladder, merged } from './ladder';
import { boundedNormal, changed, residualHierarchy } from './residual';
import { twoLayer } from './two-layer';
import { architectureNames, architectures, averaged, blocksOf, enlarged, veryDeep } from './very-deep';

const noise = createNoise(6);
const data: DataShape = { kind: 'pictures', levels: 256, examples: 8, height: 5, width: 4, channels: 1, binary: false };

describe('normals on the way down', () => {
  const [free, means] = [[0.2, -0.7], [0.5, -1]] as const;
  const p = () => boundedNormal(tensor2d([[...means]]), tensor2d([[...free]]));

  it('have no divergence where the posterior changes nothing', () => {
    expect(tidy(() => Array.from(klOfNormals(changed(p(), scalar(0), scalar(0)), p()).dataSync()))).toEqual([0, 0]);
  });

  it('have the divergence of the formula, and of a mean over draws', () => {
    const n = 100_000;
    const { closed, found, error } = tidy(() => {
      const q = changed(p(), tensor2d([[0.3, -0.4]]), tensor2d([[-0.5, 0.6]]));
      const wide = gaussian(q.mean.tile([n, 1]), q.logSigma);
      const z = wide.sample(noise, 'z');
      const { mean, variance } = moments(wide.logProb(z).sub(gaussian(p().mean.tile([n, 1]), p().logSigma).logProb(z)));
      return { closed: sum(klOfNormals(q, p())).dataSync()[0] ?? NaN, found: mean.dataSync()[0] ?? NaN, error: Math.sqrt((variance.dataSync()[0] ?? NaN) / n) };
    });
    expect(Math.abs(closed - found)).toBeLessThan(4 * error);
    const within = (value: number) => 5 * Math.tanh(value / 5);
    const formula = [[0.3, 0.2, -0.5], [-0.4, -0.7, 0.6]].reduce((total, [shift = 0, prior = 0, raw = 0]) => {
      const change = within(prior + raw) - within(prior);
      return total + 0.5 * (shift ** 2 / Math.exp(2 * within(prior)) + Math.exp(2 * change) - 2 * change - 1);
    }, 0);
    expect(closed).toBeCloseTo(formula, 5);
  });

  it('keep their deviations within e^5 however far prior and change go the same way', () => {
    expect(tidy(() => changed(boundedNormal(scalar(0), tensor1d([6, -6])), scalar(0), tensor1d([6, -6])).logSigma.abs().max().dataSync()[0])).toBeLessThanOrEqual(5);
  });

  it('are balanced by what each level carries for a place of its map, until the warm-up is over', () => {
    const [weights, slope] = tidy(() => [balancing(tensor1d([2, 4, 0.5])), grad((kl: Tensor) => sum(mul(kl, balancing(kl as Tensor1D))))(tensor1d([2, 4, 0.5]))].map((values) => Array.from(values.dataSync())));
    const raw = [2.01, 4.01 / 4, 0.51 / 16];
    const expected = raw.map((value) => expect.closeTo((3 * value) / raw.reduce((total, each) => total + each, 0), 5));
    expect([weights, slope]).toEqual([expected, expected]);
    const terms = (klBalancing: boolean, step: number): Record<string, number> => {
      const model = residualHierarchy.build({ settings: residualHierarchy.settings.parse({ filters: 4, halvings: 2, latentChannels: [2, 1], likelihood: 'gaussian-fixed', klWarmUp: 10, freeBits: 0.1, klBalancing }), data, noise: createNoise(1) }) as GradientModel;
      const x = noise.uniform([8, 5, 4, 1], 'pictures') as Tensor4D;
      const found = tidy(() => Object.fromEntries(Object.entries(model.objective(x, { noise, step: scalar(step, 'int32') }).terms).map(([name, value]) => [name, value.dataSync()[0] ?? NaN])));
      dispose([model.parameters, x]);
      return found;
    };
    expect(terms(true, 10)).toEqual(terms(false, 10));
    const { lossNats, reconstructionNats, klLevel1 = NaN, klLevel2 = NaN } = terms(true, 5);
    const [one, two] = [klLevel1 + 0.01, (klLevel2 + 0.01) / 4];
    const rate = (Math.max(klLevel1, 0.1) * 2 * one + Math.max(klLevel2, 0.1) * 2 * two) / (one + two);
    expect(lossNats).toBeCloseTo((reconstructionNats ?? NaN) + 0.5 * rate, 3);
    expect(terms(false, 5).lossNats).not.toBeCloseTo(lossNats ?? NaN, 2);
  });

  it('are merged by their precisions', () => {
    const { mean: centre, sigma } = tidy(() => {
      const both = merged({ mean: scalar(1), logSigma: scalar(Math.log(0.5)) }, { mean: scalar(4), logSigma: scalar(Math.log(2)) });
      return { mean: both.mean.dataSync()[0] ?? NaN, sigma: both.logSigma.exp().dataSync()[0] ?? NaN };
    });
    expect(centre).toBeCloseTo((1 * 4 + 4 * 0.25) / 4.25, 5);
    expect(sigma).toBeCloseTo(1 / Math.sqrt(4.25), 5);
  });
});

const models: [string, ModelDefinition, Record<string, unknown>][] = [
  ['two layers', twoLayer, { latentSizes: [2, 3], widths: [8], upperWidths: [5], likelihood: 'gaussian-fixed', sigma: 0.5 }],
  ['a ladder', ladder, { latentSizes: [2, 3, 4], widths: [8, 6], likelihood: 'gaussian-fixed', sigma: 0.5 }],
  ['residual maps', residualHierarchy, { filters: 6, halvings: 2, latentChannels: [2, 1], likelihood: 'gaussian-fixed', sigma: 0.5 }],
  ['very deep blocks', veryDeep, { architecture: 'tiny', filters: 8, latentChannels: 2, likelihood: 'gaussian-fixed', sigma: 0.5 }],
];

describe.each(models)('a hierarchy of %s', (_, definition, input) => {
  const using = (test: (model: GradientModel, x: Tensor4D) => void) => () => {
    const settings = definition.settings.parse(input);
    expect(definition.refuses(data, settings)).toBeNull();
    const model = definition.build({ settings, data, noise: createNoise(1) }) as GradientModel;
    // Away from the start, where some priors are N(0, I) and some posteriors change nothing.
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(variable.add(noise.normal(variable.shape, name).mul(0.2)))));
    tidy(() => test(model, noise.uniform([8, 5, 4, 1], 'pictures') as Tensor4D));
    Object.values(model.parameters).forEach((variable) => variable.dispose());
  };

  it('has the bound that single draws of log p(x, z) - log q(z|x) have on average, and a divergence in every level', using((model, x) => {
    const draws = 150;
    const each = (value: (i: number) => Tensor) => Array.from({ length: draws }, (_, i) => tidy(() => mean<Scalar>(value(i)).dataSync()[0] ?? NaN));
    const summary = (values: number[]) => {
      const average = values.reduce((total, value) => total + value / draws, 0);
      return { average, error: Math.sqrt(values.reduce((total, value) => total + (value - average) ** 2, 0) / draws / (draws - 1)) };
    };
    const bound = summary(each((i) => model.abilities.elbo?.(x, noise.at(i)).elbo as Tensor));
    const single = summary(each((i) => model.abilities.importance?.(x, 1, noise.at(1000 + i)) as Tensor2D));
    expect(Math.abs(bound.average - single.average)).toBeLessThan(4 * Math.hypot(bound.error, single.error));
    const levels = Array.from(mean(model.abilities.elbo?.(x, noise).klPerLevel as Tensor2D, 0).dataSync());
    expect(levels).toHaveLength(model.abilities.levels?.sizes.length ?? NaN);
    for (const kl of levels) expect(Math.abs(kl)).toBeGreaterThan(1e-3);
  }));

  it('has p(x|z) at draws of the prior, by which the naive estimate goes', using((model, x) => {
    const { levels, sample } = model.abilities;
    const two = x.slice([0, 0, 0, 0], [2, 5, 4, 1]);
    const own = under('estimate/naive', noise).at(scalar(0, 'int32'));
    const likelihoods = levels?.given?.(6, own);
    expect(likelihoods?.mean().dataSync()).toEqual(sample?.({ count: 6, temperature: scalar(1), noise: own }).dataSync());
    const expected = importanceBound(likelihoods?.logProb(two.tile([3, 1, 1, 1])).reshape([3, 2]) as Tensor2D).mean().dataSync()[0] ?? NaN;
    const going = estimateLogLikelihood({ model, shape: data, estimator: 'naive', k: 3, data: two, noise });
    for (let next = going.next(); ; next = going.next())
      if (next.done) {
        expect(next.value[0]).toMatchObject({ metric: 'naiveNats', k: 3, n: 2, value: expect.closeTo(expected, 3) });
        return;
      }
  }));

  it('has codes of all levels, the top one first, with their density and divergences', using((model, x) => {
    const { encode, elbo, levels } = model.abilities;
    const { klPerDimension, klPerLevel } = elbo?.(x, noise) ?? {};
    if (!encode || !klPerDimension) {
      expect([model.latentSize, encode, klPerDimension, definition]).toEqual([null, undefined, undefined, veryDeep]);
      return;
    }
    const sizes = levels?.sizes ?? [];
    const level = (of: Tensor | undefined, i: number) => (of as Tensor).slice([0, sizes.slice(0, i).reduce((total, size) => total + size, 0)], [8, sizes[i] ?? 0]);
    sizes.forEach((_, i) => expect(level(klPerDimension, i).sum(1).sub(klPerLevel?.slice([0, i], [8, 1]).reshape([8]) as Tensor).abs().max().dataSync()[0]).toBeLessThan(1e-3));
    // Noise in the level alone that is drawn last leaves the normals of all as they are at the means.
    const last = definition === twoLayer ? 0 : sizes.length - 1;
    const epsilon = createNoise(8).normal([8, sizes[last] ?? 0], 'epsilon');
    const onlyLast: Noise = { ...noise, normal: (shape, purpose) => (purpose === `z/${last}` ? epsilon.reshape(shape) : zeros(shape)) };
    const q = encode(x);
    const [centre, z] = [q.mean(), q.sample(onlyLast, 'z')];
    sizes.forEach((_, i) => expect((level(z, i).sub(level(centre, i)).abs().min().dataSync()[0] ?? NaN) > 0).toBe(i === last));
    const fall = q.logProb(centre).sub(q.logProb(z)).sub(epsilon.square().sum(1).mul(0.5));
    expect(fall.abs().max().dataSync()[0]).toBeLessThan(1e-3);
  }));

  it('varies less the more levels are held, and not at all where all are held or cold', using((model) => {
    const { levels } = model.abilities;
    if (!levels) throw new Error('A hierarchy has levels.');
    const count = levels.sizes.length;
    /** The variance given what is held, averaged over that: which can only fall. */
    const spread = (held: number, temperature = 1): number => {
      const variances = Array.from({ length: 20 }, (_, i) => {
        const pictures = levels.sample({ count: 100, temperatures: tensor1d(new Array<number>(count).fill(temperature)), held, noise: noise.at(i), heldNoise: createNoise(77).at(i) });
        return moments(pictures, 0).variance.mean().dataSync()[0] ?? NaN;
      });
      return variances.reduce((total, value) => total + value / variances.length, 0);
    };
    const spreads = Array.from({ length: count + 1 }, (_, held) => spread(held));
    spreads.slice(1).forEach((value, i) => expect(value).toBeLessThan(spreads[i] ?? NaN));
    expect(spreads.at(-1)).toBeLessThan(1e-8);
    expect(spread(0, 0)).toBeLessThan(1e-8);
    const plain = model.abilities.sample?.({ count: 4, temperature: scalar(0.7), noise }).dataSync();
    expect(levels.sample({ count: 4, temperatures: tensor1d(new Array<number>(count).fill(0.7)), held: 0, noise, heldNoise: createNoise(77) }).dataSync()).toEqual(plain);
  }));
});

it('active units of a ladder are counted over the means of all levels', () => {
  const model = ladder.build({ settings: ladder.settings.parse({ latentSizes: [2, 3], widths: [6], likelihood: 'gaussian-fixed' }), data, noise: createNoise(1) }) as GradientModel;
  // The picture moves the means of the top level alone.
  const scale = (by: number, ...heads: string[]) => tidy(() => heads.forEach((head) => model.parameters[`${head}/kernel`]?.assign((model.parameters[`${head}/kernel`] as Tensor).mul(by))));
  scale(0, 'encoder/layer-1/mean', 'encoder/layer-1/log-variance', 'decoder/layer-1/mean', 'decoder/layer-1/log-variance');
  scale(10, 'encoder/layer-2/mean');
  const x = tidy(() => noise.uniform([40, 5, 4, 1], 'pictures') as Tensor4D);
  const found = evaluateModel({ model, chunks: chunksOf(x), binarisation: 'none', noise, step: 1 }).find(({ metric }) => metric === 'activeUnits');
  expect(found).toMatchObject({ value: 2, unit: 'dimensions of 5', estimator: expect.stringContaining('in each level given the means of those on which it rests') });
  dispose(model.parameters);
});

it('two layers train the mean of as many bounds as they are to draw', () => {
  const build = (boundSamples: number) => twoLayer.build({ settings: twoLayer.settings.parse({ latentSizes: [2, 3], widths: [8], upperWidths: [5], likelihood: 'gaussian-fixed', boundSamples }), data, noise: createNoise(1) }) as GradientModel;
  const [several, single] = [build(2), build(1)];
  tidy(() => {
    const x = noise.uniform([8, 5, 4, 1], 'pictures') as Tensor4D;
    const both: Noise = { ...noise, normal: ([rows = 0, ...event], purpose) => concat([1, 2].map((i) => noise.at(i).normal([rows / 2, ...event], purpose))) };
    const lossOf = (model: GradientModel, sampling: Noise) => model.objective(x, { noise: sampling, step: scalar(5, 'int32') }).loss.dataSync()[0] ?? NaN;
    const [first, second] = [1, 2].map((i) => lossOf(single, noise.at(i))) as [number, number];
    expect(lossOf(several, both)).toBeCloseTo((first + second) / 2, 4);
    expect(Math.abs(first - second)).toBeGreaterThan(1e-3);
  });
  [several, single].forEach(({ parameters }) => dispose(parameters));
});

it('two layers have in a warm-up the importance weighted bound itself as a term', () => {
  const termsOf = (klWarmUp: number): Record<string, number> => {
    const settings = twoLayer.settings.parse({ latentSizes: [2, 3], widths: [8], upperWidths: [5], likelihood: 'gaussian-fixed', importanceSamples: 4, klWarmUp });
    const model = twoLayer.build({ settings, data, noise: createNoise(1) }) as GradientModel;
    const terms = tidy(() => {
      const x = noise.uniform([8, 5, 4, 1], 'pictures') as Tensor4D;
      return Object.fromEntries(Object.entries(model.objective(x, { noise, step: scalar(5, 'int32') }).terms).map(([name, value]) => [name, value.dataSync()[0] ?? NaN]));
    });
    Object.values(model.parameters).forEach((variable) => variable.dispose());
    return terms;
  };
  const [plain, warming] = [termsOf(0), termsOf(10)];
  expect(warming.boundNats).toBe(plain.lossNats);
  expect(warming.effectiveSampleSize).toBe(plain.effectiveSampleSize);
  expect(warming.adjustmentNats).toBeCloseTo((warming.lossNats ?? NaN) - (plain.lossNats ?? NaN), 4);
  expect(warming.adjustmentNats).not.toBeCloseTo(0, 2);
});

describe('the maps of very deep blocks', () => {
  it('are averaged over squares, the last row and column repeated', () => {
    expect(tidy(() => Array.from(averaged(tensor2d([[1, 3, 5], [5, 7, 1], [2, 4, 8]]).reshape([1, 3, 3, 1]) as Tensor4D, 2).dataSync()))).toEqual([4, 3, 3, 8]);
  });

  it('are enlarged to squares, and cut', () => {
    expect(tidy(() => Array.from(enlarged(tensor2d([[1, 10], [2, 20], [3, 30], [4, 40]]).reshape([1, 2, 2, 2]) as Tensor4D, 2, { height: 3, width: 4 }).slice([0, 0, 0, 0], [1, 3, 4, 1]).dataSync()))).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});

describe('the size of very deep VAEs', () => {
  /** Parameters of the paper's blocks, counted from its description: the channels by resolution, a bias map for each but the largest. */
  const count = (name: keyof typeof architectures, widthOf: (resolution: number) => number, latent: number, channels: number, outputs: number): number => {
    const convolution = (inputs: number, out: number, size: number) => size * size * inputs * out + out;
    const block = (inputs: number, out: number, resolution: number) => {
      const middle = Math.floor(widthOf(resolution) / 4);
      return convolution(inputs, middle, 1) + 2 * convolution(middle, middle, resolution > 2 ? 3 : 1) + convolution(middle, out, 1);
    };
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    const decoder = blocksOf(architectures[name].decoder);
    const resolutions = [...new Set(decoder.map(({ resolution }) => resolution))].filter((resolution) => resolution <= 64);
    const last = widthOf(architectures[name].side);
    return (
      convolution(channels, last, 3) +
      total(blocksOf(architectures[name].encoder).map(({ resolution }) => block(widthOf(resolution), widthOf(resolution), resolution))) +
      total(
        decoder.map(({ resolution }) => {
          const width = widthOf(resolution);
          return block(2 * width, 2 * latent, resolution) + block(width, 2 * latent + width, resolution) + convolution(latent, width, 1) + block(width, width, resolution);
        }),
      ) +
      total(resolutions.map((resolution) => resolution ** 2 * widthOf(resolution))) +
      2 * last +
      convolution(last, outputs, 1)
    );
  };
  const faces = (wide: number) => (resolution: number) => wide / ({ 256: 8, 512: 16, 1024: 32 }[resolution] ?? 1);
  const nothing: Noise = { uniform: (shape) => zeros(shape), normal: (shape) => zeros(shape), at: () => nothing };

  it.each(architectureNames)('is that of the count, at few filters, for %s', (architecture) => {
    const { side } = architectures[architecture];
    const filters = architecture === 'ffhq-1024' ? 128 : 8;
    const settings = veryDeep.settings.parse({ architecture, filters, latentChannels: 3 });
    const pictures = { ...data, height: side, width: side, channels: 3 };
    expect(veryDeep.refuses(pictures, settings)).toBeNull();
    const model = veryDeep.build({ settings, data: pictures, noise: nothing });
    expect(Object.values(model.parameters).reduce((total, variable) => total + variable.size, 0)).toBe(count(architecture, architecture === 'ffhq-1024' ? faces(filters) : () => filters, 3, 3, 100));
    dispose(model.parameters);
  });

  it.each([['cifar-10', 384, 39, 10], ['imagenet-32', 512, 119, 10], ['imagenet-64', 512, 125, 10], ['ffhq-256', 512, 115, 10]] as const)('is the paper\'s for %s, %d filters: %d million', (name, width, millions, mixtures) => {
    expect(Math.round(count(name, () => width, 16, 3, 10 * mixtures) / 1e6)).toBe(millions);
  });

  it('takes maps of fewer channels up and down', () => {
    // Pictures of 16 x 16 in place of 1,024 x 1,024.
    const settings = veryDeep.settings.parse({ architecture: 'ffhq-1024', filters: 128, latentChannels: 1, components: 2, likelihood: 'gaussian-fixed' });
    const model = veryDeep.build({ settings, data: { ...data, height: 16, width: 16 }, noise: createNoise(1) }) as GradientModel;
    tidy(() => {
      const x = noise.uniform([2, 16, 16, 1], 'pictures') as Tensor4D;
      expect(Number.isFinite(model.objective(x, { noise, step: scalar(1, 'int32') }).loss.dataSync()[0])).toBe(true);
    });
    dispose(model.parameters);
  });

  it('refuses filters of which no bottleneck is left', () => {
    const pictures = { ...data, height: 1024, width: 1024, channels: 3 };
    expect(veryDeep.refuses(pictures, veryDeep.settings.parse({ architecture: 'ffhq-1024', filters: 127 }))).toMatch(/128 filters/);
  });

  it('is 43 stochastic layers for CIFAR-10', () => {
    expect(blocksOf(architectures['cifar-10'].decoder)).toHaveLength(43);
  });
});
