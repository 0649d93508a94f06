import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import { refuse } from '../../../contract/errors';
import { layOut, showPanel, vaeRun } from '../bench';
import { levels } from '.';

beforeEach(() => layOut(400, 300));

it('has a slider for each level of the model, and asks with that level\'s temperature and the same noise', async () => {
  const { lastProbe } = showPanel(levels);
  const slider = await screen.findByRole('slider', { name: 'level 2 · 32' });
  expect(screen.getAllByRole('slider')).toHaveLength(3);
  expect(lastProbe()).toMatchObject({ kind: 'levels', temperatures: [], held: 0, seed: 0 });
  fireEvent.change(slider, { target: { value: '0.4' } });
  await waitFor(() => expect(lastProbe()).toMatchObject({ temperatures: [1, 0.4, 1], held: 0, seed: 0 }));
});

it('holds the upper levels, whose draw can be another', async () => {
  const { lastProbe } = showPanel(levels);
  await screen.findByRole('img', { name: '64 samples, sample all' });
  await userEvent.click(screen.getByRole('button', { name: /Which levels/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'hold levels 1 to 2' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ held: 2, heldSeed: 1 }));
  await userEvent.click(screen.getByRole('button', { name: 'Menu: Levels' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Draw the held levels anew' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ held: 2, heldSeed: 2, seed: 0 }));
});

it('says what the engine said when it could not answer', async () => {
  showPanel(levels, vaeRun(), (client) => client.answer('runs.probe', () => refuse('bad-request', 'The model "vae" cannot sample level by level.')));
  expect(await screen.findByText(/cannot sample level by level/)).toBeTruthy();
});
