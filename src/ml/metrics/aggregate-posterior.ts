import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution';
import { joined } from '../joined';

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
  const { own } = logDensities(normal, codes, false);
  return own.every((log, i) => Math.abs(log - (logDensity[i] as number)) < 1e-3 * (size + Math.abs(log))) ? normal : null;
}

/** The first `n` examples of posteriors of one kind, in pieces. */
export function firstOf(pieces: readonly Posteriors[], n: number): Posteriors {
  const some = (of: (piece: Posteriors) => Float32Array, numbers: number): Float32Array => joined(pieces.map(of)).subarray(0, n * numbers);
  const [first] = pieces;
  if (!first) throw new Error('There are no posteriors.');
  const numbers = numbersOfEach(pieces);
  if (!('means' in first)) return { ...first, logProbabilities: some((piece) => (piece as DiscretePosteriors).logProbabilities, numbers) };
  const normals = (name: 'means' | 'deviations') => some((piece) => (piece as NormalPosteriors)[name], numbers);
  const { mixture } = first;
  return {
    means: normals('means'),
    deviations: normals('deviations'),
    size: first.size,
    ...(mixture && { mixture: { ...mixture, logWeights: some((piece) => (piece as NormalPosteriors).mixture?.logWeights ?? new Float32Array(), mixture.components) } }),
  };
}

