import { experimentSchema } from '../../contract/experiment';
import { refuse, type ElboError } from '../../contract/errors';
import type { Ability } from '../../contract/models';
import { parse } from '../../contract/parse';
import type { ComputeInfo, Evaluation, RunDetail, RunSummary } from '../../contract/runs';
import type { Db } from './open';

/** A run as the store keeps it: what a listing shows of it without its series and its engine, and what it was computed with. */
export interface StoredRun extends Omit<RunSummary, 'stepsPerSecond' | 'latest'>, Pick<RunDetail, 'compute' | 'abilities' | 'parameterCount' | 'latentSize'> {
  /** Whether it is of its recipe's full size. */
  full: boolean;
  /** Whether all that its recipe measures was measured. */
  measured: boolean;
  /** The core process that drives it, `pid:starttime`; null when none does. */
  owner: string | null;
}

export type NewRun = Pick<StoredRun, 'id' | 'name' | 'status' | 'experiment' | 'recipe' | 'variant' | 'execution' | 'full' | 'createdAt' | 'owner'>;
export type RunPatch = Partial<Omit<StoredRun, 'id' | 'createdAt'>>;

export interface Runs {
  /** @throws Refusal `conflict` when the id is taken */
  insert(run: NewRun): void;
  get(id: string): StoredRun | undefined;
  /** Newest first. */
  list(): StoredRun[];
  /** Those of one start of a recipe, in the order in which they were made. */
  ofExecution(execution: string): StoredRun[];
  /** @throws Refusal `not-found` */
  update(id: string, patch: RunPatch): void;
  /** With its metrics and evaluations. @throws Refusal `not-found` */
  remove(id: string): void;
}

export interface Evaluations {
  /** @throws Refusal `not-found` when there is no such run, `not-finite` on a value that is NaN */
  replace(runId: string, evaluations: Evaluation[]): void;
  list(runId: string): Evaluation[];
}

export const runSql = {
  insert: 'INSERT INTO runs (id, name, status, experiment, recipe, variant, execution, "full", createdAt, owner) VALUES (@id, @name, @status, @experiment, @recipe, @variant, @execution, @full, @createdAt, @owner) ON CONFLICT (id) DO NOTHING',
  get: 'SELECT * FROM runs WHERE id = ?',
  list: 'SELECT * FROM runs ORDER BY createdAt DESC, id DESC',
  ofExecution: 'SELECT * FROM runs WHERE execution = ? ORDER BY rowid',
  remove: 'DELETE FROM runs WHERE id = ?',
} as const;

const json = new Set(['error', 'experiment', 'compute', 'abilities']);
type Row = Omit<StoredRun, 'error' | 'experiment' | 'compute' | 'abilities' | 'full' | 'measured'> & { error: string | null; experiment: string; compute: string | null; abilities: string; full: number; measured: number };

const toColumns = (values: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, json.has(key) && value !== null ? JSON.stringify(value) : typeof value === 'boolean' ? Number(value) : value]));

function fromRow(row: Row): StoredRun {
  const text = (key: 'error' | 'experiment' | 'compute' | 'abilities'): unknown => {
    try {
      return JSON.parse(row[key] ?? 'null');
    } catch {
      return refuse('damaged-store', 'A run in the store cannot be read.', { where: `run ${row.id}, ${key}` });
    }
  };
  return {
    ...row,
    error: text('error') as ElboError | null,
    experiment: parse(experimentSchema, text('experiment'), `run ${row.id}, experiment`, 'damaged-store'),
    compute: text('compute') as ComputeInfo | null,
    abilities: text('abilities') as Ability[],
    full: row.full === 1,
    measured: row.measured === 1,
  };
}

export const noSuchRun = (id: string): never => refuse('not-found', `There is no run ${id}.`);

export function runsOf(db: Db): Runs {
  const insert = db.prepare(runSql.insert);
  const get = db.prepare<[string], Row>(runSql.get);
  const list = db.prepare<[], Row>(runSql.list);
  const ofExecution = db.prepare<[string], Row>(runSql.ofExecution);
  const remove = db.prepare(runSql.remove);
  return {
    insert(run) {
      if (insert.run(toColumns(run)).changes === 0) refuse('conflict', `There is already a run ${run.id}.`);
    },
    get(id) {
      const row = get.get(id);
      return row && fromRow(row);
    },
    list: () => list.all().map(fromRow),
    ofExecution: (execution) => ofExecution.all(execution).map(fromRow),
    update(id, patch) {
      const columns = toColumns(patch);
      const assignments = Object.keys(columns).map((key) => `${key} = @${key}`);
      if (assignments.length === 0) return;
      if (db.prepare(`UPDATE runs SET ${assignments.join(', ')} WHERE id = @id`).run({ ...columns, id }).changes === 0) noSuchRun(id);
    },
    remove(id) {
      if (remove.run(id).changes === 0) noSuchRun(id);
    },
  };
}

export function evaluationsOf(db: Db): Evaluations {
  const exists = db.prepare('SELECT 1 FROM runs WHERE id = ?');
  const clear = db.prepare('DELETE FROM evaluations WHERE runId = ?');
  const insert = db.prepare(
    'INSERT INTO evaluations VALUES (@runId, @position, @metric, @value, @standardError, @unit, @estimator, @k, @split, @protocol, @n, @step)',
  );
  const list = db.prepare<[string], Evaluation>(
    'SELECT metric, value, standardError, unit, estimator, k, split, protocol, n, step FROM evaluations WHERE runId = ? ORDER BY position',
  );
  return {
    replace: db.transaction((runId: string, evaluations: Evaluation[]) => {
      if (!exists.get(runId)) noSuchRun(runId);
      clear.run(runId);
      evaluations.forEach((evaluation, position) => {
        if (Number.isNaN(evaluation.value)) refuse('not-finite', `The evaluation ${evaluation.metric} is not a number.`, { where: `${evaluation.split}, step ${evaluation.step}` });
        insert.run({ ...evaluation, runId, position });
      });
    }),
    list: (runId) => list.all(runId),
  };
}
