import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorFrom } from '../../contract/errors';
import { measurementInfos } from '../../contract/measurements';
import { abilities } from '../../contract/models';
import { measurementFrom } from './measure';

const refused = (text: string) => {
  try {
    return measurementFrom(text);
  } catch (thrown) {
    return errorFrom(thrown);
  }
};

describe('a measurement from a command line', () => {
  it('is a name with its defaults, or JSON', () => {
    expect(measurementFrom('solver')).toEqual({ measure: 'solver', factor: 4, tolerances: [], split: 'test', seed: 0 });
    expect(measurementFrom(' {"measure": "samples", "count": 500, "split": "valid", "limit": 20}')).toMatchObject({ measure: 'samples', count: 500, codes: 'prior', split: 'valid', limit: 20 });
  });

  it('is refused with what is wrong, where, and what it takes', () => {
    expect(refused('sampels')).toMatchObject({ code: 'bad-request', message: 'There is no measurement "sampels".', repair: expect.stringMatching(/samples, holes/) });
    expect(refused('temperatures')).toMatchObject({ code: 'bad-request', message: 'temperatures is missing.', where: 'measurement temperatures, temperatures', repair: expect.stringMatching(/"temperatures" \(list of numbers; must be given\); "samples" \(a whole number from 2 to 10,000; 100 where it is left out\)/) });
    expect(refused('{"measure": "solver", "factor": 1}')).toMatchObject({ code: 'bad-request', message: 'factor must be at least 2.' });
    expect(refused('{"measure": "objective", "k": 3}')).toMatchObject({ code: 'bad-request', message: 'It does not know k.' });
    expect(refused('{measure: samples}')).toMatchObject({ code: 'bad-request', message: expect.stringMatching(/no JSON/) });
    expect(refused('{"count": 500}')).toMatchObject({ code: 'bad-request', message: 'There is no measurement "undefined".' });
  });
});

describe('the measurements of a run', () => {
  const of = (given: Parameters<typeof measurementInfos>[0]) => measurementInfos(given).map(({ measure }) => measure);
  const pictures = { kind: 'pictures' as const, classes: null, factors: null };

  it('are those that its abilities and its data allow', () => {
    const vae = of({ abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'importance'], dataset: pictures });
    for (const measure of ['holes', 'samples', 'amortisation', 'repair']) expect(vae).toContain(measure);
    for (const measure of ['layers', 'compression', 'density', 'labels', 'disentanglement']) expect(vae).not.toContain(measure);
    expect(of({ abilities: ['encode'], dataset: { ...pictures, classes: ['a', 'b'] } })).toContain('labels');
    expect(of({ abilities: ['logProb', 'stages'], dataset: { ...pictures, kind: 'table' } })).toEqual(expect.arrayContaining(['density', 'layers', 'inversion']));
    expect(of({ abilities: [...abilities], dataset: null })).toEqual(of(undefined));
  });

  it('are left out where they would be refused: what each asks a model for is what is said here', () => {
    for (const measure of of(undefined)) {
      const source = readFileSync(join(__dirname, '../engine/measurements', `${measure}.ts`), 'utf8');
      // Samples are of either of two abilities.
      const asked = measure === 'samples' ? [] : [...source.matchAll(/need\(session, '(\w+)'\)/g)].flatMap(([, ability]) => abilities.find((known) => known === ability) ?? []);
      for (const missing of asked) expect(of({ abilities: abilities.filter((ability) => ability !== missing), dataset: null }), `${measure} without ${missing}`).not.toContain(measure);
    }
  });
});
