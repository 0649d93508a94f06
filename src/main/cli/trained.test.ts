import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evaluation, RunDetail } from '../../contract/runs';
import { builtProgram } from '../core/testing/bundle';
import { startCommand, type Outcome } from '../core/testing/command-line';
import { temporaryHome } from '../core/testing/digits';
import { readDatasetInfo, readPage, readSplit, writeDatasetFolder } from '../formats/dataset-folder';
import { readSafetensors } from '../formats/safetensors';
import { rowsAt, shownOrder } from '../../ml/data/shown-order';

let script: string;
let home: string;
let remove: () => void;

beforeAll(async () => {
  const { root } = await builtProgram();
  script = join(root, 'scripts/elbo.mjs');
  ({ home, remove } = temporaryHome());
  expect((await elbo('train', 'vae', '--data', 'digits-8x8', '--steps', '60', '--seed', '3', '--name', 'small', '--set', 'widths=16', '--set', 'evaluateEvery=60')).code).toBe(0);
}, 120_000);
afterAll(() => remove());

const start = (...args: string[]) => startCommand(script, home, args);
const elbo = (...args: string[]): Promise<Outcome> => start(...args).outcome;
const evaluationsOf = async (): Promise<Evaluation[]> => (JSON.parse((await elbo('show', 'small', '--json')).stdout) as RunDetail).evaluations;
const valueOf = (evaluations: Evaluation[], metric: string): number => evaluations.find((evaluation) => evaluation.metric === metric && evaluation.k !== null)?.value ?? NaN;

describe('elbo eval', () => {
  it('estimates the likelihood with all that a number needs, and keeps it with the run in place of the one before', async () => {
    const outcomes = [await elbo('eval', 'small', '--estimator', 'elbo', '-k', '20', '--json'), await elbo('eval', 'small', '--estimator', 'iwae', '-k', '20', '--json'), await elbo('eval', 'small', '--estimator', 'iwae', '-k', '20', '--seed', '1', '--json')];
    for (const { code } of outcomes) expect(code).toBe(0);
    const [bound = [], weighted = [], again = []] = outcomes.map(({ stdout }) => (JSON.parse(stdout) as { evaluations: Evaluation[] }).evaluations);
    expect(weighted[0]).toMatchObject({ metric: 'iwaeNats', k: 20, n: 250, split: 'test', protocol: 'dynamic binarisation', unit: 'nats', step: 60, estimator: expect.stringContaining('importance'), standardError: expect.any(Number) });
    expect(weighted[1]).toMatchObject({ metric: 'iwaeEffectiveDraws', k: 20 });
    expect(valueOf(weighted, 'iwaeNats')).toBeGreaterThan(valueOf(bound, 'elboNats'));
    expect(valueOf(again, 'iwaeNats')).not.toBe(valueOf(weighted, 'iwaeNats'));
    const stored = (await evaluationsOf()).filter(({ metric }) => metric === 'iwaeNats');
    expect(stored).toEqual([again[0]]);
  });

  it('refuses what the model cannot give', async () => {
    const { code, stderr } = await elbo('eval', 'small', '--estimator', 'exact');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*affine.*\n {2}where: estimator\n {2}repair: .+$/m);
  });

  it('is cancelled by Ctrl+C: exit 130, nothing stored', async () => {
    const before = await evaluationsOf();
    const { child, outcome } = start('eval', 'small', '--estimator', 'naive', '-k', '1000000');
    setTimeout(() => child.kill('SIGINT'), 3000);
    const { code, stdout, stderr } = await outcome;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toMatch(/cancelled/);
    expect(await evaluationsOf()).toEqual(before);
  });
});

describe('elbo measure', () => {
  it('lists what fits the run, in its help everything', async () => {
    const { stdout } = await elbo('measure', 'small');
    expect(stdout).toMatch(/^ {2}samples +Samples beside the examples/m);
    expect(stdout).not.toMatch(/^ {2}layers/m);
    expect((JSON.parse((await elbo('measure', 'small', '--json')).stdout) as { measure: string }[]).map(({ measure }) => measure)).toContain('holes');
    expect((await elbo('measure', '--help')).stdout).toMatch(/^ {2}layers +Of flows/m);
  });

  it('measures, and keeps it with the run', async () => {
    const { code, stdout } = await elbo('measure', 'small', '{"measure": "manifold", "side": 5}', '--json');
    const { evaluations } = JSON.parse(stdout) as { evaluations: Evaluation[] };
    expect(code).toBe(0);
    expect(evaluations.map(({ metric }) => metric)).toEqual(['neighbourError', 'gridError', 'neighbourShare']);
    expect(await evaluationsOf()).toEqual(expect.arrayContaining(evaluations));
    expect((await elbo('measure', 'small', 'objective')).stdout).toMatch(/^lossNats/m);
  });

  it('is cancelled by Ctrl+C: exit 130, nothing stored', async () => {
    const before = await evaluationsOf();
    const { child, outcome } = start('measure', 'small', '{"measure": "amortisation", "steps": 10000}');
    setTimeout(() => child.kill('SIGINT'), 3000);
    expect(await outcome).toMatchObject({ code: 130, stdout: '', stderr: expect.stringMatching(/cancelled/) });
    expect(await evaluationsOf()).toEqual(before);
  });
});

