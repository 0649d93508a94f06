import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requests, type Core, type CoreEvent, type Method } from '../../contract/api';
import { Refusal } from '../../contract/errors';
import type { Probe, ProbeAnswer, ProbeKind } from '../../contract/probes';
import type { RunSummary } from '../../contract/runs';
import { openStore } from '../store/store';
import { createCore, handle } from './core';
import { builtProgram } from './testing/bundle';
import { digits, ended, temporaryHome, whenRun } from './testing/digits';
import { enginesOf } from './testing/processes';

let core: Core;
let remove: () => void;
let home: string;
let resources: string;
let engine: string;

beforeAll(async () => {
  process.env['ELBO_CHECKPOINT_SECONDS'] = '0.5';
  const program = await builtProgram();
  engine = program.engine;
  resources = join(program.root, 'resources');
  ({ home, remove } = temporaryHome());
  core = await createCore({ home, resources, watch: false, engineCommand: { node: process.execPath, script: engine } });
});

afterAll(async () => {
  await core.close();
  remove();
});

const create = (steps: number, more = {}): Promise<RunSummary> => core.call('runs.create', { experiment: digits(steps, more) });
const ask = async <K extends ProbeKind>(id: string, probe: Extract<Probe, { kind: K }>): Promise<ProbeAnswer<K>> => {
  const answer = await core.call('runs.probe', { id, probe });
  expect(answer.kind).toBe(probe.kind);
  return answer as unknown as ProbeAnswer<K>;
};
const refusal = (promise: Promise<unknown>) => promise.then(() => expect.unreachable(), (thrown: unknown) => (thrown instanceof Refusal ? thrown.error : Promise.reject(thrown)));

