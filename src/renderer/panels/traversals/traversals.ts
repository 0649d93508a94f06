import type { Codes } from '../codes';

export interface CodeStatistics {
  /** Of the aggregate posterior, by dimension. */
  mean: Float64Array;
  deviation: Float64Array;
  /** Variance of the posterior's mean: what the dimension tells of the examples. */
  meanVariance: Float64Array;
}

/** Moments of q(z) = 1/n sum q(z|x_i) from the posteriors of n examples. */
export function codeStatistics({ means, standardDeviations, latentSize }: Omit<Codes, 'labels' | 'factors'>): CodeStatistics {
  const count = means.length / latentSize;
  const mean = new Float64Array(latentSize);
  const meanVariance = new Float64Array(latentSize);
  const within = new Float64Array(latentSize);
  for (let i = 0; i < means.length; i++) mean[i % latentSize] = (mean[i % latentSize] ?? 0) + (means[i] ?? 0) / count;
  for (let i = 0; i < means.length; i++) {
    const d = i % latentSize;
    meanVariance[d] = (meanVariance[d] ?? 0) + ((means[i] ?? 0) - (mean[d] ?? 0)) ** 2 / count;
    within[d] = (within[d] ?? 0) + (standardDeviations?.[i] ?? 0) ** 2 / count;
  }
  return { mean, meanVariance, deviation: meanVariance.map((variance, d) => Math.sqrt(variance + (within[d] ?? 0))) };
}

/** How far a traversal goes, in standard deviations. */
export const farthest = 3;

/** Position of column `i` of `columns`, in standard deviations from the mean. */
export const positionOf = (i: number, columns: number): number => -farthest + (2 * farthest * i) / (columns - 1);

/** A row of `columns` codes for each of `dims`: the code, with that one dimension going from -3 to +3 standard deviations about its mean. */
export function traversalCodes(code: ArrayLike<number>, dims: readonly number[], columns: number, { mean, deviation }: CodeStatistics): Float32Array<ArrayBuffer> {
  const size = code.length;
  const codes = new Float32Array(dims.length * columns * size);
  dims.forEach((dim, row) => {
    for (let column = 0; column < columns; column++) {
      const start = (row * columns + column) * size;
      codes.set(code, start);
      codes[start + dim] = (mean[dim] ?? 0) + positionOf(column, columns) * (deviation[dim] ?? 0);
    }
  });
  return codes;
}
