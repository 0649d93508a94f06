import { z } from 'zod';
import { splits } from './datasets';

/** Ways to estimate log p(x) of a trained model. Their numbers compare only with their K, split and protocol beside them. */
export const likelihoodEstimators = ['elbo', 'iwae', 'naive', 'exact'] as const;
export type LikelihoodEstimator = (typeof likelihoodEstimators)[number];

/** Of which examples, and with which noise. */
const common = {
  split: z.enum(splits).default('test'),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0),
  /** The first examples of the split; all without it. */
  limit: z.int().min(1).optional(),
};

/** What can be measured of a trained model, on demand; each gives numbers that are stored with the run. */
export const measurementSchema = z.discriminatedUnion('measure', [
  /** `k`: draws for each example; `exact` takes none and ignores it. */
  z.strictObject({ measure: z.literal('likelihood'), estimator: z.enum(likelihoodEstimators), k: z.int().min(1).max(1_000_000).default(1), ...common }),
  /** Of two columns: the integral of the model's density, and how far it is from the truth where that is known. */
  z.strictObject({ measure: z.literal('density'), ...common }),
  /** Of flows: how far examples come back from their codes. */
  z.strictObject({ measure: z.literal('round-trip'), ...common }),
]);
export type Measurement = z.output<typeof measurementSchema>;
export type MeasurementKind = Measurement['measure'];
