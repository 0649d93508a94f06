import { expect, it } from 'vitest';
import { distinctNames } from './names';

it.each([
  [['mnist-1000-vae-29', 'mnist-1000-pca-3'], ['vae-29', 'pca-3']],
  [['β = 1 · seed 0', 'β = 1 · seed 1'], ['seed 0', 'seed 1']],
  [['mnist-vae-1', 'mnist-vae-12'], ['vae-1', 'vae-12']],
  [['AE, two-dimensional code', 'VAE, two-dimensional code'], ['AE', 'VAE']],
  [['mnist-vae-1', 'mnist-vae-1'], ['vae-1', 'vae-1']],
  [['vae', 'vae'], ['vae', 'vae']],
  [['vae', 'vae-2'], ['vae', 'vae-2']],
  [['frey', 'mnist'], ['frey', 'mnist']],
])('%j are told apart as %j', (names, short) => {
  expect(distinctNames(names)).toEqual(short);
});
