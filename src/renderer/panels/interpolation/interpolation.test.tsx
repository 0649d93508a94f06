import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import type { Probe } from '../../../contract/probes';
import { layOut, showPanel } from '../bench';
import { between, paths, surface } from './paths';
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

it('a surface has its codes at the corners, and keeps the norm of codes at right angles', () => {
  const [from, to] = [Float32Array.of(2, 0, 0, 0, 0, 2, 0, 0), Float32Array.of(0, 0, 2, 0, 0, 0, 0, 2)];
  const codes = surface(from, to, 4, 3);
  const at = (row: number, column: number) => Array.from(codes.subarray((row * 3 + column) * 4, (row * 3 + column + 1) * 4));
  for (const [row, column, one] of [[0, 0, 0], [2, 0, 1], [0, 2, 2], [2, 2, 3]] as const) for (let d = 0; d < 4; d++) expect(at(row, column)[d]).toBeCloseTo(d === one ? 2 : 0, 6);
  for (let i = 0; i < 9; i++) expect(norm(codes.subarray(4 * i, 4 * i + 4))).toBeCloseTo(2, 6);
  expect(at(1, 1)).toEqual([1, 1, 1, 1].map((value) => expect.closeTo(value, 6)));
  expect(at(0, 1)[1]).toBeCloseTo(0, 6);
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

it('a surface is asked for with four examples and says which they are, each at its corner', async () => {
  const { lastProbe } = showPanel(interpolation);
  await userEvent.click(await screen.findByRole('radio', { name: 'surface' }));
  await screen.findByRole('img', { name: 'Surface between test examples 0, 8, 1, 9' });
  expect((lastProbe() as Extract<Probe, { kind: 'decode' }>).count).toBe(121);
  for (const corner of ['test 0', 'test 1', 'test 8', 'test 9']) expect(screen.getByText(corner)).toBeTruthy();
  expect(document.querySelectorAll('.mark')).toHaveLength(4);
  await userEvent.click(screen.getByRole('button', { name: 'from example: one on' }));
  await screen.findByRole('img', { name: 'Surface between test examples 1, 8, 2, 9' });
});
