import { expect, it } from 'vitest';
import { commonName, distinctNames } from './names';

it.each([
  [['mnist-1000-vae-29', 'mnist-1000-pca-3'], ['vae-29', 'pca-3']],
  [['β = 1 · seed 0', 'β = 1 · seed 1'], ['seed 0', 'seed 1']],
  [['mnist-vae-1', 'mnist-vae-12'], ['vae-1', 'vae-12']],
  [['AE, two-dimensional code', 'VAE, two-dimensional code'], ['AE', 'VAE']],
  [['mnist-vae-1', 'mnist-vae-1'], ['vae-1', 'vae-1']],
  [['vae', 'vae'], ['vae', 'vae']],
  [['vae', 'vae-2'], ['vae', 'vae-2']],
  [['frey', 'mnist'], ['frey', 'mnist']],
  [['VAE, static MNIST'], ['VAE, static MNIST']],
])('%j are told apart as %j', (names, short) => {
  expect(distinctNames(names)).toEqual(short);
});

it.each([
  [['VAE, dense network, seed 0', 'VAE, dense network, seed 1'], 'VAE, dense network'],
  [['mnist-vae-1', 'mnist-vae-12'], 'mnist-vae'],
  [['vae', 'vae'], 'vae'],
  [['one', 'other'], 'one'],
])('%j have %j in common', (names, common) => {
  expect(commonName(names)).toBe(common);
});
