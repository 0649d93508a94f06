import { slice, squaredDifference, tidy, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { Evaluation } from '../contract/runs';
import { drawBinary } from './data/binarise';
import { sumEvent } from './distributions/gaussian';
import type { Abilities, Batch, Model } from './model';
import { under, type Noise } from './random/noise';

/** An evaluation before it is known of which split, protocol and step it is. */
export type Measure = Omit<Evaluation, 'split' | 'protocol' | 'step'>;

export interface EvaluationRequest {
  model: Model;
  /** A split in pieces, each disposed of after use; see `chunksOf`. Under `dynamic` these are grey values, and drawn from here. */
  chunks: Iterable<Tensor4D>;
  binarisation: Binarisation;
  /** Chunk c is evaluated with the noise of step c, under purposes of its own: the same noise at every step of a run. */
  noise: Noise;
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
  const { model } = request;
  const sums: Record<string, number> = {};
  let count = 0;
  for (const { x, noise } of prepared(request)) {
    const rows = x.shape[0];
    const means = tidy(() => {
      if (!('objective' in model)) return { squaredError: mean(squaredError(model.abilities, x)?.dataSync() ?? []) };
      return Object.fromEntries(Object.entries(model.objective(x, noise).terms).map(([name, term]) => [name, term.dataSync()[0] ?? NaN]));
    });
    for (const [name, value] of Object.entries(means)) sums[name] = (sums[name] ?? 0) + value * rows;
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

const squaredError = ({ reconstruct }: Abilities, x: Batch): Tensor1D | null => (reconstruct ? (sumEvent(squaredDifference(x, reconstruct(x))) as Tensor1D) : null);

function perExample(abilities: Abilities, x: Batch, noise: Noise): Partial<Record<Metric, Float32Array>> {
  return tidy(() => {
    const values: Partial<Record<Metric, Float32Array>> = {};
    const bound = abilities.elbo?.(x, noise);
    if (bound) {
      values.elboNats = bound.elbo.dataSync<'float32'>();
      values.reconstructionNats = bound.reconstruction.dataSync<'float32'>().map((value) => -value);
      values.klNats = bound.kl.dataSync<'float32'>();
    }
    const error = squaredError(abilities, x);
    if (error) values.squaredError = error.dataSync<'float32'>();
    return values;
  });
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and variance of a stream of numbers (Welford 1962). */
class Sample {
  private n = 0;
  private mean = 0;
  private squares = 0;

  add(values: Float32Array): void {
    for (const value of values) {
      const before = value - this.mean;
      this.mean += before / ++this.n;
      this.squares += before * (value - this.mean);
    }
  }

  summary(): { value: number; standardError: number | null; n: number } {
    return { value: this.mean, standardError: this.n > 1 ? Math.sqrt(this.squares / (this.n - 1) / this.n) : null, n: this.n };
  }
}
