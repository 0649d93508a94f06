import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { fakeAnswer } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { samples } from '.';

beforeEach(() => layOut(300, 300));

it('draws a hundred samples from fixed noise at temperature 1', async () => {
  const { lastProbe } = showPanel(samples);
  expect(await screen.findByRole('img', { name: '100 samples at temperature 1.00' })).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'sample', count: 100, temperature: 1, seed: 0 });
});

it('speaks of a prior where there is one', async () => {
  showPanel(samples);
  expect(await screen.findByText('prior · seed 0')).toBeTruthy();
  showPanel(samples, undefined, undefined, { abilities: ['sample', 'complete'] });
  expect(await screen.findByText('seed 0')).toBeTruthy();
});

it('draws from p(x|z) instead of showing its means, and leaves the choice out where samples are draws anyway', async () => {
  const { lastProbe } = showPanel(samples);
  await userEvent.click(await screen.findByRole('radio', { name: 'draws' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ kind: 'sample', draw: true }));
  await userEvent.click(screen.getByRole('radio', { name: 'means' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ draw: false }));
  cleanup();
  showPanel(samples, undefined, (client) => client.answer('runs.probe', ({ probe }) => ({ ...fakeAnswer(1, probe), samplesAre: 'draws' })));
  expect(await screen.findByRole('img', { name: /100 samples/ })).toBeTruthy();
  expect(screen.queryByRole('radio', { name: 'means' })).toBeNull();
});

it('says what the answer says of how it came about', async () => {
  showPanel(samples, undefined, (client) => client.answer('runs.probe', ({ probe }) => ({ ...fakeAnswer(1, probe), note: 'Answered op by op, which is slower.' })));
  expect((await screen.findByRole('note')).textContent).toBe('Slow: Answered op by op, which is slower.');
});

it('the slider asks at once, with the same noise', async () => {
  const { lastProbe } = showPanel(samples);
  const slider = await screen.findByRole('slider', { name: /Temperature/ });
  fireEvent.change(slider, { target: { value: '0.6' } });
  await waitFor(() => expect(lastProbe()).toMatchObject({ temperature: 0.6, seed: 0 }));
});

it('follows training at the pace of the refresher, one question at a time', async () => {
  // The first answer is cheap; after the second the engine has an hour to itself, however busy the machine is that runs this.
  let answers = 0;
  const { client, run, asked } = showPanel(samples, vaeRun({ status: 'running', step: 100, stepsPerSecond: 50 }), (fake) => fake.answer('runs.probe', ({ probe }) => ({ ...fakeAnswer(1, probe), milliseconds: answers++ === 0 ? 1 : 180_000 })));
  await screen.findByRole('img', { name: /100 samples/ });
  for (let step = 101; step < 140; step++) client.publish({ type: 'run', run: { ...run, status: 'running', step } });
  await waitFor(() => expect(asked('sample')).toBe(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked('sample')).toBe(2);
});
