import { expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import { findModel } from '../models/registry';
import { createNoise } from '../random/noise';
import { logProbInWords } from './bits';

const pictures: DataShape = { kind: 'pictures', levels: 17, examples: 100, height: 4, width: 4, channels: 1, binary: false };
const table: DataShape = { kind: 'table', levels: null, examples: 100, height: 1, width: 1, channels: 4, binary: false };

it.each([
  ['realnvp', pictures, /lower bound/],
  ['gmm', pictures, /lower bound/],
  ['realnvp', table, /exact/],
  ['pixelcnn', pictures, /exact/],
  ['made', { ...pictures, levels: 2, binary: true }, /exact/],
  ['factorised-bernoulli', { ...pictures, levels: 2, binary: true }, /exact/],
])('says of %s whether its log p(x) is a probability or a bound', (id, data, words) => {
  const { build, settings } = findModel(id);
  const model = build({ settings: settings.parse({}), data, noise: createNoise(1) });
  expect(model.abilities.logProb).toBeDefined();
  expect(logProbInWords(model, data.levels)).toMatch(words);
});
