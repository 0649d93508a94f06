import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeDatasets } from '../../client/fake';
import { detailOf, layOut, showPanel } from '../bench';
import { whyNot } from '../panel';
import { disentanglement } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});

it('maps codes against factors and lists every score with its floor', async () => {
  const { lastProbe } = showPanel(disentanglement);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'factors', split: 'test', count: 1000 });
  const [, [heat], layout] = plotly.react.mock.lastCall as unknown as [HTMLElement, { z: number[][] }[], { xaxis: { ticktext: string[] } }];
  expect(heat?.z).toHaveLength(3);
  expect(layout.xaxis.ticktext).toEqual(['shape', 'scale', 'x', 'y']);
  expect(screen.getByRole('row', { name: 'FactorVAE score 0.81 0.29' }).title).toContain('800 votes');
  expect(screen.getByText('without colour, the same for all')).toBeTruthy();
});

it('maps what codes move, where the model decodes', async () => {
  showPanel(disentanglement);
  const shown = (): { z: number[][]; zmax: number; hovertemplate: string } | undefined => (plotly.react.mock.lastCall as unknown as [HTMLElement, { z: number[][]; zmax: number; hovertemplate: string }[]])[1][0];
  await userEvent.click(await screen.findByRole('radio', { name: 'move' }));
  await waitFor(() => expect(shown()?.hovertemplate).toContain('of its range a step'));
  expect(shown()).toMatchObject({ z: [[0.03, 0.02, 0.16, 0.01], [0.02, 0.03, 0.01, 0.15], [0.11, 0.12, 0.02, 0.02]], zmax: 1 / 6 });
});

it('is offered where the factors are known', () => {
  const [first] = fakeDatasets;
  expect(whyNot(disentanglement, detailOf({ abilities: ['encode'] }))).toBe('needs data with known factors');
  expect(whyNot(disentanglement, detailOf({ abilities: ['encode'], dataset: first ? { ...first, factors: { names: ['x'], sizes: [3] } } : null }))).toBeNull();
});
