import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, beforeEach } from 'vitest';
import type { Evaluation } from '../../../contract/runs';
import { evaluationText } from '../evaluation';
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

it('an error has two significant digits, and its value as many decimals', () => {
  const text = (value: number, standardError: number | null, more: Partial<Evaluation> = {}) => {
    const { error, ...shown } = evaluationText({ ...elbo, value, standardError, ...more });
    return `${shown.value}${error === null ? '' : ` ± ${error}`} ${shown.unit}`;
  };
  expect(text(70.2134, 0.23981)).toBe('70.21 ± 0.24 nats');
  expect(text(25.387, 0.04883)).toBe('25.387 ± 0.049 nats');
  expect(text(-1234.56, 0.0996)).toBe('−1,234.56 ± 0.10 nats');
  expect(text(-112.56, 1.043)).toBe('−112.6 ± 1.0 nats');
  expect(text(5321.7, 123.4)).toBe('5,322 ± 123 nats');
  expect(text(0.98123, 0.00432, { unit: 'share' })).toBe('98.12 ± 0.43 %');
  expect(text(4e-7, 3.21e-9)).toBe('4.00e−7 ± 3.2e−9 nats');
  expect(text(0, 0)).toBe('0 ± 0 nats');
  expect(text(95.613, null)).toBe('95.61 nats');
});

it('a unit is not said twice, and is one', () => {
  const unit = (metric: string, unit: string) => evaluationText({ ...elbo, metric, unit }).unit;
  expect(unit('squaredError', 'squared error')).toBe('');
  expect(unit('neighbourError', 'squared error')).toBe('squared error');
  expect(unit('dualityError', "the data's")).toBe("of the data's unit");
});

it('layers of several sizes are a list, not a range', async () => {
  const run = vaeRun();
  showPanel(modelCard, { ...run, experiment: { ...run.experiment, settings: { ...run.experiment.settings, widths: [200, 100] } } });
  expect((await screen.findByText('Hidden widths')).nextElementSibling?.textContent).toMatch(/^200, 100/);
});

it('a check of the recipe shows its evidence and what was wanted', async () => {
  showPanel(modelCard, vaeRun(), () => undefined, { checks: [{ id: 'kept', title: 'Outputs keep their class', passed: false, value: 0.5, threshold: 'at least 0.6', evidence: '500 of 1,000' }] });
  expect(await screen.findByText('failed')).toBeTruthy();
  expect(screen.getByText(/500 of 1,000; wanted at least 0.6/)).toBeTruthy();
});

it('names model, data, protocol and device', async () => {
  showPanel(modelCard);
  for (const text of ['VAE', 'MNIST, 1,000 + 1,000', 'dynamic binarisation', 'CPU · TensorFlow 2.21.0', 'train 1,000 · test 1,000']) expect(await screen.findByText(text)).toBeTruthy();
});

it('shows the times that were measured, and measures those that were not', async () => {
  const times: Evaluation[] = [{ ...elbo, metric: 'sampleMilliseconds', value: 12.34, standardError: null, unit: 'ms', k: null, n: 100, estimator: 'least of 9 times for 100 samples at once' }];
  const { client, run } = showPanel(modelCard, vaeRun(), (fake) => fake.answer('runs.measure', () => times), { abilities: ['sample', 'elbo'] });
  await userEvent.click(await screen.findByRole('button', { name: 'Measure' }));
  expect(client.calls.find(({ method }) => method === 'runs.measure')?.params).toEqual({ id: run.id, measurement: { measure: 'timing', limit: 100 } });
  cleanup();
  showPanel(modelCard, vaeRun(), () => undefined, { abilities: ['sample'], evaluations: times });
  expect((await screen.findByText('100 samples in 12.34 ms')).title).toMatch(/least of 9/);
  cleanup();
  showPanel(modelCard, vaeRun({ status: 'running' }), () => undefined, { abilities: ['sample'] });
  expect(await screen.findByText('not measured')).toBeTruthy();
});
