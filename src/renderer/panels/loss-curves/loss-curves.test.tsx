import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { layOut, showPanel, vaeRun } from '../bench';
import { lossCurves } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));

const handlers: Record<string, (event: unknown) => void> = {};
beforeEach(() => {
  layOut(400, 300);
  for (const name of Object.keys(handlers)) Reflect.deleteProperty(handlers, name);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => {
    Object.assign(element, { on: (name: string, handler: (event: unknown) => void) => (handlers[name] = handler) });
  });
});
interface Axis {
  type?: string;
  range: number[];
  domain: number[];
}
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, { mode: string; x: ArrayLike<number>; y: ArrayLike<number>; yaxis: string }[], Record<string, Axis> & { annotations: { text: string }[] }];

it('has one row a term, apart from each other, with the last held-out values at the ends', async () => {
  const { client, run } = showPanel(lossCurves);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [, traces, layout] = drawn();
  expect(new Set(traces.map(({ yaxis }) => yaxis))).toEqual(new Set(['y', 'y2', 'y3']));
  const domains = ['yaxis', 'yaxis2', 'yaxis3'].map((axis) => layout[axis]?.domain ?? []);
  expect(domains[0]?.[0]).toBeGreaterThan(domains[1]?.[1] ?? 1);
  expect(domains[1]?.[0]).toBeGreaterThan(domains[2]?.[1] ?? 1);
  const [curve] = (await client.call('runs.curves', { id: run.id, points: 800 })).filter(({ name, split }) => name === 'lossNats' && split === 'test');
  expect(layout.annotations[0]?.text).toContain('Loss');
  expect(layout.annotations[0]?.text).toContain((curve?.values.at(-1) ?? 0).toFixed(2));
});

it('marks a spike that would flatten the rest, with its value, and smooths without it', async () => {
  const steps = Float64Array.from({ length: 200 }, (_, i) => 5 * i);
  const values = steps.map((step) => (step === 500 ? 3.2e16 : 100 + Math.sin(step)));
  const { linked } = showPanel(lossCurves, vaeRun(), (client) => client.answer('runs.curves', () => [{ name: 'lossNats', split: 'train', unit: 'nats', complete: true, steps, values }]));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [, traces, layout] = drawn();
  expect(layout['yaxis']?.range[1]).toBeLessThan(102);
  const [mark] = traces.filter(({ mode, x }) => mode === 'markers' && x[0] === 500);
  expect(mark).toMatchObject({ marker: { symbol: ['triangle-up'] } });
  expect(layout.annotations.map(({ text }) => text)).toContain('3.20e+16');
  act(() => linked.setState({ smoothing: 100 }));
  await waitFor(() => expect(drawn()[1].filter(({ mode }) => mode === 'lines')).toHaveLength(2));
  expect(Math.max(...Array.from(drawn()[1].filter(({ mode }) => mode === 'lines')[1]?.y ?? [NaN]))).toBeLessThan(102);
});

it('smooths the band of a mean without its spikes, as the mean', async () => {
  const steps = Float64Array.from({ length: 200 }, (_, i) => 5 * i);
  const values = steps.map((step) => (step === 500 ? 3.2e16 : 100 + Math.sin(step)));
  const mean = { name: 'lossNats', split: 'train' as const, unit: 'nats' as const, complete: true, steps, values, deviations: values.map((value) => value / 100) };
  const { linked } = showPanel(lossCurves, vaeRun(), (client) => client.answer('runs.curves', () => [mean]));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  act(() => linked.setState({ smoothing: 100 }));
  await waitFor(() => expect(drawn()[1].filter(({ mode }) => mode === 'lines')).toHaveLength(4));
  const [below, above] = drawn()[1];
  expect(Math.max(...Array.from(below?.y ?? [NaN]))).toBeLessThan(101);
  expect(Math.max(...Array.from(above?.y ?? [NaN]))).toBeLessThan(103);
});

it('marks no spike that is inside because the curve ends further off', async () => {
  const steps = Float64Array.from({ length: 200 }, (_, i) => 5 * i);
  const values = steps.map((step) => ({ 400: -1e6, 500: 5e3, 995: 1e4 })[step] ?? 100 + Math.sin(step));
  showPanel(lossCurves, vaeRun(), (client) => client.answer('runs.curves', () => [{ name: 'lossNats', split: 'train', unit: 'nats', complete: true, steps, values }]));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [, traces, layout] = drawn();
  expect(layout['yaxis']?.range[1]).toBeGreaterThan(1e4);
  expect(traces.filter(({ mode, x }) => mode === 'markers' && x[0] !== 995).map(({ x }) => Array.from(x))).toEqual([[400]]);
});

it('asks for two points a pixel', async () => {
  const { client } = showPanel(lossCurves);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(client.calls.find(({ method }) => method === 'runs.curves')?.params).toMatchObject({ points: 800 });
});

it('zooming asks for the points of that range only, for the whole page; double-click shows all', async () => {
  const { client, linked } = showPanel(lossCurves);
  await waitFor(() => expect(handlers['plotly_relayout']).toBeDefined());
  act(() => handlers['plotly_relayout']?.({ 'xaxis.range[0]': 1000.4, 'xaxis.range[1]': 2000.2 }));
  await waitFor(() => expect(client.calls.at(-1)?.params).toMatchObject({ from: 1000, to: 2001 }));
  expect(linked.getState().steps).toEqual([1000.4, 2000.2]);
  act(() => handlers['plotly_doubleclick']?.({}));
  expect(linked.getState().steps).toBeNull();
});

it('a logarithmic scale is one for all rows', async () => {
  const { linked } = showPanel(lossCurves);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  act(() => linked.setState({ logY: true }));
  await waitFor(() => expect(['yaxis', 'yaxis2', 'yaxis3'].map((axis) => drawn()[2][axis]?.type)).toEqual(['log', 'log', 'log']));
});

it('smoothing keeps the raw line behind the smoothed one', async () => {
  const { linked } = showPanel(lossCurves);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const lines = drawn()[1].filter(({ mode }) => mode === 'lines').length;
  act(() => linked.setState({ smoothing: 100 }));
  await waitFor(() => expect(drawn()[1].filter(({ mode }) => mode === 'lines')).toHaveLength(2 * lines));
});

it('the step under the pointer is the page\'s step', async () => {
  const { linked } = showPanel(lossCurves);
  const plot = await screen.findByRole('img', { name: /Loss curves/ });
  fireEvent.pointerMove(plot, { clientX: 40 + (400 - 40 - 92) / 2, clientY: 50 });
  const step = linked.getState().step ?? NaN;
  expect(Math.abs(step - 5000)).toBeLessThan(20);
  expect(await screen.findByText(step.toLocaleString('en'))).toBeTruthy();
});

it('says when the first point comes, in the same place', async () => {
  showPanel(lossCurves, vaeRun({ status: 'starting', step: 0 }), (client) => client.answer('runs.curves', () => []));
  expect(await screen.findByText('The first point comes with the first step')).toBeTruthy();
});

it.each(['stopped', 'failed', 'interrupted'] as const)('a run that was %s before its first step has no point to wait for', async (status) => {
  showPanel(lossCurves, vaeRun({ status, step: 0 }), (client) => client.answer('runs.curves', () => []));
  expect(await screen.findByText(new RegExp(`^${status} before the first step$`, 'i'))).toBeTruthy();
});
