import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeVariables } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../../contract/datasets';
import type { FromEngine } from '../../../contract/engine';
import type { Experiment } from '../../../contract/experiment';
import { measurementSchema, type Measurement } from '../../../contract/measurements';
import { measurementsOf, measuresOf, ofSize, recipeSchema, runsOf, type Recipe } from '../../../contract/recipes';
import type { Evaluation } from '../../../contract/runs';
import { holdsWords } from '../../../contract/terms';
import { generatedSets } from '../../../ml/data/generated';
import { writeDatasetFolder, type SplitArrays } from '../../formats/dataset-folder';
import { Link } from '../link';
import { openSession } from '../session';
import { train } from '../train-loop';
import { measure } from './measure';

const folder = join(import.meta.dirname, '../../../../resources/recipes');
const recipes = readdirSync(folder).map((name) => recipeSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));

const home = mkdtempSync(join(tmpdir(), 'elbo-recipes-'));
const counts = { train: 60, valid: 10, test: 40 };
const ofPictures = { ...counts, train: 1000 };
/** In place of data that are large or fetched: small pictures of noise, of as many levels and channels. */
const pictures = ([['digits-8x8', 1, 16], ['mnist-1000', 1, 255], ['mnist', 1, 255], ['fashion-mnist', 1, 255], ['mnist-static', 1, 1], ['cifar-10', 3, 255]] as const).map(([id, channels, maximum]): DatasetInfo => ({
  id, title: id, kind: 'pictures', columns: null, height: 8, width: 8, channels, maximum, binary: maximum === 1, counts: ofPictures, classes: Array.from({ length: 10 }, (_, i) => String(i)), factors: null, protocol: '', licence: '', source: '', bytes: 0, builtIn: false,
}));
const infos = new Map<string, DatasetInfo>();

const noise = ({ height, width, channels, maximum }: DatasetInfo, count: number): SplitArrays => ({
  values: Uint8Array.from({ length: count * height * width * channels }, (_, i) => (i * 2654435761 >>> 7) % (maximum + 1)),
  labels: Uint16Array.from({ length: count }, (_, i) => i % 10),
});

beforeAll(async () => {
  for (const info of pictures) {
    infos.set(info.id, info);
    await writeDatasetFolder(home, info, { train: noise(info, ofPictures.train), valid: noise(info, counts.valid), test: noise(info, counts.test) });
  }
  for (const { info: whole, version, rows } of generatedSets) {
    const info = { ...whole, counts };
    infos.set(info.id, info);
    await writeDatasetFolder(home, info, { train: rows('train', 0, counts.train), valid: rows('valid', 0, counts.valid), test: rows('test', 0, counts.test) }, { madeFrom: `generator ${version}` });
  }
});
afterAll(() => rmSync(home, { recursive: true }));

/** As quick as it can be made: what it gives, not how well, is looked at. Numbers of draws that checks name, K and temperatures, stay in what they are called by. */
const least: Partial<Record<string, unknown>> = { limit: 4, samples: 1000, draws: 10, count: 10, steps: 2, side: 3, free: 4, perplexity: 5 };
const kAtMost = 5;
const quick = (asked: Measurement): Measurement =>
  measurementSchema.parse({ ...Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, typeof value === 'number' && typeof least[key] === 'number' ? Math.min(value, least[key]) : key === 'k' ? Math.min(Number(value), kAtMost) : value])), limit: ['disentanglement', 'embeddings', 'out-of-distribution'].includes(asked.measure) ? counts.test : 4 });

/** Of each setting as little as there can be: layers, levels and steps stay, after which layers are named. */
const narrow: Partial<Record<string, unknown>> = { filters: 8, head: 8, blocks: 1, priorComponents: 4, flowWidth: 8 };
const narrowed = ({ settings, training, ...experiment }: Experiment): Experiment => ({
  ...experiment,
  settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, typeof value === 'number' && typeof narrow[key] === 'number' ? Math.min(value, narrow[key]) : Array.isArray(value) && (key === 'widths' || key === 'channels') ? value.map(() => 8) : value])),
  training: { ...training, steps: 1, batch: 4, compile: 'off' },
});

/** What is not measured here: holes, which training makes, and costs, whose models are made for the occasion. */
const left: Partial<Record<Measurement['measure'], string[]>> = { holes: ['holeDistance', 'elsewhereDistance'], cost: ['samplingMilliseconds', 'densityMilliseconds'] };

const trained = new Map<string, Evaluation[]>();

async function evaluationsOf(experiment: Experiment, measurements: Measurement[]): Promise<Evaluation[]> {
  const key = JSON.stringify([{ ...experiment, name: '' }, measurements]);
  const known = trained.get(key);
  if (known) return known;
  const dataset = infos.get(experiment.data);
  if (!dataset) throw new Error(`There is no stand-in for ${experiment.data}.`);
  const evaluations: Evaluation[] = [];
  const link: Link = new Link((message: FromEngine) => {
    if (message.type === 'metrics') link.receive({ type: 'stored', step: Infinity });
    if (message.type === 'done' || message.type === 'evaluated') evaluations.push(...message.evaluations);
  });
  const run = { id: 'r', experiment, folder: mkdtempSync(join(home, 'run-')), dataset, datasetFolder: join(home, dataset.id), loweringsFile: join(home, 'lowerings'), purpose: 'train' as const, compute: null };
  const session = await openSession(run, () => undefined);
  await train(session, link);
  for (const asked of measurements) if (!left[asked.measure]) await measure(session, 1, quick(asked), link);
  disposeVariables();
  trained.set(key, evaluations);
  return evaluations;
}

/** Those that take a second; ELBO_LONG=1: all, some minutes. */
const always = ['pca-is-linear-ae', 'elbo-gap-is-kl', 'nice-volume'];
const asked = recipes.filter(({ id }) => process.env.ELBO_LONG || always.includes(id));

describe.each(asked.map((recipe): [string, Recipe] => [recipe.id, recipe]))('%s', (_id, recipe) => {
  it.each(recipe.full ? [false, true] : [false])('has what its checks look at, full: %s', { timeout: 300_000 }, async (full) => {
    const found = new Map<string | null, Evaluation[]>();
    for (const { variant, experiment } of runsOf(recipe, { seed: 0, full })) found.set(variant, await evaluationsOf(narrowed(experiment), measurementsOf(recipe, variant, full)));
    for (const check of recipe.checks.filter(ofSize(full)))
      for (const { variant = null, metric, split, k, estimator = '' } of measuresOf(check)) {
        if (measurementsOf(recipe, variant, full).some((asked) => left[asked.measure]?.includes(metric))) continue;
        const named = (found.get(variant) ?? []).filter((each) => each.metric === metric);
        const is = named.some((each) => each.split === split && (k === undefined || each.k === Math.min(k, kAtMost)) && holdsWords(each.estimator, estimator));
        expect(is, `${check.title}: ${metric} on ${split}${estimator && `, ${estimator}`}; there are\n${named.map((each) => `${each.split}, K ${each.k ?? ''}, ${each.estimator}`).join('\n')}`).toBe(true);
      }
  });
});
