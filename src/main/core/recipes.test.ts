import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Core } from '../../contract/api';
import { errorFrom } from '../../contract/errors';
import { recipeSchema, runsOf, type Execution } from '../../contract/recipes';
import { createCore } from './core';
import { readRecipes } from './recipes';
import { builtProgram } from './testing/bundle';
import { digits, temporaryHome } from './testing/digits';

let core: Core;
let remove: () => void;
let resources: string;

const small = {
  id: 'small', title: 'Small', lectures: ['000'], claim: 'It runs.', lookAt: 'Nothing.', minutes: 0.1,
  experiment: digits(20, { name: 'tiny' }),
  variants: { 'beta 1': {}, 'beta 64': { settings: { objective: 'beta', beta: 64 } } },
  seeds: [0, 1],
  full: { training: { steps: 40 }, variants: { 'beta 64': { settings: { beta: 32 } } } },
  measurements: [
    { measurement: { measure: 'likelihood', estimator: 'iwae', k: 3, limit: 20 } },
    { variants: ['beta 1'], measurement: { measure: 'likelihood', estimator: 'naive', k: 2, limit: 20 } },
    { variants: ['beta 1'], size: 'full', measurement: { measure: 'likelihood', estimator: 'elbo', k: 5, limit: 20 } },
  ],
  checks: [
    { check: 'falls', title: 'The rate falls', of: ['beta 1', 'beta 64'].map((variant) => ({ variant, metric: 'klNats', split: 'test' })), by: -100 },
    { check: 'difference', title: 'Weights help', of: { variant: 'beta 1', metric: 'iwaeNats', split: 'test', k: 3 }, from: { variant: 'beta 1', metric: 'naiveNats', split: 'test' }, atLeast: -1000 },
    { check: 'within', title: 'More draws', size: 'full', of: { variant: 'beta 1', metric: 'elboNats', split: 'test', k: 5 }, atMost: 1000 },
  ],
};

beforeAll(async () => {
  const { root, engine } = await builtProgram();
  const { home, remove: removeHome } = temporaryHome();
  resources = join(home, 'resources');
  mkdirSync(join(resources, 'recipes'), { recursive: true });
  symlinkSync(join(root, 'resources/datasets'), join(resources, 'datasets'));
  const write = (recipe: { id: string }): void => writeFileSync(join(resources, `recipes/${recipe.id}.json`), JSON.stringify(recipe));
  write(small);
  write({ ...small, id: 'long', experiment: digits(1_000_000) } as typeof small);
  // Of a table alone has a density an integral.
  const [of] = small.checks[1] ? [small.checks[1]] : [];
  write({ ...small, id: 'unmeasurable', variants: undefined, full: undefined, oneSize: 'There is one.', seeds: undefined, measurements: [{ measurement: { measure: 'density' } }], checks: [{ ...of, check: 'within', of: { metric: 'integral', split: 'test' }, from: undefined }] } as never);
  remove = removeHome;
  core = await createCore({ home, resources, watch: false, engineCommand: { node: process.execPath, script: engine } });
});
afterAll(async () => {
  await core.close();
  remove();
});

function atItsEnd(started: Execution): Promise<Execution> {
  return new Promise((resolve) => core.subscribe((event) => {
    if (event.type === 'execution' && event.execution.id === started.id && ['done', 'ended'].includes(event.execution.state)) resolve(event.execution);
  }));
}

it('trains every variant with every seed, measures what it says, and checks over the means', async () => {
  const started = await core.call('recipes.start', { id: 'small' });
  expect(started).toMatchObject({ recipe: 'small', state: 'training', checks: [] });
  expect(started.runs.map(({ name, variant, experiment }) => [name, variant, experiment.seed, experiment.settings['beta']])).toEqual([
    ['tiny, beta 1, seed 0', 'beta 1', 0, expect.anything()], ['tiny, beta 1, seed 1', 'beta 1', 1, expect.anything()],
    ['tiny, beta 64, seed 0', 'beta 64', 0, 64], ['tiny, beta 64, seed 1', 'beta 64', 1, 64],
  ]);
  const done = await atItsEnd(started);
  expect(done).toMatchObject({ state: 'done', full: false });
  expect(done.problems).toEqual([]);
  expect(done.checks.map(({ passed, evidence }) => [passed, evidence.includes('the mean of')])).toEqual([[true, true], [true, true]]);
  const details = await Promise.all(done.runs.map(({ id }) => core.call('runs.get', { id })));
  expect(details.map(({ evaluations }) => ['iwaeNats', 'naiveNats'].map((name) => evaluations.filter(({ metric }) => metric === name).length))).toEqual([[1, 1], [1, 1], [1, 0], [1, 0]]);
  expect(details[0]?.checks).toEqual(done.checks);
  expect(await core.call('recipes.execution', { execution: started.id })).toEqual(done);
});

it('says what could not be measured, and fails the check that needs it', async () => {
  const ended = await atItsEnd(await core.call('recipes.start', { id: 'unmeasurable', seed: 3 }));
  expect(ended).toMatchObject({ state: 'ended', problems: [expect.stringContaining('density')], checks: [{ passed: false, evidence: expect.stringContaining('no evaluation of Integral') }] });
  expect(ended.runs.map(({ experiment }) => experiment.seed)).toEqual([3]);
});

