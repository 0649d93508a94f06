import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../../contract/api';
import { createCore } from './core';
import { identify } from './owner';
import { builtProgram } from './testing/bundle';
import { digits, ended, finalState, temporaryHome, whenRun } from './testing/digits';
import { enginesOf } from './testing/processes';

// ELBO_LONG=1: 20 kills of each kind, at moments spread over the run.
const kills = process.env['ELBO_LONG'] ? 20 : 1;
const steps = 3000;
const moments = Array.from({ length: kills }, (_, i) => Math.round(((i + 0.5) / kills) * steps * 0.9));
// What a step, an evaluation and a checkpoint may keep besides parameters.
const experiment = digits(steps, { training: { ...digits(steps).training, weightDecay: 1e-4, averaging: 0.99, keepBest: true } });
const environment = { ...process.env, ELBO_CHECKPOINT_SECONDS: '0.2' };

let program: { cli: string; engine: string; root: string };
let home: string;
let remove: () => void;
let unbroken: { state: Buffer; loss: Float64Array };

const open = (): Promise<Core> => createCore({ home, resources: join(program.root, 'resources'), watch: false, engineCommand: { node: process.execPath, script: program.engine } });

async function lossOf(core: Core, id: string): Promise<Float64Array> {
  const curve = (await core.call('runs.curves', { id, points: 10_000 })).find(({ name, split }) => name === 'lossNats' && split === 'train');
  expect(curve?.steps).toEqual(Float64Array.from({ length: steps }, (_, i) => i + 1));
  return curve?.values ?? new Float64Array();
}

/** Resumes what was killed, to its end, and compares every parameter, the optimiser's state and every loss with the unbroken run's. */
async function resumesIdentically(core: Core, id: string): Promise<void> {
  const killed = await core.call('runs.get', { id });
  const shown = await core.call('runs.curves', { id, points: 10_000 });
  await core.call('runs.resume', { id });
  expect(await ended(core, id)).toMatchObject({ status: 'done', step: steps });
  expect(finalState(home, id).equals(unbroken.state)).toBe(true);
  const loss = await lossOf(core, id);
  expect(loss).toEqual(unbroken.loss);
  const before = shown.find(({ name, split }) => name === 'lossNats' && split === 'train')?.values ?? [];
  expect(before.length).toBe(killed.step);
  expect(loss.slice(0, killed.step)).toEqual(before);
}

beforeAll(async () => {
  Object.assign(process.env, environment);
  program = await builtProgram();
  ({ home, remove } = temporaryHome());
  const core = await open();
  const { id } = await core.call('runs.create', { experiment });
  expect((await ended(core, id)).status).toBe('done');
  unbroken = { state: finalState(home, id), loss: await lossOf(core, id) };
  await core.close();
});
afterAll(() => remove());

describe('a run continues bit for bit', () => {
  it.each(moments)('when its engine is killed at step %i', async (moment) => {
    const core = await open();
    const { id } = await core.call('runs.create', { experiment });
    await whenRun(core, id, ({ step }) => step >= moment);
    for (const pid of enginesOf(process.pid)) process.kill(pid, 'SIGKILL');
    expect(await ended(core, id)).toMatchObject({ status: 'failed', error: { code: 'engine-died' } });
    await resumesIdentically(core, id);
    await core.close();
  }, 120_000);

  it.each(moments)('when its core is killed at step %i', async (moment) => {
    const { child, id } = await trainElsewhere(moment);
    const engines = enginesOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await gone([child.pid ?? 0, ...engines]);
    const core = await open();
    expect(await core.call('runs.get', { id })).toMatchObject({ status: 'interrupted', error: { code: 'disconnected' } });
    await resumesIdentically(core, id);
    await core.close();
  }, 120_000);

  it.each(moments)('when everything is killed at step %i', async (moment) => {
    const { child, id } = await trainElsewhere(moment);
    const engines = enginesOf(child.pid ?? 0);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await gone([child.pid ?? 0, ...engines]);
    const core = await open();
    expect((await core.call('runs.get', { id })).status).toBe('interrupted');
    await resumesIdentically(core, id);
    await core.close();
  }, 120_000);

  it('when it is paused, stopped and resumed', async () => {
    const core = await open();
    const { id } = await core.call('runs.create', { experiment });
    await whenRun(core, id, ({ step }) => step >= 300);
    await core.call('runs.pause', { id });
    await core.call('runs.continue', { id });
    await whenRun(core, id, ({ step }) => step >= 1200);
    expect((await core.call('runs.stop', { id })).status).toBe('stopped');
    await resumesIdentically(core, id);
    await core.close();
  });
});

/** A whole core in a process group of its own, training the same experiment, seen from outside until `moment`. */
async function trainElsewhere(moment: number): Promise<{ child: ChildProcess; id: string }> {
  const { training, settings } = experiment;
  const set = { ...training, ...settings, binarisation: 'dynamic' };
  const pairs = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value).replace(/^"|"$/g, '')}`]);
  const child = spawn(process.execPath, [program.cli, 'train', 'vae', '--data', 'digits-8x8', '--seed', '5', ...pairs], { env: { ...environment, ELBO_HOME: home }, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await expect.poll(() => said, { timeout: 20_000, interval: 20 }).toMatch(/^run \S+:/m);
  const id = /^run (\S+):/m.exec(said)?.[1] ?? '';
  const watching = await open();
  await expect.poll(async () => (await watching.call('runs.get', { id })).step, { timeout: 60_000, interval: 10 }).toBeGreaterThanOrEqual(moment);
  await watching.close();
  return { child, id };
}

async function gone(pids: number[]): Promise<void> {
  while (pids.some((pid) => identify(pid) !== null)) await wait(20);
}