describe('a run', () => {
  it('trains from the queue to its end, and nothing is shown that is not stored', async () => {
    const seen: CoreEvent[] = [];
    const unsubscribe = core.subscribe((event) => seen.push(event));
    const { id, name, experiment } = await create(120);
    expect(name).toBe('digits-8x8 vae 1');
    expect(experiment.settings).toMatchObject({ widths: [32], likelihood: 'bernoulli', activation: 'relu' });
    const run = await ended(core, id);
    unsubscribe();

    expect(run).toMatchObject({ status: 'done', step: 120, checkpointStep: 120, error: null, latentSize: 2, compute: { lowering: process.env['ELBO_BACKEND'] === 'wasm' ? 'eager' : 'graph' } });
    expect(run.abilities).toContain('encode');
    const statuses = seen.flatMap((event) => (event.type === 'run' && event.run.id === id ? [event.run.status] : []));
    expect([...new Set(statuses)]).toEqual(['queued', 'starting', 'running', 'done']);

    const curves = await core.call('runs.curves', { id, points: 1000 });
    const loss = curves.find((curve) => curve.name === 'lossNats' && curve.split === 'train');
    expect(loss?.steps).toEqual(Float64Array.from({ length: 120 }, (_, i) => i + 1));
    expect(loss?.unit).toBe('nats');
    // Every 50 steps and at the end.
    expect(curves.find((curve) => curve.name === 'lossNats' && curve.split === 'valid')?.steps).toEqual(Float64Array.of(50, 100, 120));
    expect(run.latest['lossNats']).toBe(loss?.values.at(-1));

    const elbo = run.evaluations.filter(({ metric }) => metric === 'elboNats');
    expect(elbo.map(({ split, n, step, protocol, unit }) => ({ split, n, step, protocol, unit }))).toEqual([
      { split: 'test', n: run.dataset?.counts.test, step: 120, protocol: 'dynamic binarisation', unit: 'nats' },
      { split: 'valid', n: run.dataset?.counts.valid, step: 120, protocol: 'dynamic binarisation', unit: 'nats' },
      { split: 'train', n: run.dataset?.counts.test, step: 120, protocol: 'dynamic binarisation', unit: 'nats' },
    ]);
    expect(run.evaluations.find(({ metric }) => metric === 'classKept')).toMatchObject({ split: 'test', unit: 'share' });
    const { test = NaN, valid = NaN } = run.dataset?.counts ?? {};
    const evaluated = test + valid + test;
    const told = seen.flatMap((event) => (event.type === 'progress' && event.what === `evaluate ${id}` ? [event] : []));
    expect(told.every(({ total }) => total === evaluated)).toBe(true);
    expect(told.map(({ done }) => done)).toEqual([0, test, test + valid, evaluated]);
    const log = await core.call('runs.log', { id });
    expect(log.trimEnd().split('\n').map((line) => line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}/, ''))).toEqual([
      'started: vae on digits-8x8, seed 5, 120 steps',
      expect.stringMatching(/^training [\d,]+ parameters with .+, steps run (as one graph|op by op)$/),
      expect.stringMatching(/^checkpoint of step \d+$/),
      `measuring on ${evaluated.toLocaleString('en')} examples`,
      'done at step 120, checkpoint of step 120',
    ]);
  });

  it('learns: the bound on held-out data rises', async () => {
    const { id } = await create(250);
    const run = await ended(core, id);
    const curve = (await core.call('runs.curves', { id, points: 1000 })).find(({ name, split }) => name === 'lossNats' && split === 'valid');
    expect(curve?.values.at(-1)).toBeLessThan((curve?.values[0] ?? 0) - 1);
    expect(run.evaluations.find(({ metric, split }) => metric === 'elboNats' && split === 'test')?.value).toBeGreaterThan(-64 * Math.log(2));
  });

  it('answers probes while it trains, while it is paused, and when it is done', async () => {
    const { id } = await create(8000);
    await whenRun(core, id, ({ step }) => step > 0);
    const during = await ask<'decode'>(id, { kind: 'decode', count: 3, codes: Float32Array.of(0, 0, 1, 1, -1, 2) });
    expect(during.step).toBeGreaterThan(0);
    expect(during.pictures).toMatchObject({ count: 3, height: 8, width: 8, channels: 1 });
    expect(during.pictures.pixels.length).toBe(3 * 64);

    expect((await core.call('runs.pause', { id })).status).toBe('paused');
    const paused = await core.call('runs.get', { id });
    expect(paused.checkpointStep).toBe(paused.step);
    const first = await ask<'encode'>(id, { kind: 'encode', split: 'train', offset: 0, count: 600 });
    const second = await ask<'encode'>(id, { kind: 'encode', split: 'train', offset: 550, count: 100_000 });
    expect(first.step).toBe(paused.step);
    expect(first.means.length).toBe(1200);
    expect(first.standardDeviations?.every((value) => value > 0)).toBe(true);
    expect(first.labels?.length).toBe(600);
    // The same examples under another offset have the same codes; beyond the end there is nothing.
    const nearly = Array.from(first.means.slice(550 * 2), (value) => expect.closeTo(value, 5) as number);
    expect([...second.means.slice(0, 50 * 2)]).toEqual(nearly);
    expect(second.means.length / 2).toBe((paused.dataset?.counts.train ?? 0) - 550);

    expect((await core.call('runs.continue', { id })).status).toBe('running');
    const { step } = await ended(core, id);
    expect(step).toBe(8000);
    const answer = await ask<'reconstruct'>(id, { kind: 'reconstruct', split: 'test', offset: 0, count: 100 });
    expect(answer.step).toBe(8000);
    expect(answer.keptClass?.length).toBe(100);
    expect(answer.classifier).toContain('nearest');
    // The inputs are what the model saw: zeros and ones.
    expect([...new Set(answer.inputs.pixels)].sort()).toEqual([0, 255]);
  });

  it('samples the same pictures for the same seed, and grey ones at temperature 0', async () => {
    const [run] = await core.call('runs.list', {});
    const pixels = async (temperature: number, seed: number) => (await ask<'sample'>(run?.id ?? '', { kind: 'sample', count: 4, temperature, seed })).pictures.pixels;
    expect(await pixels(1, 1)).toEqual(await pixels(1, 1));
    expect(await pixels(1, 1)).not.toEqual(await pixels(1, 2));
    const cold = await pixels(0, 1);
    expect(cold.slice(0, 64)).toEqual(cold.slice(64, 128));
  });

  it('is asked again from its checkpoint when its engine has gone, with the same answer', async () => {
    const { id } = await create(60);
    await ended(core, id);
    const probe = { kind: 'encode', split: 'test', offset: 0, count: 50 } as const;
    const before = await core.call('runs.probe', { id, probe });
    for (const pid of enginesOf(process.pid)) process.kill(pid, 'SIGKILL');
    await expect.poll(() => enginesOf(process.pid).length).toBe(0);
    await expect.poll(() => core.call('runs.probe', { id, probe }).catch(() => null), { timeout: 20_000 }).not.toBeNull();
    const after = await core.call('runs.probe', { id, probe });
    expect({ ...after, milliseconds: 0 }).toEqual({ ...before, milliseconds: 0 });
    expect((await core.call('runs.get', { id })).status).toBe('done');
  });

  it('stops with a checkpoint and goes on from there', async () => {
    const { id } = await create(8000);
    await whenRun(core, id, ({ step }) => step > 0);
    const stopped = await core.call('runs.stop', { id });
    expect(stopped).toMatchObject({ status: 'stopped', checkpointStep: stopped.step });
    expect(stopped.step).toBeLessThan(8000);
    expect((await core.call('runs.resume', { id })).status).toMatch(/queued|starting/);
    expect(await ended(core, id)).toMatchObject({ status: 'done', step: 8000 });
  });

  it('that waits in the queue can be stopped, and a paused one lets it in', async () => {
    process.env['ELBO_SLOTS'] = '1';
    try {
      const first = await create(20_000);
      const second = await create(30);
      const third = await create(30);
      expect(third.status).toBe('queued');
      expect((await core.call('runs.stop', { id: third.id })).status).toBe('stopped');
      expect(await refusal(core.call('runs.probe', { id: second.id, probe: { kind: 'sample', count: 1, temperature: 1, seed: 0 } }))).toMatchObject({ code: 'conflict' });
      await whenRun(core, first.id, ({ status }) => status === 'running');
      expect((await core.call('runs.get', { id: second.id })).status).toBe('queued');
      await core.call('runs.pause', { id: first.id });
      expect((await ended(core, second.id)).status).toBe('done');
      await core.call('runs.stop', { id: first.id });
    } finally {
      delete process.env['ELBO_SLOTS'];
    }
  });

  it('whose engine is killed fails with a reason, and the core goes on', async () => {
    const { id } = await create(20_000);
    await whenRun(core, id, ({ step, checkpointStep }) => step > 0 && checkpointStep > 0);
    const killed = enginesOf(process.pid);
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    const run = await ended(core, id);
    expect(killed.length).toBeGreaterThan(0);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'engine-died', message: expect.stringContaining('signal SIGKILL') } });
    expect(run.error?.message).toContain(`step ${run.step}`);
    expect((await ended(core, (await create(20)).id)).status).toBe('done');
  });

  it('stops within the step whose loss is not finite, and says which term and step', async () => {
    const { id } = await create(20_000, { settings: { widths: [256, 256, 256, 256, 256, 256], likelihood: 'gaussian-learned' }, training: { steps: 20_000, batch: 50, learningRate: 10, evaluateEvery: 1_000_000 } });
    const run = await ended(core, id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'not-finite' } });
    const step = Number(/step (\d+)/.exec(run.error?.where ?? '')?.[1]);
    expect(run.error?.where).toMatch(/Nats/);
    const loss = (await core.call('runs.curves', { id, points: 100_000 })).find(({ name, split }) => name === 'lossNats' && split === 'train');
    expect(loss?.steps.at(-1)).toBe(step - 1);
    expect(loss?.values.every(Number.isFinite)).toBe(true);
  });

  it('with another compute library is not resumed, and both are named', async () => {
    const { id } = await create(20_000);
    await whenRun(core, id, ({ status, step }) => status === 'running' && step > 0);
    await core.call('runs.stop', { id });
    const store = openStore(home);
    store.runs.update(id, { compute: { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow 1.15.0', lowering: 'eager' } });
    store.close();
    await core.call('runs.resume', { id });
    const run = await ended(core, id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
    expect(run.error?.message).toMatch(/TensorFlow 1\.15\.0 on CPU.* TensorFlow 2\.\d+\.\d+ on/);
  });

  it.skipIf(process.env['ELBO_BACKEND'] === 'wasm')('is compiled as its experiment asks, and goes on in the lowering that it began with', async () => {
    const { id } = await create(1000, { training: { steps: 1000, batch: 50, compile: 'xla' } });
    await whenRun(core, id, ({ step }) => step > 20);
    await core.call('runs.stop', { id });
    const { compute } = await core.call('runs.get', { id });
    expect(compute).toMatchObject({ lowering: 'xla', compilation: { operations: expect.any(Number), milliseconds: expect.any(Number) } });
    await core.call('runs.resume', { id });
    expect(await ended(core, id)).toMatchObject({ status: 'done', compute: { lowering: 'xla' } });

    const auto = await ended(core, (await create(30, { training: { steps: 30, batch: 50, compile: 'auto' } })).id);
    expect(auto.compute?.compilation?.stepMilliseconds).toEqual({ graph: expect.any(Number), xla: expect.any(Number) });
    const again = await ended(core, (await create(30, { training: { steps: 30, batch: 50, compile: 'auto' } })).id);
    expect(again.compute?.compilation?.stepMilliseconds).toEqual(auto.compute?.compilation?.stepMilliseconds);
    expect((await ended(core, (await create(30, { training: { steps: 30, batch: 50, compile: 'off' } })).id)).compute).toMatchObject({ lowering: 'eager' });
  });

  it('can be renamed and removed, but not while it is active', async () => {
    const { id } = await create(20_000, { name: 'mine' });
    expect((await core.call('runs.rename', { id, name: 'yours' })).name).toBe('yours');
    await whenRun(core, id, ({ status }) => status === 'running');
    expect(await refusal(core.call('runs.remove', { id }))).toMatchObject({ code: 'conflict' });
    expect(await refusal(core.call('datasets.remove', { id: 'digits-8x8' }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('yours') });
    await core.call('runs.stop', { id });
    await core.call('runs.remove', { id });
    expect(existsSync(join(home, 'runs', id))).toBe(false);
    expect(await refusal(core.call('runs.get', { id }))).toMatchObject({ code: 'not-found' });
  });

  it('fits a model that has a procedure of its own', async () => {
    const { id } = await core.call('runs.create', { experiment: { model: 'pca', data: 'digits-8x8', training: { steps: 1000 } } });
    const run = await ended(core, id);
    expect(run).toMatchObject({ status: 'done', checkpointStep: run.step });
    expect(run.evaluations.find(({ metric, split }) => metric === 'meanSquaredError' && split === 'test')?.value).toBeLessThan(0.1);
    const answer = await core.call('runs.probe', { id, probe: { kind: 'encode', split: 'test', offset: 0, count: 5 } });
    expect(answer.step).toBe(run.step);
  });
});

describe('an experiment', () => {
  it.each([
    ['an unknown model', { model: 'gan' }, 'not-found', 'gan'],
    ['an unknown data set', { data: '../../etc' }, 'not-found', '../../etc'],
    ['settings that the model does not have', { settings: { depth: 3, sigma: 0.5 } }, 'bad-experiment', 'depth'],
    ['a setting out of range', { settings: { latentSize: 0 } }, 'bad-experiment', 'latentSize'],
    ['data that the likelihood does not take', { binarisation: 'none' }, 'bad-experiment', 'Bernoulli'],
    ['a batch larger than the data', { training: { batch: 60_000 } }, 'bad-experiment', 'batch'],
    ['no steps', { training: { steps: 0 } }, 'bad-request', 'training.steps'],
  ])('with %s is refused before anything is written', async (_case, wrong, code, named) => {
    const before = [await core.call('runs.list', {}), readdirSync(join(home, 'runs'))];
    const error = await refusal(core.call('runs.create', { experiment: { ...digits(10), ...wrong } as never }));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.where}`).toContain(named);
    expect([await core.call('runs.list', {}), readdirSync(join(home, 'runs'))]).toEqual(before);
  });
});

describe('a request', () => {
  const junk: unknown[] = [undefined, null, 0, NaN, -1, 1e400, '', 'x'.repeat(100_000), [], [[]], {}, { id: null }, { id: '' }, { id: 'x'.repeat(65) }, { id: '../..' }, { id: 3 }, { id: 'nothing', extra: 1 }, { __proto__: { id: 'x' } }, new Date(), new Float32Array(3), new Map([['id', 'x']]), true, Symbol('x'), () => 0, 10n];

  it.each(Object.keys(requests) as Method[])('%s with junk for parameters is refused, and writes nothing', async (method) => {
    const harmless = ['system.info', 'system.doctor', 'preferences.get', 'preferences.set', 'models.list', 'recipes.list', 'recipes.problems', 'datasets.list', 'datasets.sources', 'runs.list'];
    const before = readdirSync(home, { recursive: true });
    const rows = JSON.stringify(await core.call('runs.list', {}));
    for (const params of junk) {
      const isEmpty = typeof params === 'object' && params !== null && !Array.isArray(params) && Object.keys(params).length === 0;
      if (isEmpty && harmless.includes(method)) continue;
      const answer = await handle(core, { id: 7, method, params });
      expect(answer).toMatchObject({ id: 7, error: { code: expect.stringMatching(/^(bad-request|not-found)$/) } });
    }
    expect(readdirSync(home, { recursive: true })).toEqual(before);
    expect(JSON.stringify(await core.call('runs.list', {}))).toBe(rows);
  });

  it.each([
    ['no object', 'hello'],
    ['nothing', undefined],
    ['an unknown method', { id: 1, method: 'runs.explode', params: {} }],
    ['a method of every object', { id: 1, method: 'toString', params: {} }],
    ['a prototype for a method', { id: 1, method: '__proto__', params: {} }],
    ['no method', { id: 1 }],
    ['an object for a method', { id: 1, method: {}, params: {} }],
    ['a symbol for a method', { id: 1, method: Symbol('x'), params: {} }],
  ])('that is %s is refused with its id', async (_case, message) => {
    expect(await handle(core, message)).toMatchObject({ id: typeof message === 'object' ? 1 : -1, error: { code: 'bad-request' } });
  });

  it('with a probe that does not fit the model is refused by the engine', async () => {
    const [run] = (await core.call('runs.list', {})).filter(({ status, experiment }) => status === 'done' && experiment.model === 'vae');
    const refused = (probe: Probe) => refusal(core.call('runs.probe', { id: run?.id ?? '', probe }));
    expect(await refused({ kind: 'decode', count: 2, codes: new Float32Array(3) })).toMatchObject({ code: 'bad-request', where: 'probe.codes' });
    expect(await refused({ kind: 'decode', count: 1, codes: Float32Array.of(NaN, 0) })).toMatchObject({ code: 'bad-request', where: 'probe.codes' });
    expect(await refused({ kind: 'encode', split: 'test', offset: 1_000_000, count: 1 })).toMatchObject({ code: 'not-found' });
    expect(await refused({ kind: 'encode', split: 'valid', offset: 250, count: 1 })).toMatchObject({ code: 'not-found' });
  });

  it('to a run in the wrong state is refused with that state', async () => {
    const [done] = (await core.call('runs.list', {})).filter(({ status }) => status === 'done');
    for (const method of ['runs.pause', 'runs.continue', 'runs.stop', 'runs.resume'] as const)
      expect(await refusal(core.call(method, { id: done?.id ?? '' }))).toMatchObject({ code: 'conflict', message: expect.stringContaining('done') });
  });
});

describe('an import', () => {
  it('that is cancelled is refused, leaves nothing behind, and can be begun again', async () => {
    const request = { id: 'cancelled', path: join(resources, 'datasets/mnist-1000') };
    const importing = refusal(core.call('datasets.import', request));
    await core.call('datasets.cancelImport', { id: 'cancelled' });
    expect(await importing).toMatchObject({ code: 'cancelled' });
    expect(readdirSync(join(home, 'datasets')).sort()).toEqual(['digits-8x8', 'mnist-1000']);
    expect(await core.call('datasets.import', request)).toMatchObject({ id: 'cancelled', counts: { train: 1000, test: 1000 } });
    await core.call('datasets.remove', { id: 'cancelled' });
  });

  it('cannot be cancelled when there is none', async () => {
    expect(await refusal(core.call('datasets.cancelImport', { id: 'nothing' }))).toMatchObject({ code: 'not-found' });
  });
});

describe('the core', () => {
  it('tells what it is and what it computes with', async () => {
    const info = await core.call('system.info', {});
    expect(info).toMatchObject({ home, compute: { device: expect.any(String), library: expect.any(String) } });
    expect(info.storeBytes).toBeGreaterThan(statSync(join(home, 'elbo.sqlite')).size);
    const doctor = await core.call('system.doctor', {});
    expect(doctor.compute.library).toBe(info.compute?.library);
    expect(doctor.versions).toMatchObject({ node: process.versions.node, 'tfjs-core': '4.22.0' });
  });

  it('leaves out a recipe that breaks a rule, and names the file and the field', async () => {
    const { home: elsewhere, remove: removeElsewhere } = temporaryHome();
    const { home: broken, remove: removeBroken } = temporaryHome();
    const { mkdirSync, cpSync } = await import('node:fs');
    cpSync(join(resources, 'datasets'), join(broken, 'datasets'), { recursive: true });
    mkdirSync(join(broken, 'recipes'));
    const [name = ''] = readdirSync(join(resources, 'recipes'));
    const recipe = JSON.parse(readFileSync(join(resources, 'recipes', name), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(broken, 'recipes/bad.json'), JSON.stringify({ ...recipe, minutes: 'ten' }));
    const other = await createCore({ home: elsewhere, resources: broken, watch: false });
    writeFileSync(join(broken, 'recipes/good.json'), JSON.stringify(recipe));
    expect(await other.call('recipes.list', {})).toMatchObject([{ id: recipe['id'] }]);
    expect(await other.call('recipes.problems', {})).toMatchObject([{ code: 'bad-experiment', where: expect.stringMatching(/bad\.json.*minutes/) }]);
    writeFileSync(join(broken, 'recipes/bad.json'), '{');
    expect(await other.call('recipes.problems', {})).toMatchObject([{ code: 'bad-experiment', where: expect.stringMatching(/bad\.json/) }]);
    const refused = await refusal(other.call('recipes.start', { id: 'bad' }));
    expect(refused).toMatchObject({ code: 'not-found', message: expect.stringMatching(/bad\.json/) });
    await other.close();
    removeBroken();
    removeElsewhere();
  });

  it('sees what another core writes, and leaves its runs alone', async () => {
    const other = await createCore({ home, resources, watch: true, engineCommand: { node: process.execPath, script: engine } });
    const seen = whenRunSeen(other);
    const { id } = await create(20_000);
    await seen(id);
    expect(await refusal(other.call('runs.pause', { id }).catch(async (thrown: unknown) => (await whenRun(core, id, ({ status }) => status === 'running'), Promise.reject(thrown))))).toMatchObject({ code: 'conflict' });
    await other.close();
    expect((await core.call('runs.get', { id })).status).toMatch(/starting|running/);
    await core.call('runs.stop', { id });
  });

  it('leaves every run stopped with a checkpoint when it is closed', async () => {
    const { home: own, remove: removeOwn } = temporaryHome();
    const other = await createCore({ home: own, resources, watch: false, engineCommand: { node: process.execPath, script: engine } });
    const { id } = await other.call('runs.create', { experiment: digits(100_000) });
    await whenRun(other, id, ({ step }) => step > 0);
    await other.close();
    expect(await refusal(other.call('runs.list', {}))).toMatchObject({ code: 'disconnected' });
    const again = await createCore({ home: own, resources, watch: false });
    const run = await again.call('runs.get', { id });
    expect(run).toMatchObject({ status: 'stopped', checkpointStep: run.step });
    expect(run.step).toBeGreaterThan(0);
    await again.close();
    removeOwn();
    rmSync(own, { recursive: true, force: true });
  });
});

/** Listens before the run is there. */
function whenRunSeen(core: Core): (id: string) => Promise<void> {
  const ids = new Set<string>();
  const waiting = new Set<() => void>();
  core.subscribe((event) => {
    if (event.type === 'run') ids.add(event.run.id);
    waiting.forEach((check) => check());
  });
  return (id) =>
    new Promise((resolve) => {
      const check = (): void => {
        if (ids.has(id)) resolve();
      };
      waiting.add(check);
      check();
    });
}
