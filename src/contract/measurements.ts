import { z } from 'zod';
import { splits, type DatasetInfo } from './datasets';
import type { Ability } from './models';

/** Ways to estimate log p(x) of a trained model. Their numbers compare only with their K, split and protocol beside them. */
export const likelihoodEstimators = ['elbo', 'iwae', 'naive', 'exact'] as const;
export type LikelihoodEstimator = (typeof likelihoodEstimators)[number];

/** What can be taken away from pictures. */
export const corruptions = ['gaussian', 'masking', 'salt-and-pepper', 'lower-half', 'low-resolution', 'grey'] as const;
export type Corruption = (typeof corruptions)[number];

/** Of which examples, and with which noise. */
const common = {
  split: z.enum(splits).default('test'),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0),
  /** So many examples of the split, dealt out and always the same ones; all without it. */
  limit: z.int().min(1).optional(),
};

/** What can be measured of a trained model, on demand; each gives numbers that are stored with the run. */
export const measurementSchema = z.discriminatedUnion('measure', [
  z.strictObject({ measure: z.literal('likelihood'), estimator: z.enum(likelihoodEstimators), k: z.int().min(1).max(1_000_000).default(1), ...common }).describe('An estimate of log p(x). `k`: draws for each example; `exact` takes none and ignores it.'),
  z.strictObject({ measure: z.literal('density'), ...common }).describe("Of two columns: the integral of the model's density, and how far it is from the truth where that is known."),
  z.strictObject({ measure: z.literal('round-trip'), ...common }).describe('Of flows: how far examples come back from their codes.'),
  z.strictObject({ measure: z.literal('temperatures'), temperatures: z.array(z.number().min(0).max(10)).min(1).max(32), samples: z.int().min(2).max(10_000).default(100), ...common }).describe('How far samples are from each other at each temperature.'),
  z.strictObject({ measure: z.literal('compression'), ...common }).describe('Of autoregressive models: pictures coded by an arithmetic coder, and decoded.'),
  z.strictObject({ measure: z.literal('total-probability'), free: z.int().min(1).max(16).default(10), ...common }).describe('Of autoregressive models of binary pictures: the sum of p(x) over all values of the last `free` pixels, given those before.'),
  z.strictObject({ measure: z.literal('layers'), ...common }).describe('Of flows, after each layer: volume, inverse, and how far the values are from normal.'),
  z.strictObject({ measure: z.literal('jacobians'), layers: z.string(), ...common }).describe("Of flows' layers whose names hold `layers`: their Jacobians by differentiation."),
  z.strictObject({ measure: z.literal('solver'), factor: z.int().min(2).max(64).default(4), tolerances: z.array(z.number().min(1e-6).max(0.1)).max(8).default([]), ...common }).describe('Of models with a solver: the log-likelihood with `factor` times as many steps, and by an adaptive solver at each of the `tolerances`, with the evaluations of the field that it takes.'),
  z.strictObject({ measure: z.literal('timing'), ...common }).describe('What it takes to draw as many examples as there are, and to score them.'),
  z.strictObject({ measure: z.literal('duality'), ...common }).describe('Of masked autoregressive flows: encoding, as an inverse autoregressive flow with the same nets would sample.'),
  z.strictObject({ measure: z.literal('inversion'), scales: z.array(z.number().positive()).min(1).max(32), ...common }).describe('Of flows of tables: the inverse of examples `scales` times as far from the origin.'),
  z.strictObject({ measure: z.literal('cost'), ...common }).describe('What density and samples of an example take, by the number of its values.'),
  z.strictObject({ measure: z.literal('out-of-distribution'), other: z.string().min(1), batch: z.int().min(1).max(100).default(10), ...common }).describe("How well the likelihood and two remedies tell the test pictures of the data set `other` from the model's own; typicality is that of `batch` at a time."),
  z.strictObject({ measure: z.literal('objective'), ...common }).describe('Every term of what the model minimises.'),
  z.strictObject({ measure: z.literal('parts'), samples: z.int().min(100).max(10_000).default(2000), ...common }).describe('How many classes of the data the samples reach.'),
  z.strictObject({ measure: z.literal('curve-density'), ...common }).describe('Of points on a curve: the density along it beside the true one.'),
  z.strictObject({ measure: z.literal('density-at'), points: z.array(z.array(z.number()).min(1)).min(1).max(1000), ...common }).describe('The mean of p(x) at `points` of a table.'),
  z.strictObject({ measure: z.literal('interpolation'), ...common }).describe('Between pictures along lines of codes: the ends, and what is half way.'),
  z.strictObject({ measure: z.literal('reverse-divergence'), samples: z.int().min(1000).max(1_000_000).default(20_000), ...common }).describe("KL(q || p*) by the model's samples, where the density p* of the data is known."),
  z.strictObject({ measure: z.literal('samples'), count: z.int().min(10).max(10_000).default(1000), codes: z.enum(['prior', 'standard-normal']).default('prior'), ...common }).describe('Samples beside the examples of the split, each number with that of training examples in their place: distances, how like them they are, how near to the training examples, how sharp. `codes`: for models without a prior, N(0, I) is decoded.'),
  z.strictObject({ measure: z.literal('holes'), count: z.int().min(10).max(10_000).default(1000), ...common }).describe('How far decoded codes of the prior lie from the training examples, inside and outside of holes of the aggregate posterior.'),
  z.strictObject({ measure: z.literal('bound-variance'), draws: z.int().min(2).max(1000).default(50), ...common }).describe('The bound with its divergence in closed form beside log p(x, z) - log q(z|x): means, and variances over `draws` of each example.'),
  z.strictObject({ measure: z.literal('levels'), count: z.int().min(2).max(1000).default(16), draws: z.int().min(1).max(1000).default(16), ...common }).describe('Of hierarchies: the divergence of each level, and how much samples vary with the first levels held: over `count` samples for each of `draws` of the held levels.'),
  z.strictObject({ measure: z.literal('amortisation'), steps: z.int().min(1).max(10_000).default(200), ...common }).describe("What the encoder's normals lack of the best normals for each example, which `steps` of Adam look for."),
  z.strictObject({ measure: z.literal('manifold'), side: z.int().min(2).max(100).default(20), ...common }).describe('How much the decoded neighbours on a grid of `side` x `side` quantiles of the first two codes differ.'),
  z.strictObject({ measure: z.literal('disentanglement'), factor: z.string().optional(), ...common }).describe('Of data with factors: scores of disentanglement, each with its floor, by the factors that vary; `factor`: what the code that tells most of it tells of others.'),
  z.strictObject({ measure: z.literal('learned-weights'), ...common }).describe('Of L-VAE: the learned weights beside their optimum.'),
  z.strictObject({ measure: z.literal('repair'), corruption: z.enum(corruptions), amount: z.number().min(0).max(1).default(0.25), ...common }).describe('Examples are corrupted and given to the model, whose answer is held against what asks for no model.'),
  z.strictObject({ measure: z.literal('labels'), labelled: z.int().min(1).optional(), ...common }).describe('Classes told by codes and by the data themselves, from `labelled` training examples, the mean over ten draws of these; all without it.'),
  z.strictObject({ measure: z.literal('embeddings'), perplexity: z.number().min(2).max(200).default(30), ...common }).describe('Two-dimensional embeddings by t-SNE and by principal components: whether neighbours are of one class.'),
  z.strictObject({ measure: z.literal('posterior-gap'), ...common }).describe('Of linear-Gaussian models: log p(x) less the bound, beside KL(q(z|x) || p(z|x)).'),
  z.strictObject({ measure: z.literal('gradients'), draws: z.int().min(10).max(1_000_000).default(2000), ...common }).describe("Of linear-Gaussian models: three estimators of the bound's gradient, each by `draws` for each example, beside the gradient."),
  z.strictObject({ measure: z.literal('principal-angles'), ...common }).describe('Between the span of an affine decoder and the principal components of the training set.'),
]);
export type Measurement = z.output<typeof measurementSchema>;
export type MeasurementKind = Measurement['measure'];

