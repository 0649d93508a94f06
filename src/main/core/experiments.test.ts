import { expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/datasets';
import { Refusal } from '../../contract/errors';
import { experimentSchema, type ExperimentInput } from '../../contract/experiment';
import { completeExperiment } from './experiments';

const table = (valid: number): DatasetInfo => ({
  id: 'made', title: 'Made', kind: 'table', columns: ['a', 'b'], height: 1, width: 1, channels: 2, maximum: 1, binary: false, counts: { train: 1000, valid, test: 10 },
  classes: null, factors: null, protocol: '', licence: '', source: '', bytes: 0, builtIn: false,
});

const refusal = (valid: number, training: ExperimentInput['training'], model = 'maf') => {
  try {
    completeExperiment(experimentSchema.parse({ model, data: 'made', training }), table(valid));
    return null;
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.error;
    throw thrown;
  }
};

it('the best by validation are kept where there is a validation split, and patience waits for them alone', () => {
  expect(refusal(50, { keepBest: true, patience: 3 })).toBeNull();
  expect(refusal(0, { keepBest: true })).toMatchObject({ code: 'bad-experiment', where: 'training.keepBest', message: expect.stringContaining('"made" has none'), repair: expect.stringContaining('held out') });
  expect(refusal(50, { patience: 3 })).toMatchObject({ code: 'bad-experiment', where: 'training.patience' });
  // A procedure of its own has no use for either, as for a learning rate.
  expect(refusal(0, { keepBest: true, patience: 3 }, 'gmm')).toBeNull();
});
