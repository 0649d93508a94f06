import { scalar, tidy, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GradientModel, Model, ModelDefinition } from '../../ml/model';
import { modelDefinitions } from '../../ml/models/registry';
import { createNoise, under, type Noise } from '../../ml/random/noise';
import { readValues } from '../../ml/read';
import { cases, disposeOf, pictures, type Case } from '../../ml/testing/conformance';
import { askModel, forget, takeNote } from './ask';
import type { Session } from './session';

afterEach(() => vi.restoreAllMocks());

const noiseOf = (seed: Scalar): Noise => under('probe', createNoise(0).at(seed));
const seedOf = (seed: number): Scalar => scalar(seed, 'int32');

/** What sampling, completing and scoring answer for a few examples: inputs, and the function of them that is asked. */
function questions({ sample, complete, logProb }: Model['abilities'], batch: Tensor4D): Record<string, { inputs: (seed: number, known?: number) => Tensor[]; f: (...inputs: Tensor[]) => { values: Tensor } }> {
  const few = (): Tensor4D => tidy(() => batch.slice([0, 0, 0, 0], [3, -1, -1, -1]));
  return {
    ...(sample && { sample: { inputs: (seed) => [scalar(1), seedOf(seed)], f: (heat, seed) => ({ values: sample({ count: 3, temperature: heat as Scalar, noise: noiseOf(seed as Scalar) }) }) } }),
    ...(complete && {
      complete: {
        inputs: (seed, known = 2) => [few(), scalar(known, 'int32'), scalar(1), seedOf(seed)],
        f: (x, known, heat, seed) => ({ values: complete({ x: x as Tensor4D, known: known as Scalar, temperature: heat as Scalar, noise: noiseOf(seed as Scalar) }) }),
      },
    }),
    ...(logProb && { logProb: { inputs: (seed) => [few(), seedOf(seed)], f: (x, seed) => ({ values: logProb(x as Tensor4D, noiseOf(seed as Scalar)) }) } }),
  };
}

/** The defaults on the smallest data of each model, and what no choice of one setting makes; ELBO_LONG=1: each choice of each setting. */
function chosen(definition: ModelDefinition): Case[] {
  const all = cases(definition);
  const size = ({ data: { height, width, channels } }: Case): number => height * width * channels;
  const [first, ...others] = all.filter(({ name }) => name.startsWith('with defaults'));
  const smallest = first ? [others.reduce((least, other) => (size(other) < size(least) ? other : least), first)] : [];
  const mixtures = definition.id === 'made' ? ['even', 'random'].flatMap((masks) => smallest.map(({ settings, ...rest }) => ({ ...rest, name: `of three orders, ${masks} masks`, settings: { ...settings, orders: 3, masks } }))) : [];
  return [...(process.env.ELBO_LONG ? all : smallest), ...mixtures];
}

describe.skipIf(process.env.ELBO_BACKEND === 'wasm').each(modelDefinitions.map((definition) => ({ id: definition.id, definition })))('$id, asked in one native call,', ({ definition }) => {
  it.each(chosen(definition))('$name: samples, completes and scores as op by op', ({ settings, data }) => {
    const said = vi.spyOn(console, 'error');
    const batch = pictures(data);
    const model = definition.build({ settings, data, noise: createNoise(1) });
    if ('fit' in model) for (const terms of model.fit(batch, createNoise(2))) void terms;
    else tidy(() => (model as GradientModel).initialise?.(batch, createNoise(2)));
    const session = { model, compute: { backend: 'tensorflow', device: 'CPU', library: '', lowering: 'eager' } } as Pick<Session, 'model' | 'compute'>;
    const asked = questions(model.abilities, batch);
    const { complete } = asked;
    for (const [name, { inputs, f }] of Object.entries(asked))
      // The first is answered while it is recorded; the second, of other inputs, by the graph alone.
      for (const seed of [5, 6]) {
        const { values } = askModel(session, name, inputs(seed), f);
        expect(takeNote(), name).toBeUndefined();
        if (seed === 5) continue;
        // With nothing known a completion is a sample; op by op either takes long.
        const given = inputs(seed);
        const { values: expected } = name === 'sample' && complete ? askModel(session, 'complete', complete.inputs(seed, 0), complete.f) : readValues(() => f(...given));
        given.forEach((input) => input.dispose());
        expect(values.length).toBe(expected.length);
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        values.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN)) / largest, `${name}, value ${i}`).toBeLessThan(1e-3));
      }
    expect(said).not.toHaveBeenCalled();
    forget(model);
    disposeOf(model);
    batch.dispose();
  }, 300_000);
});
