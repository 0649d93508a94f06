import { expect, it } from 'vitest';
import { trainingSchema, type Experiment } from '../../../contract/experiment';
import { detailOf } from '../../panels/bench';
import { apart, bySeed } from './groups';

const experiment: Experiment = { model: 'vae', data: 'mnist', binarisation: 'none', settings: { beta: 1, latentSize: 2 }, training: trainingSchema.parse({}), seed: 0 };
const run = (id: string, name: string, change: Partial<Experiment> = {}) => detailOf({ id, name, experiment: { ...experiment, name, ...change } });

it('runs that differ in nothing but the seed are one group, under what their names have in common', () => {
  const groups = bySeed([run('b', 'sweep, beta 1, seed 1', { seed: 1, settings: { latentSize: 2, beta: 1 } }), run('c', 'sweep, beta 4, seed 0', { settings: { beta: 4, latentSize: 2 } }), run('a', 'sweep, beta 1, seed 0')]);
  expect(groups.map(({ id, name, runs }) => [id, name, runs.length])).toEqual([
    ['a', 'sweep, beta 1', 2],
    ['c', 'sweep, beta 4, seed 0', 1],
  ]);
});

it('a seed that was run twice is not two seeds', () => {
  expect(bySeed([run('a', 'x'), run('b', 'y')]).map(({ runs }) => runs.length)).toEqual([1, 1]);
});

it('apart every run is its own', () => {
  expect(apart([run('a', 'x'), run('b', 'y', { seed: 1 })]).map(({ id, name }) => [id, name])).toEqual([['a', 'x'], ['b', 'y']]);
});
