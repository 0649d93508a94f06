import { neg, scalar, slice, squaredDifference, zeros, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { Evaluation } from '../contract/runs';
import { askEagerly, type Ask } from './ask';
import { joined } from './joined';
import { drawBinary } from './data/binarise';
import { sumEvent } from './distributions/gaussian';
import { activeUnits } from './metrics/active-units';
import { decomposeAggregate, holeBelow, holeShare } from './metrics/aggregate-posterior';
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
  /** How many values a pixel can have; null of tables. */
  levels?: number | null;
  /** How the model is asked; op by op when left out. */
  ask?: Ask;
}

/** The rows of `data` in pieces, so that memory stays bounded. */
export function* chunksOf(data: Tensor4D, rows = 500): Generator<Tensor4D> {
  for (let start = 0; start < data.shape[0]; start += rows) yield slice(data, start, Math.min(rows, data.shape[0] - start));
}

/** Every number that the model's abilities allow, over all examples of the chunks. */
export function evaluateModel(request: EvaluationRequest): Measure[] {
  const { abilities } = request.model;
  const samples: Record<string, Sample> = {};
  const posteriors: PosteriorChunk[] = [];
  const divergences: Float32Array[] = [];
  let divergence = '';
  let expectations: Partial<Record<Metric, string>> = {};
  let size = 1;
  for (const { rows, question } of questions(request)) {
    size = rows.size / rows.shape[0];
    const { klPerDimension, closedForm, exact, ...values } = question('terms of each example', rows.clone(), (x, noise) => perExample(abilities, x, noise));
    for (const [metric, each] of Object.entries(values)) (samples[metric] ??= new Sample()).add(each);
    if (klPerDimension) divergences.push(klPerDimension);
    if (exact) expectations = inClosedForm;
    if (closedForm) divergence = `, divergence ${Object.values(divergenceNames)[closedForm[0] ?? NaN] ?? ''}`;
    const posterior = posteriorChunk(abilities, (f) => question('posterior of each example', rows.clone(), f), rows.shape[0]);
    if (posterior) posteriors.push(posterior);
    rows.dispose();
  }
  const summands = request.levels === null ? 'columns' : 'pixels';
  const means = Object.entries(samples).flatMap(([metric, sample]) => {
    const { unit, estimator: sampled } = descriptions[metric as Metric];
    const name = expectations[metric as Metric] ?? sampled;
    const estimator = metric === 'elboNats' || metric === 'klNats' ? `${name}${divergence}` : metric === 'squaredError' ? `${name} ${summands}` : name;
    const measure = { metric, unit, estimator, ...sample.summary(), k: null };
    const scaled = (by: number) => ({ value: measure.value * by, standardError: measure.standardError === null ? null : measure.standardError * Math.abs(by) });
    if (metric === 'squaredError') return [measure, { ...measure, metric: 'meanSquaredError', ...scaled(1 / size), estimator: `mean ${estimator.replace('summed over', 'averaged over')}` }];
    // Of zeros and ones a bit a pixel is another protocol's number than of levels.
    if (metric === 'logProbNats' && (request.levels ?? 2) > 2) return [measure, { ...measure, metric: 'bitsPerDimension', unit: 'bits/dim', ...scaled(-1 / (size * Math.LN2)), estimator: '-log2 p(x) over the number of values' }];
    return [measure];
  });
  return [...means, ...ofUnits(posteriors, divergences), ...ofAggregate(abilities, posteriors, request.noise)];
}

interface PosteriorChunk {
  size: number;
  means: Float32Array;
  deviations: Float32Array;
  codes: Float32Array;
  /** log p(z) of the codes. */
  logPrior: Float32Array;
  /** Whether the density of the codes is that of independent normals with these means and deviations. */
  normal: boolean;
}

