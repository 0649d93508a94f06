import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { PlotTheme } from '../../plots/theme';
import { layOut, showPanel, vaeRun } from '../bench';
import { ranked } from '../codes';
import { spectrumFigure } from './figure';
import { spectrum, spectrumText } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
const handlers: Record<string, (event: unknown) => void> = {};
beforeEach(() => {
  for (const name of Object.keys(handlers)) Reflect.deleteProperty(handlers, name);
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: (name: string, handler: (event: unknown) => void) => (handlers[name] = handler) }));
});
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, { y: number[]; marker: { color: string[] } }[], { yaxis: { type?: string }; shapes: unknown[]; xaxis: { ticktext: string[] } }];

it('draws the dimensions from the largest to the smallest, the collapsed ones in another colour', async () => {
  const { lastProbe } = showPanel(spectrum);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'spectrum', split: 'test', count: 1000 });
  const [, [bars], layout] = drawn();
  expect(bars?.y).toEqual([...(bars?.y ?? [])].sort((a, b) => b - a));
  expect(layout.xaxis.ticktext.slice(0, 3)).toEqual(['z1', 'z2', 'z4']);
  expect(screen.getByText('8 of 12 active (8 by KL) · z1, z2, z4, z5, z7, z8, z10, z11')).toBeTruthy();
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

it('a click on a bar shows its dimension across, with what was there up; two clicks show two dimensions', async () => {
  const { linked } = showPanel(spectrum, vaeRun(), () => undefined, { latentSize: 12 });
  act(() => linked.setState({ dims: [0, 1], latentRange: { x: [0, 1], y: [0, 1] } }));
  await waitFor(() => expect(handlers['plotly_click']).toBeDefined());
  act(() => handlers['plotly_click']?.({ points: [{ curveNumber: 0, pointNumber: 2 }] }));
  expect(linked.getState()).toMatchObject({ dims: [3, 0], latentRange: null });
  act(() => handlers['plotly_click']?.({ points: [{ curveNumber: 0, pointNumber: 4 }] }));
  expect(linked.getState().dims).toEqual([6, 3]);
  act(() => handlers['plotly_click']?.({ points: [{ curveNumber: 0, pointNumber: 4 }] }));
  expect(linked.getState().dims).toEqual([6, 3]);
});

const theme = { font: '', ink: 'ink', label: 'label', axis: 'faint', grid: 'grid', surface: 'surface', text: 'text', runs: ['full'], classes: [], ramp: [], ordered: [], diverging: ['', '', ''] } satisfies PlotTheme;
const style = { name: (index: number) => `z${index + 1}`, logY: false, active: () => true, chosen: [], names: 100 };

it('inactive bars are faint, the chosen ones outlined', () => {
  const { data } = spectrumFigure([0.5, 0.01, 0.011], [0, 2, 1], { ...style, active: (index) => index !== 1, chosen: [0, 1] }, theme);
  expect(data[0]).toMatchObject({ y: [0.5, 0.011, 0.01], marker: { color: ['full', 'full', 'faint'], line: { width: [2, 0, 2] } } });
});

it('of many dimensions all active ones have bars, forty at least, each named under the pointer and as many under the axis as fit', () => {
  const values = Float64Array.from({ length: 128 }, (_, i) => 128 - i);
  const order = ranked(values);
  const bars = (active: number, names: number) => {
    const { data, layout } = spectrumFigure(values, order, { ...style, active: (index) => index < active, names }, theme);
    return { ...(data[0] as { text: string[] }), ...(layout.xaxis as { ticktext: string[] }), said: layout.annotations?.map(({ text }) => text) };
  };
  expect(bars(18, 40)).toMatchObject({ said: ['the first 40 of 128'] });
  expect(bars(18, 40).text[39]).toBe('z40: 89.0 nats');
  expect(bars(18, 40).ticktext).toHaveLength(40);
  expect(bars(18, 14).ticktext.slice(0, 3)).toEqual(['z1', 'z4', 'z7']);
  expect(bars(100, 40).text).toHaveLength(100);
});

it('counts active dimensions by the variance of the mean, and by the divergence beside it or alone', () => {
  const answer = { examples: 1, kl: 1, perDimension: Float64Array.of(0.5, 0.009, 0.7), perLevel: null };
  expect(spectrumText({ ...answer, meanVariances: null })).toBe('2 of 3 active (by KL) · z3, z1');
  expect(spectrumText({ ...answer, meanVariances: Float64Array.of(0.001, 0.2, 0.3) })).toBe('2 of 3 active (2 by KL) · z3, z2');
  expect(spectrumText({ ...answer, meanVariances: new Float64Array(3) })).toBe('0 of 3 active (2 by KL)');
});
