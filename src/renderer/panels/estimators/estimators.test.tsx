import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Params } from '../../../contract/api';
import type { FakeClient } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { estimators } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, { name: string; x: number[]; y: number[] }[], { yaxis: { range: [number, number] }; annotations: { text: string }[] }];

it('draws both estimators against K with the ELBO, and keeps the naive one from flattening the rest', async () => {
  const { lastProbe } = showPanel(estimators);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'estimators', offset: 0, count: 4, draws: 100 });
  const [, traces, layout] = drawn();
  expect(traces.map(({ name }) => name)).toEqual(['naive', 'importance weighted']);
  expect(traces[1]?.x).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(layout.yaxis.range[0]).toBeGreaterThan(-120);
  expect(layout.annotations.map(({ text }) => text)).toEqual(['ELBO −101.20', 'importance weighted', 'naive: −113.06 ↓']);
  expect(screen.getByText('15.85')).toBeTruthy();
});

it('goes to K of 1,000 and to the next examples on demand', async () => {
  const { lastProbe } = showPanel(estimators);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  await userEvent.click(screen.getByRole('button', { name: /Largest K/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'K to 1,000' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ draws: 1000 }));
  await userEvent.click(screen.getByRole('button', { name: 'test: one on' }));
  await waitFor(() => expect(lastProbe()).toMatchObject({ offset: 4 }));
});

/** As an engine answers by the log-weights of each example: draws of w = e^(seed and draw). */
function answerBy(logs: (seed: number, i: number) => number[]) {
  return (client: FakeClient) =>
    client.answer('runs.probe', ({ probe }) => {
      if (probe.kind !== 'estimators') throw new Error(probe.kind);
      const each = Array.from({ length: probe.count }, (_, i) => logs(probe.seed, i));
      const logSum = (power: number) => Float64Array.from(each, (list) => Math.log(list.reduce((sum, log) => sum + Math.exp(power * log), 0)));
      const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value / values.length, 0);
      const sums = { weights: logSum(1), squares: logSum(2), naive: null };
      const weighted = Float64Array.of(mean(Float64Array.from(each, (list) => list.reduce((sum, log) => sum + log / list.length, 0))), mean(sums.weights) - Math.log(each[0]?.length ?? 1));
      return { kind: 'estimators', step: 5, milliseconds: 1, examples: probe.count, ks: [1, 1000], elbo: weighted[0] ?? NaN, weighted, effective: Float64Array.of(1, mean(sums.weights.map((log, i) => Math.exp(2 * log - (sums.squares[i] ?? NaN))))), naive: null, sums };
    });
}

it('more draws come piece by piece, are one estimate of all of them, and can be broken off', async () => {
  // Draws whose weights differ from seed to seed: an average of the pieces' estimates would be another number.
  const logs = (seed: number, i: number) => Array.from({ length: 1000 }, (_, draw) => Math.sin(draw + i) * (1 + (seed % 3)));
  const { client, asked } = showPanel(estimators, vaeRun(), answerBy(logs));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  await userEvent.click(screen.getByRole('button', { name: /Largest K/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'K to 10,000' }));
  await screen.findByText('test · n 4 · K to 10,000');
  expect(asked('estimators')).toBe(11);
  expect(client.calls.filter(({ method }) => method === 'runs.probe').slice(1).map(({ params }) => (params as { probe: { seed: number; draws: number } }).probe)).toEqual(Array.from({ length: 10 }, (_, seed) => expect.objectContaining({ seed, draws: 1000 }) as object));
  const { x, y } = drawn()[1][0] ?? { x: [], y: [] };
  expect(x).toEqual([1, 1000, 2000, 5000, 10_000]);
  const estimate = (seeds: number[], i: number): number => Math.log(seeds.flatMap((seed) => logs(seed, i)).reduce((sum, log) => sum + Math.exp(log), 0) / (1000 * seeds.length));
  const over = (groups: number[][]): number => groups.reduce((sum, group) => sum + [0, 1, 2, 3].reduce((all, i) => all + estimate(group, i) / 4, 0) / groups.length, 0);
  expect(y[2]).toBeCloseTo(over([[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]), 9);
  expect(y[3]).toBeCloseTo(over([[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]), 9);
  expect(y[4]).toBeCloseTo(over([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]), 9);

  // One answer at a time: what is broken off asks for no more.
  let release: () => void = () => undefined;
  const free = client.call.bind(client);
  client.call = (async (method: 'runs.probe', params: Params<'runs.probe'>) => {
    if (params.probe.kind === 'estimators' && params.probe.seed === 3) await new Promise<void>((resolve) => (release = resolve));
    return free(method, params);
  }) as FakeClient['call'];
  await userEvent.click(screen.getByRole('button', { name: /Largest K/ }));
  await userEvent.click(await screen.findByRole('option', { name: 'K to 100,000' }));
  await screen.findByText('test · n 4 · K to 3,000 of 100,000');
  const before = asked('estimators');
  await userEvent.click(screen.getByRole('button', { name: 'Draw no more' }));
  release();
  await screen.findByText('test · n 4 · K to 3,000');
  expect(screen.queryByRole('button', { name: 'Draw no more' })).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(asked('estimators')).toBeLessThanOrEqual(before + 1);
});

it('a model that trains is asked for 1,000 draws at most', async () => {
  showPanel(estimators, vaeRun({ status: 'running', step: 100, stepsPerSecond: 50 }));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  await userEvent.click(screen.getByRole('button', { name: /Largest K/ }));
  expect((await screen.findByRole('option', { name: 'K to 10,000, once it rests' })).getAttribute('aria-disabled')).toBe('true');
});
