import { z } from 'zod';
import { splits, type Pictures } from './datasets';

/** Examples in the order in which a split is shown: always the same, dealt out of it, so that the first ones stand for all. */
const range = { split: z.enum(splits), offset: z.int().min(0), count: z.int().min(1).max(100_000) };
const few = { ...range, count: z.int().min(1).max(1024) };
const seed = z.int().min(0).max(2 ** 31 - 1);
const temperature = z.number().min(0).max(2);
const axis = z.tuple([z.number(), z.number()]).refine(([from, to]) => from < to, 'must go from the smaller to the larger number');
const plane = { x: axis, y: axis, resolution: z.int().min(2).max(400) };

/** Of a model whose samples are means of p(x|z): draws of it. */
const draw = z.boolean().optional();

/** What is done to a picture before the model is asked for the whole. */
export const damages = ['noise', 'lower half', 'fewer pixels', 'colour'] as const;
export type Damage = (typeof damages)[number];

/** A question to a model, at whatever step it stands. Answered between two training steps. */
export const probeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('encode'), ...range }),
  /** codes: `count` x latent size, row-major. */
  z.strictObject({ kind: z.literal('decode'), count: z.int().min(1).max(10_000), codes: z.instanceof(Float32Array) }),
  z.strictObject({ kind: z.literal('reconstruct'), ...range }),
  /** The same of rows of a table. */
  z.strictObject({ kind: z.literal('reconstruct-rows'), ...range, count: z.int().min(1).max(10_000) }),
  z.strictObject({ kind: z.literal('sample'), count: z.int().min(1).max(1024), temperature, seed, draw }),
  /** A temperature for each level from the top; those left out are 1. The first `held` levels take one draw, of `heldSeed`. */
  z.strictObject({ kind: z.literal('levels'), count: z.int().min(1).max(1024), temperatures: z.array(temperature).max(128), held: z.int().min(0).max(128), seed, heldSeed: seed }),
  /** Rows of a table and as many samples. */
  z.strictObject({ kind: z.literal('points'), ...range, count: z.int().min(1).max(10_000), temperature, seed, draw }),
  z.strictObject({ kind: z.literal('spectrum'), ...range, seed }),
  /** On the middles of the cells of a grid over two columns; without y of a line of cells, for data of one column. */
  z.strictObject({ kind: z.literal('density'), ...plane, y: axis.optional(), seed }),
  /** points: further rows, `n` x columns, that go through the flow with the examples. */
  z.strictObject({ kind: z.literal('stages'), ...few, points: z.instanceof(Float32Array), seed }),
  /** x, y: for codes of two dimensions. */
  z.strictObject({ kind: z.literal('aggregate'), ...range, count: z.int().min(1).max(10_000), ...plane, resolution: z.int().min(2).max(128), seed }),
  /** Draws all but the first `known` values (rows from the top, pixels from the left, channels last) of the examples. */
  z.strictObject({ kind: z.literal('complete'), ...few, count: z.int().min(1).max(64), known: z.int().min(0), temperature, seed }),
  z.strictObject({ kind: z.literal('conditionals'), ...few }),
  /** What the mean of a pixel (counted by rows from the top; of its first channel) depends on. */
  z.strictObject({ kind: z.literal('receptive-field'), ...few, count: z.int().min(1).max(64), pixel: z.int().min(0) }),
  z.strictObject({ kind: z.literal('edit'), ...few, damage: z.enum(damages), seed }),
  z.strictObject({ kind: z.literal('estimators'), ...few, count: z.int().min(1).max(64), draws: z.int().min(1).max(1000), seed }),
  /** What codes say of the factors that made the examples. */
  z.strictObject({ kind: z.literal('factors'), ...range, count: z.int().min(2).max(10_000), seed }),
  /** How the model takes pictures of other data, of the size of its own, beside its own test pictures; typicality is that of `batch` at a time. */
  z.strictObject({
    kind: z.literal('foreign'),
    count: z.int().min(1).max(10_000),
    batch: z.int().min(1).max(100),
    pictures: z.strictObject({ count: z.int().min(1).max(10_000), height: z.int(), width: z.int(), channels: z.int(), pixels: z.instanceof(Uint8Array) }),
    seed,
  }),
  /** How long the density and a sample of one example take, for data of several sizes. Trains nothing; takes seconds. */
  z.strictObject({ kind: z.literal('cost') }),
]);
export type Probe = z.output<typeof probeSchema>;
export type ProbeKind = Probe['kind'];

export const foreignScores = ['likelihood', 'typicality', 'complexity'] as const;
export type ForeignScore = (typeof foreignScores)[number];

/** Scores of the model's own examples (or batches of them) and of foreign ones, and the chance that one of each is told apart the right way. */
export interface Told {
  own: Float32Array;
  other: Float32Array;
  auroc: number;
}

/** Milliseconds an example; null for what the model cannot. */
export interface Cost {
  /** How many values an example has. */
  size: number;
  density: number | null;
  sampling: number | null;
}

/** Draws of x, or means of p(x|z) at codes drawn from the prior. */
export type SamplesAre = 'draws' | 'means';

