/** q(z|x_n) = N(mean_n, diag deviation_n^2) of n examples: row-major, `n x size`. */
export interface Posteriors {
  means: Float32Array;
  deviations: Float32Array;
  size: number;
}

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** log q(z) = log 1/n sum_n q(z|x_n) of each code (row-major, `count x size`), over all n, nats. */
export const logAggregate = (posteriors: Posteriors, codes: Float32Array): Float64Array => logDensities(posteriors, codes, false).joint;

/**
 * log q(z) of each code and, with `marginals`, sum_j log q(z_j).
 * Of each mixture first the largest term is found, so that no exponential overflows and none of what counts is lost.
 */
function logDensities({ means, deviations, size }: Posteriors, codes: Float32Array, marginals: boolean): { joint: Float64Array; marginal: Float64Array } {
  const n = means.length / size;
  const count = codes.length / size;
  const precisions = Float64Array.from(deviations, (deviation) => 1 / deviation);
  const constants = Float64Array.from(deviations, (deviation) => -Math.log(deviation) - halfLogTwoPi);
  const joint = new Float64Array(count);
  const marginal = new Float64Array(count);
  const whole = new Float64Array(n);
  const one = new Float64Array(n);
  for (let m = 0; m < count; m += 1) {
    whole.fill(0);
    for (let j = 0; j < size; j += 1) {
      const z = codes[m * size + j] as number;
      for (let i = 0, at = j; i < n; i += 1, at += size) {
        const standardised = (z - (means[at] as number)) * (precisions[at] as number);
        const log = (constants[at] as number) - 0.5 * standardised * standardised;
        one[i] = log;
        whole[i] = (whole[i] as number) + log;
      }
      if (marginals) marginal[m] = (marginal[m] as number) + logMeanExp(one);
    }
    joint[m] = logMeanExp(whole);
  }
  return { joint, marginal };
}

function logMeanExp(logs: Float64Array): number {
  let largest = -Infinity;
  for (let i = 0; i < logs.length; i += 1) largest = Math.max(largest, logs[i] as number);
  let sum = 0;
  for (let i = 0; i < logs.length; i += 1) sum += Math.exp((logs[i] as number) - largest);
  return largest + Math.log(sum / logs.length);
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
}

/**
 * The divergence from the prior taken apart, nats: rate = mutual information + KL(q(z) || p(z)) (Hoffman and Johnson 2016), the latter = total
 * correlation + dimension-wise divergence (Chen et al. 2018). On shared codes these are identities.
 * @param codes one draw z_n of each q(z|x_n)
 * @param logPrior log p(z_n)
 */
export function decomposeAggregate(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): Decomposition {
  const { means, deviations, size } = posteriors;
  const n = means.length / size;
  const { joint, marginal } = logDensities(posteriors, codes, true);
  const sums = { own: 0, joint: 0, marginal: 0, prior: 0 };
  for (let m = 0; m < n; m += 1) {
    for (let j = m * size; j < (m + 1) * size; j += 1) {
      const deviation = deviations[j] as number;
      sums.own -= 0.5 * (((codes[j] as number) - (means[j] as number)) / deviation) ** 2 + Math.log(deviation) + halfLogTwoPi;
    }
    sums.joint += joint[m] as number;
    sums.marginal += marginal[m] as number;
    sums.prior += logPrior[m] as number;
  }
  return {
    rate: (sums.own - sums.prior) / n,
    mutualInformation: (sums.own - sums.joint) / n,
    marginalKl: (sums.joint - sums.prior) / n,
    totalCorrelation: (sums.joint - sums.marginal) / n,
    dimensionWiseKl: (sums.marginal - sums.prior) / n,
  };
}

/** A code of the prior lies in a hole where log q(z) - log p(z) is below this. */
export const holeBelow = -3;

/** The share of codes of the prior that lie in holes: where a decoder has seen next to nothing. */
export function holeShare(posteriors: Posteriors, codes: Float32Array, logPrior: ArrayLike<number>): number {
  const logs = logAggregate(posteriors, codes);
  return logs.filter((log, i) => log - (logPrior[i] as number) < holeBelow).length / logs.length;
}
