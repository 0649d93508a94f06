import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { Probe } from '../../../contract/probes';
import { layOut, showPanel, vaeRun } from '../bench';
import { normalQuantile } from '../normal';
import { wholeViewport } from '../viewport';
import { manifoldGrid } from '.';

beforeEach(() => layOut(340, 340));

const grid = () => screen.findByRole('group', { name: /Manifold grid/ });
const codesOf = (probe: Record<string, unknown>) => (probe as Extract<Probe, { kind: 'decode' }>).codes;

it('asks for the quantiles of the prior, rows from the top', async () => {
  const { lastProbe } = showPanel(manifoldGrid);
  await grid();
  const codes = codesOf(lastProbe());
  expect(codes).toHaveLength(20 * 20 * 2);
  expect(codes[0]).toBeCloseTo(normalQuantile(0.025), 5);
  expect(codes[1]).toBeCloseTo(normalQuantile(0.975), 5);
});

it('keys and the wheel move and zoom, double-click shows all again', async () => {
  const { linked } = showPanel(manifoldGrid);
  const area = await grid();
  fireEvent.keyDown(area, { key: '+' });
  expect(linked.getState().viewport.x[1] - linked.getState().viewport.x[0]).toBeCloseTo(0.8, 12);
  fireEvent.keyDown(area, { key: 'ArrowRight' });
  expect(linked.getState().viewport.x[0]).toBeCloseTo(0.18, 12);
  fireEvent.wheel(area, { deltaY: -100 });
  expect(linked.getState().viewport.x[1] - linked.getState().viewport.x[0]).toBeLessThan(0.8);
  fireEvent.doubleClick(area);
  expect(linked.getState().viewport).toBe(wholeViewport);
});

it('while one answer is under way a drag asks nothing more, then once for where the hand is now', async () => {
  const waiting: (() => void)[] = [];
  const { linked, asked, lastProbe } = showPanel(manifoldGrid, vaeRun(), (client) => {
    client.answer('runs.probe', async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { kind: 'decode', step: 1, milliseconds: 1, pictures: { count: 400, height: 2, width: 2, channels: 1, pixels: new Uint8Array(1600) } };
    });
  });
  await waitFor(() => expect(waiting).toHaveLength(1));
  await act(async () => waiting.shift()?.());
  const area = await grid();
  fireEvent.keyDown(area, { key: '+' });
  await waitFor(() => expect(waiting).toHaveLength(1));
  fireEvent.pointerDown(area, { button: 0, clientX: 100, clientY: 100 });
  for (let x = 101; x <= 110; x++) fireEvent.pointerMove(area, { clientX: x, clientY: 100 });
  fireEvent.pointerUp(area);
  expect(asked('decode')).toBe(2);
  await act(async () => waiting.shift()?.());
  await waitFor(() => expect(asked('decode')).toBe(3));
  expect(codesOf(lastProbe())[0]).toBeCloseTo(normalQuantile(linked.getState().viewport.x[0] + (linked.getState().viewport.x[1] - linked.getState().viewport.x[0]) / 40), 5);
  await act(async () => waiting.shift()?.());
  expect(asked('decode')).toBe(3);
});

it('the code under the pointer is linked to the scatter, and let go', async () => {
  const { linked } = showPanel(manifoldGrid);
  const area = await grid();
  fireEvent.pointerMove(area, { clientX: 1, clientY: 339 });
  const { code } = linked.getState();
  expect(code?.[0]).toBeCloseTo(normalQuantile(0.025), 6);
  expect(code?.[1]).toBeCloseTo(normalQuantile(0.025), 6);
  fireEvent.pointerLeave(area);
  expect(linked.getState().code).toBeNull();
});

it('a model without a prior is shown over the box of its test codes', async () => {
  const { client, asked } = showPanel(manifoldGrid, vaeRun(), () => undefined, { abilities: ['encode', 'decode'] });
  await grid();
  expect(asked('encode')).toBe(1);
  const encoded = await client.call('runs.probe', { id: vaeRun().id, probe: { kind: 'encode', split: 'test', offset: 0, count: 256 } });
  if (encoded.kind !== 'encode' || !('means' in encoded)) throw new Error('codes');
  const across = Array.from({ length: 256 }, (_, i) => (encoded as { means: Float32Array }).means[2 * i] ?? 0);
  const [low, high] = [Math.min(...across), Math.max(...across)];
  const probes = client.calls.filter(({ params }) => (params as { probe?: { kind: string } }).probe?.kind === 'decode');
  const codes = codesOf((probes.at(-1)?.params as { probe: Record<string, unknown> }).probe);
  expect(codes[0]).toBeCloseTo(low + (high - low) / 40, 5);
});

it('a run in the queue keeps the place, asks nothing and says why', async () => {
  const { asked } = showPanel(manifoldGrid, vaeRun({ status: 'queued', step: 0, checkpointStep: 0 }));
  expect(await screen.findByText('Waits for its turn')).toBeTruthy();
  expect(asked('decode')).toBe(0);
});

it('a refusal is shown with a way to try again', async () => {
  let refused = true;
  const { asked } = showPanel(manifoldGrid, vaeRun(), (client) => {
    client.answer('runs.probe', () => {
      if (refused) throw Object.assign(new Error('The engine is busy.'));
      return { kind: 'decode', step: 1, milliseconds: 1, pictures: { count: 400, height: 2, width: 2, channels: 1, pixels: new Uint8Array(1600) } };
    });
  });
  expect(await screen.findByText('The engine is busy.')).toBeTruthy();
  refused = false;
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await grid()).toBeTruthy();
  expect(asked('decode')).toBe(2);
});
