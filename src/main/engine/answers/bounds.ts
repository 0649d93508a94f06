import { reshape, sum, tile, transpose, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { activeUnits } from '../../../ml/metrics/active-units';
import type { Distribution } from '../../../ml/distributions/distribution';
import type { Batch } from '../../../ml/model';
import type { Noise } from '../../../ml/random/noise';
import { joined } from '../../../ml/joined';
import { logSumExp } from '../../../ml/log-sum-exp';
import { askModel } from '../ask';
import type { Answerer } from './answer';
import { posteriors } from './codes';
import { chunks, need, noiseOf, portions, rangeOf, whole } from './examples';

/** Sums over the rows of a row-major table. */
function columnSums(values: ArrayLike<number>, columns: number, of: (value: number) => number = (value) => value): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i += 1) sums[i % columns] = (sums[i % columns] ?? 0) + of(values[i] ?? NaN);
  return sums;
}

/** Burda, Grosse and Salakhutdinov 2016, section 5: a dimension is active when the variance of its posterior mean over the data is above 0.01. */
export const spectrum: Answerer<'spectrum'> = (session, { seed, ...range }) => {
  const ability = need(session, 'elbo');
  const examples = rangeOf(session, range);
  const { at, count } = examples;
  const parts = portions(session, count).map(([first, rows], part) =>
    askModel(session, 'spectrum', [at(first, rows), whole(seed + part)], (x, drawn: Scalar): Record<string, Tensor> => {
      const { kl, klPerDimension, klPerLevel } = ability(x, noiseOf(drawn));
      return { kl: sum(kl), ...(klPerDimension && { perDimension: sum(klPerDimension, 0) }), ...(klPerLevel && { perLevel: sum(klPerLevel, 0) }) };
    }),
  );
  const encoded = session.model.abilities.encode ? posteriors(session, examples) : null;
  const average = (name: 'kl' | 'perDimension' | 'perLevel'): Float64Array | null => {
    const columns = parts[0]?.[name]?.length;
    return columns === undefined ? null : columnSums(joined(parts.flatMap((part) => part[name] ?? [])), columns).map((value) => value / count);
  };
  return { examples: count, kl: average('kl')?.[0] ?? NaN, perDimension: average('perDimension'), perLevel: average('perLevel'), meanVariances: encoded && activeUnits(encoded.means, encoded.means.length / count).variances };
};

const drawsAtOnce = 50;

/**
 * Bounds and estimates of log p(x) by K draws: importance weighted by the posterior (Burda et al. 2016, equation 8) and naive, by the
 * prior. Of `draws` weights, K at a time: the estimates of all disjoint groups are averaged, so that small K vary least.
 */
export const estimators: Answerer<'estimators'> = (session, { draws, seed, ...range }) => {
  const weigh = need(session, 'importance');
  const { at, count } = rangeOf(session, range);
  const { prior, decode, levels } = session.model.abilities;
  const pieces = chunks(0, draws, drawsAtOnce);

  const weights = pieces.map(([first, rows]) =>
    askModel(session, `importance ${rows}`, [at(0, count), whole(seed * 1000 + first)], (x, drawn: Scalar) => ({ log: transpose(weigh(x, rows, noiseOf(drawn))) })).log,
  );
  /** p(x|z) of the draws, in the order of `each`: the same draws for every example, or in a hierarchy others. */
  const given = (rows: number, examples: number, noise: Noise): Distribution | null => {
    if (levels?.given) return levels.given(examples * rows, noise);
    if (!prior || !decode) return null;
    const codes = prior(rows).sample(noise, 'naive');
    return decode(tile(reshape(codes, [rows, codes.size / rows]), [examples, 1]));
  };
  const likelihoods =
    levels?.given || (prior && decode)
      ? pieces.map(([first, rows]) =>
          askModel(session, `naive ${rows}`, [at(0, count), whole(seed * 1000 + first)], (x: Batch, drawn: Scalar) => {
            const [examples, height, width, channels] = x.shape;
            // Each example against each of the draws: rows of the first example, then of the second.
            const each = reshape(tile(reshape(x, [examples, 1, height * width * channels]), [1, rows, 1]), [examples * rows, height, width, channels]);
            return { log: given(rows, examples, noiseOf(drawn))?.logProb(each) as Tensor };
          }).log,
        )
      : null;
  const ks = steps(draws);
  const posterior = gathered(weights, pieces, count);
  const importance = ks.map((k) => groups(posterior, k));
  const naive = likelihoods && gathered(likelihoods, pieces, count);
  return {
    examples: count,
    ks,
    elbo: importance[0]?.estimate ?? NaN,
    weighted: Float64Array.from(importance, ({ estimate }) => estimate),
    effective: Float64Array.from(importance, ({ effective }) => effective),
    naive: naive && Float64Array.from(ks, (k) => groups(naive, k).estimate),
    sums: { weights: Float64Array.from(posterior, logSumExp), squares: Float64Array.from(posterior, (logs) => logSumExp(Float64Array.from(logs, (log) => 2 * log))), naive: naive && Float64Array.from(naive, logSumExp) },
  };
};

/** 1, 2, 5, 10, 20, ... up to `most`, which is the last. */
function steps(most: number): number[] {
  const list: number[] = [];
  for (let decade = 1; decade < most; decade *= 10) for (const digit of [1, 2, 5]) if (digit * decade < most) list.push(digit * decade);
  return [...list, most];
}

/** Pieces `[examples, draws of the piece]` as one list of log-weights for each example. */
function gathered(parts: readonly Float32Array[], pieces: readonly [number, number][], examples: number): Float32Array[] {
  return Array.from({ length: examples }, (_, i) => joined(parts.map((part, p) => part.subarray(i * (pieces[p]?.[1] ?? 0), (i + 1) * (pieces[p]?.[1] ?? 0)))));
}

/** ln of the mean weight and (sum w)^2 / sum w^2, of the disjoint groups of `k`, averaged over groups and examples. */
function groups(examples: readonly Float32Array[], k: number): { estimate: number; effective: number } {
  let [estimate, effective, count] = [0, 0, 0];
  for (const logs of examples) {
    for (let first = 0; first + k <= logs.length; first += k) {
      const group = logs.subarray(first, first + k);
      const largest = group.reduce((most, value) => Math.max(most, value), -Infinity);
      let [total, squares] = [0, 0];
      for (const value of group) {
        const weight = Math.exp(value - largest);
        total += weight;
        squares += weight * weight;
      }
      estimate += largest + Math.log(total / k);
      effective += (total * total) / squares;
      count += 1;
    }
  }
  return { estimate: estimate / count, effective: effective / count };
}
