import { add, neg, range, scalar, slice, squaredDifference, type Scalar, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Binarisation } from '../contract/experiment';
import type { Evaluation } from '../contract/runs';
import { askEagerly, type Ask } from './ask';
import { finished } from './finished';
import { joined } from './joined';
import { drawBinary } from './data/binarise';
import { rowsAt, standingFor } from './data/shown-order';
import { sumEvent } from './distributions/gaussian';
import { activeUnits } from './metrics/active-units';
import { decomposeAggregate, holeBelow, holeShare, joinedPosteriors, posteriorsFrom, posteriorTensors, type Posteriors } from './metrics/aggregate-posterior';
import { bitsOf, logProbInWords } from './metrics/bits';
import { Sample } from './metrics/sample';
import { plainPosterior, type Abilities, type Batch, type Model } from './model';
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
  /** Whether the chunks are the training set, from its first example on: parameters of the objective that belong to examples are then their own. */
  training?: boolean;
  /** How the model is asked; op by op when left out. */
  ask?: Ask;
}

/**
 * How many examples of so many values a model is asked about at a time: what a deep net makes of them between its layers is hundreds of times as large, and the
 * first time all of it is kept. Round numbers, so that pieces of most splits are alike: for another number of rows a question is written down anew.
 */
export const rowsAtOnce = (values: number): number => [500, 250, 100, 50, 25].find((rows) => rows * values <= 80_000) ?? 10;

/** The rows of `data` in pieces, so that memory stays bounded. */
export function* chunksOf(data: Tensor4D, rows = rowsAtOnce(data.size / Math.max(1, data.shape[0]))): Generator<Tensor4D> {
  for (let start = 0; start < data.shape[0]; start += rows) yield slice(data, start, Math.min(rows, data.shape[0] - start));
}

/** Every number that the model's abilities allow, over all examples of the chunks. */
export const evaluateModel = (request: EvaluationRequest): Measure[] => finished(evaluateByPieces(request));

/** The same, with a pause after every piece of a second or less. */
export function* evaluateByPieces(request: EvaluationRequest): Generator<void, Measure[]> {
  const { abilities } = request.model;
  const words = request.model.posterior ?? plainPosterior;
  const origin = words.origin ? `, ${words.origin}` : '';
  const samples: Record<string, Sample> = {};
  const posteriors: PosteriorChunk[] = [];
  const divergences: Float32Array[] = [];
  const floors = new Sample();
  let divergence = '';
  let expectation = words.expectation;
  let shape = { height: 1, width: 1, channels: 1 };
  for (const { rows, question } of questions(request)) {
    const [, height, width, channels] = rows.shape;
    shape = { height, width, channels };
    const { klPerDimension, closedForm, exact, atFloor, ...values } = question('terms of each example', rows.clone(), (x, noise) => perExample(abilities, x, noise));
    for (const [metric, each] of Object.entries(values)) (samples[metric] ??= new Sample()).add(each);
    if (klPerDimension) divergences.push(klPerDimension);
    // A share for each example, whose mean is that over all values.
    if (atFloor) floors.add(new Float32Array(rows.shape[0]).fill(atFloor[0] ?? NaN));
    if (exact) expectation = 'its expectation in closed form';
    if (closedForm) divergence = `, divergence ${Object.values(divergenceNames)[closedForm[0] ?? NaN] ?? ''}`;
    const posterior = posteriorChunk(abilities, (f) => question('posterior of each example', rows.clone(), f), rows.shape[0]);
    if (posterior) posteriors.push(posterior);
    rows.dispose();
    yield;
  }
  const summands = request.levels === null ? 'columns' : 'pixels';
  // In the same words for a code that is certain, so that it stands beside them.
  const code = abilities.elbo && words.mean !== plainPosterior.mean ? words.mean : "the code's mean";
  const decoded = `squared error of decoding ${code}, summed over the ${summands}${origin}`;
  const estimators: Record<string, string> = {
    elboNats: `evidence lower bound, ${expectation}${divergence}${origin}`,
    reconstructionNats: `-log p(x|z), ${expectation}${origin}`,
    klNats: `KL(q(z|x) || p(z)) summed over the latent variables${divergence}${origin}`,
    logProbNats: logProbInWords(request.model, request.levels ?? null),
    squaredError: decoded,
  };
  const means = Object.entries(samples).flatMap(([metric, sample]): Measure[] => {
    const measure: Measure = { metric, unit: metric === 'squaredError' ? 'squared error' : 'nats', estimator: estimators[metric] ?? '', ...sample.summary(), k: null };
    const { value, standardError } = measure;
    const size = shape.height * shape.width * shape.channels;
    if (metric === 'squaredError')
      return [measure, { ...measure, metric: 'meanSquaredError', value: value / size, standardError: standardError === null ? null : standardError / size, estimator: `mean ${decoded.replace('summed over', 'averaged over')}` }];
    const levels = request.levels ?? null;
    if (metric === 'logProbNats') return [measure, ...bitsOf(measure, { ...shape, levels }, 'bitsPerDimension')];
    if (metric === 'elboNats' && request.model.mass) return [measure, ...bitsOf(measure, { ...shape, levels }, 'elboBitsPerDimension')];
    return [measure];
  });
  const { value, n } = floors.summary();
  const floor: Measure = { metric: 'sigmaAtFloor', unit: 'share', estimator: 'of the values, those whose standard deviation is at its floor, e^-6: there p(x|z) says what the floor is and not what the data are', value, standardError: null, n, k: null };
  return [...means, ...(n > 0 ? [floor] : []), ...ofUnits(posteriors, divergences, words.mean, origin), ...(yield* ofAggregate(abilities, posteriors, request.noise, origin))];
}

