import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import type { Probe } from '../../../contract/probes';
import { layOut, showPanel } from '../bench';
import { between, paths } from './paths';
import { interpolation } from '.';

beforeEach(() => layOut(400, 300));

const norm = (code: ArrayLike<number>) => Math.hypot(...Array.from(code));

it('a spherical path between codes of one norm keeps it; a linear one dips', () => {
  const [a, b] = [[3, 0], [0, 3]];
  expect(norm(between(a, b, 0.5, 'spherical'))).toBeCloseTo(3, 12);
  expect(norm(between(a, b, 0.25, 'spherical'))).toBeCloseTo(3, 12);
  expect(norm(between(a, b, 0.5, 'linear'))).toBeCloseTo(3 / Math.SQRT2, 12);
});

it.each(['linear', 'spherical'] as const)('a %s path begins and ends at its codes, also when they are equal or nought', (way) => {
  expect([...between([1, 2], [-3, 5], 0, way)]).toEqual([1, 2]);
  for (const [d, value] of between([1, 2], [-3, 5], 1, way).entries()) expect(value).toBeCloseTo([-3, 5][d] ?? NaN, 12);
  expect([...between([1, 2], [1, 2], 0.5, way)]).toEqual([1, 2]);
  expect([...between([0, 0], [2, 2], 0.5, way)]).toEqual([1, 1]);
});

it('rows of paths pair the codes one by one', () => {
  expect([...paths(Float32Array.of(0, 10), Float32Array.of(2, 20), 1, 3, 'linear')]).toEqual([0, 1, 2, 10, 15, 20]);
});

it('asks anew for another way and another end', async () => {
  const { lastProbe, asked } = showPanel(interpolation);
  await screen.findByRole('img', { name: /8 linear paths/ });
  expect((lastProbe() as Extract<Probe, { kind: 'decode' }>).count).toBe(88);
  for (const end of ['test 0', 'test 7', 'test 8', 'test 15']) expect(screen.getByText(end)).toBeTruthy();
  expect(document.querySelectorAll('.mark')).toHaveLength(2);
  await userEvent.click(screen.getByRole('radio', { name: 'spherical' }));
  await waitFor(() => expect(asked('decode')).toBe(2));
  await userEvent.click(screen.getByRole('button', { name: 'to example: one on' }));
  await waitFor(() => expect(asked('decode')).toBe(3));
});
