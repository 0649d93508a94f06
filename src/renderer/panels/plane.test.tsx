import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { ProbeAnswer, ProbeAnswers } from '../../contract/probes';
import { fakeAnswer, fakeDatasets, type FakeClient } from '../client/fake';
import { layOut, showPanel, vaeRun } from './bench';
import { density } from './density';
import { doubts } from './density/doubts';
import { flowStages } from './flow-stages';
import { angles, gridLines, inColumns, meanLogDet } from './flow-stages/grid-lines';
import { arranged, stagePictures } from './flow-stages/stage-pictures';
import { boxOf, columnsOf } from './plane';
import { points } from './points';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(340, 340);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
interface Trace {
  type: string;
  x: number[];
  y: number[];
  z?: number[][];
}
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, Trace[], { xaxis: { range: number[] } }];
const [first] = fakeDatasets;
const table = { dataset: first ? { ...first, kind: 'table' as const, height: 1, width: 1, channels: 2, columns: ['x', 'y'] } : null };

it('a density covers the data with room, and says its integral and its gap to the truth', async () => {
  const { lastProbe } = showPanel(density, vaeRun(), undefined, table);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const { x, y, resolution } = lastProbe() as { x: [number, number]; y: [number, number]; resolution: number };
  expect(x[1] - x[0]).toBeCloseTo(y[1] - y[0], 9);
  expect(resolution).toBe(100);
  expect(drawn()[1]).toHaveLength(1);
  expect(drawn()[1][0]?.z?.[50]?.[50]).toBeCloseTo(Math.exp(-0.5 * ((x[0] + 0.505 * (x[1] - x[0])) ** 2 + (y[0] + 0.505 * (y[1] - y[0])) ** 2)) / (2 * Math.PI), 4);
  expect(screen.getByText('∫ p = 0.999')).toBeTruthy();
  expect(screen.getByText('0.031 ± 0.004')).toBeTruthy();
  await userEvent.click(screen.getByRole('radio', { name: 'with data' }));
  await waitFor(() => expect(drawn()[1]).toHaveLength(2));
  await userEvent.click(screen.getByRole('radio', { name: 'truth' }));
  await waitFor(() => expect(drawn()[1]).toHaveLength(1));
});

it('sample points stand beside as many rows, over one box, and follow the temperature', async () => {
  const { linked, asked, lastProbe } = showPanel(points, vaeRun(), undefined, table);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1].map((trace) => trace.x.length)).toEqual([1000, 1000]);
  linked.setState({ temperature: 0.7 });
  await waitFor(() => expect(asked('points')).toBe(2));
  expect(lastProbe()).toMatchObject({ temperature: 0.7, seed: 0 });
});

it('flow stages show the data first; the slider goes through the layers without asking again', async () => {
  const { asked } = showPanel(flowStages, vaeRun(), undefined, table);
  expect(await screen.findByText(/round trip within 3e−7/)).toBeTruthy();
  expect(screen.getByText('data')).toBeTruthy();
  const slider = screen.getByRole('slider', { name: 'Layer' });
  fireEvent.change(slider, { target: { value: '3' } });
  expect(await screen.findByText('coupling 3')).toBeTruthy();
  expect(screen.getByText(/log\|det\| −0.2, so far −0.6 nats/)).toBeTruthy();
  expect(asked('stages')).toBe(1);
});

/** The same rows with one number each. */
const ofOneColumn = (client: FakeClient): void =>
  client.answer('runs.probe', ({ probe }) => {
    const answer = fakeAnswer(1, probe);
    return answer.kind === 'points' && 'data' in answer ? ({ ...answer, columns: 1, data: (answer.data as Float32Array).slice(0, probe.kind === 'points' ? probe.count : 0) } as ProbeAnswer) : answer;
  });
const column = { dataset: first ? { ...first, kind: 'table' as const, height: 1, width: 1, channels: 1, columns: ['x'] } : null };

it('the density of one column is a curve over its test rows, with the truth, and no choice of what is shown', async () => {
  const { lastProbe } = showPanel(density, vaeRun(), ofOneColumn, column);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(lastProbe()).toMatchObject({ kind: 'density', resolution: 400 });
  expect(lastProbe()).not.toHaveProperty('y');
  const [histogram, truth, curve] = drawn()[1];
  expect([histogram?.type, truth?.x.length, curve?.x.length]).toEqual(['histogram', 400, 400]);
  const at = curve?.x.findIndex((x) => x > 0.5) ?? 0;
  expect(curve?.y[at]).toBeCloseTo(Math.exp(-0.5 * (curve?.x[at] ?? NaN) ** 2) / Math.sqrt(2 * Math.PI), 5);
  expect(screen.getByText('∫ p = 0.999').title).toMatch(/400 cells/);
  expect(screen.queryByRole('radio')).toBeNull();
});

