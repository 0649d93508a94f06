import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it } from 'vitest';
import type { Probe } from '../../../contract/probes';
import { layOut, showPanel } from '../bench';
import { codeStatistics } from '../codes';
import { traversalCodes } from './traversals';
import { traversals } from '.';

beforeEach(() => layOut(400, 300));

it('the spread of the codes has that between examples and that within each posterior', () => {
  const { mean, meanVariance, deviation } = codeStatistics({ means: Float32Array.of(1, 5, 3, 5), standardDeviations: Float32Array.of(2, 0.5, 2, 0.5), latentSize: 2 });
  expect([...mean]).toEqual([2, 5]);
  expect([...meanVariance]).toEqual([1, 0]);
  expect(deviation[0]).toBeCloseTo(Math.sqrt(1 + 4), 12);
  expect(deviation[1]).toBeCloseTo(0.5, 12);
});

it('a row changes one dimension from -3 to 3 standard deviations about its mean and leaves the others', () => {
  const codes = traversalCodes([7, 8], [1], 3, { mean: Float64Array.of(0, 10), deviation: Float64Array.of(1, 2), meanVariance: Float64Array.of(1, 1) });
  expect([...codes]).toEqual([7, 4, 7, 10, 7, 16]);
});

it('asks for eleven codes a dimension about the chosen example', async () => {
  const { lastProbe, asked, client } = showPanel(traversals);
  await screen.findByRole('img', { name: /Traversals of/ });
  expect((lastProbe() as Extract<Probe, { kind: 'decode' }>).count).toBe(22);
  const before = asked('decode');
  await userEvent.click(screen.getByRole('button', { name: 'example: one on' }));
  await waitFor(() => expect(asked('decode')).toBe(before + 1));
  const offsets = client.calls.flatMap(({ params }) => ((params as { probe?: Probe }).probe?.kind === 'encode' ? [((params as { probe: { offset: number } }).probe).offset] : []));
  expect(offsets.at(-1)).toBe(1);
  await userEvent.click(screen.getByRole('button', { name: 'example: one back' }));
  await userEvent.click(screen.getByRole('button', { name: 'example: one back' }));
  expect(await screen.findByText('example 999')).toBeTruthy();
});
