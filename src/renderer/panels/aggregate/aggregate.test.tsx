import { screen, waitFor } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Probe } from '../../../contract/probes';
import { layOut, showPanel, vaeRun } from '../bench';
import { fakeAnswer } from '../../client/fake';
import { aggregatePosterior, deepest } from '.';

const plotly = vi.hoisted(() => ({ react: vi.fn(), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));
beforeEach(() => {
  layOut(340, 340);
  plotly.react.mockReset().mockImplementation((element: HTMLElement) => void Object.assign(element, { on: () => undefined }));
});
const drawn = () => plotly.react.mock.lastCall as unknown as [HTMLElement, { type: string; z?: (number | null)[][] }[]];

it('maps the ratio in two dimensions, says the share of holes and decodes the deepest', async () => {
  const { lastProbe } = showPanel(aggregatePosterior);
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1].map(({ type }) => type)).toEqual(['heatmap', 'scatter']);
  expect(screen.getByText('8.3 %')).toBeTruthy();
  for (const text of ['log q/p', '−4', '+4']) expect(screen.getByText(text)).toBeTruthy();
  expect((lastProbe() as Extract<Probe, { kind: 'decode' }>).codes).toHaveLength(20);
  expect(screen.getByRole('img', { name: '10 codes of the prior in holes, decoded' })).toBeTruthy();
});

it('in more dimensions draws the codes of both', async () => {
  showPanel(aggregatePosterior, vaeRun(), (client) =>
    client.answer('runs.probe', ({ probe }) => {
      if (probe.kind !== 'aggregate') return fakeAnswer(1, probe);
      const codes = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i));
      return { kind: 'aggregate', step: 1, milliseconds: 1, latentSize: 3, examples: 10, holes: 0.5, logRatio: null, logPrior: null, prior: codes, priorRatio: new Float32Array(10), aggregate: codes };
    }),
  );
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1].map(({ type }) => type)).toEqual(['scatter', 'scatter']);
  expect(screen.getByText('in all 3 dimensions 50.0 % in holes').title).toMatch(/over all 3 dimensions, q being the mixture of the posteriors of 10 examples/);
  expect(screen.queryByText('50.0 %')).toBeNull();
  for (const name of ['prior', 'aggregate posterior']) expect(screen.getByText(name)).toBeTruthy();
});

it('cells where neither density has weight stay empty', async () => {
  showPanel(aggregatePosterior, vaeRun(), (client) =>
    client.answer('runs.probe', ({ probe }) => {
      const answer = fakeAnswer(1, probe);
      if (answer.kind !== 'aggregate') return answer;
      const logPrior = new Float32Array(64 * 64).fill(-20);
      logPrior[0] = -2;
      return { ...answer, ...answer, kind: 'aggregate', logPrior, logRatio: logPrior.map((_, i) => (i === 1 ? 17 : 0)) } as typeof answer;
    }),
  );
  await waitFor(() => expect(plotly.react).toHaveBeenCalled());
  expect(drawn()[1][0]?.z?.[0]?.slice(0, 3)).toEqual([0, 4, null]);
});

it('the deepest holes come first, and only holes', () => {
  expect(deepest([0, -4, -9, -2, -5], 2, -3)).toEqual([2, 4]);
  expect(deepest([0, 1], 2, -3)).toEqual([]);
});
