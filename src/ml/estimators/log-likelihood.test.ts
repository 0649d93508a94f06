import { add, dispose, logSumExp, matMul, memory, mul, reshape, sub, tensor1d, tensor2d, tensor4d, tile, tidy, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import type { Distribution } from '../distributions/distribution';
import { gaussian, standardNormal, sumEvent } from '../distributions/gaussian';
import type { Measure } from '../evaluate';
import type { Batch, GradientModel, Model } from '../model';
import { findPreset } from '../models/registry';
import { createNoise, type Noise } from '../random/noise';
import { affineDecoder } from './linear-gaussian';
import { estimateLogLikelihood, type EstimateRequest, type Progress } from './log-likelihood';

// x = W z + m + noise of variance 1/4 in three dimensions, z in two; one observation x, whose log-probability is known in closed form.
const exact = -3.1758674083595064;
const bound = -3.187916184149037;
const w = tensor2d([1, 0.5, 0, 1, 0.5, -0.5], [3, 2]);
const offset = tensor1d([0.1, -0.2, 0.3]);
const observation = tensor1d([1, 0.5, -0.25]);
// (W^T W + I/4) / (1/4) has the diagonal 6, 7.
const posteriorMean = tensor1d([0.28780488, 0.77317073]);
const posteriorLogSigma = tensor1d([-0.5 * Math.log(6), -0.5 * Math.log(7)]);
afterAll(() => [w, offset, observation, posteriorMean, posteriorLogSigma].forEach((held) => held.dispose()));

const encode = (x: Batch) => gaussian(tile(reshape(posteriorMean, [1, 2]), [x.shape[0], 1]), posteriorLogSigma);
const decode = (z: Tensor2D): Distribution => gaussian(reshape(add(matMul(z, w, false, true), offset), [z.shape[0], 1, 1, 3]), tensor1d([Math.log(0.5)]));
let largest = 0;
const weights = (x: Batch, count: number, noise: Noise): Tensor2D => {
  const many = tile(x, [count, 1, 1, 1]);
  largest = Math.max(largest, many.shape[0]);
  const q = encode(many);
  const z = q.sample(noise, 'z') as Tensor2D;
  return reshape(sub(add(decode(z).logProb(many), standardNormal(z.shape[0], 2).logProb(z)), q.logProb(z)), [count, x.shape[0]]);
};
const model: GradientModel = {
  parameters: {},
  latentSize: 2,
  unit: 'nats',
  abilities: {
    encode,
    decode,
    prior: (count) => standardNormal(count, 2),
    importance: weights,
    elbo: (x, noise) => {
      const q = encode(x);
      const reconstruction = decode(q.sample(noise, 'z') as Tensor2D).logProb(x) as Tensor1D;
      const kl = sumEvent(q.klToStandardNormal()) as Tensor1D;
      return { elbo: sub(reconstruction, kl), reconstruction, kl };
    },
  },
  objective: () => {
    throw new Error('not trained');
  },
};
const shape: DataShape = { kind: 'table', levels: null, examples: 1, height: 1, width: 1, channels: 3, binary: false };

function run(request: Partial<EstimateRequest> & Pick<EstimateRequest, 'estimator' | 'k'>, copies: number): { measures: Measure[]; progress: Progress[] } {
  const data = tidy(() => tile(reshape(observation, [1, 1, 1, 3]), [copies, 1, 1, 1])) as Tensor4D;
  const going = estimateLogLikelihood({ model, shape, data, noise: createNoise(7), ...request });
  const progress: Progress[] = [];
  for (let next = going.next(); ; next = going.next()) {
    if (next.done) {
      data.dispose();
      return { measures: next.value, progress };
    }
    progress.push(next.value);
  }
}
const of = (estimator: EstimateRequest['estimator'], k: number, copies: number) => run({ estimator, k }, copies).measures[0] ?? expect.fail();

describe('estimates of log p(x) of the linear-Gaussian model', () => {
  it('are exact where the decoder is affine', () => {
    const { value, standardError, n, k, metric, unit } = of('exact', 1, 3);
    expect({ metric, unit, n, k }).toEqual({ metric: 'logProbNats', unit: 'nats', n: 3, k: null });
    expect(value).toBeCloseTo(exact, 5);
    expect(standardError).toBeCloseTo(0, 6);
  });

  // Expected values at each K by quadrature and by 10^6 draws; 4 standard errors and the digits of the table.
  it.each([
    ['elbo', 1, 20_000, bound, 1e-4],
    ['elbo', 5, 4000, bound, 1e-4],
    ['iwae', 1, 20_000, bound, 1e-4],
    ['iwae', 5, 10_000, -3.1782, 5e-4],
    ['iwae', 50, 2000, -3.1758, 5e-4],
    ['iwae', 500, 400, -3.1758, 2e-4],
    ['naive', 1, 20_000, -9.43, 0.02],
    ['naive', 5, 10_000, -3.92, 0.01],
    ['naive', 50, 2000, -3.208, 0.003],
    ['naive', 500, 400, -3.1806, 0.002],
    ['naive', 5000, 40, -3.1775, 0.001],
  ] as const)('%s of K = %i comes to the known expectation', (estimator, k, copies, expected, digits) => {
    const measure = of(estimator, k, copies);
    expect(measure).toMatchObject({ metric: `${estimator}Nats`, k, n: copies, unit: 'nats' });
    expect(Math.abs(measure.value - expected)).toBeLessThan(4 * (measure.standardError ?? NaN) + digits);
    expect(measure.standardError).toBeLessThan(0.1);
  });

  it('have the known spread from one to the next', () => {
    for (const [k, copies, deviation] of [[5, 10_000, 1.74], [50, 2000, 0.296], [500, 800, 0.091]] as const) {
      const spread = (of('naive', k, copies).standardError ?? NaN) * Math.sqrt(copies);
      expect(Math.abs(spread / deviation - 1), `K = ${k}`).toBeLessThan(0.1);
    }
  });

  it('rise with K to log p(x)', () => {
    const ladder = [of('iwae', 1, 10_000), of('iwae', 5, 10_000), of('iwae', 50, 5000)];
    const error = (i: number): number => ladder[i]?.standardError ?? NaN;
    ladder.slice(1).forEach((next, i) => expect(next.value).toBeGreaterThan((ladder[i]?.value ?? NaN) - 4 * Math.hypot(error(i), error(i + 1))));
    expect(ladder[2]?.value).toBeLessThan(exact + 4 * (ladder[2]?.standardError ?? NaN));
    expect((ladder[1]?.value ?? NaN) - (ladder[0]?.value ?? NaN)).toBeGreaterThan(0.004);
  });

  it('say how many draws count: nearly all of a good posterior, few of the prior', () => {
    const [, iwae] = run({ estimator: 'iwae', k: 100 }, 50).measures;
    const [, naive] = run({ estimator: 'naive', k: 100 }, 50).measures;
    expect(iwae).toMatchObject({ metric: 'iwaeEffectiveDraws', unit: 'draws', k: 100, n: 50 });
    expect(iwae?.value).toBeGreaterThan(90);
    expect(iwae?.value).toBeLessThanOrEqual(100);
    expect(naive?.value).toBeLessThan(20);
    expect(naive?.value).toBeGreaterThanOrEqual(1);
  });

  it('do not depend on how the draws are cut into pieces, but for the noise', () => {
    const ones: GradientModel = { ...model, abilities: { importance: (x, count) => mul(tile(reshape(x.slice([0, 0, 0, 0], [-1, 1, 1, 1]), [1, -1]), [count, 1]), -1) as Tensor2D } };
    for (const [k, copies] of [[1, 1], [99, 3], [101, 120], [250, 51]] as const) {
      const { measures, progress } = run({ model: ones, estimator: 'iwae', k }, copies);
      expect(measures[0]?.value).toBeCloseTo(-1, 6);
      expect(measures[1]?.value).toBeCloseTo(k, 3);
      expect(progress.at(-1)).toEqual({ done: k * copies, total: k * copies });
      progress.slice(1).forEach(({ done }, i) => expect(done).toBeGreaterThan(progress[i]?.done ?? NaN));
    }
  });

  it('keep few examples and draws in memory at a time, and nothing when they are left in the middle', () => {
    const before = memory();
    largest = 0;
    const data = tidy(() => tile(reshape(observation, [1, 1, 1, 3]), [130, 1, 1, 1])) as Tensor4D;
    const held = memory().numTensors;
    const going = estimateLogLikelihood({ model, shape, estimator: 'iwae', k: 5000, data, noise: createNoise(7) });
    for (let i = 0; i < 60; i += 1) {
      expect(going.next().done).toBe(false);
      expect(memory().numTensors).toBe(held);
    }
    going.return([]);
    data.dispose();
    expect(largest).toBeLessThanOrEqual(5000);
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  it('are the same for the same seed, and others for another', () => {
    const value = (seed: number) => run({ estimator: 'iwae', k: 3, noise: createNoise(seed) }, 20).measures[0]?.value;
    expect(value(1)).toBe(value(1));
    expect(value(2)).not.toBe(value(1));
  });
});

describe('an exact log p(x)', () => {
  const levels: DataShape = { kind: 'pictures', levels: 256, examples: 1, height: 1, width: 1, channels: 3, binary: false };
  const uniform = (size: number): GradientModel => ({ ...model, abilities: { logProb: (x) => mul(sumEvent(x.onesLike()), -Math.log(size)) as Tensor1D } });

  it('of uniform noise of 256 levels is 8 bits a dimension, and no bits are told of zeros and ones or of densities', () => {
    const { measures } = run({ model: uniform(256), shape: levels, estimator: 'exact', k: 1 }, 4);
    expect(measures.map(({ metric }) => metric)).toEqual(['logProbNats', 'bitsPerDimension']);
    expect(measures[1]?.value).toBeCloseTo(8, 5);
    expect(run({ model: uniform(2), shape: { ...levels, levels: 2, binary: true }, estimator: 'exact', k: 1 }, 4).measures).toHaveLength(1);
    expect(run({ estimator: 'exact', k: 1 }, 4).measures).toHaveLength(1);
  });

  it('is refused where there is none, as is every estimator that the model lacks', () => {
    const bent: GradientModel = { ...model, abilities: { ...model.abilities, decode: (z) => decode(z.square() as Tensor2D) } };
    expect(() => run({ model: bent, estimator: 'exact', k: 1 }, 1)).toThrow(/affine/);
    for (const estimator of ['elbo', 'iwae', 'naive', 'exact'] as const) expect(() => run({ model: { ...model, abilities: {} }, estimator, k: 1 }, 1)).toThrow(estimator);
    const uncertain: GradientModel = { ...model, abilities: { ...model.abilities, prior: (count) => gaussian(standardNormal(count, 2).mean(), tensor1d([0.5])) } };
    expect(affineDecoder(uncertain.abilities, 2)).toBeNull();
    const laplace: GradientModel = { ...model, abilities: { ...model.abilities, decode: (z) => ({ ...decode(z), logProb: (x) => mul(sumEvent(sub(x, decode(z).mean()).abs()), -1) }) } };
    expect(affineDecoder(laplace.abilities, 2)).toBeNull();
  });
});

describe('log p(x) of a variational autoencoder, exactly', () => {
  const noise = createNoise(11);
  const built = (preset: string, data: DataShape, changes: object, test: (model: Model, estimate: (x: Tensor4D, estimator: EstimateRequest['estimator'], k: number) => Measure) => void): void => {
    const found = findPreset(preset) ?? expect.fail();
    const model = found.definition.build({ settings: found.definition.settings.parse({ ...found.preset.settings, widths: [], ...changes }), data, noise });
    tidy(() => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.7)))));
    test(model, (x, estimator, k) => {
      const going = estimateLogLikelihood({ model, shape: data, estimator, k, data: x, noise });
      for (let next = going.next(); ; next = going.next()) if (next.done) return next.value[0] ?? expect.fail();
    });
    dispose(Object.values(model.parameters));
    if ('state' in model) dispose(Object.values(model.state ?? {}));
  };
  const two: DataShape = { kind: 'pictures', levels: 2, examples: 16, height: 2, width: 2, channels: 1, binary: true };
  const all = (): Tensor4D => tensor4d(Array.from({ length: 64 }, (_, i) => (Math.floor(i / 4) >> (i % 4)) & 1), [16, 2, 2, 1]);

  it.each([['bernoulli-vae', { latentSize: 5 }, 32], ['categorical-vae', { latentSize: 2, classes: 3 }, 9]] as const)('of %s is a sum over its codes: of all pictures it sums to 1, and weighted draws come to it', (preset, changes, codes) => {
    const before = memory().numTensors;
    built(preset, two, changes, (_model, estimate) => {
      const x = all();
      const each = Array.from({ length: 16 }, (_, i) => tidy(() => estimate(x.slice(i, 1), 'exact', 1).value));
      expect(each.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
      const { value, estimator, n } = estimate(x, 'exact', 1);
      expect(value).toBeCloseTo(each.reduce((sum, each) => sum + each / 16, 0), 5);
      expect({ estimator, n }).toEqual({ estimator: `log of the sum of p(x, z) over all ${codes} codes`, n: 16 });
      // Their standard error over the draws is below 0.02; log p(x) of pictures differs by far more.
      expect(Math.abs(estimate(x, 'iwae', 5000).value - value)).toBeLessThan(0.02);
      expect(estimate(x, 'elbo', 50).value).toBeLessThan(value - 0.02);
      x.dispose();
    });
    expect(memory().numTensors).toBe(before);
  });

  it.each(['gaussian-fixed', 'gaussian-learned', 'gaussian-pixel', 'gaussian-network', 'continuous-bernoulli', 'categorical', 'discretised-logistic', 'discretised-logistic-mixture'] as const)('of codes with the likelihood %s is what each code and example alone come to', (likelihood) => {
    const colour: DataShape = { ...two, levels: 4, channels: 3, binary: false };
    built('bernoulli-vae', colour, { latentSize: 3, likelihood }, (model, estimate) => {
      const x = tidy(() => noise.uniform([5, 2, 2, 3], 'levels').mul(4).floor().div(3) as Tensor4D);
      const { prior, decode } = model.abilities;
      const expected = tidy(() => {
        const codes = model.allCodes?.() ?? expect.fail();
        const joint = Array.from({ length: 5 }, (_, i) => logSumExp(add(decode?.(codes).logProb(tile(x.slice(i, 1), [8, 1, 1, 1])) ?? expect.fail(), prior?.(8).logProb(codes) ?? expect.fail())).dataSync()[0] ?? NaN);
        return joint.reduce((sum, value) => sum + value / 5, 0);
      });
      expect(Math.abs(estimate(x, 'exact', 1).value - expected)).toBeLessThan(1e-4 * Math.abs(expected));
      x.dispose();
    });
  });

  it.each([['categorical', true], ['discretised-logistic', true], ['gaussian-fixed', false]] as const)('and its bounds are in bits beside nats for levels where the likelihood %s is one of them: %s', (likelihood, has) => {
    const levels: DataShape = { ...two, levels: 4, channels: 3, binary: false };
    const found = findPreset('bernoulli-vae') ?? expect.fail();
    const model = found.definition.build({ settings: found.definition.settings.parse({ ...found.preset.settings, widths: [], latentSize: 3, likelihood }), data: levels, noise });
    const x = tidy(() => noise.uniform([5, 2, 2, 3], 'levels').mul(4).floor().div(3) as Tensor4D);
    for (const [estimator, name] of [['elbo', 'elboBitsPerDimension'], ['iwae', 'iwaeBitsPerDimension'], ['naive', 'naiveBitsPerDimension'], ['exact', 'bitsPerDimension']] as const) {
      const going = estimateLogLikelihood({ model, shape: levels, estimator, k: 4, data: x, noise });
      let next = going.next();
      while (!next.done) next = going.next();
      const [nats, bits] = [next.value[0], next.value.find(({ metric }) => metric === name)];
      expect(bits !== undefined).toBe(has);
      if (bits) expect(bits).toMatchObject({ unit: 'bits/dim', n: 5, value: expect.closeTo(-(nats?.value ?? NaN) / 12 / Math.LN2, 5), standardError: expect.closeTo((nats?.standardError ?? NaN) / 12 / Math.LN2, 5) });
    }
    x.dispose();
    dispose(Object.values(model.parameters));
  });

  it('of one with linear nets is that of a normal, and weighted draws come to it', () => {
    const table: DataShape = { kind: 'table', levels: null, examples: 40, height: 1, width: 1, channels: 3, binary: false };
    built('linear-vae', table, {}, (_model, estimate) => {
      const x = tidy(() => noise.normal([40, 1, 1, 3], 'rows') as Tensor4D);
      const { value, estimator } = estimate(x, 'exact', 1);
      expect(estimator).toMatch(/affine/);
      expect(Math.abs(estimate(x, 'naive', 20_000).value - value)).toBeLessThan(0.02);
      expect(estimate(x, 'elbo', 20).value).toBeLessThan(value);
      x.dispose();
    });
  });

  it('is refused where there are too many codes', () => {
    built('bernoulli-vae', two, { latentSize: 13, codeGradient: 'gumbel' }, (_model, estimate) => {
      const x = all();
      expect(() => estimate(x, 'exact', 1)).toThrow(/codes/);
      x.dispose();
    });
    built('bernoulli-vae', two, { latentSize: 12, codeGradient: 'gumbel' }, (model) => expect(tidy(() => model.allCodes?.().shape)).toEqual([4096, 12]));
  });
});
