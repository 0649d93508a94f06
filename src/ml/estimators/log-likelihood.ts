import { add, expandDims, reshape, scalar, slice, stack, tensor2d, tidy, tile, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { LikelihoodEstimator } from '../../contract/measurements';
import { refuse } from '../../contract/errors';
import type { DataShape } from '../../contract/models';
import { askEagerly, type Ask } from '../ask';
import type { Measure } from '../evaluate';
import { bitsOf, logProbInWords } from '../metrics/bits';
import { Sample } from '../metrics/sample';
import { plainPosterior, type Abilities, type Batch, type Model } from '../model';
import { under, type Noise } from '../random/noise';
import { affineDecoder, linearGaussianLogProb } from './linear-gaussian';

/** The most examples times draws that go through a model at once: what bounds the memory. */
const rowsAtOnce = 5000;
const drawsAtOnce = 100;

export interface EstimateRequest {
  model: Model;
  shape: DataShape;
  estimator: LikelihoodEstimator;
  /** Draws for each example; `exact` takes none. */
  k: number;
  /** Examples as the model sees them, `[n, height, width, channels]`; not disposed of. */
  data: Tensor4D;
  noise: Noise;
  ask?: Ask;
}

/** Examples times draws. */
export interface Progress {
  done: number;
  total: number;
}

/**
 * The mean log-likelihood of the examples, in nats, with its standard error over them; for estimates by weights also the mean effective number
 * of draws, (sum w)^2 / sum w^2. Yields between pieces of bounded size, so that whoever drives it can report, let others in, or stop.
 *
 * - `elbo`: the evidence lower bound, the mean of k draws (Kingma and Welling 2014).
 * - `iwae`: log 1/K sum_k p(x, z_k) / q(z_k|x) with z_k from the posterior (Burda et al. 2016, equation 8).
 * - `naive`: log 1/K sum_k p(x|z_k) with z_k from the prior.
 * - `exact`: the model's own log p(x); of a decoder that is affine in a standard normal code its closed form; of discrete codes, where they are few, the sum over them.
 *
 * All but `exact` are below log p(x) in expectation.
 * @throws Refusal where the model lacks what the estimator needs
 */
export function* estimateLogLikelihood({ model, shape, estimator, k, data, noise, ask = askEagerly }: EstimateRequest): Generator<Progress, Measure[]> {
  const n = data.shape[0];
  if (estimator === 'exact') return yield* exact(model, shape, data, noise, ask);
  const draw = drawsOf[estimator](model.abilities);
  const total = n * k;
  const likelihood = new Sample();
  const effective = new Sample();
  const own = under(`estimate/${estimator}`, noise);
  let done = 0;
  let step = 0;
  const draws = Math.min(k, drawsAtOnce);
  for (const [first, rows] of pieces(n, Math.max(1, Math.floor(rowsAtOnce / draws)))) {
    const sums = Array.from({ length: rows }, () => new LogMeanExp());
    for (const [, count] of pieces(k, draws)) {
      const { values } = ask(`${estimator} of ${count} draws`, [rowsOf(data, first, rows), scalar(step++, 'int32')], (x, at) => ({ values: draw(x, count, own.at(at)) }));
      for (let i = 0; i < values.length; i += 1) sums[i % rows]?.add(values[i] ?? NaN);
      done += rows * count;
      yield { done, total };
    }
    likelihood.add(sums.map((sum) => (estimator === 'elbo' ? sum.meanLog : sum.logMean)));
    effective.add(sums.map((sum) => sum.effective));
  }
  const { expectation, origin } = model.posterior ?? plainPosterior;
  const each = estimator === 'elbo' && expectation !== plainPosterior.expectation ? `, each ${expectation}` : '';
  const from = estimator !== 'naive' && origin ? `, ${origin}` : '';
  const measure: Measure = { metric: `${estimator}Nats`, unit: 'nats', estimator: `${sentences[estimator]}${each}${from}`, ...likelihood.summary(), k };
  const bits = model.mass ? bitsOf(measure, shape, `${estimator}BitsPerDimension`) : [];
  if (estimator === 'elbo') return [measure, ...bits];
  return [measure, ...bits, { metric: `${estimator}EffectiveDraws`, unit: 'draws', estimator: 'mean of (sum w)^2 / sum w^2 over the examples', ...effective.summary(), k }];
}

const sentences = {
  elbo: 'evidence lower bound, mean over K draws an example',
  iwae: 'log of the mean of K importance weights p(x, z) / q(z|x), z from the posterior',
  naive: 'log of the mean of K values p(x|z), z from the prior',
} as const;

/** `[count, batch]` in nats: the logarithms of what is averaged. */
type Draw = (x: Batch, count: number, noise: Noise) => Tensor;

const drawsOf: Record<Exclude<LikelihoodEstimator, 'exact'>, (abilities: Abilities) => Draw> = {
  elbo: ({ elbo }) => {
    if (!elbo) return lacks('elbo', 'no evidence lower bound');
    return (x, count, noise) => reshape(elbo(repeated(x, count), noise).elbo, [count, x.shape[0]]);
  },
  iwae: ({ importance }) => importance ?? lacks('iwae', 'no importance weights of a posterior'),
  naive: ({ prior, decode, levels }) => {
    const given = levels?.given;
    if (given) return (x, count, noise) => reshape(given(count * x.shape[0], noise).logProb(repeated(x, count)), [count, x.shape[0]]);
    if (!prior || !decode) return lacks('naive', 'no prior with a decoder');
    return (x, count, noise) => {
      const codes = prior(count * x.shape[0]).sample(noise, 'prior') as Tensor2D;
      return reshape(decode(codes).logProb(repeated(x, count)), [count, x.shape[0]]);
    };
  },
};

const lacks = (estimator: LikelihoodEstimator, what: string): never =>
  refuse('bad-request', `The model has ${what}, which the estimator "${estimator}" needs.`, { where: 'estimator', repair: 'Take another estimator, or another model.' });

function* exact(model: Model, shape: DataShape, data: Tensor4D, noise: Noise, ask: Ask): Generator<Progress, Measure[]> {
  const { logProb } = model.abilities;
  const affine = logProb || model.allCodes ? null : affineDecoder(model.abilities, model.latentSize);
  const codes = logProb ? null : discreteCodes(model);
  if (!logProb && !affine && !codes) return lacks('exact', 'neither an exact log p(x), nor a decoder that is affine in a normal code, nor few discrete codes');
  const total = data.shape[0];
  const likelihood = new Sample();
  let step = 0;
  for (const [first, rows] of pieces(total, 500)) {
    const own = under('estimate/exact', noise);
    if (logProb) likelihood.add(ask('log p(x)', [rowsOf(data, first, rows), scalar(step++, 'int32')], (x, at) => ({ values: logProb(x, own.at(at)) })).values);
    else if (affine) likelihood.add(linearGaussianLogProb(affine, rowsOf(data, first, rows)));
    else if (codes) {
      const sums = Array.from({ length: rows }, () => new LogMeanExp());
      for (const [from, count] of pieces(codes.count, codesAtOnce)) {
        const { values } = ask(`log p(x, z) of ${count} codes`, [rowsOf(data, first, rows), codes.part(from, count)], (x, z) => ({ values: codes.logJoint(x, z) }));
        for (let i = 0; i < values.length; i += 1) sums[i % rows]?.add(values[i] ?? NaN);
        yield { done: first + (rows * from) / codes.count, total };
      }
      likelihood.add(sums.map(({ logMean }) => logMean + Math.log(codes.count)));
    }
    yield { done: first + rows, total };
  }
  const estimator = affine
    ? 'log N(x; mean, W W^T + variances), the decoder being affine'
    : codes
      ? `log of the sum of p(x, z) over all ${codes.count.toLocaleString('en')} codes`
      : logProbInWords(model, shape.levels);
  const nats: Measure = { metric: 'logProbNats', unit: 'nats', estimator, ...likelihood.summary(), k: null };
  // A likelihood of p(x|z) may be a density of grey values, which has no bits.
  return [nats, ...(logProb || model.mass ? bitsOf(nats, shape, 'bitsPerDimension') : [])];
}

const codesAtOnce = 8;

/** The codes of a model that has few, and log p(x, z) of examples with some of them; null where it has none. */
function discreteCodes({ allCodes, abilities: { prior, decode } }: Model) {
  if (!allCodes || !prior || !decode) return null;
  const { shape, values } = tidy(() => {
    const codes = allCodes();
    return { shape: codes.shape, values: codes.dataSync<'float32'>() };
  });
  const [count, size] = shape;
  return {
    count,
    part: (from: number, codes: number): Tensor2D => tensor2d(values.slice(from * size, (from + codes) * size), [codes, size]),
    /** `[codes, batch]`; each code goes through the decoder once, and its p(x|z) is of every example. */
    logJoint(x: Batch, z: Tensor2D): Tensor {
      const given = Array.from({ length: z.shape[0] }, (_, i) => decode(slice(z, [i, 0], [1, size])).logProb(x));
      return add(stack(given), expandDims(prior(z.shape[0]).logProb(z), 1));
    },
  };
}

const rowsOf = (data: Tensor4D, first: number, rows: number): Tensor4D => slice(data, first, rows);

/** Row `draw * batch + example`. */
const repeated = (x: Batch, count: number): Batch => tile(x, [count, 1, 1, 1]);

/** `[first, size]` of pieces of at most `atMost`. */
function* pieces(count: number, atMost: number): Generator<[number, number]> {
  for (let first = 0; first < count; first += atMost) yield [first, Math.min(atMost, count - first)];
}

/** log of the mean of exp of a stream of numbers, against overflow shifted by the largest one so far. */
class LogMeanExp {
  private n = 0;
  private sumOfLogs = 0;
  private largest = -Infinity;
  private sum = 0;
  private sumOfSquares = 0;

  add(log: number): void {
    this.n += 1;
    this.sumOfLogs += log;
    if (log > this.largest) {
      const shift = Math.exp(this.largest - log);
      this.sum *= shift;
      this.sumOfSquares *= shift * shift;
      this.largest = log;
    }
    const value = Math.exp(log - this.largest);
    this.sum += value;
    this.sumOfSquares += value * value;
  }

  get meanLog(): number {
    return this.sumOfLogs / this.n;
  }

  get logMean(): number {
    return this.largest + Math.log(this.sum / this.n);
  }

  /** (sum w)^2 / sum w^2 */
  get effective(): number {
    return this.sum ** 2 / this.sumOfSquares;
  }
}
