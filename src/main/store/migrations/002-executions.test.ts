import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runsAndMetrics } from './001-runs-and-metrics';
import { executions } from './002-executions';

it('makes a run of a recipe the only one of its execution, and leaves others alone', () => {
  const db = new Database(':memory:');
  db.exec(runsAndMetrics);
  db.exec("INSERT INTO runs (id, name, status, experiment, recipe, createdAt) VALUES ('a', 'a', 'done', '{}', 'holes', ''), ('b', 'b', 'done', '{}', NULL, '')");
  db.exec(executions);
  expect(db.prepare('SELECT id, recipe, variant, execution, measured FROM runs ORDER BY id').all()).toEqual([
    { id: 'a', recipe: 'holes', variant: null, execution: 'a', measured: 1 },
    { id: 'b', recipe: null, variant: null, execution: null, measured: 0 },
  ]);
  db.close();
});
