import { concat, fill, mean, ones, range, scalar, squaredDifference, stack, tensor2d, tidy, variableGrads, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { drawBinary } from '../../data/binarise';
import type { GradientModel } from '../../model';
import { importanceBound } from '../../objectives/importance';
import { chunksOf, evaluateModel } from '../../evaluate';
import { createNoise, type Noise } from '../../random/noise';
import { logEvidence } from '../../testing/conformance';
import { createTrainStep } from '../../train-step';
import { vae } from './vae';
import type { vaeSettings } from './vae-settings';

const grey: DataShape = { kind: 'pictures', levels: 256, examples: 40, height: 6, width: 5, channels: 1, binary: false };
const binary: DataShape = { ...grey, levels: 2, binary: true };
const noise = createNoise(4);
const small = { widths: [14], flowWidth: 8, channels: [4, 6] };

const pictures = ({ height, width, channels, binary: zeroOne }: DataShape): Tensor4D =>
  tidy(() => {
    const values = (noise.normal([40, 2], 'codes') as Tensor2D).matMul(noise.normal([2, height * width * channels], 'directions') as Tensor2D).mul(2).sigmoid().reshape([40, height, width, channels]) as Tensor4D;
    return zeroOne ? drawBinary(values, noise) : values;
  });

function using(input: z.input<typeof vaeSettings>, data: DataShape, test: (model: GradientModel, x: Tensor4D) => void): void {
  const settings = vae.settings.parse({ ...small, ...input });
  expect(vae.refuses(data, settings)).toBeNull();
  const model = vae.build({ settings, data, noise: createNoise(1) }) as GradientModel;
  const x = pictures(data);
  test(model, x);
  for (const variable of Object.values({ ...model.parameters, ...model.state })) variable.dispose();
  x.dispose();
}

const termsOf = (input: z.input<typeof vaeSettings>, data = binary, step = 5): Record<string, number> => {
  let terms: Record<string, number> = {};
  using(input, data, (model, x) => {
    terms = tidy(() => {
      const named = model.objective(x, { noise: noise.at(step), step: scalar(step, 'int32') }).terms;
      return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, value.dataSync()[0] ?? NaN]));
    });
  });
  return terms;
};

describe.each((vae.presets ?? []).map(({ id, settings }) => [id, settings] as const))('the preset %s', (_, settings) => {
  it('trains: every parameter has a gradient, and the loss falls', () => {
    const data = vae.refuses(binary, vae.settings.parse(settings)) === null ? binary : grey;
    using({ ...settings, latentSize: Math.min(settings.latentSize ?? 2, 6), ...small }, data, (model, x) => {
      tidy(() => model.initialise?.(x, noise));
      const step = createTrainStep({ model, learningRate: 5e-3, data: x, binarisation: 'none', seed: 3 });
      const rows = Int32Array.from({ length: 40 }, (__, i) => i);
      const losses = Array.from({ length: 30 }, (__, i) => step.run(i + 1, rows)[0] ?? NaN);
      const average = (from: number) => losses.slice(from, from + 10).reduce((sum, loss) => sum + loss / 10, 0);
      expect(average(20)).toBeLessThan(average(0));
      step.dispose();
    });
  });
});

