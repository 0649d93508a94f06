import { matMul, scalar, tensor2d, type Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution';
import { rowsAt } from '../data/shown-order';
import { finished } from '../finished';
import { joined } from '../joined';
import { logSumExp } from '../log-sum-exp';
import { readValues } from '../read';
import { Sample } from './sample';

/** q(z|x_n) = N(mean_n, diag deviation_n^2) of n examples: row-major, `n x size`. */
export interface NormalPosteriors {
  means: Float32Array;
  deviations: Float32Array;
  size: number;
  /** Where each is a mixture of so many such normals: the logarithms of their weights, `n x components`; means and deviations are `n x components x size`. */
  mixture?: { components: number; logWeights: Float32Array };
}

/** Independent discrete variables: row-major, `n x variables x values`. A code is one-hot, one variable after another; variables of 0 and 1 are a number each. */
export interface DiscretePosteriors {
  logProbabilities: Float32Array;
  variables: number;
  values: number;
  /** Numbers in a code. */
  size: number;
}

/** Posteriors whose density is known at any code. */
export type Posteriors = NormalPosteriors | DiscretePosteriors;

/** Of a batch's q(z|x), what `posteriorsFrom` makes them of. @param z a draw of each, `[batch, latent]` */
export function posteriorTensors(q: Distribution, z: Tensor): Record<string, Tensor> {
  const parts = q.parts?.();
  if (parts) return 'means' in parts ? { ...parts } : { ...parts, values: scalar(parts.logProbabilities.shape[2]) };
  return { mean: q.mean(), ...(q.standardDeviation && { deviations: q.standardDeviation(), logDensity: q.logProb(z) }) };
}

/**
 * The posteriors of a batch on the host, or null where their density is not known at any code: where it has no parts, and is not at the draws that of independent normals.
 * @param values of `posteriorTensors`
 * @param codes the draws
 */
export function posteriorsFrom({ mean, deviations, logDensity, logWeights, means, logProbabilities, values }: Record<string, Float32Array>, codes: Float32Array, count: number): Posteriors | null {
  const size = codes.length / count;
  if (logProbabilities && values) return { logProbabilities, values: values[0] ?? 0, variables: logProbabilities.length / count / (values[0] ?? 0), size };
  if (means && deviations && logWeights) return { means, deviations, size, mixture: { components: logWeights.length / count, logWeights } };
  if (!mean || !deviations || !logDensity) return null;
  const normal = { means: mean, deviations, size };
  const { exact } = mixtureOf(normal, codes);
  const own = Array.from({ length: count }, (_, i) => exact(i, i));
  return own.every((log, i) => Math.abs(log - (logDensity[i] as number)) < 1e-3 * (size + Math.abs(log))) ? normal : null;
}

/** Posteriors of one kind that come in pieces as one, of all examples or of some rows. */
export function joinedPosteriors(pieces: readonly Posteriors[], rows?: Int32Array): Posteriors {
  const some = (of: (piece: Posteriors) => Float32Array, numbers: number): Float32Array => {
    const all = joined(pieces.map(of));
    return rows ? rowsAt(all, numbers, rows) : all;
  };
  const [first] = pieces;
  if (!first) throw new Error('There are no posteriors.');
  if (!('means' in first)) return { ...first, logProbabilities: some((piece) => (piece as DiscretePosteriors).logProbabilities, first.variables * first.values) };
  const { mixture } = first;
  const normals = (name: 'means' | 'deviations') => some((piece) => (piece as NormalPosteriors)[name], first.size * (mixture?.components ?? 1));
  return {
    means: normals('means'),
    deviations: normals('deviations'),
    size: first.size,
    ...(mixture && { mixture: { ...mixture, logWeights: some((piece) => (piece as NormalPosteriors).mixture?.logWeights ?? new Float32Array(), mixture.components) } }),
  };
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** The mixture that q(z) is: over the examples, and over the components of each. */
interface Mixture {
  /** Its parts, those of an example side by side. */
  parts: number;
  /** Parts of an example. */
  components: number;
  /** log-density of code m under part i, with the part's weight within its example, to 64 bits. */
  exact(m: number, i: number): number;
  /** The same of all pairs by a product of matrices in 32 bits: rows of codes `[.., width]` times weights `[parts, width]`, and these offsets. */
  width: number;
  features(first: number, rows: number): Float32Array;
  weights: Float32Array;
  offsets: Float64Array;
  /** By how much a part's products may be off. */
  slack: Float64Array;
  /** sum_j log q(z_j) of code m. */
  marginal(m: number): number;
  /** Exponentials that a marginal takes. */
  marginalCost: number;
}

/** Of the sum of the sizes of what a product in 32 bits adds, how much it may be off. */
const rounding = 2 ** -22;

/** log N(z; m, s^2) is quadratic in z: -z^2 / 2 s^2 + z m / s^2, and an offset. Codes and means are taken about the mean of the means, so that fewer digits cancel. */
function mixtureOfNormals({ means, deviations, size, mixture }: NormalPosteriors, codes: Float32Array): Mixture {
  const parts = means.length / size;
  const components = mixture?.components ?? 1;
  const logWeight = (i: number): number => mixture?.logWeights[i] ?? 0;
  const centre = new Float64Array(size);
  means.forEach((mean, at) => (centre[at % size] = (centre[at % size] as number) + mean / parts));
  const reach = new Float64Array(size);
  codes.forEach((z, at) => (reach[at % size] = Math.max(reach[at % size] as number, Math.abs(z - (centre[at % size] as number)))));
  const precisions = Float64Array.from(deviations, (deviation) => 1 / deviation);
  const width = 2 * size;
  const weights = new Float32Array(parts * width);
  const [offsets, constants, slack] = [new Float64Array(parts), new Float64Array(parts), new Float64Array(parts)];
  for (let i = 0; i < parts; i += 1) {
    let [constant, shift, sizes] = [logWeight(i), 0, 0];
    for (let j = 0; j < size; j += 1) {
      const at = i * size + j;
      const mean = (means[at] as number) - (centre[j] as number);
      const precision = (precisions[at] as number) ** 2;
      weights[i * width + j] = -0.5 * precision;
      weights[i * width + size + j] = mean * precision;
      constant -= Math.log(deviations[at] as number) + halfLogTwoPi;
      shift -= 0.5 * mean * mean * precision;
      sizes += (0.5 * (reach[j] as number) + Math.abs(mean)) * (reach[j] as number) * precision;
    }
    constants[i] = constant;
    offsets[i] = constant + shift;
    slack[i] = rounding * sizes;
  }
  /** A dimension of every part, side by side: memory is then read in its order. */
  const columnOf = (j: number) => {
    const [centres, scales] = [means, precisions].map((values) => Float64Array.from({ length: parts }, (_, i) => values[i * size + j] as number)) as [Float64Array, Float64Array];
    return { centres, scales, heights: scales.map((scale, i) => scale * Math.exp(logWeight(i))) };
  };
  const columns: ReturnType<typeof columnOf>[] = [];
  return {
    parts, components, width, weights, offsets, slack,
    features(first, rows) {
      const found = new Float32Array(rows * width);
      for (let m = 0; m < rows; m += 1)
        for (let j = 0; j < size; j += 1) {
          const z = (codes[(first + m) * size + j] as number) - (centre[j] as number);
          found[m * width + j] = z * z;
          found[m * width + size + j] = z;
        }
      return found;
    },
    exact(m, i) {
      let squares = 0;
      for (let j = 0; j < size; j += 1) {
        const standardised = ((codes[m * size + j] as number) - (means[i * size + j] as number)) * (precisions[i * size + j] as number);
        squares += standardised * standardised;
      }
      return (constants[i] as number) - 0.5 * squares;
    },
    marginalCost: parts * size,
    marginal(m) {
      let sum = 0;
      for (let j = 0; j < size; j += 1) {
        const z = codes[m * size + j] as number;
        const { heights, scales, centres } = (columns[j] ??= columnOf(j));
        let density = 0;
        for (let i = 0; i < parts; i += 1) {
          const standardised = (z - (centres[i] as number)) * (scales[i] as number);
          // What is left out is less than the last digit of the part that the code was drawn from.
          if (standardised < 10 && standardised > -10) density += (heights[i] as number) * Math.exp(-0.5 * standardised * standardised);
        }
        sum += Math.log((density * components) / parts) - halfLogTwoPi;
      }
      return sum;
    },
  };
}

/** log-probabilities, of which a one-hot code takes one for each variable. */
function mixtureOfDiscrete({ logProbabilities, variables, values, size }: DiscretePosteriors, codes: Float32Array): Mixture {
  const width = variables * values;
  const parts = logProbabilities.length / width;
  /** Where among an example's numbers the value of variable j of code m is. */
  const placeOf = (m: number, j: number): number =>
    j * values + (size === variables ? Math.round(codes[m * size + j] as number) : codes.subarray(m * size + j * values, m * size + (j + 1) * values).indexOf(1));
  const slack = new Float64Array(parts);
  const probabilities = new Float64Array(width);
  logProbabilities.forEach((log, at) => {
    const i = Math.floor(at / width);
    slack[i] = (slack[i] as number) - rounding * log;
    probabilities[at % width] = (probabilities[at % width] as number) + Math.exp(log) / parts;
  });
  return {
    parts, width, slack,
    components: 1,
    // Nothing is 0 times infinity.
    weights: logProbabilities.map((log) => Math.max(log, -1e30)),
    offsets: new Float64Array(parts),
    features(first, rows) {
      const found = new Float32Array(rows * width);
      for (let m = 0; m < rows; m += 1) for (let j = 0; j < variables; j += 1) found[m * width + placeOf(first + m, j)] = 1;
      return found;
    },
    exact(m, i) {
      let sum = 0;
      for (let j = 0; j < variables; j += 1) sum += logProbabilities[i * width + placeOf(m, j)] as number;
      return sum;
    },
    marginalCost: 0,
    marginal(m) {
      let sum = 0;
      for (let j = 0; j < variables; j += 1) sum += Math.log(probabilities[placeOf(m, j)] as number);
      return sum;
    },
  };
}

const mixtureOf = (posteriors: Posteriors, codes: Float32Array): Mixture => ('means' in posteriors ? mixtureOfNormals(posteriors, codes) : mixtureOfDiscrete(posteriors, codes));

/** Pairs of codes and parts whose densities are in memory at a time. */
const pairsAtOnce = 2 ** 22;
/** A part whose products may be off by more nats is looked at in 64 bits, where it matters. Parts that matter are many where they are wide, and their errors make up for each other. */
const slackAtMost = 1e-3;
/** A part whose log-density is so much below the largest adds nothing that counts. */
const matters = 30;

/**
 * log q(z) of each code. A product of matrices says which parts matter to a code, and what most of them add; where its 32 bits do not do, as between narrow posteriors, and for the parts of the
 * example that the code was drawn from, the density is computed anew in 64.
 */
function* logDensities(mixture: Mixture, count: number): Generator<void, Float64Array> {
  const { parts, components, width, features, weights } = mixture;
  const joint = new Float64Array(count);
  const columns = tensor2d(weights, [parts, width]);
  const scratch = new Float64Array(parts);
  const rowsAtOnce = Math.max(1, Math.floor(pairsAtOnce / parts));
  try {
    for (let first = 0; first < count; first += rowsAtOnce) {
      const rows = Math.min(rowsAtOnce, count - first);
      const { products } = readValues(() => ({ products: matMul(tensor2d(features(first, rows), [rows, width]), columns, false, true) }));
      for (let row = 0; row < rows; row += 1) joint[first + row] = logSumOfParts(mixture, first + row, products.subarray(row * parts, (row + 1) * parts), scratch) - Math.log(parts / components);
      yield;
    }
  } finally {
    columns.dispose();
  }
  return joint;
}

/** The logarithm of the sum over all parts of code m. @param products its row of them */
function logSumOfParts({ parts, components, offsets, slack, exact }: Mixture, m: number, products: Float32Array, scratch: Float64Array): number {
  let least = -Infinity;
  for (let i = 0; i < parts; i += 1) least = Math.max(least, (products[i] as number) + (offsets[i] as number) - (slack[i] as number));
  let kept = 0;
  for (let i = 0; i < parts; i += 1) {
    const log = (products[i] as number) + (offsets[i] as number);
    const isOwn = i >= m * components && i < (m + 1) * components;
    if (!isOwn && !(log + (slack[i] as number) > least - matters)) continue;
    scratch[kept] = isOwn || (slack[i] as number) > slackAtMost ? exact(m, i) : log;
    kept += 1;
  }
  return logSumExp(scratch.subarray(0, kept));
}

/** log q(z) = log 1/n sum_n q(z|x_n) of each code (row-major, `count x size`), over all n, nats. */
export const logAggregate = (posteriors: Posteriors, codes: Float32Array): Float64Array => finished(logDensities(mixtureOf(posteriors, codes), codes.length / posteriors.size));

/** The mean of a quantity over codes; its standard error is that of the codes, q(z) being what it is. */
type Mean = ReturnType<Sample['summary']>;

export interface Decomposition {
  /** E_x KL(q(z|x) || p(z)), by the codes. */
  rate: Mean;
  /** I_q(x; z): at most ln n, where it saturates. */
  mutualInformation: Mean;
  /** KL(q(z) || p(z)). */
  marginalKl: Mean;
  /** The mean share of q(z_n|x_n) in the sum over all examples that q(z_n) is: 1 / n where codes tell nothing, near 1 where n is too small for the information to show. */
  ownShare: Mean;
  /** Whether that is above a half. The information is then near ln n, whatever it is of more examples: in the mean no more than that, and KL(q(z) || p(z)) no less. */
  saturated: boolean;
  /** KL(q(z) || prod_j q(z_j)); null where it is saturated, as q(z) then says nothing of what is between its parts. */
  totalCorrelation: Mean | null;
  /** sum_j KL(q(z_j) || p(z_j)), where p(z) factorises; null where that is saturated. */
  dimensionWiseKl: Mean | null;
}

/** What the two parts below take at most: pairs of codes and parts of q(z), and exponentials of single dimensions; seconds each. */
const pairsAtMost = 2e8;
const exponentialsAtMost = 2e8;
/** Codes between two pauses. */
const marginalsAtOnce = 10;

/**
 * The divergence from the prior taken apart, nats: rate = mutual information + KL(q(z) || p(z)) (Hoffman and Johnson 2016), the latter = total
 * correlation + dimension-wise divergence (Chen et al. 2018). On shared codes these are identities. q(z) is always that of all examples; where these are very many, or their codes very long,
 * the means are over fewer codes, those of the first examples, and the last two over fewer again.
 * @param codes one draw z_n of each q(z|x_n)
 * @param logPrior log p(z_n)
 */
export function* decomposeAggregate(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): Generator<void, Decomposition> {
  const mixture = mixtureOf(posteriors, codes);
  const { parts, components, exact, marginal, marginalCost } = mixture;
  const count = Math.max(1, Math.min(codes.length / posteriors.size, Math.floor(pairsAtMost / parts)));
  const joint = yield* logDensities(mixture, count);
  const [rate, mutualInformation, marginalKl, ownShare, totalCorrelation, dimensionWiseKl] = Array.from({ length: 6 }, () => new Sample()) as [Sample, Sample, Sample, Sample, Sample, Sample];
  for (let m = 0; m < count; m += 1) {
    const own = logSumExp(Float64Array.from({ length: components }, (_, c) => exact(m, m * components + c)));
    const [log, prior] = [joint[m] as number, logPrior[m] as number];
    rate.add([own - prior]);
    mutualInformation.add([own - log]);
    marginalKl.add([log - prior]);
    ownShare.add([(Math.exp(own - log) * components) / parts]);
  }
  const saturated = ownShare.summary().value > 0.5;
  const marginals = saturated ? 0 : Math.max(1, Math.min(count, Math.floor(exponentialsAtMost / marginalCost)));
  for (let m = 0; m < marginals; m += 1) {
    const product = marginal(m);
    totalCorrelation.add([(joint[m] as number) - product]);
    dimensionWiseKl.add([product - (logPrior[m] as number)]);
    if (m % marginalsAtOnce === 0) yield;
  }
  const parted = (sample: Sample): Mean | null => (saturated ? null : sample.summary());
  return {
    rate: rate.summary(), mutualInformation: mutualInformation.summary(), marginalKl: marginalKl.summary(), ownShare: ownShare.summary(), saturated,
    totalCorrelation: parted(totalCorrelation), dimensionWiseKl: parted(dimensionWiseKl),
  };
}

/** A code of the prior lies in a hole where log q(z) - log p(z) is below this. */
export const holeBelow = -3;

/** The share of codes of the prior that lie in holes: where a decoder has seen next to nothing. */
export function holeShare(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): number {
  const logs = logAggregate(posteriors, codes);
  return logs.filter((log, i) => log - (logPrior[i] as number) < holeBelow).length / logs.length;
}
