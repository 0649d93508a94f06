import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { PlotTheme } from '../../plots/theme';
import { layOut, showPanel, vaeRun } from '../bench';
import { ranked } from '../codes';
import { spectrumFigure } from './figure';
import { spectrum, spectrumText } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, { y: number[]; marker: { color: string[] } }[], { yaxis: { type?: string }; shapes: unknown[]; xaxis: { ticktext: string[] } }];

it('draws the dimensions from the largest to the smallest, the collapsed ones in another colour', async () => {
  const { lastProbe } = showPanel(spectrum);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'spectrum', split: 'test', count: 1000 });
  const [, [bars], layout] = drawn();
  expect(bars?.y).toEqual([...(bars?.y ?? [])].sort((a, b) => b - a));
  expect(layout.xaxis.ticktext.slice(0, 3)).toEqual(['z1', 'z2', 'z4']);
  expect(screen.getByText('8 of 12 active (by variance 8) · collapsed: z3, z6, z9, z12')).toBeTruthy();
});

it('a log scale keeps the collapsed dimensions in sight', async () => {
  showPanel(spectrum);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  await userEvent.click(screen.getByRole('radio', { name: 'log' }));
  await waitFor(() => expect(drawn()[2].yaxis.type).toBe('log'));
});

it('shows levels where there are no dimensions, in their own order', async () => {
  showPanel(spectrum, vaeRun(), (client) =>
    client.answer('runs.probe', () => ({ kind: 'spectrum', step: 1, milliseconds: 1, examples: 10, kl: 6, perDimension: null, meanVariances: null, perLevel: Float64Array.of(1, 3, 2) })),
  );
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1][0]?.y).toEqual([1, 3, 2]);
  expect(drawn()[2].shapes).toEqual([]);
});

it('says when the divergence is one number', async () => {
  showPanel(spectrum, vaeRun(), (client) =>
    client.answer('runs.probe', () => ({ kind: 'spectrum', step: 1, milliseconds: 1, examples: 10, kl: 6, perDimension: null, meanVariances: null, perLevel: null })),
  );
  expect(await screen.findByText('One number only')).toBeTruthy();
});

it('bars at or below the threshold are faint', () => {
  const theme = { font: '', ink: 'ink', label: 'label', axis: 'faint', grid: 'grid', surface: 'surface', text: 'text', runs: ['full'], classes: [], ramp: [], ordered: [], diverging: ['', '', ''] } satisfies PlotTheme;
  const { data } = spectrumFigure([0.5, 0.01, 0.011], [0, 2, 1], (index) => `z${index + 1}`, false, true, theme);
  expect(data[0]).toMatchObject({ y: [0.5, 0.011, 0.01], marker: { color: ['full', 'full', 'faint'] } });
});

it('ranks and counts', () => {
  expect(ranked([0.1, 3, 0.2])).toEqual([1, 2, 0]);
  expect(spectrumText({ examples: 1, kl: 1, perDimension: Float64Array.of(0.5, 0.009), meanVariances: null, perLevel: null })).toBe('1 of 2 active · collapsed: z2');
});
