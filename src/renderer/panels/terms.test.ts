import { expect, it } from 'vitest';
import { termTitle } from './terms';

it.each([
  ['lossNats', 'Loss'],
  ['klNats', 'KL'],
  ['reconstructionNats', 'Reconstruction'],
  ['squaredError', 'Squared error'],
  ['freeBits', 'Free bits'],
])('%s is called %s', (name, title) => {
  expect(termTitle(name)).toBe(title);
});
