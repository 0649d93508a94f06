import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { trainingSchema } from '../../contract/experiment';
import { findPreset, modelDefinitions } from '../../ml/models/registry';
import { experimentFrom } from './arguments';

const none: DatasetInfo[] = [];

describe('an experiment from a command line', () => {
  it('takes a preset as its model with its settings, and --set over them', () => {
    const { experiment } = experimentFrom('beta-vae', { data: 'digits', set: ['latentSize=3', 'steps=10'] }, none);
    expect(experiment).toMatchObject({ model: 'vae', settings: { objective: 'beta', beta: 4, latentSize: 3 }, training: { steps: 10 } });
  });

  it('takes a setting that training has as well by the part it is of, and refuses it without', () => {
    const { experiment } = experimentFrom('glow', { data: 'mnist', set: ['settings.steps=8', 'training.steps=1000', 'filters=16', 'batch=4'] }, none);
    expect(experiment).toMatchObject({ settings: { steps: 8, filters: 16 }, training: { steps: 1000, batch: 4 } });
    expect(() => experimentFrom('glow', { data: 'mnist', set: ['steps=8'] }, none)).toThrow(/"steps" is a setting of glow and one of its training/);
  });

  it('says which field a file lacks, with --set too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'elbo-experiment-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'none.json');
    writeFileSync(file, '{ "data": "moons" }');
    expect(() => experimentFrom(file, { set: ['layers=3'] }, none)).toThrow(/model/);
    expect(() => experimentFrom(file, { set: ['layers=3'] }, none)).not.toThrow(/undefined/);
  });

  it('takes a model without settings', () => {
    expect(experimentFrom('vae', { data: 'digits', set: [] }, none).experiment).toMatchObject({ model: 'vae', settings: {} });
  });

  it('says which ramps the run is too short for, of settings that are in force', () => {
    const notes = (...set: string[]) => experimentFrom('control-vae', { data: 'digits', set }, none).notes;
    expect(notes('steps=3000', 'klWarmUp=3000')).toEqual(['Capacity steps: 4,000, and the run has 3,000. What rises over them stops part of the way.']);
    expect(notes('steps=3000', 'objective=elbo')).toEqual([]);
    expect(notes('objective=capacity', 'capacitySteps=20000')).toHaveLength(1);
  });
});

describe('presets', () => {
  it('end their ramps within 40 of 100 steps of a run', () => {
    for (const { presets = [], id } of modelDefinitions)
      for (const preset of presets) {
        const { notes } = experimentFrom(preset.id, { data: 'digits', set: [`training.steps=${0.4 * (preset.training?.steps ?? trainingSchema.parse({}).steps)}`] }, none);
        expect(notes, `${preset.id} of ${id}`).toEqual([]);
      }
  });

  it('have ids of their own, and settings that their models accept', () => {
    const all = modelDefinitions.flatMap((definition) => (definition.presets ?? []).map((preset, i) => ({ definition, preset, first: i === 0 })));
    expect(new Set(all.map(({ preset }) => preset.id)).size).toBe(all.length);
    for (const { definition, preset, first } of all) {
      expect(definition.settings.safeParse(preset.settings).success, preset.id).toBe(true);
      expect(findPreset(preset.id)?.definition.id).toBe(definition.id);
      if (modelDefinitions.some(({ id }) => id === preset.id)) expect({ id: preset.id, first, settings: preset.settings }).toEqual({ id: definition.id, first: true, settings: {} });
    }
  });
});