describe('elbo sample, encode and weights', () => {
  it('write pictures in a grid, and the same ones for the same seed', async () => {
    const [a, b] = [join(home, 'a.png'), join(home, 'b.png')];
    expect(await elbo('sample', 'small', '--count', '10', '--seed', '4', '--out', a)).toMatchObject({ code: 0, stdout: expect.stringMatching(/24 x 32 x 1.*means of p\(x\|z\)/) });
    await elbo('sample', 'small', '--count', '10', '--seed', '4', '--out', b);
    expect(await sharp(a).metadata()).toMatchObject({ width: 32, height: 24 });
    expect(readFileSync(a)).toEqual(readFileSync(b));
    const drawn = await elbo('sample', 'small', '--count', '10', '--seed', '4', '--draw', '--out', b, '--json');
    expect(JSON.parse(drawn.stdout)).toMatchObject({ samplesAre: 'draws' });
    expect(readFileSync(a)).not.toEqual(readFileSync(b));
  });

  it('write arrays of samples and codes', async () => {
    expect((await elbo('sample', 'small', '--count', '1001', '--out', join(home, 's.npz'))).stdout).toContain('1001 x 8 x 8 x 1');
    const { stdout } = await elbo('encode', 'small', '--split', 'test', '--out', join(home, 'e.npz'), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ shape: [250, 2] });
    const bytes = readFileSync(join(home, 'e.npz'));
    for (const name of ['means.npy', 'standardDeviations.npy', 'labels.npy']) expect(bytes.includes(name)).toBe(true);
  });

  it('encode another data set of the same form, and no other', async () => {
    expect((await elbo('encode', 'small', '--data', 'digits-8x8', '--split', 'valid', '--out', join(home, 'v.npz'))).code).toBe(0);
    const { code, stderr } = await elbo('encode', 'small', '--data', 'mnist-1000', '--out', join(home, 'm.npz'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/has not the form of "digits-8x8"/);
  });

  it('encode a data set in the order of its file, which is not the one in which it is shown', async () => {
    const parent = join(home, 'datasets');
    const digits = readDatasetInfo(join(parent, 'digits-8x8'));
    const { values, labels } = readSplit(join(parent, 'digits-8x8'), digits, 'test');
    const order = Array.from(labels ?? [], (label, row) => ({ label, row })).sort((a, b) => a.label - b.label || a.row - b.row).map(({ row }) => row);
    const sorted = { values: rowsAt(values as Uint8Array, 64, Int32Array.from(order)), labels: Uint16Array.from(order, (row) => labels?.[row] ?? NaN) };
    await writeDatasetFolder(parent, { ...digits, id: 'sorted', builtIn: false }, { train: sorted, valid: sorted, test: sorted });
    const info = readDatasetInfo(join(parent, 'sorted'));
    expect(new Set(readPage(join(parent, 'sorted'), info, 'test', () => shownOrder(info, 'test').subarray(0, 20)).labels).size).toBeGreaterThan(4);
    expect((await elbo('encode', 'small', '--data', 'sorted', '--out', join(home, 'f.npz'))).code).toBe(0);
    expect(readFileSync(join(home, 'f.npz')).includes(Buffer.from(sorted.labels.buffer))).toBe(true);
  });

  it('write the parameters without the optimiser', async () => {
    const file = join(home, 'w.safetensors');
    const { stdout } = await elbo('weights', 'small', '--out', file, '--json');
    const tensors = readSafetensors(readFileSync(file), file);
    expect(Object.keys(tensors).filter((name) => name.startsWith('adam'))).toEqual([]);
    expect(tensors['encoder/dense-0/kernel']?.shape).toEqual([64, 16]);
    expect(JSON.parse(stdout)).toMatchObject({ step: 60, tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])) });
  });

  it.each([
    ['a file of another kind', ['sample', 'small', '--out', 'x.jpg'], /\.png or \.npz/],
    ['no file', ['weights', 'small'], /--out/],
    ['an unknown estimator', ['eval', 'small', '--estimator', 'best'], /elbo, iwae, naive, exact/],
    ['an unknown measurement', ['measure', 'small', 'everything'], /Choose one of likelihood, density/],
    ['a measurement without what it needs', ['measure', 'small', 'repair'], /corruption/],
    ['a measurement that the model does not allow', ['measure', 'small', 'layers'], /cannot show its layers/],
    ['no draws', ['eval', 'small', '--estimator', 'iwae', '-k', '0'], /k/],
    ['a temperature that is none', ['sample', 'small', '--temperature', 'hot', '--out', 'x.png'], /not a number/],
    ['a split that is not there', ['encode', 'small', '--split', 'all', '--out', 'x.npz'], /train, valid, test/],
  ])('exit with 2 on %s', async (_what, args, says) => {
    const { code, stderr } = await elbo(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  });
});
