import { describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { findPreset, modelDefinitions } from '../../ml/models/registry';
import { experimentFrom } from './arguments';

const none: DatasetInfo[] = [];

describe('an experiment from a command line', () => {
  it('takes a preset as its model with its settings, and --set over them', () => {
    const { experiment } = experimentFrom('beta-vae', { data: 'digits', set: ['latentSize=3', 'steps=10'] }, none);
    expect(experiment).toMatchObject({ model: 'vae', settings: { objective: 'beta', beta: 4, latentSize: 3 }, training: { steps: 10 } });
  });

  it('takes a model without settings', () => {
    expect(experimentFrom('vae', { data: 'digits', set: [] }, none).experiment).toMatchObject({ model: 'vae', settings: {} });
  });
});

describe('presets', () => {
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
