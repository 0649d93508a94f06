import { describe, expect, it } from 'vitest';
import { trainingSchema, type Experiment } from '../../../contract/experiment';
import type { Evaluation } from '../../../contract/runs';
import { comparedEvaluations, differences, orderOf } from './differences';

const experiment: Experiment = { model: 'vae', data: 'mnist', binarisation: 'none', settings: { latentSize: 2, widths: [512, 256] }, training: trainingSchema.parse({ steps: 100, batch: 10, learningRate: 1e-3, evaluateEvery: 10 }), seed: 0 };

describe('what differs between runs', () => {
  it('is named once for all, the rest is counted', () => {
    const { differ, equal } = differences([[experiment], [{ ...experiment, training: { ...experiment.training, learningRate: 1e-4 }, settings: { latentSize: 2, widths: [64] } }]]);
    expect(differ).toEqual([
      { name: 'widths', values: ['512, 256', '64'] },
      { name: 'learning rate', values: ['0.001', '0.0001'] },
    ]);
    expect(equal).toHaveLength(17);
    expect(equal).toContainEqual({ name: 'batch', values: ['10', '10'] });
  });

  it('is apart from what only one model has', () => {
    const { differ, lacking } = differences([[experiment], [{ ...experiment, model: 'autoencoder', settings: { latentSize: 2, widths: [512, 256], likelihood: 'gaussian' } }]]);
    expect(differ).toEqual([{ name: 'model', values: ['vae', 'autoencoder'] }]);
    expect(lacking).toEqual([{ name: 'likelihood', values: ['–', 'gaussian'] }]);
  });

  it('is not the seed where groups have the same ones', () => {
    const seeds = [experiment, { ...experiment, seed: 1 }];
    expect(differences([seeds, seeds.map((each) => ({ ...each, model: 'autoencoder' }))]).differ).toEqual([{ name: 'model', values: ['vae', 'autoencoder'] }]);
    expect(differences([seeds, [experiment]]).differ).toEqual([{ name: 'seed', values: ['0, 1', '0'] }]);
  });
});

describe('an order of runs', () => {
  const of = (settings: Experiment['settings'], change: Partial<Experiment> = {}) => [{ ...experiment, settings: { ...experiment.settings, ...settings }, ...change }];

  it('is that of the one number in which they differ', () => {
    expect(orderOf([of({ beta: 16 }), of({ beta: 2 }), of({ beta: 10 })])).toEqual([1, 0, 0.5]);
  });

  it.each([
    ['nothing differs', [of({}), of({})]],
    ['the seed differs', [of({}), of({}, { seed: 1 })]],
    ['words differ', [of({ likelihood: 'gaussian' }), of({ likelihood: 'bernoulli' })]],
    ['two numbers differ', [of({ beta: 1, width: 2 }), of({ beta: 2, width: 3 })]],
    ['one of them lacks the number', [of({}), of({ beta: 2 })]],
  ])('is none where %s', (_why, groups) => {
    expect(orderOf(groups)).toBeNull();
  });
});

describe('evaluations side by side', () => {
  const elbo: Evaluation = { metric: 'elboNats', value: -100, standardError: 1, unit: 'nats', estimator: 'ELBO, 1 sample', k: null, split: 'test', protocol: 'grey', n: 1000, step: 9 };

  it('stand in one row when they are of the same thing', () => {
    const rows = comparedEvaluations([[{ evaluations: [elbo] }], [{ evaluations: [{ ...elbo, value: -90, n: 500 }] }]]);
    expect(rows.map(({ values }) => values.map((measured) => measured?.value))).toEqual([[-100, -90]]);
  });

  it.each([{ protocol: 'dynamic binarisation' }, { estimator: 'IWAE' }, { k: 50 }, { split: 'train' as const }])('never stand in one row when they differ in %j', (change) => {
    const rows = comparedEvaluations([[{ evaluations: [elbo] }], [{ evaluations: [{ ...elbo, ...change }] }]]);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.values[1]).toBeNull();
    expect(rows[1]?.values[0]).toBeNull();
  });

  it('are the mean of several seeds with their standard deviation, of one run its own value with its standard error', () => {
    const [row] = comparedEvaluations([[-100, -90, -95].map((value) => ({ evaluations: [{ ...elbo, value }] })), [{ evaluations: [elbo] }], [{ evaluations: [elbo] }, { evaluations: [] }]]);
    expect(row?.values.map((measured) => measured && [measured.value, measured.error, measured.spread, measured.runs])).toEqual([[-95, 5, 's.d.', 3], [-100, 1, 's.e.', 1], [-100, 1, 's.e.', 1]]);
  });

  it.each([
    ['elboNats', 1],
    ['squaredError', 0],
    ['elboBitsPerDimension', 0],
    ['klNats', null],
  ])('of %s have the best at %j', (metric, best) => {
    const [row] = comparedEvaluations([3, 5, 4].map((value) => [{ evaluations: [{ ...elbo, metric, value }] }]));
    expect(row?.best).toBe(best);
  });

  it('have no best where two tie or only one was measured', () => {
    const best = (values: number[][]) => comparedEvaluations(values.map((seeds) => seeds.map((value) => ({ evaluations: [{ ...elbo, value }] }))))[0]?.best;
    expect(best([[1], [1]])).toBeNull();
    expect(best([[1], []])).toBeNull();
  });

  it('say their unit once, and at each where it is not the same', () => {
    const active = { ...elbo, metric: 'activeUnits', unit: 'dimensions of 8' };
    expect(comparedEvaluations([[{ evaluations: [active] }], [{ evaluations: [active] }]])[0]?.unit).toBe('dimensions of 8');
    expect(comparedEvaluations([[{ evaluations: [active] }], [{ evaluations: [{ ...active, unit: 'dimensions of 9' }] }]])[0]?.unit).toBeNull();
  });
});
