import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runsAndMetrics } from './001-runs-and-metrics';

it('gives strict tables that hold each other together', () => {
  const db = new Database(':memory:');
  db.exec(runsAndMetrics);
  db.pragma('foreign_keys = ON');
  const tables = db.pragma('table_list') as { name: string; schema: string; strict: number }[];
  for (const { name, strict } of tables.filter((table) => !table.name.startsWith('sqlite_'))) expect([name, strict]).toEqual([name, 1]);
  db.exec("INSERT INTO runs (id, name, status, experiment, createdAt) VALUES ('a', 'a', 'queued', '{}', '')");
  expect(() => db.exec("INSERT INTO runs (id, name, status, experiment, createdAt, step) VALUES ('b', 'b', 'queued', '{}', '', 'soon')")).toThrow(/cannot store TEXT/);
  expect(() => db.exec("INSERT INTO series VALUES (1, 'nobody', 'loss', 'train', 'nats', 0, 0)")).toThrow(/FOREIGN KEY/);
  expect(() => db.exec('INSERT INTO metrics VALUES (1, 1, 1)')).toThrow(/FOREIGN KEY/);
  db.close();
});
