import { memory, scalar } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import { inForce, type SettingField, type SettingValue } from '../../contract/settings';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { disposeOf, pictures } from '../testing/conformance';
import type { GradientModel, ModelDefinition } from '../model';
import { modelDefinitions, modelInfo } from './registry';

const grey: DataShape = { kind: 'pictures', levels: 256, examples: 48, height: 5, width: 4, channels: 1, binary: false };
const shapes: DataShape[] = [{ ...grey, levels: 2, binary: true }, grey];
const small: Record<string, SettingValue> = { widths: [12, 8], channels: [4, 6], latentSizes: [3, 4], architecture: 'tiny', halvings: 2, filters: 6, head: 6 };

/** Far from the value, so that a limit or a rare change is met. */
function another({ kind, choices = [], maximum = Infinity }: SettingField, value: SettingValue): SettingValue {
  if (kind === 'choice') return choices.find((choice) => choice !== value) ?? '';
  if (Array.isArray(value)) return value.map((each) => each + 1);
  if (kind === 'boolean') return !value;
  const number = Number(value);
  if (number === maximum) return 1e-4 * number;
  return kind === 'integer' ? 2 * number + 1 : Math.min(maximum, 100 * number);
}

const step = 30_000;

/** All that a model of these settings is at that step: the shapes of its parameters, its loss with its terms, and what it remembers. */
function built(definition: ModelDefinition, given: Record<string, SettingValue>): { parameters: Record<string, number[]>; values: Record<string, number[]> } {
  const settings = definition.settings.parse(given);
  const data = shapes.find((shape) => definition.refuses(shape, settings) === null);
  if (!data) throw new Error(`${definition.id} takes no pictures with ${JSON.stringify(given)}: ${String(definition.refuses(grey, settings))}`);
  const model = definition.build({ settings, data, noise: createNoise(1) }) as GradientModel;
  const values = readValues(() => {
    const batch = pictures(data);
    model.initialise?.(batch, createNoise(2));
    const { loss, terms, updates } = model.objective(batch, { noise: createNoise(3).at(step), step: scalar(step, 'int32') });
    return { ...terms, ...updates, minimised: loss };
  });
  const parameters = Object.fromEntries(Object.entries(model.parameters).map(([name, { shape }]) => [name, shape]));
  disposeOf(model);
  return { parameters, values: Object.fromEntries(Object.entries(values).map(([name, numbers]) => [name, [...numbers]])) };
}

for (const definition of modelDefinitions) {
  const fields = modelInfo(definition).settings;
  for (const field of fields.filter(({ when }) => when)) {
    it(`${definition.id}: ${field.key} changes the model just where it says that it is in force`, () => {
      const sizes = Object.fromEntries(Object.entries(small).filter(([key]) => fields.some((each) => each.key === key)));
      const before = memory().numTensors;
      for (const [key, values] of Object.entries(field.when ?? {})) {
        const choices = fields.find((each) => each.key === key)?.choices ?? [];
        expect(choices).toEqual(expect.arrayContaining(values));
        for (const choice of choices) {
          const settings: Record<string, SettingValue> = { ...sizes, ...(choice === 'optimal-sigma' && { likelihood: 'gaussian-fixed' }), [key]: choice };
          if (shapes.every((shape) => definition.refuses(shape, definition.settings.parse(settings)) !== null)) continue;
          const changed = { ...settings, [field.key]: another(field, settings[field.key] ?? field.default) };
          const same = JSON.stringify(built(definition, settings)) === JSON.stringify(built(definition, changed));
          expect({ [key]: choice, same }).toEqual({ [key]: choice, same: !inForce(fields, settings).includes(field) });
        }
      }
      expect(memory().numTensors).toBe(before);
    });
  }
}
