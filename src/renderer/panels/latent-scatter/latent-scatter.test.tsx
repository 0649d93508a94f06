import { act, cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { FakeClient } from '../../client/fake';
import { detailOf, layOut, showPanel, vaeRun } from '../bench';
import { colouringOf, colourings } from './colouring';
import { latentScatter } from '.';

interface Trace {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  mode: string;
}
const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));

const handlers: Record<string, (event: unknown) => void> = {};
beforeEach(() => {
  layOut(340, 340);
  for (const name of Object.keys(handlers)) Reflect.deleteProperty(handlers, name);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => {
    Object.assign(element, { on: (name: string, handler: (event: unknown) => void) => (handlers[name] = handler) });
  });
});
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, Trace[], { xaxis: { range: number[] }; yaxis: { range: number[] }; shapes: unknown[]; annotations: { text: string }[] }];

it('draws 256 test codes in one trace a class, names the classes and draws the prior', async () => {
  const { lastProbe } = showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'encode', split: 'test', offset: 0, count: 256 });
  const [, traces, layout] = drawn();
  expect(traces).toHaveLength(10);
  expect(traces.reduce((sum, trace) => sum + trace.x.length, 0)).toBe(256);
  expect(layout.shapes).toHaveLength(3);
  expect(layout.annotations.map(({ text }) => text).slice(0, 2)).toEqual(['<b>0</b>', '<b>1</b>']);
});

it('has units as long across as up', async () => {
  layOut(600, 300);
  showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const { xaxis, yaxis } = drawn()[2];
  const span = ([low = 0, high = 0]: number[]) => high - low;
  expect(span(xaxis.range) / 600).toBeCloseTo(span(yaxis.range) / 300, 10);
});

it('hovering a point shows its picture and its label, and links it to the page', async () => {
  const { client, linked } = showPanel(latentScatter);
  await waitFor(() => expect(handlers['plotly_hover']).toBeDefined());
  const [, traces] = drawn();
  act(() => handlers['plotly_hover']?.({ points: [{ curveNumber: 3, pointNumber: 0 }] }));
  const { example, code } = linked.getState();
  expect(code).toEqual([traces[3]?.x[0], traces[3]?.y[0]]);
  expect(await screen.findByText(`test ${example}`)).toBeTruthy();
  expect(await screen.findByRole('img', { name: `Test example ${example}` })).toBeTruthy();
  expect(client.calls.some(({ method }) => method === 'datasets.page')).toBe(true);
  act(() => handlers['plotly_unhover']?.({}));
  expect(linked.getState().example).toBeNull();
  expect(screen.queryByText(`test ${example}`)).toBeNull();
});

it('posterior ellipses are drawn on demand', async () => {
  const { linked } = showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  act(() => linked.setState({ ellipses: true }));
  await waitFor(() => expect(drawn()[1].filter(({ mode }) => mode === 'lines')).toHaveLength(10));
});

it('axes that a person chose stay while new codes come, and double-click fits them again', async () => {
  const { linked } = showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const fitted = drawn()[2].xaxis.range;
  act(() => handlers['plotly_relayout']?.({ 'xaxis.range[0]': -1, 'xaxis.range[1]': 1, 'yaxis.range[0]': -1, 'yaxis.range[1]': 1 }));
  await waitFor(() => expect(drawn()[2].xaxis.range).toEqual([-1, 1]));
  act(() => handlers['plotly_doubleclick']?.({}));
  expect(linked.getState().latentRange).toBeNull();
  await waitFor(() => expect(drawn()[2].xaxis.range).toEqual(fitted));
});

it('asks for all test codes when a person wants them, never for more than there are', async () => {
  const { linked, lastProbe } = showPanel(latentScatter, vaeRun());
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  act(() => linked.setState({ codes: null }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ count: 1000 }));
});

const sprites = { classes: null, factors: { names: ['colour', 'shape', 'x'], sizes: [1, 3, 32] } };
const made = { labels: null, factors: Uint16Array.of(0, 2, 31, 0, 0, 7) };

it('codes have the colours of their class, or of a factor, which runs along a scale where it has many values', () => {
  expect(colourings(sprites)).toEqual(['shape', 'x']);
  expect(colourings({ ...sprites, classes: ['a', 'b'] })).toEqual(['class', 'shape', 'x']);
  expect(colouringOf(made, sprites, null)).toMatchObject({ by: 'shape', values: Uint16Array.of(2, 0), ordered: null });
  expect(colouringOf(made, sprites, 'x')).toMatchObject({ by: 'x', values: Uint16Array.of(31, 7), ordered: 32 });
  const labelled = colouringOf({ labels: Uint16Array.of(1, 0), factors: null }, { classes: ['a', 'b'], factors: null }, 'x');
  expect(labelled).toMatchObject({ by: 'class', values: Uint16Array.of(1, 0), ordered: null });
  expect(labelled?.nameOf(1)).toBe('b');
  expect(colouringOf({ labels: null, factors: null }, { classes: null, factors: null }, null)).toBeNull();
});

it('a person chooses the factor; its values are the colours of one trace, with their scale', async () => {
  const run = vaeRun();
  const { dataset } = detailOf({});
  if (!dataset) throw new Error('the fake has a data set');
  const prepare = (client: FakeClient) =>
    client.answer('runs.probe', () => ({ kind: 'encode', step: 1, milliseconds: 1, latentSize: 2, means: Float32Array.of(0, 1, 1, 0), standardDeviations: null, ...made }));
  showPanel(latentScatter, run, prepare, { dataset: { ...dataset, ...sprites } });
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1]).toHaveLength(2);
  await userEvent.click(screen.getByRole('button', { name: /Colour by/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'x' }));
  await waitFor(() => expect(drawn()[1]).toHaveLength(1));
  expect(drawn()[1][0]).toMatchObject({ marker: { color: [31, 7], cmin: 0, cmax: 31 } });
  expect(screen.getByText('31')).toBeTruthy();
});

it('circles of the prior have names only where those do not lie on each other', async () => {
  const names = () => drawn()[2].annotations.filter(({ text }) => text.endsWith('σ'));
  showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(names()).toHaveLength(3);
  cleanup();
  plotly.react.mockClear();
  layOut(130, 130);
  showPanel(latentScatter);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(names()).toHaveLength(0);
});
