import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { refuse } from '../../../contract/errors';
import { layOut, showPanel, vaeRun } from '../bench';
import { pointsOf, slope } from './slope';
import { cost } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(400, 300);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});

it('measures when asked to and not before, and says how each grows and with what it was measured', async () => {
  const { asked } = showPanel(cost);
  expect(await screen.findByText('Not measured yet')).toBeTruthy();
  expect(asked('cost')).toBe(0);
  await userEvent.click(screen.getByRole('button', { name: 'Measure' }));
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  const [density, sampling] = plotly.react.mock.lastCall?.[1] as { x: number[]; y: number[] }[];
  expect(density?.x).toEqual([8, 16, 32, 64]);
  expect(sampling?.y[3]).toBeCloseTo(0.003 * 64 ** 1.2, 9);
  expect(screen.getByText('∝ D^1.20')).toBeTruthy();
  expect(screen.getByText('median of up to 15 · 16 at a time · TensorFlow 2.9.1 on CPU')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Measure again' }));
  await waitFor(() => expect(asked('cost')).toBe(2));
});

it('an error can be tried again', async () => {
  const { asked } = showPanel(cost, vaeRun(), (client) => client.answer('runs.probe', () => refuse('bug', 'Something broke.')));
  await userEvent.click(await screen.findByRole('button', { name: 'Measure' }));
  expect(await screen.findByText(/Something broke/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Measure' }));
  await waitFor(() => expect(asked('cost')).toBe(2));
});

it('a slope is the power of a power law, and of points around one the least squares of the logarithms', () => {
  const points = [2, 3, 7].map((size) => ({ size, ms: 5 * size ** 1.7 }));
  expect(slope(points)).toBeCloseTo(1.7, 12);
  expect(slope([{ size: 1, ms: 1 }, { size: Math.E, ms: 1 }, { size: Math.E ** 2, ms: Math.E }])).toBeCloseTo(0.5, 12);
});

it('leaves out what a model cannot', () => {
  expect(pointsOf([{ size: 8, density: 1, sampling: null }, { size: 16, density: 3, sampling: 2 }], 'sampling')).toEqual([{ size: 16, ms: 2 }]);
});