it('a density that cannot be one is said to be wrong, not good; one along a curve has no integral', async () => {
  const answered = (change: object) => (client: FakeClient) =>
    client.answer('runs.probe', ({ probe }) => ({ ...fakeAnswer(1, probe), ...(probe.kind === 'density' && change) }) as ProbeAnswer);
  showPanel(density, vaeRun(), answered({ gap: { nats: -0.05, standardError: 0.01, examples: 1000 } }), table);
  expect((await screen.findByRole('alert')).textContent).toMatch(/^The gap is 5 standard errors below nought/);
  expect(document.querySelector('.panel.warn')).toBeTruthy();
  cleanup();
  showPanel(density, vaeRun(), answered({ integral: null, gap: null }), { ...table, abilities: ['logProb', 'reconstruct'] });
  expect(await screen.findByText('1.02 ± 0.046')).toBeTruthy();
  expect(screen.queryByText(/∫ p/)).toBeNull();
  expect(screen.queryByRole('alert')).toBeNull();
});

it('doubts are of what no density can be: more than all, less than its own samples, nearer to the data than the truth', () => {
  const fine = { integral: 0.999, inside: null, gap: { nats: -0.03, standardError: 0.01, examples: 1000 } };
  expect(doubts(fine)).toEqual([]);
  expect(doubts({ ...fine, gap: { nats: -0.05, standardError: 0.01, examples: 1000 } })).toHaveLength(1);
  expect(doubts({ ...fine, integral: 1.006 })[0]).toMatch(/no probability is more than 1/);
  expect(doubts({ ...fine, integral: NaN })).toHaveLength(1);
  // At the start of a training half of the mass lies outside.
  expect(doubts({ ...fine, integral: 0.52, inside: { share: 0.51, samples: 4000 } })).toEqual([]);
  expect(doubts({ ...fine, integral: 0.9, inside: { share: 0.99, samples: 4000 } })[0]).toMatch(/99.0 % of the model’s own samples/);
  expect(doubts({ ...fine, integral: 0.9 })[0]).toMatch(/outside of the box, or/);
  expect(doubts({ ...fine, integral: null })).toEqual([]);
});

it('of one column the stages are a line against the data, with the test rows beside it', async () => {
  const { lastProbe } = showPanel(flowStages, vaeRun(), ofOneColumn, column);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect((lastProbe()['points'] as Float32Array)).toHaveLength(201);
  expect(drawn()[1].map(({ type }) => type)).toEqual(['scatter', 'histogram']);
  expect(screen.queryByText('x1 × x2')).toBeNull();
});

/** A picture of 4 x 4 whose pixels become channels, of which half leave. */
const pictureStages = (count: number): ProbeAnswers['stages'] => {
  const values = Float32Array.from({ length: 16 * count }, (_, i) => i % 16);
  const stage = (name: string, shapes: [number, number, number][], logDet: number, residual: number | null) => ({ name, size: 16, values, logDet: new Float32Array(count).fill(logDet), residual, shapes });
  return { count, roundTrip: 1e-6, stages: [stage('data', [[4, 4, 1]], -3, null), stage('level 1: pixels to channels', [[2, 2, 4]], -3, 0), stage('level 1: half leaves', [[2, 2, 2], [2, 2, 2]], -1, 2e-7)] };
};

it('of pictures the stages are rows of pictures over what each layer does; the slider and a bar choose a layer', async () => {
  const pictures = { dataset: first ? { ...first, height: 4, width: 4 } : null };
  const { lastProbe } = showPanel(flowStages, vaeRun(), (client) => client.answer('runs.probe', () => ({ kind: 'stages', step: 1, milliseconds: 1, ...pictureStages(16) })), pictures);
  expect(await screen.findByText('Test images')).toBeTruthy();
  expect(lastProbe()).toMatchObject({ kind: 'stages', count: 16, points: new Float32Array() });
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [bars, dots] = drawn()[1];
  expect([bars?.y, dots?.y]).toEqual([[0, 2], [null, 2e-7]]);
  const slider = screen.getByRole('slider', { name: 'Layer' });
  fireEvent.change(slider, { target: { value: '2' } });
  expect(await screen.findByText('After layer 2, level 1: half leaves')).toBeTruthy();
  expect(screen.getByText(/log\|det\| 2.000, so far −1.000 nats/)).toBeTruthy();
});

