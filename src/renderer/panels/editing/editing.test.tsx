import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { refuse } from '../../../contract/errors';
import type { ProbeAnswer } from '../../../contract/probes';
import { fakeAnswer } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { editing } from '.';

beforeEach(() => layOut(560, 320));

it('shows what was given, the output and the truth, and asks anew for another damage', async () => {
  const { lastProbe } = showPanel(editing);
  expect(await screen.findByRole('img', { name: 'With noise, 40' })).toBeTruthy();
  for (const name of ['Output, 40', 'Truth, 40']) expect(screen.getByRole('img', { name })).toBeTruthy();
  expect(screen.queryByRole('radio', { name: 'colour' })).toBeNull();
  await userEvent.click(screen.getByRole('radio', { name: 'complete' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ kind: 'edit', damage: 'lower half' }));
});

it('a model that only completes is asked for nothing else', async () => {
  const { lastProbe } = showPanel(editing, vaeRun(), (client) => client.answer('runs.probe', ({ probe }) => ({ ...fakeAnswer(1, probe), by: 'completion' }) as ProbeAnswer), { abilities: ['complete'] });
  await screen.findByRole('img', { name: 'Upper half, 40' });
  expect(screen.getByText('completion, row by row · test')).toBeTruthy();
  expect(screen.getAllByRole('radio')).toHaveLength(1);
  expect(lastProbe()).toMatchObject({ damage: 'lower half' });
});

it('an error can be tried again', async () => {
  const { asked } = showPanel(editing, vaeRun(), (client) => client.answer('runs.probe', () => refuse('bug', 'Something broke.')));
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(asked('edit')).toBe(2));
});
