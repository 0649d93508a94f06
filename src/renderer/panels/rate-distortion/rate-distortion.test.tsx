import { screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { detailOf, layOut, showPanel, vaeRun } from '../bench';
import { comparable, ratePoint, trajectory } from './runs';
import { rateDistortion } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});

it('draws the path of the run by its held-out evaluations, without asking the model', async () => {
  const { client } = showPanel(rateDistortion);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [, traces] = plotly.react.mock.lastCall as unknown as [HTMLElement, { x: number[] }[]];
  expect(traces).toHaveLength(4);
  expect(traces[1]?.x.length).toBe(100);
  expect(client.calls.some(({ method }) => method === 'runs.probe')).toBe(false);
});

it('says when a run has no rate', async () => {
  showPanel(rateDistortion, vaeRun(), (client) => client.answer('runs.curves', () => []));
  expect(await screen.findByText('No rate and distortion')).toBeTruthy();
});

it('a point is of the test split where there is one, and needs both numbers', () => {
  expect(ratePoint({ id: 'a', name: 'a', latest: { klNats: 1, reconstructionNats: 2, 'klNats (test)': 3, 'reconstructionNats (test)': 4 } })).toMatchObject({ rate: 3, distortion: 4 });
  expect(ratePoint({ id: 'a', name: 'a', latest: { 'klNats (test)': 3, reconstructionNats: 4 } })).toBeNull();
});

it('runs compare on the same data under the same protocol with the same likelihood', () => {
  const run = detailOf({});
  const latest = { klNats: 1, reconstructionNats: 2 };
  const other = (change: object) => ({ ...vaeRun({ id: 'other', latest }), experiment: { ...run.experiment, ...change } });
  expect(comparable(run, [other({}), other({ data: 'digits' }), other({ binarisation: 'static' }), other({ settings: { ...run.experiment.settings, likelihood: 'categorical' } }), { ...run, latest }])).toMatchObject([{ id: 'other', rate: 1, distortion: 2 }]);
});

it('a path has the steps that both curves have', () => {
  expect(trajectory({ steps: [1, 2, 3], values: [10, 20, 30] }, { steps: [2, 3, 4], values: [200, NaN, 400] })).toEqual({ steps: [2], rates: [20], distortions: [200] });
  expect(trajectory(undefined, undefined).steps).toEqual([]);
});