interface PosteriorChunk {
  size: number;
  means: Float32Array;
  codes: Float32Array;
  /** log p(z) of the codes. */
  logPrior: Float32Array;
  /** Where the density is known at any code. */
  posteriors: Posteriors | null;
}

/** Means of q(z|x), with one draw of each where there is a prior to compare it with; undefined where there is no posterior. */
function posteriorChunk({ encode, elbo, prior }: Abilities, question: (f: Parameters<Question>[2]) => Record<string, Float32Array>, count: number): PosteriorChunk | undefined {
  if (!encode || !elbo) return undefined;
  const none = new Float32Array();
  if (!prior) {
    const { mean = none } = question((x) => ({ mean: encode(x).mean() }));
    return { size: mean.length / count, means: mean, codes: none, logPrior: none, posteriors: null };
  }
  const { codes = none, logPrior = none, mean = none, ...parts } = question((x, noise) => {
    const posterior = encode(x);
    const z = posterior.sample(noise, 'aggregate');
    return { ...posteriorTensors(posterior, z), codes: z, mean: posterior.mean(), logPrior: prior(x.shape[0]).logProb(z) };
  });
  return { size: mean.length / count, means: mean, codes, logPrior, posteriors: posteriorsFrom({ ...parts, mean }, codes, count) };
}

const activeAbove = 0.01;

/** How many dimensions of the code are used. */
function ofUnits(posteriors: PosteriorChunk[], divergences: Float32Array[], mean: string, from: string): Measure[] {
  const [first] = posteriors;
  if (!first) return [];
  const means = joined(posteriors.map((chunk) => chunk.means));
  const n = means.length / first.size;
  const count = { standardError: null, unit: `dimensions of ${first.size}`, k: null, n };
  const kl = new Float64Array(first.size);
  for (const chunk of divergences) chunk.forEach((value, i) => (kl[i % kl.length] = (kl[i % kl.length] ?? 0) + value / n));
  return [
    { ...count, metric: 'activeUnits', value: activeUnits(means, first.size, activeAbove).active, estimator: `variance over x of ${mean.replaceAll('q(z|x)', 'q(z_j|x)')} above ${activeAbove}${from}` },
    ...(divergences.length > 0 ? [{ ...count, metric: 'activeByKl', value: kl.filter((value) => value > activeAbove).length, estimator: `mean KL(q(z_j|x) || p(z_j)) above ${activeAbove} nats${from}` }] : []),
  ];
}

const aggregateAtMost = 10_000;
const priorDraws = 500;

/**
 * KL(q(z|x) || p(z)) taken apart, where the density of q(z|x) is known at any code; q(z) is that of all examples, of more than `aggregateAtMost` of so many that are dealt out. Where these are too few
 * for it, the information and KL(q(z) || p(z)) are bounds and say so in their units, and what would say nothing of other examples is left out.
 */
