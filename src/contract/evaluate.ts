import { z } from 'zod';
import { splits } from './datasets';

/** Ways to estimate log p(x) of a trained model. Their numbers compare only with their K, split and protocol beside them. */
export const likelihoodEstimators = ['elbo', 'iwae', 'naive', 'exact'] as const;
export type LikelihoodEstimator = (typeof likelihoodEstimators)[number];

export const evaluateSchema = z.strictObject({
  estimator: z.enum(likelihoodEstimators),
  /** Draws for each example; `exact` takes none and ignores it. */
  k: z.int().min(1).max(1_000_000).default(1),
  split: z.enum(splits).default('test'),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0),
  /** The first examples of the split; all without it. */
  limit: z.int().min(1).optional(),
});
export type EvaluateRequest = z.output<typeof evaluateSchema>;
