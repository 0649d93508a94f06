import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const measure = { metric: 'elboNats', split: 'test' };
const experiment = { model: 'vae', data: 'digits-8x8', training: { steps: 10 } };
const within = { check: 'within', title: 'ELBO', of: measure, atLeast: -20 };
const difference = { check: 'difference', title: 'Better by', of: measure, from: measure, atLeast: 1 };

/** A run whose ELBO is that value; another one of an earlier step is not to be taken for it. */
const run = (seed: number, value: number, variant: string | null = null) => ({
  variant, experiment: { ...experiment, seed }, startedAt: '2026-01-01T00:00:00Z', endedAt: `2026-01-01T00:00:1${seed}Z`,
  evaluations: [{ metric: 'elboNats', split: 'test', value: -99, standardError: 9, unit: 'nats', n: 250, k: null, estimator: 'ELBO', step: 5 }, { metric: 'elboNats', split: 'test', value, standardError: 0.5, unit: 'nats', n: 250, k: null, estimator: 'ELBO', step: 10 }],
});

it('writes a page of what is stored: mean and deviation over seeds, targets, times, and what is not measured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'elbo-results-'));
  const table = {
    title: 'Numbers',
    rows: [
      { id: 'measured', title: 'Measured', experiment, seeds: [0, 1, 2], checks: [within, difference], source: 'a | book' },
      { id: 'missing', title: 'Missing', experiment, checks: [within], source: 'a book' },
      { id: 'refused', title: 'Refused', recipe: 'some-recipe', source: 'a book', target: 'below 1' },
      { id: 'compared', title: 'Compared', experiment, variants: { one: {}, other: {} }, seeds: [0, 1], checks: [{ ...difference, of: { ...measure, variant: 'one' }, from: { ...measure, variant: 'other' } }], table: ['elboNats', 'score'], source: 'a book' },
      { id: 'tested', title: 'Tested', tests: ['src/x.test.ts'], source: 'mathematics' },
    ],
  };
  const declare = (rows: unknown): void => writeFileSync(join(folder, 'small.json'), JSON.stringify({ ...table, rows }));
  const write = (home: string): string => {
    execFileSync(process.execPath, [join(__dirname, 'results.mjs'), join(folder, 'small.json'), '--home', join(folder, home), '--page'], { stdio: 'pipe' });
    return readFileSync(join(folder, 'small.md'), 'utf8');
  };
  declare(table.rows);
  const stored = join(folder, 'home/results/small');
  mkdirSync(stored, { recursive: true });
  const ran = { seconds: 100, runs: [run(0, -17), run(1, -18), run(2, -19)], checks: [{ value: -18, passed: true, title: 'ELBO', evidence: 'elboNats -18' }, { value: 0.25, passed: false, title: 'Better by', evidence: 'less' }] };
  const machine = { cores: 2, library: 'TensorFlow 2', device: 'CPU' };
  writeFileSync(join(stored, 'measured.json'), JSON.stringify({ of: { experiment, seeds: [0, 1, 2], measurements: [] }, checks: [within, difference], ran, machine, date: '2026-01-02', curves: [{ variant: null, seed: 0, series: 'lossNats', split: 'valid', points: [{ step: 5, value: 20.12345 }, { step: 1000, value: 17 }] }] }));
  const [compared] = table.rows.filter(({ id }) => id === 'compared');
  const runs = [run(0, -17, 'one'), run(1, -18, 'one'), run(0, -20, 'other'), run(1, -20.5, 'other')];
  writeFileSync(join(stored, 'compared.json'), JSON.stringify({ of: { experiment, variants: compared?.variants, seeds: [0, 1], measurements: [] }, checks: compared?.checks, ran: { ...ran, runs, checks: [{ value: 2.75, passed: true, title: 'Better by', evidence: 'more' }] }, machine, date: '2026-01-02' }));
  writeFileSync(join(stored, 'refused.json'), JSON.stringify({ of: null, error: 'there is no recipe some-recipe' }));
  writeFileSync(join(stored, 'tested.json'), JSON.stringify({ of: 'ELBO_LONG=1 npx vitest run src/x.test.ts', tests: { passed: 7, total: 7, success: true }, date: '2026-01-01' }));

  const page = write('home');
  for (const line of [
    '3 of 5 rows are measured.',
    'Measured on 2026-01-02, 2 cores, TensorFlow 2 on CPU.',
    'Run on 2026-01-01.',
    '| Measured | ELBO | -18 ± 1 nats | 0.5 | 250 | 3 | at least -20 | yes |',
    '|  | Better by | 0.25 |  |  | 3 | at least 1 | **no** |',
    '| metric | one | other |\n| --- | --- | --- |\n| elboNats | -17.5 ± 0.7071 | -20.25 ± 0.3536 |\n| score | none | none |',
    '| Missing | ELBO | not measured |  |  |  | at least -20 |  |',
    '| Refused |  | not measured: there is no recipe some-recipe |  |  |  | below 1 |  |',
    '| Tested | tests | 7 of 7 pass |  |  |  | all pass | yes |',
    'Training from start to end, pauses included, took 11 s a seed; all with measuring 1.7 min.',
    'seed 0, lossNats on valid while training: 20.12 at step 5, 17 at step 1,000.',
    'Command: `ELBO_LONG=1 npx vitest run src/x.test.ts`.',
    'Command: `npm run results -- small --only measured`.',
    'Command: `npx elbo recipe some-recipe`.',
  ]) expect(page).toContain(line);
  expect(page).not.toContain(folder);

  // Of another store the page stays as it is: what is not measured there was measured elsewhere.
  expect(write('other')).toBe(page.replace(': there is no recipe some-recipe', '').replace(': there is no recipe some-recipe', ''));

  // What was measured of another declaration is not this row's number, on the page or in the store; nor what was measured of a recipe that its file no longer asks for.
  const [first, , , , last] = table.rows;
  const changed = { id: 'changed', title: 'Changed', recipe: 'beta-sweep', source: 'a book' };
  declare([{ ...first, seeds: [0, 1] }, changed, last]);
  writeFileSync(join(stored, 'changed.json'), JSON.stringify({ of: {}, written: { experiment: { model: 'another' } }, checks: [within], ran, machine, date: '2026-01-02' }));
  expect(write('home')).toMatch(/\| Measured \| ELBO \| not measured \|[^]*\| Changed \|  \| not measured \|[^]*7 of 7 pass/);
  declare([{ ...first, checks: [{ ...within, atLeast: -10 }, difference] }, changed, last]);
  expect(write('other')).toMatch(/\| Measured \| ELBO \| not measured \|[^]*7 of 7 pass/);
  rmSync(folder, { recursive: true });
});
