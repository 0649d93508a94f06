import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeDatasets } from '../client/fake';
import { layOut, showPanel, vaeRun } from './bench';
import { density } from './density';
import { flowStages } from './flow-stages';
import { angles, gridLines, inColumns, meanLogDet } from './flow-stages/grid-lines';
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
  expect(screen.getByText(/so far −0.6 nats, of which this layer −0.2/)).toBeTruthy();
  expect(asked('stages')).toBe(1);
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
  expect(meanLogDet({ count: 2, stages: [{ name: 'data', size: 2, values: new Float32Array(6), logDet: Float32Array.of(1, 3, 100), residual: null }] })).toEqual([2]);
});

it('boxes hold all points with room, also where they are all the same', () => {
  expect(boxOf([0, 1, 10, 3], 2, [0, 1]).x).toEqual([-1, 11]);
  expect(boxOf([2, 2], 2, [0, 1])).toEqual({ x: [1, 3], y: [1, 3] });
  expect(Array.from(columnsOf([1, 2, 3, 4, 5, 6], 3, [2, 0]).x)).toEqual([3, 6]);
});
