import { neg, scalar, slice, squaredDifference, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { Evaluation } from '../contract/runs';
import { drawBinary } from './data/binarise';
import { sumEvent } from './distributions/gaussian';
import { Sample } from './metrics/sample';
import type { Abilities, Batch, Model } from './model';
import { under, type Noise } from './random/noise';
import { readValues } from './read';

/** An evaluation before it is known of which split, protocol and step it is. */
export type Measure = Omit<Evaluation, 'split' | 'protocol' | 'step'>;

export interface EvaluationRequest {
  model: Model;
  /** A split in pieces, each disposed of after use; see `chunksOf`. Under `dynamic` these are grey values, and drawn from here. */
  chunks: Iterable<Tensor4D>;
  binarisation: Binarisation;
  /** Chunk c is evaluated with the noise of step c, under purposes of its own: the same noise at every step of a run. */
  noise: Noise;
  /** The training step at which this happens; weights that change while training have its values. */
  step: number;
}

/** The rows of `data` in pieces, so that memory stays bounded. */
export function* chunksOf(data: Tensor4D, rows = 500): Generator<Tensor4D> {
  for (let start = 0; start < data.shape[0]; start += rows) yield slice(data, start, Math.min(rows, data.shape[0] - start));
}

/** Every number that the model's abilities allow, over all examples of the chunks. */
export function evaluateModel(request: EvaluationRequest): Measure[] {
  const { abilities } = request.model;
  const samples: Record<string, Sample> = {};
  let pixels = 1;
  for (const { x, noise } of prepared(request)) {
    pixels = x.size / x.shape[0];
    for (const [metric, values] of Object.entries(perExample(abilities, x, noise))) (samples[metric] ??= new Sample()).add(values);
    x.dispose();
  }
  return Object.entries(samples).flatMap(([metric, sample]) => {
    const { unit, estimator } = descriptions[metric as Metric];
    const measure = { metric, unit, estimator, ...sample.summary(), k: null };
    if (metric !== 'squaredError') return [measure];
    const perPixel = { value: measure.value / pixels, standardError: measure.standardError === null ? null : measure.standardError / pixels };
    return [measure, { ...measure, metric: 'meanSquaredError', ...perPixel, estimator: `mean ${estimator.replace('summed over', 'averaged over')}` }];
  });
}

/** Means of the objective's terms over the examples: a point of the held-out curves. For a fitted model its squared error. */
export function evaluateTerms(request: EvaluationRequest): Record<string, number> {
  const { model, step } = request;
  const sums: Record<string, number> = {};
  let count = 0;
  for (const { x, noise } of prepared(request)) {
    const rows = x.shape[0];
    const terms = readValues(() => ('objective' in model ? model.objective(x, { noise, step: scalar(step, 'int32') }).terms : errors(model.abilities, x)));
    for (const [name, values] of Object.entries(terms)) sums[name] = (sums[name] ?? 0) + mean(values) * rows;
    count += rows;
    x.dispose();
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

const ofDecodersMean = "squared error of the decoder's mean at the encoder's mean";
const descriptions = {
  elboNats: { unit: 'nats', estimator: 'evidence lower bound, 1 sample an example, divergence in closed form' },
  reconstructionNats: { unit: 'nats', estimator: '-log p(x|z), 1 sample of z an example' },
  klNats: { unit: 'nats', estimator: 'KL(q(z|x) || p(z)) in closed form, summed over the latent dimensions' },
  squaredError: { unit: 'squared error', estimator: `${ofDecodersMean}, summed over the pixels` },
} as const;
type Metric = keyof typeof descriptions;

function* prepared({ chunks, binarisation, noise }: EvaluationRequest): Generator<{ x: Batch; noise: Noise }> {
  let chunk = 0;
  for (const rows of chunks) {
    const own = under('evaluation', noise.at(chunk++));
    if (binarisation !== 'dynamic') yield { x: rows, noise: own };
    else {
      const x = tidy(() => drawBinary(rows, own));
      rows.dispose();
      yield { x, noise: own };
    }
  }
}

const errors = ({ reconstruct }: Abilities, x: Batch): Record<string, Tensor> => (reconstruct ? { squaredError: sumEvent(squaredDifference(x, reconstruct(x))) } : {});

/** By the names of `descriptions`. */
const perExample = (abilities: Abilities, x: Batch, noise: Noise): Record<string, Float32Array> =>
  readValues(() => {
    const bound = abilities.elbo?.(x, noise);
    return { ...(bound && { elboNats: bound.elbo, reconstructionNats: neg(bound.reconstruction), klNats: bound.kl }), ...errors(abilities, x) };
  });

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
