import { expect, it } from 'vitest';
import { termTitle } from './terms';

it.each([
  ['lossNats', 'Loss'],
  ['klNats', 'KL'],
  ['klLevel2Nats', 'KL, level 2'],
  ['logProbNats', 'log p(x)'],
  ['reconstructionNats', 'Reconstruction'],
  ['squaredError', 'Squared error'],
  ['freeBits', 'Free bits'],
  ['activeByKl', 'Active by KL'],
  ['aggregateKlNats', 'Aggregate KL'],
  ['iwaeBitsPerDimension', 'IWAE'],
])('%s is called %s', (name, title) => {
  expect(termTitle(name)).toBe(title);
});