describe('the objectives', () => {
  it('with beta 1 are those of the plain VAE to the bit', () => {
    const { adjustmentNats, beta, ...terms } = termsOf({ objective: 'beta', beta: 1 });
    expect(terms).toEqual(termsOf({}));
    expect([adjustmentNats, beta]).toEqual([0, 1]);
  });

  it('say what they add to the bound', () => {
    const plain = termsOf({});
    const weighted = termsOf({ objective: 'beta', beta: 5, klWarmUp: 10 }, binary, 5);
    expect(weighted.klNats).toBe(plain.klNats);
    expect(weighted.adjustmentNats).toBeCloseTo((5 * 0.5 - 1) * (plain.klNats ?? NaN), 3);
  });

  it('with one importance sample are the bound by one sample', () => {
    expect(termsOf({ objective: 'iwae', importanceSamples: 1 }).lossNats).toBeCloseTo(termsOf({ estimator: 'single-sample' }).lossNats ?? NaN, 4);
    expect(termsOf({ objective: 'dreg', importanceSamples: 4 }).lossNats).toBeCloseTo(termsOf({ objective: 'iwae', importanceSamples: 4 }).lossNats ?? NaN, 4);
  });

  it.each(['gaussian', 'planar', 'per-example'] as const)('by several bound samples are the mean of as many bounds, gradients too, with the posterior %s', (posterior) => {
    using({ posterior, boundSamples: 3, klWarmUp: 10 }, binary, (several, x) => {
      using({ posterior, klWarmUp: 10 }, binary, (single) => {
        tidy(() => {
          const context = (sampling: Noise) => ({ noise: sampling, step: scalar(5, 'int32'), rows: range(0, 40, 1, 'int32') as Tensor1D });
          // The draws of each of three bounds, one after the other.
          const oneAfterAnother: Noise = { ...noise, normal: ([rows = 0, ...event], purpose) => concat([1, 2, 3].map((i) => noise.at(i).normal([rows / 3, ...event], purpose))) };
          const of = (model: GradientModel, sampling: Noise) => {
            const { value, grads } = variableGrads(() => model.objective(x, context(sampling)).loss, Object.values(model.parameters));
            return { loss: value, gradients: Object.values(model.parameters).map(({ name }) => grads[name] as Tensor) };
          };
          const found = of(several, oneAfterAnother);
          const each = [1, 2, 3].map((i) => of(single, noise.at(i)));
          const distance = (a: Tensor, b: Tensor) => a.sub(b).abs().max().dataSync()[0] ?? NaN;
          const average = (values: Tensor[]) => stack(values).mean(0);
          expect(distance(found.loss, average(each.map(({ loss }) => loss)))).toBeLessThan(1e-4);
          expect(distance(each[0]?.loss as Tensor, each[1]?.loss as Tensor)).toBeGreaterThan(1e-3);
          found.gradients.forEach((gradient, j) => expect(distance(gradient, average(each.map(({ gradients }) => gradients[j] as Tensor)))).toBeLessThan(1e-4));
          expect(Math.max(...found.gradients.map((gradient, j) => distance(gradient, each[0]?.gradients[j] as Tensor)))).toBeGreaterThan(1e-3);
        });
      });
    });
  });

  it('have in a warm-up the importance weighted bound itself as a term, and its effective sample size', () => {
    for (const objective of ['iwae', 'dreg'] as const) {
      const [plain, warming] = [0, 10].map((klWarmUp) => termsOf({ objective, klWarmUp }, binary, 5)) as [Record<string, number>, Record<string, number>];
      expect(warming.boundNats).toBeCloseTo(plain.lossNats ?? NaN, 4);
      expect(warming.effectiveSampleSize).toBeCloseTo(plain.effectiveSampleSize ?? NaN, 5);
      expect(warming.adjustmentNats).toBeCloseTo((warming.lossNats ?? NaN) - (plain.lossNats ?? NaN), 4);
      expect(warming.adjustmentNats).not.toBeCloseTo(0, 2);
    }
  });

  it('take the sigma that is best for the batch', () => {
    const terms = termsOf({ objective: 'optimal-sigma', likelihood: 'gaussian-fixed' }, grey);
    const sigma = terms.sigma ?? NaN;
    // D/2 (ln(2 pi MSE) + 1); the soft floor makes sigma 0.7 % larger here.
    expect(terms.reconstructionNats).toBeCloseTo(15 * (Math.log(2 * Math.PI * sigma ** 2) + 1), 0);
    for (const other of [0.9 * sigma, 1.1 * sigma]) expect(termsOf({ likelihood: 'gaussian-fixed', sigma: other }, grey).reconstructionNats).toBeGreaterThan(terms.reconstructionNats ?? NaN);
  });

  it.each(['gaussian-pixel', 'gaussian-network'] as const)('say of the likelihood %s its mean sigma, and which share is at the floor', (likelihood) => {
    using({ likelihood }, grey, (model, x) => {
      const found = (): Record<string, number> => tidy(() => Object.fromEntries(Object.entries(model.objective(x, { noise, step: scalar(1, 'int32') }).terms).map(([name, value]) => [name, value.dataSync()[0] ?? NaN])));
      expect(found().sigmaAtFloor).toBe(0);
      // The upper half of the picture has a deviation near e^-6, the lower one of e.
      const raw = tidy(() => concat([fill([3, 5, 1], -20), fill([3, 5, 1], 1)]));
      tidy(() => {
        if (likelihood === 'gaussian-pixel') return model.parameters['decoder/log-sigma']?.assign(raw);
        model.parameters['decoder/output/kernel']?.assign(zeros([14, 60]));
        model.parameters['decoder/output/bias']?.assign(concat([zeros([6, 5, 1]), raw], 2).reshape([60]));
      });
      raw.dispose();
      const { sigma, sigmaAtFloor } = found();
      expect(sigmaAtFloor).toBeCloseTo(0.5, 6);
      expect(sigma).toBeCloseTo((Math.exp(-6) + Math.exp(-6 + Math.log1p(Math.exp(7)))) / 2, 4);
      const measures = evaluateModel({ model, chunks: chunksOf(x, 1), binarisation: 'none', noise, step: 1, levels: 256 });
      expect(measures.find(({ metric }) => metric === 'sigmaAtFloor')).toMatchObject({ value: expect.closeTo(0.5, 6), unit: 'share', n: x.shape[0] });
    });
  });

  it('answer questions with the mean of sigma squared over about the last hundred batches', () => {
    using({ objective: 'optimal-sigma', likelihood: 'gaussian-fixed', sigma: 0.9 }, grey, (model, x) => {
      const step = createTrainStep({ model, learningRate: 1e-9, data: x, binarisation: 'none', seed: 3 });
      const variances = Array.from({ length: 4 }, (_, i) => (step.run(i + 1, Int32Array.of(i, 10 + i))[step.terms.indexOf('sigma')] ?? NaN) ** 2);
      const asked = () => (tidy(() => model.abilities.decode?.(noise.normal([1, 2], 'code') as Tensor2D).standardDeviation?.().dataSync()[0]) ?? NaN) ** 2;
      const average = variances.reduce((total, variance) => total + variance / 4, 0);
      expect(asked() / average).toBeCloseTo(1, 4);
      expect(Math.abs((variances[3] ?? NaN) / average - 1)).toBeGreaterThan(0.02);
      const [late = NaN] = [step.run(5000, Int32Array.of(30))[step.terms.indexOf('sigma')]];
      expect(asked() / (0.99 * average + 0.01 * late ** 2)).toBeCloseTo(1, 4);
      step.dispose();
    });
  });

  it('with learned weights take the squared error of real values', () => {
    const terms = termsOf({ objective: 'l-vae', likelihood: 'gaussian-fixed' }, grey);
    expect(terms.squaredError).toBeGreaterThan(0);
    expect(terms.loss).toBeCloseTo((terms.squaredError ?? NaN) + (terms.klNats ?? NaN) + 2, 3);
    expect(terms.beta).toBeCloseTo(1, 5);
  });

  it('with learned weights have a loss that is not in nats, nor made of such', () => {
    for (const [objective, likelihood, data] of [['l-vae', 'gaussian-fixed', grey], ['l-vae', 'bernoulli', binary], ['dl-vae', 'bernoulli', binary]] as const) {
      const names = Object.keys(termsOf({ objective, likelihood }, data));
      expect(names[0]).toBe('loss');
      expect(names).not.toContain('lossNats');
      expect(names).not.toContain('adjustmentNats');
    }
  });
});

