import { screen, waitFor } from '@testing-library/react';
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
  expect(screen.getByRole('row', { name: 'FactorVAE score 0.81 0.29' })).toBeTruthy();
});

it('is offered where the factors are known', () => {
  const [first] = fakeDatasets;
  expect(whyNot(disentanglement, detailOf({ abilities: ['encode'] }))).toBe('needs data with known factors');
  expect(whyNot(disentanglement, detailOf({ abilities: ['encode'], dataset: first ? { ...first, factors: { names: ['x'], sizes: [3] } } : null }))).toBeNull();
});