it('in full size measures and checks what is of that size alone, too; refuses it where there is none', async () => {
  const done = await atItsEnd(await core.call('recipes.start', { id: 'small', seed: 4, full: true }));
  expect(done).toMatchObject({ state: 'done', full: true, problems: [] });
  expect(done.runs.map(({ name, experiment }) => [name, experiment.training.steps, experiment.settings['beta']])).toEqual([['tiny, beta 1, full size', 40, expect.anything()], ['tiny, beta 64, full size', 40, 32]]);
  expect(done.checks.map(({ title, passed }) => [title, passed])).toEqual([['The rate falls', true], ['Weights help', true], ['More draws', true]]);
  const refused = await core.call('recipes.start', { id: 'unmeasurable', full: true }).then(() => null, errorFrom);
  expect(refused).toMatchObject({ code: 'bad-request', message: '"unmeasurable" has no full size: There is one.', where: 'full' });
});

it('whose file is gone at its end says so, and its runs are done and can be looked at', async () => {
  writeFileSync(join(resources, 'recipes/gone.json'), JSON.stringify({ ...small, id: 'gone' }));
  const started = await core.call('recipes.start', { id: 'gone', seed: 0 });
  rmSync(join(resources, 'recipes/gone.json'));
  const ended = await atItsEnd(started);
  expect(ended).toMatchObject({ state: 'ended', checks: [], problems: expect.arrayContaining([expect.stringMatching(/^tiny, beta 64: There is no recipe "gone"/)]) });
  expect(ended.runs.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(await core.call('runs.get', { id: ended.runs[0]?.id ?? '' })).toMatchObject({ status: 'done', checks: [] });
});

it('is stopped with all its runs, and not measured then', async () => {
  const started = await core.call('recipes.start', { id: 'long' });
  const stopped = await core.call('recipes.stop', { execution: started.id });
  expect(stopped.state).toBe('ended');
  expect(new Set(stopped.runs.map(({ status }) => status))).toEqual(new Set(['stopped']));
  const refused = await core.call('recipes.measure', { execution: started.id }).then(() => null, errorFrom);
  expect(refused?.code).toBe('conflict');
});

it('refuses names that it has not given, and variants that are no experiments', () => {
  const issues = (more: object): string[] => recipeSchema.safeParse({ ...small, ...more }).error?.issues.map(({ path }) => path.join('.')) ?? [];
  expect(issues({})).toEqual([]);
  expect(issues({ checks: [{ check: 'within', title: 't', of: { metric: 'klNats', split: 'test' } }] })).toEqual(['checks.0']);
  expect(issues({ measurements: [{ variants: ['beta 2'], measurement: { measure: 'density' } }] })).toEqual(['measurements.0.variants.0']);
  expect(issues({ variants: { 'beta 1': { training: { steps: 0.5 } }, 'beta 64': {} } })).toContain('variants.beta 1.training.steps');
  expect(issues({ full: { variants: { 'beta 1': { training: { batch: 0 } } } } })).toEqual(['full.variants.beta 1.training.batch']);
  expect(issues({ variants: undefined, full: { training: { steps: 0.5 } }, measurements: [], checks: [{ check: 'within', title: 't', of: { metric: 'klNats', split: 'test' } }] })).toEqual(['full.training.steps']);
  expect(issues({ full: { variants: { 'beta 2': {} } } })).toEqual(['full.variants.beta 2']);
  expect(issues({ full: undefined })).toEqual(['full']);
  expect(issues({ oneSize: 'No.' })).toEqual(['oneSize']);
  expect(issues({ checks: [small.checks.at(-1)] })).toEqual(['checks']);
});

it('lists what the resources hold, in their order and by theme, then what lies in the store', () => {
  const { home, remove: removeHome } = temporaryHome();
  const write = (folder: string, name: string): void => {
    mkdirSync(join(home, folder, 'recipes'), { recursive: true });
    writeFileSync(join(home, folder, 'recipes', `${name}.json`), JSON.stringify({ ...small, id: name }));
  };
  for (const name of ['100-last', '71-flow', '9-first']) write('resources', name);
  const read = (): unknown => readRecipes(join(home, 'resources'), home).recipes.map(({ id, theme }) => [id, theme]);
  const shipped = [['9-first', 'Other'], ['71-flow', 'Flows'], ['100-last', 'Other']];
  expect(read()).toEqual(shipped);
  write('.', '71-mine');
  expect(read()).toEqual([...shipped, ['71-mine', 'Your own']]);
  write('.', '71-flow');
  expect(read()).toEqual([...shipped, ['71-mine', 'Your own']]);
  expect(readRecipes(join(home, 'resources'), home).problems).toMatchObject([{ code: 'conflict', where: join(home, 'recipes/71-flow.json') }]);
  removeHome();
});

it('lays a variant over the experiment, and the full size over both', () => {
  const recipe = recipeSchema.parse(small);
  expect(runsOf(recipe, { seed: 9, full: true }).map(({ variant, experiment }) => [variant, experiment.seed, experiment.training.steps, experiment.training.batch, experiment.settings['latentSize']])).toEqual([['beta 1', 9, 40, 50, 2], ['beta 64', 9, 40, 50, 2]]);
  expect(runsOf(recipe, { full: true }).map(({ experiment }) => experiment.settings['beta'])).toEqual([undefined, undefined, 32, 32]);
  const [other] = runsOf(recipeSchema.parse({ ...small, variants: { 'beta 1': { model: 'pca', settings: { k: 2 } }, 'beta 64': {} } }));
  expect(other?.experiment).toMatchObject({ model: 'pca', settings: { k: 2 } });
});
