import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CoreEvent } from '../../contract/api';
import { experimentSchema } from '../../contract/experiment';
import { parse } from '../../contract/parse';
import { openStore, type Store } from '../store/store';
import { Datasets } from './datasets';
import { Runs } from './runs';
import { builtProgram } from './testing/bundle';
import { digits, temporaryHome } from './testing/digits';
import { enginesOf } from './testing/processes';

let home: string;
let remove: () => void;
let store: Store;
let events: CoreEvent[];

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  store = openStore(home);
  events = [];
});
afterEach(() => {
  store.close();
  remove();
});

/** Runs over a store in which `broken` replaces some functions. */
async function runsOver(broken: Store): Promise<Runs> {
  const { root, engine } = await builtProgram();
  const publish = (event: CoreEvent): void => void events.push(event);
  const datasets = new Datasets(home, publish);
  await datasets.install(join(root, 'resources'));
  return new Runs({ store: broken, home, datasets, command: () => ({ node: process.execPath, script: engine }), publish, ended: () => undefined });
}

const full = (): never => {
  throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
};
const experiment = parse(experimentSchema, digits(100_000), 'test');

it('a disk that fills up ends the run, says so, and shows nothing that is not stored', async () => {
  let blocks = 0;
  const runs = await runsOver({
    ...store,
    metrics: { ...store.metrics, append: (id, block) => ((blocks += 1) > 2 ? full() : store.metrics.append(id, block)) },
    // Even that it has ended cannot be written.
    runs: { ...store.runs, update: (id, patch) => (patch.status === 'failed' ? full() : store.runs.update(id, patch)) },
  });
  const { id } = runs.create(experiment);
  await expect.poll(() => runs.get(id).status, { timeout: 30_000 }).toBe('failed');
  expect(runs.get(id)).toMatchObject({ error: { code: 'disk-full', repair: expect.any(String) } });
  expect(runs.list()[0]?.status).toBe('failed');
  const shown = events.flatMap((event) => (event.type === 'run' ? [event.run.step] : []));
  expect(Math.max(...shown)).toBe(store.runs.get(id)?.step);
  await expect.poll(() => enginesOf(process.pid)).toEqual([]);
  await runs.close();
});

it('runs whose process is gone are interrupted, with what to do; those of a living one are left alone', async () => {
  const insert = (id: string, status: 'running' | 'queued' | 'done', owner: string | null): void => store.runs.insert({ id, name: id, status, experiment, recipe: null, variant: null, execution: null, full: false, createdAt: '2026-01-01T00:00:00.000Z', owner });
  insert('gone', 'running', `${process.pid}:1`);
  insert('waiting', 'queued', '999999999:5');
  insert('ownerless', 'running', null);
  insert('done', 'done', null);
  const { self } = await import('./owner');
  insert('alive', 'running', self);
  store.runs.update('gone', { checkpointStep: 700 });
  const runs = await runsOver(store);
  const statuses = Object.fromEntries(runs.list().map(({ id, status }) => [id, status]));
  expect(statuses).toEqual({ gone: 'interrupted', waiting: 'interrupted', ownerless: 'interrupted', done: 'done', alive: 'running' });
  expect(runs.get('gone').error).toMatchObject({ code: 'disconnected', repair: expect.stringContaining('step 700') });
  expect(runs.get('waiting').error?.message).toContain('queued');
  await runs.close();
});
