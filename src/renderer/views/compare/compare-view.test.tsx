import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Probe } from '../../../contract/probes';
import type { RunSummary } from '../../../contract/runs';
import { fakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { answerSmall, layOut, vaeRun } from '../../panels/bench';
import { CompareView } from './compare-view';

type Layout = { xaxis: { range: number[] }; yaxis: { range: number[] }; annotations: { text: string }[] };
const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));

const plots = new Map<HTMLElement, Layout>();
vi.setConfig({ testTimeout: 30_000 });
beforeEach(() => {
  layOut(400, 300);
  plots.clear();
  plotly.react.mockReset().mockImplementation((element: HTMLElement, _data: unknown, layout: Layout) => {
    plots.set(element, layout);
    Object.assign(element, { on: () => undefined });
  });
});

function show(runs: RunSummary[]) {
  const client = fakeClient({ runs });
  answerSmall(client);
  render(
    <ClientProvider value={client}>
      <CompareView ids={runs.map((run) => run.id)} />
    </ClientProvider>,
  );
  const probes = (id: string, kind: string) => client.calls.filter(({ method, params }) => method === 'runs.probe' && (params as { id: string }).id === id && (params as { probe: Probe }).probe.kind === kind).map(({ params }) => (params as { probe: Probe }).probe);
  return { client, probes };
}
const vae = vaeRun();
const other: RunSummary = { ...vae, id: 'r900', name: 'other', createdAt: '2026-01-01T00:00:00.000Z', experiment: { ...vae.experiment, seed: 5 } };
const autoencoder: RunSummary = { ...vae, id: 'r901', name: 'ae', createdAt: '2026-01-02T00:00:00.000Z', experiment: { ...vae.experiment, model: 'autoencoder' } };
const scatters = () => [...plots].filter(([element]) => element.closest('[data-panel=scatters]')).map(([, layout]) => layout);

it('names what differs and counts what is equal', async () => {
  show([vae, other]);
  const panel = await screen.findByRole('region', { name: 'Differences' });
  expect(within(panel).getByRole('rowheader', { name: 'seed' })).toBeTruthy();
  expect(within(panel).getByText('15 equal settings')).toBeTruthy();
});

it('gives every scatter the same axes, also where one run needs more room', async () => {
  const { client } = show([vae, other]);
  const wide = (id: string): number => (id === other.id ? 6 : 1);
  client.answer('runs.probe', ({ id }) => ({ kind: 'encode', step: 1, milliseconds: 1, latentSize: 2, means: Float32Array.from({ length: 512 }, (_, i) => wide(id) * Math.sin(i)), standardDeviations: null, labels: null }) as never);
  await waitFor(() => expect(scatters()).toHaveLength(2));
  await waitFor(() => {
    const [one, two] = scatters();
    expect(one?.xaxis.range).toEqual(two?.xaxis.range);
    expect(one?.xaxis.range[1]).toBeGreaterThan(6);
  });
});

it('moves every grid when one is moved', async () => {
  const { probes } = show([vae, other]);
  const [area] = await screen.findAllByRole('group', { name: /Manifold grid/ });
  await waitFor(() => expect(screen.getAllByRole('group', { name: /Manifold grid/ })).toHaveLength(2));
  if (area) fireEvent.keyDown(area, { key: '+' });
  await waitFor(() => {
    const codes = [vae, other].map(({ id }) => probes(id, 'decode').at(-1) as Extract<Probe, { kind: 'decode' }>);
    expect(codes[0]?.codes).toEqual(codes[1]?.codes);
    expect(probes(other.id, 'decode').length).toBeGreaterThan(1);
  });
});

it('asks every run for the same inputs and the same noise', async () => {
  const { probes } = show([vae, other]);
  await waitFor(() => {
    for (const kind of ['reconstruct', 'sample']) {
      expect(probes(vae.id, kind)).toHaveLength(1);
      expect(probes(vae.id, kind)).toEqual(probes(other.id, kind));
    }
  });
});

it('a run whose model cannot do it keeps its place and says what it needs', async () => {
  show([vae, autoencoder]);
  const panel = await screen.findByRole('region', { name: 'Samples, same noise' });
  expect(await within(panel).findByText('needs sampling')).toBeTruthy();
});

it('lays curves over each other, each named at its end', async () => {
  show([vae, other]);
  await waitFor(() => {
    const curves = [...plots].find(([element]) => element.closest('[data-panel=curves]'))?.[1];
    expect(curves?.annotations.filter(({ text }) => text.includes('other'))).toHaveLength(3);
  });
});

it('one run alone is nothing to compare', async () => {
  show([vae]);
  expect(await screen.findByRole('button', { name: 'Choose runs' })).toBeTruthy();
  await act(async () => undefined);
});
