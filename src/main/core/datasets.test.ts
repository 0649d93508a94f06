import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { files, refusalOf, tree } from '../formats/testing/fixtures';
import { Datasets } from './datasets';

let home: string;
let from: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'elbo-home-'));
  from = mkdtempSync(join(tmpdir(), 'elbo-from-'));
  mkdirSync(join(home, 'datasets'));
});
afterEach(() => [home, from].forEach((path) => rmSync(path, { recursive: true })));

it('a fetch is cancelled by its id, leaves nothing, and is the only one of its id', async () => {
  const datasets = new Datasets(home, () => undefined);
  files(from, Object.fromEntries((datasets.sources().find(({ id }) => id === 'mnist')?.files ?? []).map(({ name }) => [name, Buffer.alloc(3_000_000)])));
  const first = refusalOf(() => datasets.fetch({ id: 'mnist', from }));
  expect(await refusalOf(() => datasets.fetch({ id: 'mnist', from }))).toMatchObject({ code: 'conflict' });
  datasets.cancelImport('mnist');
  expect(await first).toMatchObject({ code: 'cancelled' });
  expect(tree(join(home, 'datasets'))).toEqual({});
  expect(await refusalOf(() => datasets.cancelImport('mnist'))).toMatchObject({ code: 'not-found' });
});

it('a set that nobody publishes is not found, with those that are', async () => {
  const datasets = new Datasets(home, () => undefined);
  expect(await refusalOf(() => datasets.fetch({ id: 'imagenet' }))).toMatchObject({ code: 'not-found', repair: expect.stringContaining('mnist, fashion-mnist') });
});
