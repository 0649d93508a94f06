import { fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
import { samples } from '.';

beforeEach(() => layOut(300, 300));

it('draws a hundred samples from fixed noise at temperature 1', async () => {
  const { lastProbe } = showPanel(samples);
  expect(await screen.findByRole('img', { name: '100 samples at temperature 1.00' })).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'sample', count: 100, temperature: 1, seed: 0 });
});

it('the slider asks at once, with the same noise', async () => {
  const { lastProbe } = showPanel(samples);
  const slider = await screen.findByRole('slider', { name: /Temperature/ });
  fireEvent.change(slider, { target: { value: '0.6' } });
  await waitFor(() => expect(lastProbe()).toMatchObject({ temperature: 0.6, seed: 0 }));
});

it('follows training at the pace of the refresher, one question at a time', async () => {
  const { client, run, asked } = showPanel(samples, vaeRun({ status: 'running', step: 100, stepsPerSecond: 50 }));
  await screen.findByRole('img', { name: /100 samples/ });
  for (let step = 101; step < 140; step++) client.publish({ type: 'run', run: { ...run, status: 'running', step } });
  await waitFor(() => expect(asked('sample')).toBe(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked('sample')).toBe(2);
});
