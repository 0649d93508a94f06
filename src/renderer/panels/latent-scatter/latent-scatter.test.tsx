import { act, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
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