/** What a measurement asks of a model, and of the data: pictures, a table, classes or factors. */
const needs: { [K in MeasurementKind]: { abilities: Ability[]; data?: 'pictures' | 'table' | 'classes' | 'factors' } } = {
  likelihood: { abilities: [] },
  density: { abilities: ['logProb'], data: 'table' },
  'round-trip': { abilities: ['stages'] },
  temperatures: { abilities: ['sample'] },
  compression: { abilities: ['conditionals'], data: 'pictures' },
  'total-probability': { abilities: ['logProb', 'conditionals'], data: 'pictures' },
  layers: { abilities: ['stages'] },
  jacobians: { abilities: ['stages'] },
  solver: { abilities: ['logProb', 'stages'] },
  timing: { abilities: [] },
  duality: { abilities: ['stages'] },
  inversion: { abilities: ['stages'], data: 'table' },
  cost: { abilities: [] },
  'out-of-distribution': { abilities: [], data: 'pictures' },
  objective: { abilities: [] },
  parts: { abilities: ['sample'] },
  'curve-density': { abilities: ['logProb', 'reconstruct'], data: 'table' },
  'density-at': { abilities: ['logProb'], data: 'table' },
  interpolation: { abilities: ['encode', 'decode', 'logProb'], data: 'pictures' },
  'reverse-divergence': { abilities: ['sample', 'logProb'], data: 'table' },
  samples: { abilities: [] },
  holes: { abilities: ['encode', 'decode', 'prior'] },
  'bound-variance': { abilities: ['elbo', 'importance'] },
  levels: { abilities: ['levels', 'elbo'] },
  amortisation: { abilities: ['encode', 'decode', 'prior'] },
  manifold: { abilities: ['decode', 'prior'] },
  disentanglement: { abilities: ['encode'], data: 'factors' },
  'learned-weights': { abilities: ['elbo'] },
  repair: { abilities: ['reconstruct'], data: 'pictures' },
  labels: { abilities: ['encode'], data: 'classes' },
  embeddings: { abilities: ['encode'], data: 'classes' },
  'posterior-gap': { abilities: ['encode', 'decode', 'elbo'] },
  gradients: { abilities: ['encode', 'decode', 'prior'] },
  'principal-angles': { abilities: ['decode'] },
};

