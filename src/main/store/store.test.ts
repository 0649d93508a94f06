import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricBlock } from '../../contract/engine';
import { errorFrom } from '../../contract/errors';
import { experimentSchema } from '../../contract/experiment';
import type { Evaluation, SeriesInfo } from '../../contract/runs';
import { bundle, outputUntilKilled, start } from '../formats/testing/child';
import { metricSql } from './metrics';
import { migrations } from './migrations';
import { migrate } from './open';
import { runSql } from './runs';
import { openStore, type NewRun, type Store } from './store';

let home: string;
let store: Store;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elbo-store-'));
  store = openStore(home);
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const experiment = experimentSchema.parse({ model: 'vae', data: 'mnist', settings: { latentSize: 2, widths: [4, 5] } });
const newRun = (id: string, createdAt = '2026-01-01T00:00:00.000Z'): NewRun => ({ id, name: `run ${id}`, status: 'queued', experiment, recipe: null, variant: null, execution: null, full: false, createdAt, owner: '7:1' });
const loss: SeriesInfo = { name: 'lossNats', split: 'train', unit: 'nats' };
const held: SeriesInfo = { ...loss, split: 'valid' };
const block = (series: SeriesInfo[], rows: [number, ...number[]][]): MetricBlock => ({
  series,
  steps: Float64Array.from(rows, ([step]) => step),
  values: Float64Array.from(rows.flatMap(([, ...values]) => values)),
  stepsPerSecond: 1,
});
const codeOf = (action: () => unknown): string => {
  try {
    action();
    return 'nothing thrown';
  } catch (thrown) {
    return errorFrom(thrown).code;
  }
};
const refusal = (action: () => unknown) => {
  try {
    action();
  } catch (thrown) {
    return errorFrom(thrown);
  }
  return undefined;
};

