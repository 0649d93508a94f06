import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../contract/runs';
import { builtProgram } from './core/testing/bundle';
import { startCommand, type Outcome } from './core/testing/command-line';
import { temporaryHome } from './core/testing/digits';

let script: string;
let home: string;
let remove: () => void;

beforeAll(async () => {
  const { root } = await builtProgram();
  script = join(root, 'scripts/elbo.mjs');
  ({ home, remove } = temporaryHome());
});
afterAll(() => remove());

const start = (...args: string[]) => startCommand(script, home, args);
const elbo = (...args: string[]): Promise<Outcome> => start(...args).outcome;
const json = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await elbo(...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
};
const small = ['--set', 'widths=16', '--set', 'evaluateEvery=20'];

describe('elbo', () => {
  it('lists models, recipes, data sets and runs, for people and as JSON', async () => {
    expect(await json('models')).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'vae' })]));
    expect(await json('recipes')).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'vae-two-dimensional-code' })]));
    expect(await json('data', 'list')).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'mnist-1000', counts: { train: 1000, valid: 0, test: 1000 } })]));
    expect(await json('data', 'fetch')).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'mnist', byHand: null })]));
    expect(await json('runs')).toEqual([]);
    const { stdout } = await elbo('data', 'list');
    expect(stdout).toMatch(/^id +title/);
    expect(stdout).toMatch(/^digits-8x8 /m);
  });

  it('trains on a table from its file, imported once, and on a generated set that is made then', async () => {
    const file = join(home, 'Wind speeds.csv');
    writeFileSync(file, `a,b\n${Array.from({ length: 60 }, (_, i) => `${i},${(i * 7) % 13}`).join('\n')}`);
    for (const time of [1, 2]) {
      const { code, stdout, stderr } = await elbo('train', 'pca', '--set', 'latentSize=1', '--data', file, '--json', '--name', `table ${time}`);
      expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ experiment: { data: expect.stringMatching(/^wind-speeds-[0-9a-f]{8}$/) }, notes: [expect.stringContaining('standardised')] });
    }
    const made = await elbo('train', 'pca', '--set', 'latentSize=1', '--data', '8gaussians', '--json', '--name', 'generated');
    expect({ code: made.code, stderr: made.code === 0 ? '' : made.stderr + made.stdout }).toEqual({ code: 0, stderr: '' });
    expect(await json('data', 'list')).toEqual(expect.arrayContaining([expect.objectContaining({ id: '8gaussians', kind: 'table', builtIn: true })]));
  }, 60_000);

  it('doctor says what it would compute with', async () => {
    expect(await json('doctor')).toMatchObject({ compute: { backend: expect.stringMatching(/tensorflow|wasm/), library: expect.any(String) }, findings: expect.any(Array) });
  });

  it('trains with grey data drawn anew where the likelihood asks for it, and says so', async () => {
    const { code, stdout, stderr } = await elbo('train', 'vae', '--data', 'digits-8x8', '--steps', '40', '--seed', '3', '--name', 'small', ...small, '--json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/dynamic binarisation/);
    const run = JSON.parse(stdout) as RunDetail & { notes: string[] };
    expect(run).toMatchObject({ status: 'done', name: 'small', step: 40, experiment: { binarisation: 'dynamic', seed: 3, settings: { widths: [16] }, training: { steps: 40, evaluateEvery: 20 } } });
    expect(run.notes).toEqual([expect.stringMatching(/dynamic binarisation/)]);
    expect(run.evaluations).toEqual(expect.arrayContaining([expect.objectContaining({ metric: 'elboNats', split: 'test', protocol: 'dynamic binarisation', estimator: expect.any(String), n: 250 })]));
  });

  it('shows a run by its name, and its metrics as CSV', async () => {
    expect(await json('show', 'small')).toMatchObject({ name: 'small', status: 'done' });
    const { stdout } = await elbo('metrics', 'small', '--csv');
    const [header, ...rows] = stdout.trim().split('\n');
    expect(header).toBe('step,split,series,unit,value');
    expect(rows.filter((row) => row.includes(',train,lossNats,nats,'))).toHaveLength(40);
    expect(rows.filter((row) => row.includes(',valid,lossNats,nats,')).map((row) => row.split(',')[0])).toEqual(['20', '40']);
  });

  it('trains what an experiment file says, with the command line going before it', async () => {
    const file = join(home, 'experiment.json');
    writeFileSync(file, JSON.stringify({ model: 'ae', data: 'digits-8x8', settings: { widths: [8] }, training: { steps: 7 }, seed: 9 }));
    const run = (await elbo('train', file, '--steps', '5', '--set', 'latentSize=3', '--json')).stdout;
    expect(JSON.parse(run)).toMatchObject({ step: 5, experiment: { model: 'ae', seed: 9, binarisation: 'none', settings: { widths: [8], latentSize: 3 } } });
  });

  it('stops with a checkpoint at Ctrl+C, exits with 130, and resumes', async () => {
    const { child, outcome } = start('train', 'ae', '--data', 'digits-8x8', '--steps', '8000', '--name', 'long', ...small);
    await expect.poll(async () => ((JSON.parse((await elbo('runs', '--json')).stdout) as RunDetail[]).find(({ name }) => name === 'long')?.step ?? 0) > 0, { timeout: 30_000 }).toBe(true);
    child.kill('SIGINT');
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toMatch(/stopped at step \d+ with a checkpoint/);
    const stopped = (await json('show', 'long')) as RunDetail;
    expect(stopped).toMatchObject({ status: 'stopped', checkpointStep: stopped.step });
    const resumed = await elbo('resume', 'long', '--json');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ id: stopped.id, status: 'done', step: 8_000 });
    expect(resumed.code).toBe(0);
  });

  it('exits with 1 when a run fails, and says what, where and how to repair it', async () => {
    const failing = ['train', 'ae', '--data', 'digits-8x8', '--set', 'learningRate=10', '--set', 'widths=64,64,64,64,64,64,64,64', '--set', 'activation=none', '--steps', '3000'];
    const { code, stderr, stdout } = await elbo(...failing);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: squaredError.* at step \d+\.\n {2}where: step \d+, squaredError.*\n {2}repair: .+$/m);
  });

  it('imports a folder of IDX files, previews it before, and removes it', async () => {
    const folder = join(home, 'idx');
    mkdirSync(folder);
    const header = (rank: number, ...sizes: number[]): Buffer => Buffer.concat([Buffer.of(0, 0, 8, rank), ...sizes.map((size) => Buffer.of(0, 0, size >> 8, size & 255))]);
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), Buffer.concat([header(3, 20, 2, 3), Buffer.alloc(120, 200)]));
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), Buffer.concat([header(1, 20), Buffer.alloc(20, 1)]));
    expect(await json('data', 'preview', folder, '--id', 'mine', '--test', '5')).toMatchObject({ kind: 'idx', info: { height: 2, width: 3 } });
    expect(await json('data', 'import', folder, '--id', 'mine', '--test', '5')).toMatchObject({ id: 'mine', counts: { train: 15, valid: 0, test: 5 } });
    expect((await elbo('data', 'import', folder, '--id', 'mine')).code).toBe(2);
    expect(await json('data', 'remove', 'mine')).toEqual({ removed: 'mine' });
  });

  it('removes a run', async () => {
    expect(await json('rm', 'small')).toMatchObject({ removed: expect.any(String) });
    expect((await elbo('show', 'small')).code).toBe(2);
  });
});

