import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import { Refusal } from '../../../contract/errors';
import type { Evaluation } from '../../../contract/runs';
import { fakeClient, fakeDatasets, type FakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { detailOf, layOut } from '../../panels/bench';
import { MeasureDialog } from './measure-dialog';
import { measurementsFor } from './measurements-for';

beforeEach(() => layOut());

const run = detailOf({ abilities: ['encode', 'decode', 'prior', 'sample', 'elbo', 'importance'] });
const evaluation: Evaluation = { metric: 'sampleMilliseconds', value: 12.34, standardError: null, unit: 'ms', estimator: 'least of 9 times for 100 samples at once', k: null, split: 'test', protocol: 'grey', n: 100, step: 10_000 };

function show(onMeasured = vi.fn()): FakeClient {
  const client = fakeClient({ runs: [run] });
  render(
    <ClientProvider value={client}>
      <MeasureDialog run={run} isOpen onClose={() => undefined} onMeasured={onMeasured} />
    </ClientProvider>,
  );
  return client;
}

it('measures what fits the run, says how far it is, and shows what came out', async () => {
  const onMeasured = vi.fn();
  const client = show(onMeasured);
  let finish: (found: Evaluation[]) => void = () => undefined;
  client.answer('runs.measure', () => new Promise((resolve) => (finish = resolve)));
  await userEvent.click(screen.getByRole('button', { name: 'Measure: Timing' }));
  expect(client.calls.at(-1)).toEqual({ method: 'runs.measure', params: { id: run.id, measurement: expect.objectContaining({ measure: 'timing', limit: 100 }) as object } });
  act(() => client.publish({ type: 'progress', what: `measure ${run.id}`, done: 3, total: 12 }));
  expect(screen.getByRole('progressbar', { name: 'Measuring Timing' }).querySelector('i')?.style.width).toBe('25%');
  expect(screen.getByRole('button', { name: 'Measure: ELBO' }).hasAttribute('disabled')).toBe(true);
  expect(onMeasured).not.toHaveBeenCalled();
  finish([evaluation]);
  expect(await screen.findByText(/12.34 ms/)).toBeTruthy();
  expect(onMeasured).toHaveBeenCalledTimes(1);
  expect(screen.queryByRole('progressbar')).toBeNull();
});

it('is cancelled without a word of error, and says why when it is refused', async () => {
  const client = show();
  let fail: (why: Refusal) => void = () => undefined;
  client.answer('runs.measure', () => new Promise((_, reject) => (fail = reject)));
  await userEvent.click(screen.getByRole('button', { name: 'Measure: ELBO' }));
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(client.calls.at(-1)).toEqual({ method: 'runs.cancelMeasure', params: { id: run.id } });
  fail(new Refusal({ code: 'cancelled', message: 'The measurement was cancelled; nothing of it is kept.' }));
  await waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull());
  expect(screen.queryByText(/was cancelled/)).toBeNull();
  client.answer('runs.measure', () => Promise.reject(new Refusal({ code: 'bad-request', message: 'This model has no divergence in closed form to compare with.' })));
  await userEvent.click(screen.getByRole('button', { name: 'Measure: Bound, two ways' }));
  expect(await screen.findByText(/no divergence in closed form/)).toBeTruthy();
});

it('a run is offered what its abilities and data allow', () => {
  const kinds = (of: Parameters<typeof measurementsFor>[0]) => measurementsFor(of).map(({ measurement }) => measurement.measure);
  expect(kinds(run)).toEqual(['timing', 'cost', 'likelihood', 'likelihood', 'likelihood', 'samples', 'temperatures', 'bound-variance', 'holes', 'manifold', 'amortisation', 'labels']);
  const [first] = fakeDatasets;
  const table = first ? { ...first, kind: 'table' as const, height: 1, width: 1, channels: 2, columns: ['x', 'y'], classes: null } : null;
  expect(kinds({ abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'], dataset: table, latentSize: 2 })).toEqual(['timing', 'cost', 'likelihood', 'density', 'reverse-divergence', 'round-trip', 'layers', 'inversion', 'samples', 'temperatures']);
  expect(kinds({ abilities: [], dataset: null, latentSize: null })).toEqual([]);
});
