import { codeColumn, factorColumn, mean, type FactorCodes } from './factor-codes';

/** Bins of equal width between the smallest and the largest value. */
export function equalWidthBins(values: ArrayLike<number>, bins: number): Int32Array {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    least = Math.min(least, values[i] as number);
    most = Math.max(most, values[i] as number);
  }
  const width = (most - least) / bins;
  return Int32Array.from(values, (value) => (width > 0 ? Math.min(bins - 1, Math.floor((value - least) / width)) : 0));
}

/** Entropy of a sequence of indices, nats. */
export function entropy(indices: Int32Array): number {
  const counts = new Map<number, number>();
  for (const index of indices) counts.set(index, (counts.get(index) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / indices.length) * Math.log(count / indices.length), 0);
}

/** I(a; b) of two sequences of indices, nats. */
export function mutualInformation(a: Int32Array, b: Int32Array): number {
  const width = 1 + b.reduce((most, value) => Math.max(most, value), 0);
  return Math.max(0, entropy(a) + entropy(b) - entropy(a.map((value, i) => value * width + (b[i] as number))));
}

/** I(z_j; v_k) with z_j in bins of equal width: `[codes][factors]`. */
export function informationMatrix(data: FactorCodes, bins = 20): number[][] {
  const factors = data.sizes.map((_, k) => factorColumn(data, k));
  return Array.from({ length: data.size }, (_, j) => {
    const binned = equalWidthBins(codeColumn(data, j), bins);
    return factors.map((factor) => mutualInformation(binned, factor));
  });
}

/**
 * Mutual information gap: for each factor the information of the first code about it less that of the second, over the factor's entropy; and
 * their mean (Chen et al. 2018). Bins cannot resolve a factor of more values: with 20 bins of 40 values the most is ln 20 / ln 40.
 */
export function mutualInformationGap(data: FactorCodes, bins = 20): { score: number; perFactor: number[] } {
  const matrix = informationMatrix(data, bins);
  const perFactor = data.sizes.map((_, k) => {
    const [first = 0, second = 0] = matrix.map((row) => row[k] ?? 0).sort((a, b) => b - a);
    return (first - second) / entropy(factorColumn(data, k));
  });
  return { score: mean(perFactor), perFactor };
}

/**
 * Modularity: 1 - the squared information of a code about all factors but its own, over that about its own times their number; the mean over
 * the codes, a code without information counting 0 (Ridgeway and Mozer 2018). Its floor is high: about .67 for noise and .86 for a rotation.
 */
export function modularity(data: FactorCodes, bins = 20): number {
  return mean(
    informationMatrix(data, bins).map((row) => {
      const largest = Math.max(...row);
      if (largest <= 0) return 0;
      const squares = row.reduce((sum, value) => sum + value * value, 0);
      return 1 - (squares - largest ** 2) / (largest ** 2 * Math.max(1, row.length - 1));
    }),
  );
}
