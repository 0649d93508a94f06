import { expect, it } from 'vitest';
import { holdsWords, termTitle } from './terms';

it.each([
  ['root of the variance at temperature 0', 'temperature 0', true],
  ['root of the variance at temperature 0.25', 'temperature 0', false],
  ['of one of 16 examples of 8 values; median of 15', 'of 8 values', true],
  ['layer 1 of 12, coupling 10 of level 1', 'coupling 1', false],
  ['layer 1 of 12, coupling 10, before coupling 1', 'coupling 1', true],
  ['from 20 labels.', 'from 20 labels', true],
  ['any', '', true],
])('"%s" holds "%s": %s', (sentence, words, holds) => expect(holdsWords(sentence, words)).toBe(holds));

it.each([
  ['reconstructionNats', 'Reconstruction'],
  ['layerLogDet', 'log-det of a layer'],
  ['klLevel2Nats', 'KL, level 2'],
  ['frechetDistance', 'Fréchet distance'],
  ['adaptiveNllNats', 'Adaptive NLL'],
])('%s is called %s', (name, title) => expect(termTitle(name)).toBe(title));
