import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Training } from '../contract/experiment';
import type { Ability, DataShape, Family, ModelPage } from '../contract/models';
import type { SettingsSchema } from '../contract/settings';
import type { Bijector } from './bijectors/bijector';
import type { Distribution } from './distributions/distribution';
import type { Noise } from './random/noise';

/** Pictures as the model sees them: `[batch, height, width, channels]`, values in [0, 1]; rows of a table: `[batch, 1, 1, columns]`. */
export type Batch = Tensor4D;

/** Named terms of the objective, each a scalar averaged over the batch, in the order in which curves list them. */
export type Terms = Record<string, Scalar>;

export interface Objective {
  /** The scalar to minimise. */
  loss: Scalar;
  terms: Terms;
  /** New values of the model's `state`, by name; those left out stay as they are. Only a training step takes them over. */
  updates?: Record<string, Tensor>;
}

/** What an objective may depend on besides the batch and the parameters. */
export interface StepContext {
  noise: Noise;
  /** The number of the training step, int32, from 1; for an evaluation that of the step at which it happens. */
  step: Scalar;
  /** The examples' rows in the training set, int32 `[batch]`, for parameters that belong to examples. An evaluation of the whole training set has them too. */
  rows?: Tensor1D;
  /** True in a training step alone, where features are dropped. */
  training?: true;
}

/** Per-example terms of the evidence lower bound, each `[batch]`, nats; `elbo = reconstruction - kl`. */
export interface ElboTerms {
  elbo: Tensor1D;
  /** E_q[log p(x|z)], estimated by one sample unless `exact`. */
  reconstruction: Tensor1D;
  /** True where `reconstruction` is the expectation itself. */
  exact?: boolean;
  kl: Tensor1D;
  /** Whether `kl` was computed in closed form, or else by the sample; of a hierarchy, in which levels it was, given a draw of those above. */
  closedForm?: boolean | 'in each level' | 'above the lowest level';
  /** `[batch, latent]`, where the divergence is a sum over dimensions. */
  klPerDimension?: Tensor2D;
  /** `[batch, levels]`, the top level (drawn first) first, where there are several. */
  klPerLevel?: Tensor2D;
  /** Of a p(x|z) whose standard deviations have a floor, the share of the batch's values that are there. */
  atFloor?: Scalar;
}

/** What a layer of a flow makes of the data: values `[batch, size]`, and log|det| of all layers up to it, `[batch]`. */
export interface Stage {
  name: string;
  values: Tensor2D;
  logDet: Tensor1D;
  /** Of pictures: height, width and channels of the arrays that the values are, one after another, what goes on first. */
  shapes?: readonly (readonly [number, number, number])[];
  /** The map from the values of the stage before to these; the data have none. */
  layer?: Bijector;
}

/** A model with several levels of latent variables, the top one (drawn first) first. */
export interface Levels {
  /** Numbers in each level. */
  sizes: readonly number[];
  /**
   * Samples whose noise is scaled level by level: `temperatures` `[levels]`. The first `held` levels take one draw of `heldNoise`,
   * the same for every sample.
   */
  sample(request: { count: number; temperatures: Tensor1D; held: number; noise: Noise; heldNoise: Noise }): Batch;
  /** p(x|z) at `count` draws of all levels; a flow has none. */
  given?(count: number, noise: Noise): Distribution;
}

/** Optional functions with one meaning each; a panel names those it needs. All run inside the caller's `tidy`. */
export interface Abilities {
  /** The posterior of the code; a point for a deterministic encoder. Event `[latent]`. */
  encode?(x: Batch): Distribution;
  /** p(x|z) for codes `[batch, latent]`. Event `[height, width, channels]`. */
  decode?(z: Tensor2D): Distribution;
  /** p(z) for `count` codes. */
  prior?(count: number): Distribution;
  /**
   * Draws at a temperature, a scalar tensor that is not read: every standard deviation of the latent noise (for an autoregressive
   * model: of the conditionals) is multiplied by it. A VAE shows the means of p(x|z), and with `draw` a draw of each (whose own
   * noise keeps its size); a baseline with codes draws x with its noise.
   */
  sample?(request: { count: number; temperature: Scalar; noise: Noise; draw?: boolean }): Batch;
  /** Decoder's mean at the posterior's mean. */
  reconstruct?(x: Batch): Batch;
  elbo?(x: Batch, noise: Noise): ElboTerms;
  /** log p(x, z) - log q(z|x) of `count` draws from the posterior for each example: `[count, batch]`, nats (Burda et al. 2016, equation 8). */
  importance?(x: Batch, count: number, noise: Noise): Tensor2D;
  /**
   * Exact log p(x), `[batch]`, nats: of a picture with `levels` grey levels the log-probability of its levels (a lower bound on it by one draw
   * of the noise, for a density of dequantised pictures); of a table the log-density.
   */
  logProb?(x: Batch, noise: Noise): Tensor1D;
  /** A flow's layers from the data on: the data first, the base's variables last. */
  stages?(x: Batch, noise: Noise): Stage[];
  levels?: Levels;
  /** An autoregressive model's distribution of each value given those before it in its order, all at once. Event `[height, width, channels]`. */
  conditionals?(x: Batch): Distribution;
  /**
   * Draws what follows the first `known` values of each picture and keeps those: rows from the top, pixels from the left, channels last. A mixture
   * of several orders cannot, nor has it conditionals.
   */
  complete?(request: { x: Batch; known: Scalar; temperature: Scalar; noise: Noise }): Batch;
}

