import type { Scalar, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Ability, DataShape, Family } from '../contract/models';
import type { SettingsSchema } from '../contract/settings';
import type { Distribution } from './distributions/distribution';
import type { Noise } from './random/noise';

/** Pictures as the model sees them: `[batch, height, width, channels]`, values in [0, 1]. */
export type Batch = Tensor4D;

/** Named terms of the objective, each a scalar averaged over the batch, in the order in which curves list them. */
export type Terms = Record<string, Scalar>;

export interface Objective {
  /** The scalar to minimise. */
  loss: Scalar;
  terms: Terms;
}

/** Per-example terms of the evidence lower bound, each `[batch]`, nats; `elbo = reconstruction - kl`. */
export interface ElboTerms {
  elbo: Tensor1D;
  /** E_q[log p(x|z)], estimated by one sample. */
  reconstruction: Tensor1D;
  kl: Tensor1D;
  /** `[batch, latent]`. */
  klPerDimension: Tensor2D;
}

/** Optional functions with one meaning each; a panel names those it needs. All run inside the caller's `tidy`. */
export interface Abilities {
  /** The posterior of the code; a point for a deterministic encoder. Event `[latent]`. */
  encode?(x: Batch): Distribution;
  /** p(x|z) for codes `[batch, latent]`. Event `[height, width, channels]`. */
  decode?(z: Tensor2D): Distribution;
  /** p(z) for `count` codes. */
  prior?(count: number): Distribution;
  /** Means of p(x|z) at prior draws scaled by `temperature`: z = temperature * epsilon. */
  sample?(request: { count: number; temperature: number; noise: Noise }): Batch;
  /** Decoder's mean at the posterior's mean. */
  reconstruct?(x: Batch): Batch;
  elbo?(x: Batch, noise: Noise): ElboTerms;
  /** Exact log p(x), `[batch]`, nats. */
  logProb?(x: Batch): Tensor1D;
}

/** What every model has: its parameters by name (the names of a checkpoint's tensors), and what it can be asked. */
interface ModelCommon {
  /** Variables by name, in a fixed order: `encoder/dense-0/kernel`. */
  parameters: Record<string, Variable>;
  latentSize: number | null;
  abilities: Abilities;
  /** Unit of the loss terms: `nats`, or `squared error`. */
  unit: string;
}

/** Trained by steps of an optimiser on its objective. */
export interface GradientModel extends ModelCommon {
  /** Tensors all the way: nothing is read back on the host, so that a step can be compiled. */
  objective(batch: Batch, noise: Noise): Objective;
}

/** Trained by a procedure of its own, a step at a time over the whole training set, until it returns. */
export interface FittedModel extends ModelCommon {
  fit(data: Batch, noise: Noise): Generator<Record<string, number>, void>;
}

export type Model = GradientModel | FittedModel;

export interface ModelDefinition<S extends SettingsSchema = SettingsSchema> {
  id: string;
  title: string;
  family: Family;
  summary: string;
  source: string;
  objective: string;
  settings: S;
  abilities: readonly Ability[];
  trainedBy: 'gradient' | 'fit';
  /** Which data it takes, in words. */
  accepts: string;
  /** Null when the data and settings fit together, else a sentence that says why not and what to change. */
  refuses(data: DataShape, settings: z.output<S>): string | null;
  /** Makes the variables (initialised by `noise`) and the functions over them. The caller disposes of `parameters`. */
  build(context: { settings: z.output<S>; data: DataShape; noise: Noise }): Model;
}

/** Declares a model; the registry lists it and the conformance suite tests it. */
export const defineModel = <S extends SettingsSchema>(definition: ModelDefinition<S>): ModelDefinition<S> => definition;
