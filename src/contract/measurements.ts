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
  /** How far samples are from each other at each temperature. */
  z.strictObject({ measure: z.literal('temperatures'), temperatures: z.array(z.number().min(0).max(10)).min(1).max(32), samples: z.int().min(2).max(10_000).default(100), ...common }),
  /** Of autoregressive models: pictures coded by an arithmetic coder, and decoded. */
  z.strictObject({ measure: z.literal('compression'), ...common }),
  /** Of autoregressive models of binary pictures: the sum of p(x) over all values of the last `free` pixels, given those before. */
  z.strictObject({ measure: z.literal('total-probability'), free: z.int().min(1).max(16).default(10), ...common }),
  /** Of flows, after each layer: volume, inverse, and how far the values are from normal. */
  z.strictObject({ measure: z.literal('layers'), ...common }),
  /** Of flows' layers whose names hold `layers`: their Jacobians by differentiation. */
  z.strictObject({ measure: z.literal('jacobians'), layers: z.string(), ...common }),
  /** Of models with a solver: the log-likelihood with `factor` times as many steps. */
  z.strictObject({ measure: z.literal('solver'), factor: z.int().min(2).max(64).default(4), ...common }),
  /** What it takes to draw as many examples as there are, and to score them. */
  z.strictObject({ measure: z.literal('timing'), ...common }),
  /** Of masked autoregressive flows: encoding, as an inverse autoregressive flow with the same nets would sample. */
  z.strictObject({ measure: z.literal('duality'), ...common }),
]);
export type Measurement = z.output<typeof measurementSchema>;
export type MeasurementKind = Measurement['measure'];
