import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, expect, it, vi } from 'vitest';
import type { RunSummary } from '../../../contract/runs';
import { fakeClient, type FakeClient } from '../../client/fake';
import { ClientProvider } from '../../client/hooks';
import { answerSmall, layOut, vaeRun } from '../../panels/bench';
import { RunView } from './run-view';

const plotly = vi.hoisted(() => ({ react: vi.fn((element: HTMLElement) => Object.assign(element, { on: () => undefined })), purge: vi.fn(), toImage: vi.fn() }));
vi.mock('plotly.js', () => ({ default: plotly }));

vi.setConfig({ testTimeout: 30_000 });
beforeEach(() => layOut(400, 300));

async function show(run: RunSummary): Promise<FakeClient> {
  const client = fakeClient({ runs: [run] });
  answerSmall(client);
  render(
    <ClientProvider value={client}>
      <RunView id={run.id} />
    </ClientProvider>,
  );
  await screen.findByRole('heading', { level: 1, name: run.name });
  return client;
}
const called = (client: FakeClient, method: string) => client.calls.filter((call) => call.method === method).length;
const running = (change: Partial<RunSummary> = {}) => vaeRun({ status: 'running', step: 4000, stepsPerSecond: 50, ...change });

it('says where training stands: step, epoch, rate and time left', async () => {
  await show(running());
  expect(screen.getByText(/of 10,000 · epoch 400/)).toBeTruthy();
  expect(screen.getByText('2:00')).toBeTruthy();
  expect(screen.getByText('CPU · TensorFlow 2.21.0', { selector: '.badge' })).toBeTruthy();
});

it('says how far the measuring is that follows the last step, in place of rate and time left', async () => {
  const run = running({ step: 10_000 });
  const client = await show(run);
  expect(screen.getByText('Rate')).toBeTruthy();
  act(() => client.publish({ type: 'progress', what: `evaluate ${run.id}`, done: 12_000, total: 30_000 }));
  expect(screen.getByText('Measuring').nextElementSibling?.textContent).toBe('40 % of 30,000 examples');
  expect(screen.queryByText('Rate')).toBeNull();
  expect(screen.queryByText('Time left')).toBeNull();
});

it('says how far a data set is that is made for it', async () => {
  const run = running({ status: 'starting', step: 0 });
  const client = await show(run);
  expect(screen.queryByRole('progressbar', { name: /^Making/ })).toBeNull();
  act(() => client.publish({ type: 'progress', what: `prepare ${run.id}`, done: 500, total: 2000 }));
  expect(await screen.findByText(/500 of 2,000 examples/)).toBeTruthy();
  expect(screen.getByRole('progressbar', { name: /^Making/ }).getAttribute('aria-valuenow')).toBe('25');
});

it('pauses and continues by button and by Space', async () => {
  const client = await show(running());
  await userEvent.click(screen.getByRole('button', { name: 'Pause' }));
  expect(await screen.findByRole('button', { name: 'Continue' })).toBeTruthy();
  (document.activeElement as HTMLElement | null)?.blur();
  fireEvent.keyDown(document.body, { key: ' ' });
  await waitFor(() => expect(called(client, 'runs.continue')).toBe(1));
  expect(await screen.findByRole('button', { name: 'Pause' })).toBeTruthy();
});

it('is renamed where its name stands; Escape leaves the name', async () => {
  const client = await show(running());
  await userEvent.dblClick(screen.getByRole('heading', { level: 1 }));
  const field = screen.getByRole('textbox', { name: 'Name of the run' });
  await userEvent.clear(field);
  await userEvent.type(field, 'a better name{Enter}');
  expect(await screen.findByRole('heading', { level: 1, name: 'a better name' })).toBeTruthy();
  expect(called(client, 'runs.rename')).toBe(1);
  await userEvent.dblClick(screen.getByRole('heading', { level: 1 }));
  await userEvent.type(screen.getByRole('textbox', { name: 'Name of the run' }), 'x{Escape}');
  expect(called(client, 'runs.rename')).toBe(1);
});

