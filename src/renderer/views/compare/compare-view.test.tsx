import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { DatasetInfo } from '../../../contract/datasets';
import type { Probe } from '../../../contract/probes';
import type { RunSummary } from '../../../contract/runs';
import { fakeClient, fakeDatasets, type FakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { answerSmall, detailOf, layOut, vaeRun } from '../../panels/bench';
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

function show(runs: RunSummary[], more: string[] = [], prepare: (client: FakeClient) => void = () => undefined) {
  const client = fakeClient({ runs });
  answerSmall(client);
  prepare(client);
  render(
    <ClientProvider value={client}>
      <CompareView ids={[...runs.map((run) => run.id), ...more]} />
    </ClientProvider>,
  );
  const probes = (id: string, kind: string) => client.calls.filter(({ method, params }) => method === 'runs.probe' && (params as { id: string }).id === id && (params as { probe: Probe }).probe.kind === kind).map(({ params }) => (params as { probe: Probe }).probe);
  return { client, probes };
}
const vae = vaeRun();
const other: RunSummary = { ...vae, id: 'r900', name: 'other', createdAt: '2026-01-01T00:00:00.000Z', experiment: { ...vae.experiment, training: { ...vae.experiment.training, learningRate: 5e-4 } } };
const seed: RunSummary = { ...vae, id: 'r902', name: `${vae.name}, seed 5`, createdAt: '2026-01-03T00:00:00.000Z', experiment: { ...vae.experiment, seed: 5 } };
const autoencoder: RunSummary = { ...vae, id: 'r901', name: 'ae', createdAt: '2026-01-02T00:00:00.000Z', experiment: { ...vae.experiment, model: 'autoencoder' } };
const curves = () => [...plots].find(([element]) => element.closest('[data-panel=curves]'))?.[1];
const filled = () => (plotly.react.mock.calls as [HTMLElement, { fill?: string }[]][]).filter(([element]) => element.closest('[data-panel=curves]')).at(-1)?.[1].filter(({ fill }) => fill === 'tonexty');
const scatters = () => [...plots].filter(([element]) => element.closest('[data-panel=scatters]')).map(([, layout]) => layout);

it('names what differs and counts what is equal', async () => {
  show([vae, autoencoder]);
  const panel = await screen.findByRole('region', { name: 'Differences' });
  expect(within(panel).getByRole('rowheader', { name: 'model' })).toBeTruthy();
  expect(within(panel).getByText('18 equal settings')).toBeTruthy();
});

it('folds away what only one model has, and counts it in the head', async () => {
  show([vae, { ...autoencoder, experiment: { ...autoencoder.experiment, settings: { ...vae.experiment.settings, noise: 0.5, margin: 1 } } }]);
  const panel = await screen.findByRole('region', { name: 'Differences' });
  expect(within(panel).queryByRole('rowheader', { name: 'noise' })?.closest('details')?.querySelector('summary')?.textContent).toBe('2 settings that not all have');
  expect(within(panel).getByRole('rowheader', { name: 'model' }).closest('details')).toBeNull();
  expect((await screen.findByRole('heading', { name: '2 runs compared' })).parentElement?.textContent).toMatch(/differ in model, equal in 18 other settings; not all have 2 more/);
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

it('lays curves of the two most telling terms over each other, each named at its end', async () => {
  show([vae, other]);
  await waitFor(() => {
    expect(curves()?.annotations.filter(({ text }) => text.includes('other'))).toHaveLength(2);
    expect(curves()?.annotations.filter(({ text }) => /Loss|KL/.test(text))).toHaveLength(2);
  });
  await userEvent.click(screen.getByRole('button', { name: 'Terms that are shown' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Reconstruction' }));
  await waitFor(() => expect(curves()?.annotations.filter(({ text }) => text.includes('other'))).toHaveLength(3));
});

it('seeds of one experiment are one column, one curve with its band, and one picture, until they are taken apart', async () => {
  const { client, probes } = show([vae, other, seed]);
  const panel = await screen.findByRole('region', { name: 'Differences' });
  expect(within(panel).getAllByRole('columnheader').map((head) => head.textContent)).toEqual(['Settings that differ', expect.stringContaining('2 seeds'), 'other']);
  await waitFor(() => expect(filled()).toHaveLength(2));
  expect(client.calls.some(({ method, params }) => method === 'runs.curves' && (params as { id: string }).id === seed.id)).toBe(true);
  expect(probes(seed.id, 'encode')).toEqual([]);
  await userEvent.click(screen.getByRole('radio', { name: 'each run' }));
  expect(within(panel).getAllByRole('columnheader')).toHaveLength(4);
  await waitFor(() => expect(filled()).toHaveLength(0));
});

it('a run that is gone is left out with a note, the others are compared', async () => {
  show([vae, other], ['gone']);
  expect(await screen.findByText(/^One run is left out:/)).toBeTruthy();
  expect(screen.getByRole('heading', { level: 1, name: '2 runs compared' })).toBeTruthy();
});

it('of tables it shows points and densities, of pictures neither', async () => {
  const flows = [vae, other].map((run): RunSummary => ({ ...run, experiment: { ...run.experiment, data: 'moons' } }));
  const dataset: DatasetInfo = { ...(fakeDatasets[0] as DatasetInfo), kind: 'table', columns: ['x', 'y'], channels: 2 };
  show(flows, [], (client) => client.answer('runs.get', ({ id }) => detailOf({ ...(flows.find((run) => run.id === id) ?? vae), abilities: ['sample', 'logProb', 'encode', 'decode'], dataset })));
  expect(await screen.findByRole('region', { name: 'Densities' })).toBeTruthy();
  expect(screen.getByRole('region', { name: 'Sample points, same noise' })).toBeTruthy();
  for (const absent of ['Manifold grids, linked', 'Reconstructions, same inputs', 'Samples, same noise', 'Flow stages']) expect(screen.queryByRole('region', { name: absent })).toBeNull();
});

it('one run alone is nothing to compare', async () => {
  show([vae]);
  expect(await screen.findByRole('button', { name: 'Choose runs' })).toBeTruthy();
  await act(async () => undefined);
});

it('names a few of many differences in the head, and says how many more there are', async () => {
  const withNine = (run: RunSummary, add: number): RunSummary => ({ ...run, experiment: { ...vae.experiment, settings: { ...vae.experiment.settings, ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`setting${i}`, i + add])) } } });
  show([withNine(vae, 0), withNine(other, 1)]);
  const head = (await screen.findByRole('heading', { name: '2 runs compared' })).parentElement;
  await waitFor(() => expect(head?.textContent).toMatch(/differ in (?:[^,]+, ){4}[^,]+ and 4 more, equal/));
});

it('puts all in one plane of rate and distortion where their numbers compare, seeds as their mean', async () => {
  const at = (run: RunSummary, rate: number, distortion: number): RunSummary => ({ ...run, latest: { 'klNats (test)': rate, 'reconstructionNats (test)': distortion } });
  show([at(vae, 10, 90), at(seed, 12, 92), at(other, 20, 85)]);
  const traces = () => (plotly.react.mock.calls as [HTMLElement, { x: number[]; y: number[]; mode: string; error_x?: { array: number[] } }[]][]).filter(([element]) => element.closest('[data-panel=rates]')).at(-1)?.[1];
  await waitFor(() => expect(traces()).toBeTruthy());
  const points = traces()?.find(({ mode }) => mode === 'markers');
  expect({ x: points?.x, y: points?.y, spread: points?.error_x?.array }).toEqual({ x: [11, 20], y: [91, 85], spread: [Math.SQRT2, 0] });
  // The best bound's line: rate + distortion is the same along it.
  expect(traces()?.[0]?.x.map((rate, i) => rate + (traces()?.[0]?.y[i] ?? NaN))).toEqual([expect.closeTo(102, 9), expect.closeTo(102, 9)]);
});

it('draws no plane of runs whose distortions are not the same thing', async () => {
  show([vae, { ...other, experiment: { ...other.experiment, binarisation: 'static' } }]);
  await screen.findByRole('region', { name: 'Samples, same noise' });
  expect(screen.queryByRole('region', { name: 'Rate and distortion' })).toBeNull();
});
