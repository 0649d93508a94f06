import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { ProbeAnswers } from '../../../contract/probes';
import { fakeDatasets } from '../../client/fake';
import { layOut, showPanel, vaeRun } from '../bench';
import { bandPictures, bandsFor, differencePictures, lostIndices } from './reconstructions';
import { reconstructions } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(560, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});

const rows = () => screen.findByRole('img', { name: /test images, each over its output/ });

it('shows test images over their outputs over the difference, whose scale is said', async () => {
  const { lastProbe } = showPanel(reconstructions);
  await rows();
  expect(lastProbe()).toMatchObject({ kind: 'reconstruct', split: 'test', offset: 0, count: 100 });
  expect(screen.getByText("decoder's mean · test · 100")).toBeTruthy();
  const { columns, bands } = bandsFor({ width: 560 - 62, height: 300 }, 100, 1);
  for (const text of ['input', 'output', 'difference']) expect(screen.getAllByText(text)).toHaveLength(bands);
  expect(columns * bands).toBeGreaterThanOrEqual(32);
  expect(screen.getByTitle(/output less input/).textContent).toBe('−1+1');
});

it('says the share of outputs with their class beside the share of inputs that the judge gets right', async () => {
  const { client, run } = showPanel(reconstructions);
  await rows();
  const answer = (await client.call('runs.probe', { id: run.id, probe: { kind: 'reconstruct', split: 'test', offset: 0, count: 100 } })) as unknown as ProbeAnswers['reconstruct'];
  const count = (list: Uint8Array | null) => (list ?? new Uint8Array()).reduce((sum, one) => sum + one, 0);
  expect(count(answer.keptClass)).toBeLessThan(100);
  expect(screen.getByText(String(count(answer.keptClass)))).toBeTruthy();
  expect(screen.getByText(new RegExp(`of 100 outputs in their class; judge right on ${count(answer.inputRight)}.0 % of inputs \\(5 nearest of 1,000 examples\\)`))).toBeTruthy();
  const { columns, bands } = bandsFor({ width: 560 - 62, height: 300 }, 100, 1);
  expect(document.querySelectorAll('.lost')).toHaveLength(lostIndices(answer.keptClass, answer.inputRight).filter((i) => i < columns * bands).length);
});

it('says so where there are no labels to judge by', async () => {
  showPanel(reconstructions, vaeRun(), (client) => {
    const pictures = { count: 100, height: 2, width: 2, channels: 1, pixels: new Uint8Array(400) };
    client.answer('runs.probe', () => ({ kind: 'reconstruct', step: 1, milliseconds: 1, inputs: pictures, outputs: pictures, labels: null, keptClass: null, inputRight: null, classifier: null }));
  });
  expect(await screen.findByText(/No labels/)).toBeTruthy();
});

it('a flow has no decoder', async () => {
  showPanel(reconstructions, vaeRun(), () => undefined, { abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'] });
  expect(await screen.findByText("flow's inverse · test · 100")).toBeTruthy();
});

it('an example pointed at anywhere is marked in its three rows; pointing at any of them links it', async () => {
  const { linked } = showPanel(reconstructions);
  const pictures = await rows();
  act(() => linked.setState({ example: 17 }));
  await waitFor(() => expect(document.querySelectorAll('.mark')).toHaveLength(3));
  const [input, output] = Array.from(document.querySelectorAll<HTMLElement>('.mark'));
  const [left, top, below] = [parseFloat(input?.style.left ?? ''), parseFloat(input?.style.top ?? ''), parseFloat(output?.style.top ?? '')];
  expect(below).toBeGreaterThan(top);
  const area = pictures.closest('.rows-pictures') ?? pictures;
  fireEvent.pointerLeave(area);
  expect(linked.getState().example).toBeNull();
  for (const y of [top, below]) {
    fireEvent.pointerMove(area, { clientX: left + 1, clientY: y + 1 });
    expect(linked.getState().example).toBe(17);
  }
});

it('lost are the examples whose class the classifier saw in the input and sees no longer', () => {
  expect(lostIndices(Uint8Array.of(1, 0, 1, 0))).toEqual([1, 3]);
  expect(lostIndices(Uint8Array.of(1, 0, 1, 0), Uint8Array.of(1, 1, 0, 0))).toEqual([1]);
  expect(lostIndices(null)).toEqual([]);
});

it('bands fit, and none has fewer pictures than columns', () => {
  for (const free of [{ width: 500, height: 240 }, { width: 300, height: 200 }, { width: 1300, height: 760 }])
    for (const count of [5, 33, 100]) {
      const { columns, bands } = bandsFor(free, count, 1);
      expect(columns * bands).toBeLessThanOrEqual(count);
      expect(bands).toBeGreaterThan(0);
    }
  expect(bandsFor({ width: 640, height: 280 }, 100, 1).bands).toBe(2);
});

it('a difference is blue where the output is darker and red where it is brighter; rows go input, output, difference', () => {
  const grey = (...pixels: number[]) => ({ count: pixels.length, height: 1, width: 1, channels: 1, pixels: Uint8Array.from(pixels) });
  const [inputs, outputs] = [grey(255, 0, 7, 9), grey(0, 255, 7, 9)];
  const diverging = ['#0000ff', '#ffffff', '#ff0000'] as const;
  const shown = (pixels: Uint8Array) => Array.from({ length: pixels.length / 3 }, (_, p) => [...pixels.subarray(3 * p, 3 * p + 3)]);
  expect(shown(differencePictures(inputs, outputs, diverging).pixels)).toEqual([[0, 0, 255], [255, 0, 0], [255, 255, 255], [255, 255, 255]]);
  expect(shown(bandPictures(inputs, outputs, diverging, 2, 2).pixels).map(([red]) => red)).toEqual([255, 0, 0, 255, 0, 255, 7, 9, 7, 9, 255, 255]);
});

const [first] = fakeDatasets;
const table = (columns: string[]) => ({ dataset: first ? { ...first, kind: 'table' as const, height: 1, width: 1, channels: columns.length, columns } : null });
const drawn = () => (plotly.react.mock.lastCall as unknown as [HTMLElement, { type: string; x: number[]; y: (number | null)[] }[]])[1];

it('rows of a plane are joined to their reconstructions, with the mean of the squared distance', async () => {
  const { lastProbe } = showPanel(reconstructions, vaeRun(), () => undefined, table(['x', 'y']));
  expect(await screen.findByText('1.02 ± 0.046')).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'reconstruct-rows', count: 1000 });
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [segments, rows, outputs] = drawn();
  expect([segments?.x.length, rows?.x.length, outputs?.x.length]).toEqual([900, 300, 300]);
  // From the row to its reconstruction, which the fake puts on the line y = 0.
  expect([segments?.x[0], segments?.y[0], segments?.y[1], segments?.y[2]]).toEqual([rows?.x[0], rows?.y[0], 0, null]);
});

it('of more columns one row is shown in all of them, with the difference', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const answer = { kind: 'reconstruct-rows' as const, step: 1, milliseconds: 1, columns: 4, inputs: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), outputs: Float32Array.of(1, 2, 3, 5, 5, 6, 7, 7), squaredError: { value: 1, standardError: null, rows: 2 } };
  showPanel(reconstructions, vaeRun(), (client) => client.answer('runs.probe', () => answer), table(names));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn().map(({ y }) => y)).toEqual([[0, 0, 0, 1], [1, 2, 3, 4], [1, 2, 3, 5]]);
  fireEvent.click(screen.getByRole('button', { name: 'row: one on' }));
  await waitFor(() => expect(drawn()[0]?.y).toEqual([0, 0, 0, -1]));
});
