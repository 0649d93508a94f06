import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorFrom, Refusal } from './errors';
import { experimentSchema } from './experiment';
import { parse } from './parse';
import { checkInWords, type Check } from './recipes';
import { described, describeSettings, inForce, whenInWords, type SettingValue } from './settings';
import { inDigits } from './terms';
import { pack, unpack } from './wire';

describe('an experiment', () => {
  it('fills in every default from a model and a data set alone', () => {
    expect(parse(experimentSchema, { model: 'vae', data: 'mnist' }, 'file')).toEqual({
      model: 'vae',
      data: 'mnist',
      binarisation: 'none',
      settings: {},
      training: { steps: 10_000, batch: 100, learningRate: 1e-3, schedule: 'constant', warmUp: 0, clipNorm: 0, skipNorm: 0, weightDecay: 0, averaging: 0, keepBest: false, patience: 0, compile: 'graph', evaluateEvery: 100 },
      seed: 0,
    });
  });

  it.each([
    [{ model: 'vae', data: 'mnist', training: { steps: 0 } }, 'training.steps'],
    [{ model: 'vae', data: 'mnist', seed: 1.5 }, 'seed'],
    [{ model: 'vae', data: 'mnist', binarisation: 'often' }, 'binarisation'],
    [{ model: 'vae', data: 'mnist', sweep: {} }, 'file'],
    [null, 'file'],
  ])('is refused with the place of the first broken rule: %j', (input, where) => {
    expect(() => parse(experimentSchema, input, 'file', 'bad-experiment')).toThrow(Refusal);
    try {
      parse(experimentSchema, input, 'file', 'bad-experiment');
    } catch (thrown) {
      expect(errorFrom(thrown)).toMatchObject({ code: 'bad-experiment', where: expect.stringContaining(where) });
    }
  });
});

describe('a refusal', () => {
  const schema = z.strictObject({ width: z.int().min(1).max(9), rate: z.number().positive(), kind: z.enum(['a', 'b']), name: z.string().min(1) });
  const fits = { width: 1, rate: 0.1, kind: 'a', name: 'n' };
  it.each([
    [{ width: 0 }, 'width must be at least 1.'],
    [{ width: 10 }, 'width must be at most 9.'],
    [{ width: 1.5 }, 'width must be a whole number.'],
    [{ width: undefined }, 'width is missing.'],
    [{ rate: 0 }, 'rate must be more than 0.'],
    [{ rate: '1' }, 'rate must be a number.'],
    [{ kind: 'c' }, 'kind must be one of a, b.'],
    [{ name: '' }, 'name must be at least 1 characters.'],
    [{ depth: 3 }, 'It does not know depth.'],
  ])('says in words which rule %j breaks', (change, message) => {
    expect(() => parse(schema, { ...fits, ...change }, 'here')).toThrow(message);
  });
});

describe('a check in words', () => {
  const of = (metric: string) => ['beta 1', 'beta 2'].map((variant) => ({ variant, metric, split: 'test' as const }));
  it.each<[Check, string]>([
    [{ check: 'falls', title: 't', of: of('klNats'), by: 0.1 }, 'KL on test: β 1 > β 2, by at least 0.1 nats'],
    [{ check: 'falls', title: 't', of: [...of('klNats'), ...of('klNats').slice(0, 1)], by: 0.1 }, 'KL on test: β 1 > β 2 > β 1, each by at least 0.1 nats'],
    [{ check: 'rises', title: 't', of: of('activeUnits'), by: -1 }, 'Active units on test: β 1 < β 2, or the other way by at most 1'],
    [{ check: 'within', title: 't', of: { metric: 'elboNats', split: 'valid' }, atLeast: -110 }, 'ELBO on valid: at least −110 nats'],
    [{ check: 'difference', title: 't', of: { variant: 'wide', metric: 'logProbNats', split: 'test' }, from: { variant: 'narrow', metric: 'elboNats', split: 'test' }, atLeast: 2 }, 'wide: log p(x) on test less narrow: ELBO on test: at least 2'],
    [{ check: 'ratio', title: 't', of: { metric: 'meanSquaredError', split: 'train' }, to: { metric: 'meanSquaredError', split: 'test' }, atMost: 0.7 }, 'Mean squared error on train over Mean squared error on test: at most 0.7'],
  ])('%j', (check, words) => {
    expect(checkInWords(check)).toBe(words);
  });

  it('numbers have four digits', () => {
    expect([-17.4964, 0.5, 1203.7, 0, 0.00012345].map(inDigits)).toEqual(['−17.50', '0.5000', '1,204', '0.000', '1.234e−4']);
  });
});