describe('runs', () => {
  it('come back as they were stored, after closing, newest first', () => {
    store.runs.insert(newRun('a', '2026-01-01T00:00:00.000Z'));
    store.runs.insert(newRun('b', '2026-01-02T00:00:00.000Z'));
    const compute = { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow 2.21.0', lowering: 'eager' } as const;
    const error = { code: 'not-finite', message: 'm', where: 'step 3' } as const;
    store.runs.update('a', { status: 'failed', error, compute, abilities: ['encode'], parameterCount: 12, latentSize: 2, measured: true, checkpointStep: 3, owner: null, endedAt: '2026-01-03T00:00:00.000Z' });
    store.close();
    store = openStore(home);
    expect(store.runs.list().map((run) => run.id)).toEqual(['b', 'a']);
    expect(store.runs.get('a')).toEqual({
      ...newRun('a'), status: 'failed', error, compute, abilities: ['encode'], parameterCount: 12, latentSize: 2, measured: true, checkpointStep: 3, owner: null,
      step: 0, startedAt: null, endedAt: '2026-01-03T00:00:00.000Z',
    });
    expect(store.runs.get('b')).toMatchObject({ error: null, compute: null, abilities: [], step: 0, owner: '7:1' });
  });

  it('are refused twice under one id, and asked for where there is none', () => {
    store.runs.insert(newRun('a'));
    expect(codeOf(() => store.runs.insert(newRun('a')))).toBe('conflict');
    expect(store.runs.get('x')).toBeUndefined();
    expect(codeOf(() => store.runs.update('x', { name: 'y' }))).toBe('not-found');
    expect(codeOf(() => store.runs.remove('x'))).toBe('not-found');
    expect(codeOf(() => store.metrics.append('x', block([loss], [[1, 2]])))).toBe('not-found');
    expect(codeOf(() => store.evaluations.replace('x', []))).toBe('not-found');
  });

  it('take their metrics and evaluations with them', () => {
    store.runs.insert(newRun('a'));
    store.metrics.append('a', block([loss], [[1, 2]]));
    store.evaluations.replace('a', [evaluation]);
    store.runs.remove('a');
    const db = new Database(join(home, 'elbo.sqlite'));
    for (const table of ['runs', 'series', 'metrics', 'evaluations']) expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    db.close();
  });

  it('with an experiment that breaks its rules are named', () => {
    store.runs.insert(newRun('a'));
    const db = new Database(join(home, 'elbo.sqlite'));
    db.prepare('UPDATE runs SET experiment = ?').run('{"model":"vae"}');
    expect(refusal(() => store.runs.get('a'))).toMatchObject({ code: 'damaged-store', where: expect.stringContaining('run a, experiment, data') });
    db.prepare('UPDATE runs SET experiment = ?').run('{');
    expect(refusal(() => store.runs.list())).toMatchObject({ code: 'damaged-store', where: 'run a, experiment' });
    db.close();
  });
});

const evaluation: Evaluation = { metric: 'elboNats', value: -99.5, standardError: null, unit: 'nats', estimator: 'ELBO, 1 sample', k: null, split: 'test', protocol: 'grey', n: 1000, step: 50 };

describe('evaluations', () => {
  it('are replaced as a whole, in their order, and a NaN among them changes nothing', () => {
    store.runs.insert(newRun('a'));
    store.evaluations.replace('a', [evaluation, { ...evaluation, metric: 'klNats', standardError: 0.1, k: 5 }]);
    store.evaluations.replace('a', [{ ...evaluation, metric: 'z' }, evaluation]);
    expect(store.evaluations.list('a')).toEqual([{ ...evaluation, metric: 'z' }, evaluation]);
    expect(codeOf(() => store.evaluations.replace('a', [{ ...evaluation, value: NaN }]))).toBe('not-finite');
    expect(store.evaluations.list('a')).toHaveLength(2);
  });
});

describe('preferences', () => {
  it('are the defaults until set, each by itself', () => {
    expect(store.preferences.get()).toEqual({ theme: 'system', onClose: 'ask' });
    expect(store.preferences.set({ theme: 'dark' })).toEqual({ theme: 'dark', onClose: 'ask' });
    store.close();
    store = openStore(home);
    expect(store.preferences.set({ onClose: 'keep-training' })).toEqual({ theme: 'dark', onClose: 'keep-training' });
  });
});

describe('metrics', () => {
  beforeEach(() => store.runs.insert(newRun('a')));

  it('come back exactly, with cells that are NaN left out', () => {
    store.metrics.append('a', block([loss, held], [[1, 0.1, NaN], [2, 1e-300, 5], [3, -2, NaN], [4, Infinity, NaN]]));
    expect(store.metrics.curves('a', { points: 100 })).toEqual([
      { ...loss, complete: true, steps: Float64Array.of(1, 2, 3, 4), values: Float64Array.of(0.1, 1e-300, -2, Infinity) },
      { ...held, complete: true, steps: Float64Array.of(2), values: Float64Array.of(5) },
    ]);
    expect(store.metrics.latest('a')).toEqual({ lossNats: Infinity, 'lossNats (valid)': 5 });
    expect(store.metrics.series('a')).toEqual([loss, held]);
    expect(store.runs.get('a')?.step).toBe(4);
  });

  it('of a resumed run overwrite the same steps, and the latest is that of the greatest step', () => {
    store.metrics.append('a', block([loss], [[1, 10], [2, 20], [3, 30]]));
    store.metrics.append('a', block([loss], [[2, 21]]));
    expect([...store.metrics.rows('a')].map(({ step, value }) => [step, value])).toEqual([[1, 10], [2, 21], [3, 30]]);
    expect(store.metrics.latest('a')).toEqual({ lossNats: 30 });
    expect(store.runs.get('a')?.step).toBe(3);
    store.metrics.append('a', block([loss], [[3, 31], [4, 41]]));
    expect(store.metrics.latest('a')).toEqual({ lossNats: 41 });
  });

  it('of a block that cannot be stored whole are not stored at all', () => {
    expect(() => store.metrics.append('a', block([loss], [[1, 2], [2.5, 3]]))).toThrow();
    expect(store.metrics.series('a')).toEqual([]);
    expect(store.runs.get('a')?.step).toBe(0);
  });

  it('of a range are those from one step to the other, inclusive', () => {
    store.metrics.append('a', block([loss], Array.from({ length: 20 }, (_, i) => [i * 5, i])));
    expect(store.metrics.curves('a', { points: 50, from: 10, to: 20 })[0]).toMatchObject({ complete: true, steps: Float64Array.of(10, 15, 20) });
    expect(store.metrics.curves('a', { points: 50, from: 11, to: 14 })[0]).toMatchObject({ complete: true, steps: new Float64Array() });
  });

  it('can be read row by row while others are written', () => {
    store.metrics.append('a', block([loss], Array.from({ length: 25_000 }, (_, i) => [i + 1, i])));
    let rows = 0;
    for (const { step, value, series, split } of store.metrics.rows('a')) {
      if (rows++ === 0) store.metrics.append('a', block([held], [[1, 1]]));
      expect([value, series, split]).toEqual([step - 1, 'lossNats', 'train']);
    }
    expect(rows).toBe(25_000);
  });

  it('never hide a spike or a dip when thinned, at the steps where they are', () => {
    const n = 5000;
    const value = (step: number): number => (step === 1234 ? 1e6 : step === 4321 ? -1e6 : Math.sin(step / 50));
    // Unevenly spaced, as held-out points and gaps are.
    const steps = Array.from({ length: n }, (_, i) => i + 1).filter((step) => step < 2000 || step > 3000 || step % 100 === 0);
    store.metrics.append('a', block([loss], steps.map((step) => [step, value(step)])));
    for (const points of [2, 3, 10, 101, 1000]) {
      const curve = store.metrics.curves('a', { points })[0];
      if (!curve) throw new Error('no curve');
      expect(curve.complete).toBe(false);
      expect(curve.steps.length).toBeLessThanOrEqual(points);
      expect(curve.steps.length).toBeGreaterThan(points / 4);
      curve.steps.forEach((step, i) => {
        expect(curve.values[i]).toBe(value(step));
        if (i > 0) expect(step).toBeGreaterThan(curve.steps[i - 1] ?? NaN);
      });
      expect([...curve.steps]).toContain(1234);
      expect([...curve.steps]).toContain(4321);
    }
    expect(store.metrics.curves('a', { points: 10, from: 4322 })[0]?.values.some((v) => v < -1)).toBe(false);
    expect(store.metrics.curves('a', { points: steps.length })[0]).toMatchObject({ complete: true, steps: Float64Array.from(steps) });
  });

  it('are found by key: no statement scans a table or sorts metrics', () => {
    const db = new Database(join(home, 'elbo.sqlite'));
    const named = { series: 1, from: 0, to: 9, limit: 5, step: 1, value: 1, runId: 'a', ...loss };
    for (const [name, sql] of Object.entries({ ...metricSql, ...runSql })) {
      const statement = db.prepare(`EXPLAIN QUERY PLAN ${sql}`);
      const parameters = sql.includes('?') ? ['a'] : /@/.test(sql) ? [{ ...newRun('a'), experiment: '', full: 0, ...named }] : [];
      const plan = (statement.all(...parameters) as { detail: string }[]).map((row) => row.detail).join('; ');
      const whole = name === 'list' ? /TEMP B-TREE/ : /SCAN|TEMP B-TREE/;
      expect(`${name}: ${plan}`).not.toMatch(name === 'seriesOfRun' ? /SCAN/ : whole);
    }
    db.close();
  });
});

describe('a store', () => {
  it('says when another process wrote, and not when it wrote itself', () => {
    const other = openStore(home);
    expect(store.changed()).toBe(false);
    store.runs.insert(newRun('a'));
    expect(store.changed()).toBe(false);
    other.runs.update('a', { name: 'renamed' });
    expect(store.changed()).toBe(true);
    expect(store.changed()).toBe(false);
    expect(store.runs.get('a')?.name).toBe('renamed');
    other.close();
  });

  it('makes its folder', () => {
    openStore(join(home, 'deep', 'er')).close();
    expect(existsSync(join(home, 'deep', 'er', 'elbo.sqlite'))).toBe(true);
  });

  it('is refused, and left as it is, when its file is no database, cut off, of something else, or overwritten in the middle', () => {
    for (let i = 0; i < 300; i++) store.runs.insert(newRun(`run-${i}`));
    store.close();
    const file = join(home, 'elbo.sqlite');
    const whole = readFileSync(file);
    const scribbled = Buffer.from(whole);
    scribbled.fill(0x5a, 100, 4096); // the schema's page, behind the file's header
    const other = new Database(join(home, 'other'));
    other.exec('CREATE TABLE diary (day)');
    other.close();
    for (const bytes of [Buffer.from('not a database, but a letter'.repeat(100)), whole.subarray(0, 4096 * 3), scribbled, readFileSync(join(home, 'other'))]) {
      const folder = mkdtempSync(join(home, 'damaged-'));
      const damaged = join(folder, 'elbo.sqlite');
      writeFileSync(damaged, bytes);
      expect(refusal(() => openStore(folder))).toMatchObject({ code: 'damaged-store', where: damaged });
      expect(readFileSync(damaged).equals(bytes)).toBe(true);
    }
    store = openStore(home);
  });

  it('that is found damaged only when read says so', () => {
    for (let i = 0; i < 3000; i++) store.runs.insert(newRun(`run-${i}`));
    store.close();
    const file = join(home, 'elbo.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length / 2);
    writeFileSync(file, bytes);
    store = openStore(home);
    expect(codeOf(() => store.runs.list())).toBe('damaged-store');
  });

  it.runIf(process.geteuid?.() === 0)('is refused in a folder that cannot be written, old or new', () => {
    process.seteuid?.(65534);
    try {
      expect(refusal(() => openStore(home))).toMatchObject({ code: 'read-only' });
      expect(refusal(() => openStore(join(home, 'new')))).toMatchObject({ code: 'read-only', where: join(home, 'new', 'elbo.sqlite') });
    } finally {
      process.seteuid?.(0);
    }
  });

  it('is refused where its folder would be a file', () => {
    writeFileSync(join(home, 'file'), '');
    expect(refusal(() => openStore(join(home, 'file')))).toMatchObject({ code: 'read-only' });
  });

  it('of a newer Elbo is refused', () => {
    store.close();
    const file = join(home, 'elbo.sqlite');
    const db = new Database(file);
    db.pragma('user_version = 99');
    db.close();
    expect(refusal(() => openStore(home))).toMatchObject({ code: 'newer-store', where: file, message: expect.stringContaining('99') });
    truncateSync(file, 0);
    store = openStore(home);
  });
});

describe('a migration', () => {
  const next = 'ALTER TABLE runs ADD COLUMN note TEXT; UPDATE runs SET note = id;';
  const open = (file: string): Database.Database => new Database(file);

  it('runs once, after a copy of what was there', () => {
    store.runs.insert(newRun('a'));
    const before = store.runs.get('a');
    const file = join(home, 'elbo.sqlite');
    const db = open(file);
    migrate(db, file, [...migrations, next]);
    migrate(db, file, [...migrations, next]);
    expect(db.prepare('SELECT note FROM runs').pluck().all()).toEqual(['a']);
    db.close();
    const copies = readdirSync(home).filter((name) => name.startsWith(`elbo-version-${migrations.length}-`));
    expect(copies).toHaveLength(1);
    const restored = join(home, 'restored');
    mkdirSync(restored);
    copyFileSync(join(home, copies[0] ?? ''), join(restored, 'elbo.sqlite'));
    const old = openStore(restored);
    expect(old.runs.get('a')).toEqual(before);
    old.close();
  });

  it('that fails leaves the store as it was', () => {
    store.runs.insert(newRun('a'));
    const file = join(home, 'elbo.sqlite');
    const db = open(file);
    expect(() => migrate(db, file, [...migrations, next, 'CREATE TABLE runs (id)'])).toThrow(/already exists/);
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length);
    db.close();
    expect(store.runs.get('a')).not.toHaveProperty('note');
  });
});

describe('several processes', () => {
  let program: string;
  beforeEach(async () => {
    program = await bundle(join(import.meta.dirname, 'store.child.ts'), join(home, 'program'));
  });

  it('open a new store at once', async () => {
    const fresh = join(home, 'fresh');
    const children = Array.from({ length: 6 }, () => outputUntilKilled(start(program, [fresh, 'open']), null));
    expect(await Promise.all(children)).toEqual(Array(6).fill('opened'));
  });

  it('killed while writing lose no acknowledged row', async () => {
    store.runs.insert(newRun('r'));
    const step = (): number => store.runs.get('r')?.step ?? 0;
    // On a busy machine some are killed before they have written anything.
    for (let kill = 0; kill < 6 || step() <= 100; kill++) {
      const output = await outputUntilKilled(start(program, [home]), 250 + ((kill * 37) % 300));
      const acknowledged = Number(output.trimEnd().split('\n').filter(Boolean).at(-1) ?? 0);
      const stored = step();
      expect(stored).toBeGreaterThanOrEqual(acknowledged);
      const rows = [...store.metrics.rows('r')];
      expect(rows.map((row) => row.step)).toEqual(Array.from({ length: stored }, (_, i) => i + 1));
      expect(rows.every((row) => row.value === row.step * 0.5)).toBe(true);
    }
  });
});