function* ofAggregate({ prior }: Abilities, chunks: PosteriorChunk[], noise: Noise, origin: string): Generator<void, Measure[]> {
  const [first] = chunks;
  const known = chunks.flatMap(({ posteriors }) => posteriors ?? []);
  if (!first || !prior || known.length < chunks.length) return [];
  const logPriors = joined(chunks.map(({ logPrior }) => logPrior));
  const rows = standingFor(logPriors.length, Math.min(aggregateAtMost, logPriors.length));
  const among = joinedPosteriors(known, rows);
  const drawn = rowsAt(joined(chunks.map((chunk) => chunk.codes)), first.size, rows);
  const { mutualInformation, marginalKl, totalCorrelation, ownShare, saturated } = yield* decomposeAggregate(among, drawn, rowsAt(logPriors, 1, rows));
  const aggregate = `q(z) the mean of q(z|x) over ${rows.length.toLocaleString('en')} examples${origin}`;
  const of = `1 draw of each, ${aggregate}`;
  const bound = saturated ? '; saturated: a bound' : '';
  const measures: Measure[] = [
    { metric: 'mutualInformationNats', ...mutualInformation, unit: saturated ? 'nats, at least' : 'nats', k: null, estimator: `I(x; z), ${of}; at most ln n = ${Math.log(rows.length).toFixed(2)}${bound}` },
    { metric: 'aggregateKlNats', ...marginalKl, unit: saturated ? 'nats, at most' : 'nats', k: null, estimator: `KL(q(z) || p(z)), ${of}${bound}` },
    ...(totalCorrelation ? [{ metric: 'totalCorrelationNats', ...totalCorrelation, unit: 'nats', k: null, estimator: `KL(q(z) || product of q(z_j)), ${of}` }] : []),
    { metric: 'ownShare', ...ownShare, unit: 'share', k: null, estimator: `of the example's own q(z|x) in q(z) at its draw, ${of}; above a half the information is saturated${saturated ? ', and neither total correlation nor share of holes are given: they would be those of these examples alone' : ''}` },
  ];
  if (saturated) return measures;
  const { codes, logPrior } = readValues(() => {
    const p = prior(priorDraws);
    const z = p.sample(under('holes', noise), 'prior');
    return { codes: z, logPrior: p.logProb(z) };
  });
  const share = holeShare(among, codes, logPrior);
  return [
    ...measures,
    { metric: 'holeShare', value: share, standardError: Math.sqrt((share * (1 - share)) / priorDraws), n: priorDraws, unit: 'share', k: null, estimator: `of codes of the prior those with log q(z) - log p(z) below ${holeBelow}, ${aggregate}` },
  ];
}

/** Means of the objective's terms over the examples: a point of the held-out curves. For a fitted model -log p(x), where it has that, and its squared error. */
export function evaluateTerms(request: EvaluationRequest): Record<string, number> {
  const { model } = request;
  const sums: Record<string, number> = {};
  let count = 0;
  for (const { rows, question } of questions(request)) {
    const [n] = rows.shape;
    const terms = question('terms of the objective', rows, (x, noise, at, rows) => ('objective' in model ? model.objective(x, { noise, step: at, ...(request.training && { rows }) }).terms : fitted(model.abilities, x, noise)));
    for (const [name, values] of Object.entries(terms)) sums[name] = (sums[name] ?? 0) + mean(values) * n;
    count += n;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
}

/** How a divergence was had, by `ElboTerms.closedForm`. */
const divergenceNames = { true: 'in closed form', false: 'by the sample', 'in each level': 'of each level in closed form, given a draw of those above', 'above the lowest level': 'of the lowest level by the sample, above in closed form' };

/** Asks the model about rows as it sees them (under dynamic binarisation a draw of them), with the chunk's noise and the training step; disposes of the rows. */
type Question = (key: string, rows: Tensor4D, f: (x: Batch, noise: Noise, step: Scalar, rows: Tensor1D) => Record<string, Tensor>) => Record<string, Float32Array>;

function* questions({ chunks, binarisation, noise, step, ask = askEagerly }: EvaluationRequest): Generator<{ rows: Tensor4D; question: Question }> {
  let chunk = 0;
  let seen = 0;
  for (const rows of chunks) {
    const number = chunk++;
    const first = seen;
    seen += rows.shape[0];
    const question: Question = (key, given, f) =>
      ask(`${key}, ${binarisation}`, [given, scalar(number, 'int32'), scalar(step, 'int32'), scalar(first, 'int32')], (grey, at, trained, from) => {
        const own = under('evaluation', noise.at(at));
        return f(binarisation === 'dynamic' ? drawBinary(grey, own) : grey, own, trained, add(range(0, grey.shape[0], 1, 'int32'), from));
      });
    yield { rows, question };
  }
}

const fitted = (abilities: Abilities, x: Batch, noise: Noise): Record<string, Tensor> => ({
  ...(abilities.logProb && { lossNats: neg(abilities.logProb(x, noise)) }),
  ...errors(abilities, x),
});

const errors = ({ reconstruct }: Abilities, x: Batch): Record<string, Tensor> => (reconstruct ? { squaredError: sumEvent(squaredDifference(x, reconstruct(x))) } : {});

/** By the metrics' names. */
function perExample(abilities: Abilities, x: Batch, noise: Noise): Record<string, Tensor> {
  const bound = abilities.elbo?.(x, noise);
  const logProb = abilities.logProb?.(x, noise);
  return {
    ...(bound && { elboNats: bound.elbo, reconstructionNats: neg(bound.reconstruction), klNats: bound.kl }),
    ...(bound?.closedForm !== undefined && { closedForm: scalar(Object.keys(divergenceNames).indexOf(String(bound.closedForm))) }),
    ...(bound?.exact && { exact: scalar(1) }),
    ...(bound?.atFloor && { atFloor: bound.atFloor }),
    ...(bound?.klPerDimension && { klPerDimension: bound.klPerDimension }),
    ...(logProb && { logProbNats: logProb }),
    ...errors(abilities, x),
  };
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