export interface ProbeAnswers {
  /** Posterior means (where the posterior is a flow the images of the means of its normals; the codes themselves, where there is no posterior), `count` x latentSize, with labels where there are any, and the values of the data set's factors, `count` x factors. */
  encode: { latentSize: number; means: Float32Array; standardDeviations: Float32Array | null; labels: Uint16Array | null; factors: Uint16Array | null };
  /** The decoder's mean. */
  decode: { pictures: Pictures };
  /** `keptClass[i]` is 1 when the classifier gives the output the label of the input, `inputRight[i]` when it gives it to the input itself; null without labels. */
  reconstruct: { inputs: Pictures; outputs: Pictures; labels: Uint16Array | null; keptClass: Uint8Array | null; inputRight: Uint8Array | null; classifier: string | null };
  /** Row-major, `columns` numbers each; `squaredError`: the mean of |output - input|^2 over all of the rows. */
  'reconstruct-rows': { columns: number; inputs: Float32Array; outputs: Float32Array; squaredError: { value: number; standardError: number | null; rows: number } };
  sample: { pictures: Pictures; samplesAre: SamplesAre };
  /** sizes: numbers in each level, the top one first. */
  levels: { pictures: Pictures; sizes: number[] };
  /** Row-major, `columns` numbers each. */
  points: { columns: number; data: Float32Array; samples: Float32Array | null; samplesAre: SamplesAre; labels: Uint16Array | null };
  /** Means over `examples`, nats. `meanVariances`: the variance of the posterior's mean over the examples, by dimension (Burda et al. 2016). */
  spectrum: { examples: number; kl: number; perDimension: Float64Array | null; meanVariances: Float64Array | null; perLevel: Float64Array | null };
  /**
   * Row-major, rows from the smallest y up; the truth where the data set knows it. `integral`, over the grid: null where the density is along a curve or surface. `inside`: of an
   * integral below 0.995 the share of `samples` draws that lie within the grid, which the integral estimates; null where that is not needed, or the model does not sample.
   */
  density: { logDensity: Float32Array; trueLogDensity: Float32Array | null; integral: number | null; inside: { share: number; samples: number } | null; gap: DensityGap | null };
  /**
   * The data first. values: `count + points` x `size`; log|det| of all layers up to each. `residual`: the largest |x - f^-1(f(x))| of each layer f alone, x the examples' values before it; null of the
   * data. `roundTrip`: the same of all layers together, with pictures dequantised (rounded ones always come back). `shapes`, of pictures: height, width and channels of the arrays that the values are, one after another, what goes on first.
   */
  stages: { stages: { name: string; size: number; values: Float32Array; logDet: Float32Array; residual: number | null; shapes: [number, number, number][] | null }[]; count: number; roundTrip: number };
  /**
   * `holes`: the share of codes of the prior where log q(z) - log p(z) < -3. `logRatio`: that difference on the grid, row-major from the
   * smallest y up, for codes of two dimensions; `logPrior` there. Codes: `count` x latentSize; `priorRatio` of each code of the prior.
   */
  aggregate: { latentSize: number; examples: number; holes: number; logRatio: Float32Array | null; logPrior: Float32Array | null; prior: Float32Array; priorRatio: Float32Array; aggregate: Float32Array };
  complete: { pictures: Pictures; inputs: Pictures; size: number };
  /** Means given all that comes before; `spread` for each value: entropy in bits where levels have probabilities, else the standard deviation; null where the model has none to show. */
  conditionals: { inputs: Pictures; means: Pictures; spread: Float32Array | null; measure: 'bits' | 'standard deviation' };
  /** `height` x `width`: the sum over the examples and the channels of |d mean of the pixel / d value|. */
  'receptive-field': { height: number; width: number; field: Float32Array; examples: number };
  edit: { truth: Pictures; given: Pictures; outputs: Pictures; by: 'completion' | 'reconstruction' };
  /**
   * By K, means over the examples, nats. `effective`: effective number of the K importance samples. `sums`, of each example over all draws: ln of the sums of w, of w^2 and of
   * p(x|z), by which answers of several seeds are one of more draws.
   */
  estimators: { examples: number; ks: number[]; elbo: number; weighted: Float64Array; effective: Float64Array; naive: Float64Array | null; sums: EstimatorSums };
  /**
   * names: the factors that vary; `constant` are the same for all examples and left out. information: I(z_j; v_k) / H(v_k), `[codes][factors]`. response: the mean change of
   * each factor, over its range, from one picture to the next of traversals of each code (the first 32); null where the model does not decode.
   */
  factors: { names: string[]; constant: string[]; examples: number; information: number[][]; response: number[][] | null; scores: FactorScore[] };
  /**
   * likelihood: nats, high for its own. typicality: |mean of -log p over a batch - entropy|, nats, low for its own (Nalisnick et al. 2019).
   * complexity: -log2 p less the bits of a compressor, low for its own (Serra et al. 2020). entropy: mean of -log p over training examples.
   */
  foreign: { estimator: 'log p(x)' | 'ELBO'; entropy: number; scores: Record<ForeignScore, Told> };
  /** By size, medians of calls for `examples` at a time: of `repeats`, of fewer where they are long. */
  cost: { points: Cost[]; examples: number; repeats: number; density: 'log p(x)' | 'ELBO'; compute: string };
}

export interface EstimatorSums {
  weights: Float64Array;
  squares: Float64Array;
  naive: Float64Array | null;
}

/** A score between 0 and 1 (the total correlation: nats), and what codes that know nothing of the factors get. */
export interface FactorScore {
  name: string;
  source: string;
  /** How it was obtained. */
  estimator: string;
  value: number;
  floor: number;
}

/** True mean log-density minus the model's, over test rows: KL(data || model), nats. */
export interface DensityGap {
  nats: number;
  standardError: number;
  examples: number;
}

/** `step` is the step the answer belongs to; `milliseconds` what it cost the engine; `note`: what a person should know about how it was answered. */
export type ProbeAnswer<K extends ProbeKind = ProbeKind> = { kind: K; step: number; milliseconds: number; note?: string } & ProbeAnswers[K];