it('offers only the panels that its abilities serve, and says what the others need', async () => {
  await show(vaeRun({ experiment: { ...vaeRun().experiment, model: 'autoencoder' } }));
  expect(await screen.findByRole('region', { name: 'Latent scatter' })).toBeTruthy();
  expect(screen.queryByRole('region', { name: 'Samples' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Panels that this model cannot have' }));
  expect(await screen.findByRole('menuitem', { name: 'Samples: needs sampling' })).toBeTruthy();
});

it('a failed run says what happened and what was kept, and goes on from its checkpoint', async () => {
  const client = await show(vaeRun({ status: 'failed', step: 4309, checkpointStep: 4000, error: { code: 'not-finite', message: 'klNats is NaN at step 4310.', repair: 'Lower the learning rate.' } }));
  const notice = screen.getByRole('alert');
  expect(notice.textContent).toContain('klNats is NaN at step 4310.');
  expect(notice.textContent).toContain('Every metric up to step 4,309 and the checkpoint of step 4,000 are kept.');
  await userEvent.click(within(notice).getByRole('button', { name: 'Go on from 4,000' }));
  expect(called(client, 'runs.resume')).toBe(1);
  await waitFor(() => expect(screen.queryByRole('alert')).toBeNull());
});

it('an interrupted run without a checkpoint is started again rather than resumed', async () => {
  await show(vaeRun({ status: 'interrupted', step: 40, checkpointStep: 0 }));
  expect(within(screen.getByRole('alert')).getByRole('button', { name: 'Start again from its settings' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Resume' })).toBeNull();
});

it('F lets a panel fill the stage, Escape returns', async () => {
  await show(vaeRun());
  const panel = await screen.findByRole('region', { name: 'Manifold grid' });
  fireEvent.pointerOver(panel);
  fireEvent.keyDown(document.body, { key: 'f' });
  expect(panel.closest('.filled')).not.toBeNull();
  fireEvent.keyDown(document.body, { key: 'Escape' });
  expect(document.querySelector('.filled')).toBeNull();
});

it('the help of a panel has the formula and the source', async () => {
  await show(vaeRun());
  await userEvent.click(await screen.findByRole('button', { name: 'Help: Samples' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('z = T ε');
  expect(dialog.textContent).toContain('Kingma and Welling');
});

it('its settings are the experiment, whole, and a command that repeats it', async () => {
  const run = vaeRun();
  await show(run);
  await userEvent.click(screen.getByRole('radio', { name: 'Settings' }));
  expect(JSON.parse((await screen.findByLabelText('Experiment')).textContent)).toEqual(run.experiment);
  expect(screen.getByLabelText('On the command line').textContent).toContain('npx elbo train vae --data mnist-1000');
});

it('is removed only after a question, and only when it is at rest', async () => {
  const client = await show(vaeRun());
  await userEvent.click(screen.getByRole('button', { name: 'More about this run' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Remove' }));
  expect(called(client, 'runs.remove')).toBe(0);
  await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove' }));
  await waitFor(() => expect(called(client, 'runs.remove')).toBe(1));
});

it('a run that is not there says so', async () => {
  render(
    <ClientProvider value={fakeClient({ runs: [] })}>
      <RunView id="gone" />
    </ClientProvider>,
  );
  expect(await screen.findByText('There is no such run')).toBeTruthy();
});

it('watching a paused run goes on answering', async () => {
  await show(running({ status: 'paused', stepsPerSecond: null }));
  await screen.findByRole('img', { name: /100 samples/ });
  fireEvent.change(screen.getByRole('slider', { name: /Temperature/ }), { target: { value: '0.5' } });
  expect(await screen.findByRole('img', { name: '100 samples at temperature 0.50' })).toBeTruthy();
  await act(async () => undefined);
  expect(screen.getAllByText('paused').length).toBeGreaterThan(0);
});