/** What a number's estimator says of q(z|x). */
export interface PosteriorWords {
  /** How the bound takes the expectation over q(z|x). */
  expectation: string;
  /** What `encode(x).mean()` is. */
  mean: string;
  /** Where q(z|x) comes from, if not from the encoder. */
  origin?: string;
}

/** Of an encoder's q(z|x) whose mean has a formula. */
export const plainPosterior: PosteriorWords = { expectation: '1 sample an example', mean: 'the mean of q(z|x)' };

/** What every model has: its parameters by name (the names of a checkpoint's tensors), and what it can be asked. */
interface ModelCommon {
  /** Variables by name, in a fixed order: `encoder/dense-0/kernel`. */
  parameters: Record<string, Variable>;
  latentSize: number | null;
  abilities: Abilities;
  /** Unit of the loss terms: `nats`, or `squared error`. */
  unit: string;
  /** How numbers about q(z|x) come about, where not as `plainPosterior` says. */
  posterior?: PosteriorWords;
  /** Whether p(x), or of a model with codes p(x|z), is a probability of levels and no density: then a bound on log p(x), too, has bits for each value. */
  mass?: boolean;
  /** Whether `logProb` is the density along a curve or surface that all samples lie on, of what x is projected to there. */
  onSurface?: boolean;
  /** Whether `sample` gives the means of p(x|z), and not draws of x, unless it is asked to draw. */
  samplesAreMeans?: boolean;
  /** Every code that the prior gives a probability, `[codes, latent]`, where they are few enough for log p(x) to be summed over them. */
  allCodes?(): Tensor2D;
}

/** Trained by steps of an optimiser on its objective. */
export interface GradientModel extends ModelCommon {
  /** What a step changes besides the parameters, by the name it has in a checkpoint: a controller's beta, running means. */
  state?: Record<string, Variable>;
  /** Sets parameters and state by data, once, before the first step of a new run: `batch` is up to 256 training examples. */
  initialise?(batch: Batch, noise: Noise): void;
  /** Tensors all the way: nothing is read back on the host, so that a step can be compiled. */
  objective(batch: Batch, context: StepContext): Objective;
  /** True where the gradient of `loss` estimates that of its expectation without being its derivative: by the score function, straight through a draw. */
  gradientIsEstimate?: boolean;
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
  page: ModelPage;
  settings: S;
  abilities: readonly Ability[];
  trainedBy: 'gradient' | 'fit';
  /** Which data it takes, in words. */
  accepts: string;
  /** Null when the data and settings fit together, else a sentence that says why not and what to change. */
  refuses(data: DataShape, settings: z.output<S>): string | null;
  /** Named settings, each a variant with a name of its own in the field; the first one's are the defaults. */
  presets?: readonly Preset<S>[];
  /** Makes the variables (initialised by `noise`) and the functions over them. The caller disposes of `parameters` and `state`. */
  build(context: { settings: z.output<S>; data: DataShape; noise: Noise }): Model;
}

/** A named choice of settings: `train beta-vae` is `train vae` with these. Its id is unlike every other preset's and model's. */
export interface Preset<S extends SettingsSchema = SettingsSchema> {
  id: string;
  title: string;
  /** One sentence: what it changes and why. */
  summary: string;
  source: string;
  settings: z.input<S>;
  /** What of the training goes with them. */
  training?: Partial<Training>;
}

/** Declares a model; the registry lists it and the conformance suite tests it. */
export const defineModel = <S extends SettingsSchema>(definition: ModelDefinition<S>): ModelDefinition<S> => definition;