describe('the parts', () => {
  it.each([['mlp', (x: Tensor4D) => x.mean(0)], ['conv', (x: Tensor4D) => x.mean([0, 1, 2])]] as const)('of a net %s start a Bernoulli decoder at the mean of the data, where that is asked for', (network, expected) => {
    const data = { ...binary, channels: 2 };
    using({ network, startAtMean: true }, data, (model, x) => {
      tidy(() => {
        const half = x.mul(stack([ones([40, 6, 5]), zeros([40, 6, 5])], 3)) as Tensor4D;
        model.initialise?.(half, noise);
        const bias = model.parameters['decoder/output/bias'] as Tensor;
        expect(bias.sigmoid().reshape([-1]).sub(expected(half).clipByValue(0.001, 0.999).reshape([-1])).abs().max().dataSync()[0]).toBeLessThan(1e-6);
        expect(bias.min().dataSync()[0]).toBeCloseTo(Math.log(0.001 / 0.999), 4);
      });
    });
    using({ network }, data, (model, x) => {
      model.initialise?.(x, noise);
      expect(tidy(() => model.parameters['decoder/output/bias']?.abs().max().dataSync()[0])).toBe(0);
    });
  });

  it('make a VampPrior of one learned picture that one normal which the encoder gives it', () => {
    using({ prior: 'vamp', priorComponents: 1 }, binary, (model) => {
      const [found, expected] = tidy(() => {
        const z = noise.normal([9, 2], 'z');
        const q = model.abilities.encode?.((model.parameters['prior/pictures'] as Tensor).sigmoid() as Tensor4D);
        return [model.abilities.prior?.(9).logProb(z), q?.logProb(z)].map((values) => Array.from(values?.dataSync() ?? []));
      });
      expected?.forEach((value, i) => expect(found?.[i]).toBeCloseTo(value, 4));
      expect(found).toHaveLength(9);
    });
  });

  it('start the learned pictures of a VampPrior at training examples', () => {
    using({ prior: 'vamp', priorComponents: 50 }, binary, (model, x) => {
      const largest = tidy(() => {
        model.initialise?.(x, noise);
        const learned = (model.parameters['prior/pictures'] as Tensor).sigmoid();
        return squaredDifference(learned.slice([0], [40]), x).max().dataSync()[0];
      });
      expect(largest).toBeLessThan(0.06 ** 2);
    });
  });

  it.each([binary, grey])('start the learned pictures of a VampPrior near examples, where these are too few too, and no two alike', (data) => {
    using({ prior: 'vamp', priorComponents: 500, likelihood: 'gaussian-fixed' }, data, (model, x) => {
      const { farthest, logits } = tidy(() => {
        model.initialise?.(x, noise);
        const learned = model.parameters['prior/pictures'] as Tensor;
        return { farthest: learned.sigmoid().sub(x.tile([13, 1, 1, 1]).slice([0], [500])).abs().max().dataSync()[0], logits: learned.reshape([500, -1]).arraySync() as number[][] };
      });
      expect(farthest).toBeLessThan(0.1);
      expect(new Set(logits.map(String)).size).toBe(500);
    });
  });

  it('give an example its own row, and any picture a fitted posterior whose bound is better than the row at the start', () => {
    using({ posterior: 'per-example' }, binary, (model, x) => {
      tidy(() => {
        const bound = (rows: boolean) => {
          const context = { noise, step: scalar(1, 'int32') };
          return model.objective(x, rows ? { ...context, rows: range(0, 40, 1, 'int32') } : context).loss.dataSync()[0] ?? NaN;
        };
        expect(bound(false)).toBeLessThan(bound(true) - 0.1);
        const again = () => model.abilities.encode?.(x).mean().dataSync();
        expect(again()).toEqual(again());
      });
    });
  });

  it('fit a picture of its own to the prior of the model', () => {
    using({ posterior: 'per-example', prior: 'mixture', priorComponents: 1 }, binary, (model, x) => {
      tidy(() => {
        // Codes say nothing, and so the best posterior is the prior.
        model.parameters['decoder/dense-0/kernel']?.assign(zeros([2, 14]));
        model.parameters['prior/mean']?.assign(tensor2d([[2, -1]]));
        model.parameters['prior/log-sigma']?.assign(tensor2d([[-0.4, 0.4]]));
        const q = model.abilities.encode?.(x);
        const [means = [], deviations = []] = [q?.mean(), q?.standardDeviation?.()].map((values) => Array.from(values?.mean(0).dataSync() ?? []));
        [2, -1].forEach((value, j) => expect(Math.abs((means[j] ?? NaN) - value)).toBeLessThan(0.3));
        [-0.4, 0.4].forEach((value, j) => expect(Math.abs(Math.log(deviations[j] ?? NaN) - value)).toBeLessThan(0.3));
      });
    });
  });

  it.each(['gaussian', 'planar', 'radial', 'iaf', 'mixture', 'categorical', 'bernoulli'] as const)('weigh draws of the posterior %s so that their bound comes from the evidence lower bound to log p(x), and not above', (posterior) => {
    using({ posterior, classes: 3 }, binary, (model, x) => {
      tidy(() => {
        // The start says less by its codes.
        Object.entries(model.parameters).forEach(([name, variable]) => name.startsWith('decoder/') && variable.assign(variable.add(noise.normal(variable.shape, name).mul(0.08))));
        const average = (values: Tensor) => mean<Scalar>(values).dataSync()[0] ?? NaN;
        const logProb = average(logEvidence(model, x) as Tensor);
        const bounds = Array.from({ length: 60 }, (_, i) => average(model.abilities.elbo?.(x, noise.at(i)).elbo as Tensor));
        const elbo = bounds.reduce((sum, value) => sum + value / bounds.length, 0);
        const error = Math.sqrt(bounds.reduce((sum, value) => sum + (value - elbo) ** 2, 0) / bounds.length / (bounds.length - 1));
        const weights = model.abilities.importance?.(x, 400, noise.at(1000)) as Tensor2D;
        const bound = average(importanceBound(weights));
        expect(Math.abs(average(weights) - elbo)).toBeLessThan(6 * error + 0.1);
        expect(elbo).toBeLessThan(logProb - 0.5);
        expect(bound).toBeGreaterThan(elbo + 0.75 * (logProb - elbo));
        expect(bound).toBeLessThan(logProb + 0.05);
      });
    });
  });
});

describe('what does not fit together', () => {
  it.each<[z.input<typeof vaeSettings>, DataShape]>([
    [{ likelihood: 'bernoulli' }, grey],
    [{ posterior: 'bernoulli', latentSize: 11 }, binary],
    [{ posterior: 'categorical', prior: 'maf' }, binary],
    [{ posterior: 'planar', prior: 'vamp' }, binary],
    [{ prior: 'realnvp', latentSize: 1 }, binary],
    [{ objective: 'optimal-sigma' }, binary],
    [{ objective: 'l-vae', likelihood: 'gaussian-learned' }, grey],
    [{ objective: 'control', betaMaximum: 0.5 }, binary],
    [{ objective: 'dl-vae', posterior: 'iaf' }, binary],
    [{ objective: 'iwae', freeBits: 0.1 }, binary],
    [{ objective: 'iwae', posterior: 'mixture' }, binary],
    [{ objective: 'dreg', posterior: 'planar' }, binary],
  ])('is refused in a sentence: %o', (input, data) => {
    expect(vae.refuses(data, vae.settings.parse(input))).toMatch(/^[A-Z0-9].{30,}\.$/);
  });
});