it('channels are tiles in the lines of the data, what left below what goes on, and no value is lost', () => {
  const all = (shapes: [number, number, number][], data: [number, number, number]) => [...new Set(arranged(shapes, data).places.flatMap((place) => place ?? []))].sort((a, b) => a - b);
  for (const [shapes, data] of [[[[4, 4, 1]], [4, 4, 1]], [[[2, 2, 4]], [4, 4, 1]], [[[1, 1, 4], [1, 1, 4], [2, 2, 2]], [4, 4, 1]], [[[4, 2, 1], [4, 2, 1]], [4, 4, 1]], [[[1, 13, 1], [1, 12, 1]], [5, 5, 1]], [[[2, 2, 6], [2, 2, 6]], [4, 4, 3]], [[[4, 4, 3]], [4, 4, 3]]] as [[number, number, number][], [number, number, number]][])
    expect(all(shapes, data)).toEqual(Array.from({ length: data[0] * data[1] * data[2] }, (_, i) => i));
  // Two tiles, a pixel apart, above two others; the first values of the channels are 0 and 1.
  const { height, width, places } = arranged([[12, 12, 2], [12, 12, 2]], [24, 24, 1]);
  expect([height, width]).toEqual([25, 25]);
  expect([places[0], places[1], places[12], places[13], places[13 * 25], places[13 * 25 + 13]]).toEqual([[0], [2], null, [1], [288], [289]]);
  // Small data have several pixels for each of theirs.
  expect(arranged([[2, 2, 4]], [4, 4, 1]).places.slice(0, 26).map((place) => place?.[0])).toEqual([...new Array<number>(6).fill(0), ...new Array<number>(6).fill(4), undefined, ...new Array<number>(6).fill(1), ...new Array<number>(6).fill(5), 0]);
  // Colours stay colours while there is nothing but the picture.
  expect(arranged([[2, 2, 3]], [2, 2, 3]).places[1]).toEqual([3, 4, 5]);
  // Halves lie side by side, as columns of even and of odd number.
  expect(arranged([[4, 2, 1], [4, 2, 1]], [4, 4, 1])).toMatchObject({ height: 24, width: 25 });
});

it('a stage goes from black to white over all but its outermost values', () => {
  const values = Float32Array.from({ length: 200 }, (_, i) => (i === 0 ? -100 : i === 199 ? 1000 : i));
  const { pictures, range } = stagePictures({ size: 4, values, shapes: [[2, 2, 1]] }, 50, [2, 2, 1]);
  expect(range).toEqual([1, 198]);
  expect(pictures).toMatchObject({ count: 50, height: 2, width: 2, channels: 4 });
  expect([pictures.pixels[0], pictures.pixels[4], pictures.pixels[4 * 100], pictures.pixels[4 * 199]]).toEqual([0, 0, Math.round((255 * 99) / 197), 255]);
});

it('grid lines go straight through the box, upright ones first', () => {
  const lines = gridLines({ x: [0, 1], y: [10, 20] }, 2, 3);
  expect(Array.from(lines)).toEqual([0, 10, 0, 15, 0, 20, 1, 10, 1, 15, 1, 20, 0, 10, 0.5, 10, 1, 10, 0, 20, 0.5, 20, 1, 20]);
});

it('a grid in two of more columns goes through the mean of the others', () => {
  const rows = [0, 1, 2, 3, 4, 5, 9, 7, 8];
  expect(Array.from(inColumns(Float32Array.of(10, 20, 30, 40), rows, 3, [2, 0]))).toEqual([20, 4, 10, 40, 4, 30]);
  expect(Array.from(inColumns(Float32Array.of(10, 20), [5, 6], 2, [0, 1]))).toEqual([10, 20]);
  expect(angles([0, 1, 2, 9, 5, 0], 3, [2, 1])[0]).toBeCloseTo(Math.atan2(1, 2), 6);
});

it('the mean log-determinant leaves out the points of the grid', () => {
  expect(meanLogDet({ count: 2, stages: [{ name: 'data', size: 2, values: new Float32Array(6), logDet: Float32Array.of(1, 3, 100), residual: null, shapes: null }] })).toEqual([2]);
});

it('boxes hold all points with room, also where they are all the same', () => {
  expect(boxOf([0, 1, 10, 3], 2, [0, 1]).x).toEqual([-1, 11]);
  expect(boxOf([2, 2], 2, [0, 1])).toEqual({ x: [1, 3], y: [1, 3] });
  expect(Array.from(columnsOf([1, 2, 3, 4, 5, 6], 3, [2, 0]).x)).toEqual([3, 6]);
});
