import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Probe, ProbeAnswer } from '../../contract/probes';
import type { FakeClient } from '../client/fake';
import { layOut, showPanel, vaeRun } from './bench';
import { isStale, mostTelling } from './dimensions';
import { latentScatter } from './latent-scatter';
import { manifoldGrid } from './manifold-grid';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(340, 340);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});

const nats = Float64Array.of(0.001, 0.2, 0.0004, 3.2, 0.003, 1.5);
const size = nats.length;

function answer(client: FakeClient, perDimension: Float64Array | null = nats): void {
  client.answer('runs.probe', ({ probe }): ProbeAnswer => {
    const whole = { step: 1, milliseconds: 1 };
    if (probe.kind === 'spectrum') return { kind: probe.kind, ...whole, examples: 1, kl: 5, perDimension, meanVariances: null, perLevel: null };
    if (probe.kind === 'encode') return { kind: probe.kind, ...whole, latentSize: size, means: Float32Array.from({ length: size * probe.count }, (_, i) => i % size), standardDeviations: null, labels: null, factors: null };
    return { kind: 'decode', ...whole, pictures: { count: 400, height: 2, width: 2, channels: 1, pixels: new Uint8Array(1600) } };
  });
}
const codes = (probe: Record<string, unknown>) => (probe as Extract<Probe, { kind: 'decode' }>).codes;

it('shows the two dimensions of the largest divergence, and asks for nothing else before it knows them', async () => {
  const { client, lastProbe, asked } = showPanel(manifoldGrid, vaeRun(), answer, { latentSize: size });
  await screen.findByRole('group', { name: /Manifold grid/ });
  expect(client.calls.flatMap(({ params }) => (params as { probe?: Probe }).probe?.kind ?? [])).toEqual(['spectrum', 'decode']);
  expect(asked('spectrum')).toBe(1);
  const first = codes(lastProbe()).subarray(0, size);
  expect(Array.from(first, (value) => value !== 0)).toEqual([false, false, false, true, false, true]);
});

it('the menu has the dimensions by their divergence and says it; what a person chose wins', async () => {
  const { linked, lastProbe } = showPanel(manifoldGrid, vaeRun(), answer, { latentSize: size });
  await screen.findByRole('group', { name: /Manifold grid/ });
  await userEvent.click(screen.getByRole('button', { name: /Dimension up, of 6/ }));
  const options = await screen.findAllByRole('option');
  expect(options.map(({ textContent }) => textContent)).toEqual(['z43.200 nats', 'z61.500 nats', 'z20.2 nats', 'z50.003 nats', 'z10.001 nats', 'z34.00e−4 nats']);
  await userEvent.click(screen.getByRole('option', { name: /z2/ }));
  expect(linked.getState().dims).toEqual([3, 1]);
  await waitFor(() => expect(Array.from(codes(lastProbe()).subarray(0, size), (value) => value !== 0)).toEqual([false, true, false, true, false, false]));
});

it('the scatter shows the same two', async () => {
  const { linked } = showPanel(latentScatter, vaeRun(), answer, { latentSize: size });
  expect(await screen.findByRole('img', { name: /z4 across and z6 up/ })).toBeTruthy();
  act(() => linked.setState({ dims: [0, 1] }));
  expect(await screen.findByRole('img', { name: /z1 across and z2 up/ })).toBeTruthy();
});

it.each([
  ['the divergence is not known by dimension', (client: FakeClient) => answer(client, null)],
  ['it cannot be asked', (client: FakeClient) => {
    answer(client);
    client.answer('runs.probe', ({ probe }): ProbeAnswer => {
      if (probe.kind === 'spectrum') throw new Error('no');
      return { kind: 'decode', step: 1, milliseconds: 1, pictures: { count: 400, height: 2, width: 2, channels: 1, pixels: new Uint8Array(1600) } };
    });
  }],
])('where %s, the first two are shown', async (_, prepare) => {
  const { lastProbe } = showPanel(manifoldGrid, vaeRun(), prepare, { latentSize: size });
  await screen.findByRole('group', { name: /Manifold grid/ });
  expect(Array.from(codes(lastProbe()).subarray(0, size), (value) => value !== 0)).toEqual([true, true, false, false, false, false]);
});

it('without a bound the two of the most spread codes are shown, and the menu says how spread', async () => {
  const spread = (client: FakeClient): void =>
    client.answer('runs.probe', ({ probe }): ProbeAnswer => {
      if (probe.kind !== 'encode') throw new Error('Nothing else is asked.');
      const means = Float32Array.from({ length: 3 * probe.count }, (_, i) => (Math.floor(i / 3) % 2 ? 1 : -1) * ([2, 0.5, 3][i % 3] ?? 0));
      return { kind: probe.kind, step: 1, milliseconds: 1, latentSize: 3, means, standardDeviations: null, labels: null, factors: null };
    });
  const { asked } = showPanel(latentScatter, vaeRun(), spread, { latentSize: 3, abilities: ['encode', 'decode'] });
  expect(await screen.findByRole('img', { name: /z1 across and z3 up/ })).toBeTruthy();
  expect(asked('spectrum')).toBe(0);
  await userEvent.click(screen.getByRole('button', { name: /Dimension up, of 3/ }));
  expect((await screen.findAllByRole('option')).map(({ textContent }) => textContent)).toEqual(['z3sd 3.000', 'z1sd 2.000', 'z2sd 0.5']);
});

it('of two dimensions there is nothing to ask', async () => {
  const { asked } = showPanel(manifoldGrid);
  await screen.findByRole('group', { name: /Manifold grid/ });
  expect(asked('spectrum')).toBe(0);
});

it('keeps the axes in their own order, and asks again only when a run has gone on by a quarter', () => {
  expect(mostTelling([0, 5, 1, 7])).toEqual([1, 3]);
  expect(mostTelling([0, 7, 1, 5])).toEqual([1, 3]);
  expect(mostTelling(null)).toEqual([0, 1]);
  expect([undefined, { step: 0 }, { step: 900 }, { step: 700 }].map((known) => isStale(known, 1000))).toEqual([true, true, false, true]);
});
