import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Execution, Recipe } from '../../contract/recipes';
import type { Evaluation, RunSummary } from '../../contract/runs';
import { builtProgram } from '../core/testing/bundle';
import { startCommand, type Outcome } from '../core/testing/command-line';
import { temporaryHome } from '../core/testing/digits';

let script: string;
let home: string;
let remove: () => void;
const elbo = (...args: string[]): Promise<Outcome> => startCommand(script, home, args).outcome;

const metric = (variant: string, name: string) => ({ variant, metric: name, split: 'test' });
const two = {
  id: 'two', title: 'Two widths', lectures: ['001'], claim: 'They run.', lookAt: 'The numbers.', minutes: 0.1,
  experiment: { model: 'pca', data: 'digits-8x8', settings: { latentSize: 1 } },
  variants: { 'one axis': {}, 'two axes': { settings: { latentSize: 2 } } },
  oneSize: 'It is small.',
  checks: [{ check: 'falls', title: 'More axes leave less', of: [metric('one axis', 'meanSquaredError'), metric('two axes', 'meanSquaredError')] }],
};
const wrong = { ...two, id: 'wrong', checks: [{ ...two.checks[0], check: 'rises', title: 'More axes leave more' }] };
// That data set is not there.
const refused = { ...two, id: 'refused', experiment: { ...two.experiment, data: 'nothing' } };

beforeAll(async () => {
  script = join((await builtProgram()).root, 'scripts/elbo.mjs');
  ({ home, remove } = temporaryHome());
  mkdirSync(join(home, 'recipes'));
  for (const recipe of [two, wrong, refused]) writeFileSync(join(home, 'recipes', `${recipe.id}.json`), JSON.stringify(recipe));
});
afterAll(() => remove());

it('lists recipes under their themes, and everything of those that are named', async () => {
  const { stdout } = await elbo('recipes');
  expect(stdout).toMatch(/^Autoencoders$/m);
  expect(stdout).toMatch(/^Your own\n {2}refused/m);
  expect(stdout).toMatch(/^ {2}two +001 +2 +0.1 {2}Two widths$/m);
  const one = (await elbo('recipes', 'two')).stdout;
  for (const words of ['They run.', 'two axes: {"settings":{"latentSize":2}}', 'Mean squared error on test: one axis > two axes']) expect(one).toContain(words);
  expect((JSON.parse((await elbo('recipes', 'wrong', '--json')).stdout) as Recipe[]).map(({ id }) => id)).toEqual(['wrong']);
});

it('runs a recipe, gives its evaluations run by run, and takes up what was started when it is asked to', async () => {
  const { code, stdout } = await elbo('recipe', 'two', '--json');
  const ran = JSON.parse(stdout) as Omit<Execution, 'runs'> & { seconds: number; runs: (RunSummary & { evaluations: Evaluation[] })[] };
  expect(code).toBe(0);
  expect(ran).toMatchObject({ recipe: 'two', state: 'done', seconds: expect.any(Number), checks: [{ passed: true }] });
  expect(ran.runs.map(({ variant, evaluations }) => [variant, evaluations.some(({ metric: name }) => name === 'meanSquaredError')])).toEqual([['one axis', true], ['two axes', true]]);
  const again = JSON.parse((await elbo('recipe', 'two', '--resume', '--json')).stdout) as Execution;
  expect(again.runs.map(({ id }) => id)).toEqual(ran.runs.map(({ id }) => id));
});

it('runs several one after another, whatever becomes of one, and says at the end what did', async () => {
  const { code, stdout } = await elbo('recipe', 'two', 'refused', 'wrong', '--resume');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^Two widths \(two\): passed/m);
  expect(stdout).toMatch(/^passed {2}More axes leave less .+falls at each step\n {8}Mean squared error of one axis: .+, then two axes: .+ squared error/m);
  expect(stdout).toMatch(/^FAILED {2}More axes leave more /m);
  expect(stdout).toMatch(/^refused +REFUSED +.+There is no data set "nothing"/m);
  expect(stdout).toMatch(/^1 of 3 passed, /m);
});

it('refuses, before anything is run, when one of several is not there, or none is named', async () => {
  const { code, stderr } = await elbo('recipe', 'two', 'nothing');
  expect([code, stderr.includes('no recipe "nothing"')]).toEqual([2, true]);
  expect((await elbo('recipe')).code).toBe(2);
});

it('refuses a full size where there is none, and says why', async () => {
  const { code, stderr } = await elbo('recipe', 'two', '--full');
  expect([code, stderr.includes('"two" has no full size: It is small.')]).toEqual([2, true]);
  expect((await elbo('recipes', 'two')).stdout).toContain('none: It is small.');
});