/** How many numbers describe the posterior of an example. */
export function numbersOfEach([first]: readonly Posteriors[]): number {
  if (!first) return 0;
  return 'means' in first ? first.size * (first.mixture?.components ?? 1) : first.variables * first.values;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** log q(z) = log 1/n sum_n q(z|x_n) of each code (row-major, `count x size`), over all n, nats. */
export const logAggregate = (posteriors: Posteriors, codes: Float32Array): Float64Array => logDensities(posteriors, codes, false).joint;

/** The mixture that q(z) is: over the examples, and over the components of each. */
interface Mixture {
  /** Its parts, those of an example side by side. */
  parts: number;
  /** Parts of an example. */
  components: number;
  /** Log-weights within the example; 0 of a single part. */
  logWeights?: Float32Array;
  /** Dimensions or variables. */
  dimensions: number;
  /** log-density of dimension j of code m under every part. */
  fill(logs: Float64Array, m: number, j: number): void;
}

function mixtureOf(posteriors: Posteriors, codes: Float32Array): Mixture {
  const { size } = posteriors;
  if ('means' in posteriors) {
    const { means, deviations, mixture = { components: 1 } } = posteriors;
    const precisions = Float64Array.from(deviations, (deviation) => 1 / deviation);
    const constants = Float64Array.from(deviations, (deviation) => -Math.log(deviation) - halfLogTwoPi);
    return {
      parts: means.length / size,
      dimensions: size,
      ...mixture,
      fill(logs, m, j) {
        const z = codes[m * size + j] as number;
        for (let i = 0, at = j; i < logs.length; i += 1, at += size) {
          const standardised = (z - (means[at] as number)) * (precisions[at] as number);
          logs[i] = (constants[at] as number) - 0.5 * standardised * standardised;
        }
      },
    };
  }
  const { logProbabilities, variables, values } = posteriors;
  const valueOf = (m: number, j: number): number => (size === variables ? Math.round(codes[m * size + j] as number) : codes.subarray(m * size + j * values, m * size + (j + 1) * values).indexOf(1));
  return {
    parts: logProbabilities.length / variables / values,
    components: 1,
    dimensions: variables,
    fill(logs, m, j) {
      const value = valueOf(m, j);
      for (let i = 0; i < logs.length; i += 1) logs[i] = logProbabilities[(i * variables + j) * values + value] as number;
    },
  };
}

/** log q(z) of each code and, with `marginals`, sum_j log q(z_j) and for the first n codes log q(z_n|x_n). */
function logDensities(posteriors: Posteriors, codes: Float32Array, marginals: boolean): { joint: Float64Array; marginal: Float64Array; own: Float64Array } {
  const { parts, components, logWeights, dimensions, fill } = mixtureOf(posteriors, codes);
  const n = parts / components;
  const count = codes.length / posteriors.size;
  const [joint, marginal, own] = [new Float64Array(count), new Float64Array(count), new Float64Array(Math.min(n, count))];
  const [whole, one] = [new Float64Array(parts), new Float64Array(parts)];
  for (let m = 0; m < count; m += 1) {
    if (logWeights) whole.set(logWeights);
    else whole.fill(0);
    for (let j = 0; j < dimensions; j += 1) {
      fill(one, m, j);
      for (let i = 0; i < parts; i += 1) whole[i] = (whole[i] as number) + (one[i] as number);
      if (!marginals) continue;
      if (logWeights) for (let i = 0; i < parts; i += 1) one[i] = (one[i] as number) + (logWeights[i] as number);
      marginal[m] = (marginal[m] as number) + logSumExp(one) - Math.log(n);
    }
    joint[m] = logSumExp(whole) - Math.log(n);
    if (m < n) own[m] = logSumExp(whole.subarray(m * components, (m + 1) * components));
  }
  return { joint, marginal, own };
}

/** The largest is found first, so that no exponential overflows and none of what counts is lost. */
function logSumExp(logs: Float64Array): number {
  let largest = -Infinity;
  for (let i = 0; i < logs.length; i += 1) largest = Math.max(largest, logs[i] as number);
  if (largest === -Infinity) return largest;
  let sum = 0;
  for (let i = 0; i < logs.length; i += 1) sum += Math.exp((logs[i] as number) - largest);
  return largest + Math.log(sum);
}

export interface Decomposition {
  /** E_x KL(q(z|x) || p(z)), by the codes. */
  rate: number;
  /** I_q(x; z): at most ln n, where it saturates. */
  mutualInformation: number;
  /** KL(q(z) || p(z)). */
  marginalKl: number;
  /** KL(q(z) || prod_j q(z_j)). */
  totalCorrelation: number;
  /** sum_j KL(q(z_j) || p(z_j)), where p(z) factorises. */
  dimensionWiseKl: number;
  /** The mean share of q(z_n|x_n) in the sum over all examples that q(z_n) is: 1 / n where codes tell nothing, near 1 where n is too small for the information to show. */
  ownShare: number;
}

/**
 * The divergence from the prior taken apart, nats: rate = mutual information + KL(q(z) || p(z)) (Hoffman and Johnson 2016), the latter = total
 * correlation + dimension-wise divergence (Chen et al. 2018). On shared codes these are identities.
 * @param codes one draw z_n of each q(z|x_n)
 * @param logPrior log p(z_n)
 */
export function decomposeAggregate(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): Decomposition {
  const { joint, marginal, own } = logDensities(posteriors, codes, true);
  const n = own.length;
  const sums = { own: 0, joint: 0, marginal: 0, prior: 0, share: 0 };
  for (let m = 0; m < n; m += 1) {
    sums.own += own[m] as number;
    sums.joint += joint[m] as number;
    sums.marginal += marginal[m] as number;
    sums.prior += logPrior[m] as number;
    sums.share += Math.exp((own[m] as number) - (joint[m] as number)) / n;
  }
  return {
    rate: (sums.own - sums.prior) / n,
    mutualInformation: (sums.own - sums.joint) / n,
    marginalKl: (sums.joint - sums.prior) / n,
    totalCorrelation: (sums.joint - sums.marginal) / n,
    dimensionWiseKl: (sums.marginal - sums.prior) / n,
    ownShare: sums.share / n,
  };
}

/** A code of the prior lies in a hole where log q(z) - log p(z) is below this. */
export const holeBelow = -3;

/** The share of codes of the prior that lie in holes: where a decoder has seen next to nothing. */
export function holeShare(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): number {
  const logs = logAggregate(posteriors, codes);
  return logs.filter((log, i) => log - (logPrior[i] as number) < holeBelow).length / logs.length;
}
