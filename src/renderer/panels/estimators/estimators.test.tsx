import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { layOut, showPanel } from '../bench';
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
