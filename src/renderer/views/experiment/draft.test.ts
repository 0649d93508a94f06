import { describe, expect, it } from 'vitest';
import { experimentSchema, type Experiment } from '../../../contract/experiment';
import { parse } from '../../../contract/parse';
import type { ModelInfo } from '../../../contract/models';
import type { Recipe } from '../../../contract/recipes';
import { fakeDatasets, fakeModels, fakeRecipes } from '../../client/fake';
import { binarised, fileOf, isStill, refusedField, scratch, wholeSettings } from './draft';

const model = (id: string): ModelInfo => fakeModels.find((each) => each.id === id) as ModelInfo;
const draft: Experiment = parse(experimentSchema, { model: 'vae', data: 'mnist-1000', settings: { latentSize: 2, widths: [512, 256] } }, 'test');

describe('the field of a refusal', () => {
  it.each([
    ['request runs.create, experiment.training.steps', 'training.steps'],
    ['experiment.settings, latentSize', 'settings.latentSize'],
    ['experiment.settings, widths.1', 'settings.widths'],
    ['settings.widths', 'settings.widths'],
    ['request runs.create, experiment.name', 'name'],
    ['data', 'data'],
    ['training.batch', 'training.batch'],
    ['vae on mnist-1000', 'data'],
    ['recipe', undefined],
    ['/home/ada/data', undefined],
    ['settings.unheardOf', undefined],
    [undefined, undefined],
  ])('%j is %j', (where, field) => {
    expect(refusedField({ code: 'bad-experiment', message: 'no', ...(where !== undefined && { where }) }, draft, model('vae'))).toBe(field);
  });
});

describe('settings taken over from another model', () => {
  it('keep what both know and fit, and are whole', () => {
    expect(wholeSettings(model('vae'), { latentSize: 7, widths: [9], likelihood: 'poisson', extra: 1 })).toEqual({ latentSize: 7, widths: [9], likelihood: 'bernoulli', learnedVariance: false, variance: 0.05 });
    expect(wholeSettings(model('pca'), { latentSize: 7, widths: [9] })).toEqual({ latentSize: 7 });
  });
});

describe('a first experiment', () => {
  const refused = (id: string, ...data: string[]): ModelInfo[] => fakeModels.map((each) => (each.id === id ? { ...each, refusals: Object.fromEntries(data.map((key) => [key, 'no'])) } : each));
  const behind = [...fakeDatasets].reverse();

  it('is of a VAE on MNIST with pixels drawn anew, whatever the order of the lists', () => {
    expect(scratch(fakeModels, behind)).toMatchObject({ model: 'vae', data: 'mnist-1000', binarisation: 'dynamic', settings: { latentSize: 2 } });
  });

  it('is on the first data set that the model takes where there is no MNIST', () => {
    expect(scratch(refused('vae', 'frey'), behind.filter(({ id }) => id !== 'mnist-1000')).data).toBe('digits');
  });

  it('is of another model on data that the VAE does not take', () => {
    expect(scratch(refused('vae', 'digits'), fakeDatasets, { data: 'digits' })).toMatchObject({ model: 'pca', data: 'digits', binarisation: 'none' });
  });

  it('is of what is asked for, and of a data set that goes with it', () => {
    expect(scratch(fakeModels, behind, { data: 'frey' })).toMatchObject({ model: 'vae', data: 'frey', binarisation: 'dynamic' });
    expect(scratch(refused('pca', 'mnist-1000'), fakeDatasets, { model: 'pca' })).toMatchObject({ model: 'pca', data: 'digits', binarisation: 'none' });
    expect(scratch(fakeModels, fakeDatasets, { model: 'gone', data: 'lost' })).toMatchObject({ model: 'gone', data: 'lost' });
  });

  it('has the binarisation of what it becomes', () => {
    const digits = fakeDatasets.find(({ id }) => id === 'digits');
    const grey = { ...draft, binarisation: 'static' as const, settings: { likelihood: 'gaussian' } };
    expect(binarised(grey, model('vae'), digits).binarisation).toBe('none');
    expect(binarised({ ...grey, settings: {} }, model('vae'), digits).binarisation).toBe('static');
    expect(binarised(grey, model('pca'), digits).binarisation).toBe('none');
  });
});

describe('a draft of a recipe', () => {
  const recipe = fakeRecipes[0] as Recipe;
  it('is still the recipe under another name or with its defaults spelled out, not with another seed', () => {
    const whole = { ...recipe.experiment, settings: wholeSettings(model('vae'), recipe.experiment.settings) };
    expect(isStill(recipe, whole, model('vae'))).toBe(true);
    expect(isStill(recipe, { ...whole, name: 'mine' }, model('vae'))).toBe(true);
    expect(isStill(recipe, { ...whole, seed: 1 }, model('vae'))).toBe(false);
    expect(isStill(recipe, { ...whole, settings: { ...whole.settings, latentSize: 3 } }, model('vae'))).toBe(false);
  });
});

describe('the experiment file', () => {
  it('says the same as the draft, with short lists on one line', () => {
    const file = fileOf({ ...draft, settings: { ...draft.settings, name: 'a [1,\n 2]' } });
    expect(parse(experimentSchema, JSON.parse(file), 'file')).toEqual({ ...draft, settings: { ...draft.settings, name: 'a [1,\n 2]' } });
    expect(file).toContain('"widths": [512, 256]');
  });
});