/** What of a run says which measurements it allows. */
interface Measurable {
  abilities: readonly Ability[];
  dataset: Pick<DatasetInfo, 'kind' | 'classes' | 'factors'> | null;
}

/** A kind of measurement as it is asked for. */
export interface MeasurementInfo {
  measure: MeasurementKind;
  what: string;
  /** Those that every measurement has are not among them. */
  parameters: { name: string; type: string; default: unknown; required: boolean }[];
}

interface JsonParameter {
  type?: string;
  enum?: string[];
  items?: JsonParameter;
  minimum?: number;
  maximum?: number;
  default?: unknown;
}

/** Every kind of measurement; with a run's abilities and data, those that they allow. Some ask for more, as a solver or an affine decoder, and are refused without. */
export function measurementInfos(run?: Measurable): MeasurementInfo[] {
  return measurementSchema.options.flatMap((option) => {
    const [measure] = [...option.shape.measure.values] as [MeasurementKind];
    if (run && !isAllowed(measure, run)) return [];
    const { properties = {}, required = [] } = z.toJSONSchema(option, { io: 'input' }) as { properties?: Record<string, JsonParameter>; required?: string[] };
    const parameters = Object.entries(properties)
      .filter(([name]) => name !== 'measure' && !(name in common))
      .map(([name, parameter]) => ({ name, type: typeOf(parameter), default: parameter.default, required: required.includes(name) }));
    return [{ measure, what: option.description ?? '', parameters }];
  });
}

/** Whether a run's abilities, and its data where they are known, are what the measurement asks for. */
export function isAllowed(measure: MeasurementKind, { abilities: given, dataset }: Measurable): boolean {
  const { abilities: wanted, data } = needs[measure];
  if (!wanted.every((ability) => given.includes(ability))) return false;
  if (data === undefined || dataset === null) return true;
  if (data === 'classes' || data === 'factors') return dataset[data] !== null;
  return (dataset.kind === 'table') === (data === 'table');
}

/** `2 to 64`, `elbo | iwae`, `list of numbers`. */
function typeOf({ type = 'value', enum: choices, items, minimum, maximum }: JsonParameter): string {
  if (choices) return choices.join(' | ');
  if (items) return `list of ${items.items ? 'lists of numbers' : items.type === 'string' ? 'texts' : 'numbers'}`;
  if (type === 'string') return 'a text';
  const [low, high] = [minimum, maximum].map((bound) => (bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? undefined : bound.toLocaleString('en')));
  const kind = type === 'integer' ? 'a whole number' : 'a number';
  if (low === undefined) return kind;
  return high === undefined ? `${kind} from ${low}` : `${kind} from ${low} to ${high}`;
}