/** Means and deviations of q(z|x) with one draw of each; undefined where there is no posterior with a prior. */
function posteriorChunk({ encode, elbo, prior }: Abilities, question: (f: Parameters<Question>[2]) => Record<string, Float32Array>, count: number): PosteriorChunk | undefined {
  if (!encode || !elbo || !prior) return undefined;
  const none = new Float32Array();
  const { means = none, deviations = none, codes = none, logPrior = none, logPosterior = none } = question((x, noise) => {
    const posterior = encode(x);
    const z = posterior.sample(noise, 'aggregate');
    return { means: posterior.mean(), deviations: posterior.standardDeviation?.() ?? zeros([0]), codes: z, logPrior: prior(x.shape[0]).logProb(z), logPosterior: posterior.logProb(z) };
  });
  const size = means.length / count;
  const normal = deviations.length === means.length && logPosterior.every((log, i) => Math.abs(log - normalLogDensity(means, deviations, codes, i * size, size)) < 1e-3 * (size + Math.abs(log)));
  return { size, means, deviations, codes, logPrior, normal };
}

function normalLogDensity(means: Float32Array, deviations: Float32Array, codes: Float32Array, from: number, size: number): number {
  let log = -0.5 * size * Math.log(2 * Math.PI);
  for (let i = from; i < from + size; i++) log -= 0.5 * (((codes[i] ?? 0) - (means[i] ?? 0)) / (deviations[i] ?? 0)) ** 2 + Math.log(deviations[i] ?? 0);
  return log;
}

const activeAbove = 0.01;

/** How many dimensions of the code are used. */
function ofUnits(posteriors: PosteriorChunk[], divergences: Float32Array[]): Measure[] {
  const [first] = posteriors;
  if (!first) return [];
  const means = joined(posteriors.map((chunk) => chunk.means));
  const n = means.length / first.size;
  const count = { standardError: null, unit: `dimensions of ${first.size}`, k: null, n };
  const kl = new Float64Array(first.size);
  for (const chunk of divergences) chunk.forEach((value, i) => (kl[i % kl.length] = (kl[i % kl.length] ?? 0) + value / n));
  return [
    { ...count, metric: 'activeUnits', value: activeUnits(means, first.size, activeAbove).active, estimator: `variance over x of the mean of q(z_j|x) above ${activeAbove}` },
    ...(divergences.length > 0 ? [{ ...count, metric: 'activeByKl', value: kl.filter((value) => value > activeAbove).length, estimator: `mean KL(q(z_j|x) || p(z_j)) above ${activeAbove} nats` }] : []),
  ];
}

/** Densities of pairs that are computed: as many as take about a second. */
const pairsAtMost = 1e7;
const aggregateAtMost = 2000;
const priorDraws = 500;

/** KL(q(z|x) || p(z)) taken apart, where q(z|x) is a diagonal normal, on as many of the first examples as are quick to compare with each other. */
function ofAggregate({ prior }: Abilities, posteriors: PosteriorChunk[], noise: Noise): Measure[] {
  const [first] = posteriors;
  if (!first || !prior || !posteriors.every(({ normal }) => normal)) return [];
  const { size } = first;
  const n = Math.min(aggregateAtMost, Math.floor(Math.sqrt(pairsAtMost / size)), joined(posteriors.map(({ logPrior }) => logPrior)).length);
  const some = (name: 'means' | 'deviations' | 'codes'): Float32Array => joined(posteriors.map((chunk) => chunk[name])).subarray(0, n * size);
  const among = { means: some('means'), deviations: some('deviations'), size };
  const { mutualInformation, marginalKl, totalCorrelation } = decomposeAggregate(among, some('codes'), joined(posteriors.map(({ logPrior }) => logPrior)));
  const { codes, logPrior } = readValues(() => {
    const p = prior(priorDraws);
    const z = p.sample(under('holes', noise), 'prior');
    return { codes: z, logPrior: p.logProb(z) };
  });
  const of = `q(z) the mean of q(z|x) over ${n.toLocaleString('en')} examples`;
  const nats = { standardError: null, unit: 'nats', k: null, n };
  return [
    { ...nats, metric: 'mutualInformationNats', value: mutualInformation, estimator: `I(x; z), 1 draw an example, ${of}; at most ln n = ${Math.log(n).toFixed(2)}` },
    { ...nats, metric: 'aggregateKlNats', value: marginalKl, estimator: `KL(q(z) || p(z)), 1 draw an example, ${of}` },
    { ...nats, metric: 'totalCorrelationNats', value: totalCorrelation, estimator: `KL(q(z) || product of q(z_j)), 1 draw an example, ${of}` },
    { ...nats, metric: 'holeShare', unit: 'share', value: holeShare(among, codes, logPrior), estimator: `of ${priorDraws} codes of the prior those with log q(z) - log p(z) below ${holeBelow}, ${of}` },
  ];
}