describe('a command line that cannot be followed exits with 2, a sentence, and nothing written:', () => {
  const cases: [string, string[], RegExp][] = [
    ['an unknown command', ['explode'], /unknown command/],
    ['an unknown option', ['runs', '--colour'], /unknown option/],
    ['a missing argument', ['train'], /missing required argument/],
    ['no data set', ['train', 'vae'], /--data/],
    ['an unknown data set', ['train', 'vae', '--data', 'nothing'], /no data set "nothing"/],
    ['an unknown model', ['train', 'gan', '--data', 'digits-8x8'], /no model "gan"/],
    ['an unknown setting', ['train', 'vae', '--data', 'digits-8x8', '--set', 'depth=3'], /no setting "depth"/],
    ['a setting of the wrong type', ['train', 'vae', '--data', 'digits-8x8', '--set', 'latentSize=two'], /latentSize/],
    ['a setting without a value', ['train', 'vae', '--data', 'digits-8x8', '--set', 'latentSize'], /key=value/],
    ['grey data said to stay grey', ['train', 'vae', '--data', 'digits-8x8', '--set', 'binarisation=none'], /Bernoulli/],
    ['steps that are no number', ['train', 'vae', '--data', 'digits-8x8', '--steps', '-3'], /whole number|argument missing/],
    ['a seed too large', ['train', 'vae', '--data', 'digits-8x8', '--seed', '99999999999'], /seed/],
    ['an experiment file that is not there', ['train', '/nowhere/experiment.json'], /\/nowhere\/experiment.json/],
    ['an unknown recipe', ['recipe', 'nothing'], /no recipe "nothing"/],
    ['an unknown run', ['show', 'nothing'], /no run "nothing"/],
    ['a public set that nobody publishes', ['data', 'fetch', 'imagenet'], /no public set "imagenet"/],
    ['a path that is not there', ['data', 'import', '/nowhere', '--id', 'x'], /nowhere/],
    ['an id that leaves its folder', ['data', 'import', '/tmp', '--id', '../x'], /lower-case/],
  ];
  let runs: unknown;
  beforeAll(async () => {
    runs = await json('runs');
  });
  afterAll(async () => expect(await json('runs')).toEqual(runs));

  it.each(cases)('%s', async (_case, args, sentence) => {
    const { code, stderr, stdout } = await elbo(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it.each([
    ['no JSON', '{"model": "vae"'],
    ['a list', '[]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['a model that is a number', '{"model": 3, "data": "digits-8x8"}'],
    ['settings that are a list', '{"model": "vae", "data": "digits-8x8", "settings": [1]}'],
    ['settings that nest', '{"model": "vae", "data": "digits-8x8", "settings": {"widths": {"a": 1}}}'],
    ['training that is text', '{"model": "vae", "data": "digits-8x8", "training": "long"}'],
    ['an unknown field', '{"model": "vae", "data": "digits-8x8", "sweep": {}}'],
    ['a prototype', '{"model": "vae", "data": "digits-8x8", "settings": {"__proto__": {"latentSize": 9}, "constructor": 1}}'],
    ['bytes', '\u0000\u0001\u0002'],
  ])('an experiment file with %s', async (_case, text) => {
    const file = join(home, 'bad.json');
    writeFileSync(file, text);
    const { code, stdout } = await elbo('train', file, '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout) as { error: { code: string; where?: string } };
    expect(error.code).toMatch(/bad-experiment|not-found/);
  });
});