describe('settings', () => {
  it('describe themselves to a form', () => {
    const schema = z.strictObject({
      latentSize: described(z.int().min(1).max(512).default(2), { title: 'Latent size', unit: 'dims', help: 'Numbers per picture.' }),
      widths: described(z.array(z.int().min(1).max(4096)).default([512, 256]), { title: 'Widths', help: 'Of the encoder.' }),
      likelihood: described(z.enum(['bernoulli', 'gaussian']).default('bernoulli'), { title: 'Likelihood', help: 'Of a pixel.' }),
    });
    expect(describeSettings(schema)).toEqual([
      { key: 'latentSize', title: 'Latent size', unit: 'dims', help: 'Numbers per picture.', kind: 'integer', default: 2, minimum: 1, maximum: 512 },
      { key: 'widths', title: 'Widths', unit: '', help: 'Of the encoder.', kind: 'integers', default: [512, 256], minimum: 1, maximum: 4096 },
      { key: 'likelihood', title: 'Likelihood', unit: '', help: 'Of a pixel.', kind: 'choice', default: 'bernoulli', choices: ['bernoulli', 'gaussian'] },
    ]);
  });

  it('are in force where one of the others has one of the values that they name', () => {
    const network = described(z.enum(['mlp', 'conv']).default('mlp'), { title: 'Network', help: 'Of the encoder.' });
    const flow = described(z.boolean().default(false), { title: 'Flow', help: 'Of the codes.' });
    const fields = describeSettings(z.strictObject({ network, flow, channels: described(z.int().default(3), { title: 'Channels', help: 'Of the maps.', when: { network: ['conv'], flow: ['true'] } }) }));
    const keys = (settings: Record<string, SettingValue>): string[] => inForce(fields, settings).map(({ key }) => key);
    expect(keys({})).toEqual(['network', 'flow']);
    expect(keys({ network: 'conv' })).toContain('channels');
    expect(keys({ flow: true })).toContain('channels');
    expect(fields.map(whenInWords)).toEqual(['', '', 'network = conv, or flow = true']);
  });

  it('without a help sentence are a bug', () => {
    expect(() => describeSettings(z.strictObject({ width: z.int().default(1) }))).toThrow(/width/);
  });
});

describe('the wire', () => {
  it('carries typed arrays and nested values to the bit', () => {
    const message = { id: 3, value: { f32: new Float32Array([1.5, NaN, -0]), f64: new Float64Array([1e300]), i32: new Int32Array([-7]), u16: new Uint16Array([964]), bytes: new Uint8Array([0, 255]), list: [null, 'x', true] } };
    expect(unpack(pack(message))).toEqual(message);
  });

  it('carries typed arrays through the pooled buffers in which Node hands them over', () => {
    const message = { codes: new Float32Array([1.5, -2]) };
    for (let shift = 0; shift < 9; shift++) {
      const pooled = Buffer.concat([Buffer.alloc(shift), pack(message)]).subarray(shift);
      expect(unpack(pooled)).toEqual(message);
    }
  });

  it('refuses bytes that are no message', () => {
    expect(() => unpack(new Uint8Array([0xc1]))).toThrow();
    expect(() => unpack(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]))).toThrow();
  });
});

describe('an error from below', () => {
  it('gets a code a person can act on', () => {
    expect(errorFrom(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toMatchObject({ code: 'disk-full' });
    expect(errorFrom(Object.assign(new Error('x'), { code: 'EROFS', path: '/a' }))).toMatchObject({ code: 'read-only', where: '/a' });
    expect(errorFrom(Object.assign(new Error('x'), { code: 'SQLITE_CORRUPT_INDEX' }))).toMatchObject({ code: 'damaged-store' });
    expect(errorFrom(new Error('oops'))).toMatchObject({ code: 'bug', message: 'oops' });
  });
});
