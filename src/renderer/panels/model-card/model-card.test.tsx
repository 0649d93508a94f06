import { screen } from '@testing-library/react';
import { expect, it, beforeEach } from 'vitest';
import type { Evaluation } from '../../../contract/runs';
import { layOut, showPanel, vaeRun } from '../bench';
import { modelCard } from '.';

beforeEach(() => layOut());

const elbo: Evaluation = { metric: 'elboNats', value: -138.987, standardError: 0.914, unit: 'nats', estimator: 'importance-weighted bound', k: 50, split: 'test', protocol: 'dynamic binarisation', n: 1000, step: 10_000 };

it('a number never stands without what it is', async () => {
  showPanel(modelCard, vaeRun(), () => undefined, { evaluations: [elbo, { ...elbo, metric: 'classKept', value: 0.71, standardError: 0.014, unit: 'share', k: null, estimator: 'judged by neighbours' }] });
  expect(await screen.findByText('importance-weighted bound · K 50 · test · dynamic binarisation · n 1,000')).toBeTruthy();
  expect(screen.getByText('−138.99')).toBeTruthy();
  expect(screen.getByText('71.0')).toBeTruthy();
  expect(screen.getByText('± 1.4', { exact: false })).toBeTruthy();
});

it('a check of the recipe shows its evidence and what was wanted', async () => {
  showPanel(modelCard, vaeRun(), () => undefined, { checks: [{ id: 'kept', title: 'Outputs keep their class', passed: false, value: 0.5, threshold: 'at least 0.6', evidence: '500 of 1,000' }] });
  expect(await screen.findByText('did not')).toBeTruthy();
  expect(screen.getByText(/500 of 1,000; wanted at least 0.6/)).toBeTruthy();
});

it('names model, data, protocol and device', async () => {
  showPanel(modelCard);
  for (const text of ['VAE', 'MNIST, 1,000 + 1,000', 'dynamic binarisation', 'CPU · TensorFlow 2.21.0', 'train 1,000 · test 1,000']) expect(await screen.findByText(text)).toBeTruthy();
});
