import { describe, expect, it } from 'vitest';
import { trainingSchema, type Experiment } from '../../../contract/experiment';
import type { Evaluation } from '../../../contract/runs';
import { comparedEvaluations, differences } from './differences';

const experiment: Experiment = { model: 'vae', data: 'mnist', binarisation: 'none', settings: { latentSize: 2, widths: [512, 256] }, training: trainingSchema.parse({ steps: 100, batch: 10, learningRate: 1e-3, evaluateEvery: 10 }), seed: 0 };

describe('what differs between runs', () => {
  it('is named once for all, the rest is counted', () => {
    const { differ, equal } = differences([experiment, { ...experiment, training: { ...experiment.training, learningRate: 1e-4 }, settings: { latentSize: 2, widths: [64] } }]);
    expect(differ).toEqual([
      { name: 'widths', values: ['512, 256', '64'] },
      { name: 'learning rate', values: ['0.001', '0.0001'] },
    ]);
    expect(equal).toBe(14);
  });

  it('counts a setting that only one model has', () => {
    const { differ } = differences([experiment, { ...experiment, model: 'autoencoder', settings: { latentSize: 2, widths: [512, 256], likelihood: 'gaussian' } }]);
    expect(differ).toContainEqual({ name: 'likelihood', values: ['–', 'gaussian'] });
  });
});

describe('evaluations side by side', () => {
  const elbo: Evaluation = { metric: 'elboNats', value: -100, standardError: 1, unit: 'nats', estimator: 'ELBO, 1 sample', k: null, split: 'test', protocol: 'grey', n: 1000, step: 9 };

  it('stand in one row when they are of the same thing', () => {
    const rows = comparedEvaluations([{ evaluations: [elbo] }, { evaluations: [{ ...elbo, value: -90, n: 500 }] }]);
    expect(rows.map(({ values }) => values.map((evaluation) => evaluation?.value))).toEqual([[-100, -90]]);
  });

  it.each([{ protocol: 'dynamic binarisation' }, { estimator: 'IWAE' }, { k: 50 }, { split: 'train' as const }])('never stand in one row when they differ in %j', (change) => {
    const rows = comparedEvaluations([{ evaluations: [elbo] }, { evaluations: [{ ...elbo, ...change }] }]);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.values[1]).toBeNull();
    expect(rows[1]?.values[0]).toBeNull();
  });
});