/** Means of the objective's terms over the examples: a point of the held-out curves. For a fitted model -log p(x), where it has that, and its squared error. */
export function evaluateTerms(request: EvaluationRequest): Record<string, number> {
  const { model } = request;
  const sums: Record<string, number> = {};
  let count = 0;
  for (const { rows, question } of questions(request)) {
    const [n] = rows.shape;
    const terms = question('terms of the objective', rows, (x, noise, at) => ('objective' in model ? model.objective(x, { noise, step: at }).terms : fitted(model.abilities, x, noise)));
    for (const [name, values] of Object.entries(terms)) sums[name] = (sums[name] ?? 0) + mean(values) * n;
    count += n;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

/** How a divergence was had, by `ElboTerms.closedForm`. */
const divergenceNames = { true: 'in closed form', false: 'by the sample', 'in each level': 'of each level in closed form, given a draw of those above', 'above the lowest level': 'of the lowest level by the sample, above in closed form' };

const ofDecodersMean = "squared error of the decoder's mean at the encoder's mean";
const descriptions = {
  elboNats: { unit: 'nats', estimator: 'evidence lower bound, 1 sample an example' },
  reconstructionNats: { unit: 'nats', estimator: '-log p(x|z), 1 sample of z an example' },
  klNats: { unit: 'nats', estimator: 'KL(q(z|x) || p(z)) summed over the latent variables' },
  logProbNats: { unit: 'nats', estimator: 'log p(x) of the model' },
  squaredError: { unit: 'squared error', estimator: `${ofDecodersMean}, summed over the` },
} as const;
type Metric = keyof typeof descriptions;
/** Of a bound whose expectation over q(z|x) is not sampled. */
const inClosedForm = { elboNats: 'evidence lower bound, its expectation in closed form', reconstructionNats: '-E_q[log p(x|z)] in closed form' };

/** Asks the model about rows as it sees them (under dynamic binarisation a draw of them), with the chunk's noise and the training step; disposes of the rows. */
type Question = (key: string, rows: Tensor4D, f: (x: Batch, noise: Noise, step: Scalar) => Record<string, Tensor>) => Record<string, Float32Array>;

function* questions({ chunks, binarisation, noise, step, ask = askEagerly }: EvaluationRequest): Generator<{ rows: Tensor4D; question: Question }> {
  let chunk = 0;
  for (const rows of chunks) {
    const number = chunk++;
    const question: Question = (key, given, f) =>
      ask(`${key}, ${binarisation}`, [given, scalar(number, 'int32'), scalar(step, 'int32')], (grey, at, trained) => {
        const own = under('evaluation', noise.at(at));
        return f(binarisation === 'dynamic' ? drawBinary(grey, own) : grey, own, trained);
      });
    yield { rows, question };
  }
}

const fitted = (abilities: Abilities, x: Batch, noise: Noise): Record<string, Tensor> => ({
  ...(abilities.logProb && { lossNats: neg(abilities.logProb(x, noise)) }),
  ...errors(abilities, x),
});

const errors = ({ reconstruct }: Abilities, x: Batch): Record<string, Tensor> => (reconstruct ? { squaredError: sumEvent(squaredDifference(x, reconstruct(x))) } : {});

/** By the names of `descriptions`. */
function perExample(abilities: Abilities, x: Batch, noise: Noise): Record<string, Tensor> {
  const bound = abilities.elbo?.(x, noise);
  const logProb = abilities.logProb?.(x, noise);
  return {
    ...(bound && { elboNats: bound.elbo, reconstructionNats: neg(bound.reconstruction), klNats: bound.kl }),
    ...(bound?.closedForm !== undefined && { closedForm: scalar(Object.keys(divergenceNames).indexOf(String(bound.closedForm))) }),
    ...(bound?.exact && { exact: scalar(1) }),
    ...(bound?.klPerDimension && { klPerDimension: bound.klPerDimension }),
    ...(logProb && { logProbNats: logProb }),
    ...errors(abilities, x),
  };
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
