import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { runsOf } from '../../contract/recipes';
import { generatedSets } from '../../ml/data/generated';
import { installBuiltIns } from '../formats/built-in';
import { listDatasets } from '../formats/dataset-folder';
import { completeExperiment } from './experiments';
import { readRecipes } from './recipes';
import { temporaryHome } from './testing/digits';

const resources = join(import.meta.dirname, '../../../resources');
const { home, remove } = temporaryHome();
const { recipes, problems } = readRecipes(resources, home);
let datasets: DatasetInfo[];
/** What public sets are once they are there. */
const fetched = ([['mnist', 28, 1, 255], ['fashion-mnist', 28, 1, 255], ['mnist-static', 28, 1, 1], ['cifar-10', 32, 3, 255]] as const).map(([id, side, channels, maximum]): DatasetInfo => ({
  id, title: id, kind: 'pictures', columns: null, height: side, width: side, channels, maximum, binary: maximum === 1, counts: { train: 50_000, valid: 0, test: 10_000 }, classes: null, factors: null, protocol: '', licence: '', source: '', bytes: 0, builtIn: false,
}));
beforeAll(async () => {
  await installBuiltIns(join(resources, 'datasets'), home);
  datasets = [...generatedSets.map(({ info }) => info), ...listDatasets(home), ...fetched];
});
afterAll(remove);

it('every recipe can be read, and no two have one name', () => expect(problems).toEqual([]));

it('every recipe has a full size or says why not', () => expect(recipes.filter(({ full, oneSize }) => !full && oneSize === undefined).map(({ id }) => id)).toEqual([]));

it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('%s asks for experiments that can be run, in both sizes', (_id, recipe) => {
  for (const full of [false, true])
    for (const { experiment } of runsOf(recipe, { full })) {
      const dataset = datasets.find(({ id }) => id === experiment.data);
      expect(dataset, experiment.data).toBeDefined();
      if (dataset) completeExperiment(experiment, dataset);
    }
});

it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('%s has no run twice, in either size', (_id, recipe) => {
  for (const full of [false, true]) {
    const runs = runsOf(recipe, { full }).map(({ experiment }) => JSON.stringify({ ...experiment, name: '' }));
    expect(new Set(runs).size).toBe(runs.length);
  }
});
