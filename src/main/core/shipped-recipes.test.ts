import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { runsOf } from '../../contract/recipes';
import { generatedSets } from '../../ml/data/generated';
import { installBuiltIns } from '../formats/built-in';
import { listDatasets } from '../formats/dataset-folder';
import { publicSets } from '../formats/public-sets';
import { completeExperiment } from './experiments';
import { readRecipes } from './recipes';
import { temporaryHome } from './testing/digits';

const resources = join(import.meta.dirname, '../../../resources');
const { home, remove } = temporaryHome();
const { recipes, problems } = readRecipes(resources, home);
let datasets: DatasetInfo[];
beforeAll(async () => {
  await installBuiltIns(join(resources, 'datasets'), home);
  datasets = [...generatedSets.map(({ info }) => info), ...listDatasets(home)];
});
afterAll(remove);

it('every recipe can be read, and no two have one name', () => expect(problems).toEqual([]));

it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('%s asks for experiments that can be run, in both sizes', (_id, recipe) => {
  for (const full of [false, true])
    for (const { experiment } of runsOf(recipe, { full })) {
      const dataset = datasets.find(({ id }) => id === experiment.data);
      // What is fetched is known when it is there.
      if (dataset) completeExperiment(experiment, dataset);
      else expect(publicSets.map(({ id }) => id)).toContain(experiment.data);
    }
});

it.each(recipes.map((recipe) => [recipe.id, recipe] as const))('%s has no run twice, in either size', (_id, recipe) => {
  for (const full of [false, true]) {
    const runs = runsOf(recipe, { full }).map(({ experiment }) => JSON.stringify({ ...experiment, name: '' }));
    expect(new Set(runs).size).toBe(runs.length);
  }
});
