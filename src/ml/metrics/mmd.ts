import { permutation } from '../random/philox';
import { rowCount, squaredDistance, type Features } from './features';

/** k(x, y) of rows. */
export type Kernel = (a: Features, i: number, b: Features, j: number) => number;

/** The mean of normal kernels whose widths are a quarter, half, once, twice and four times the median squared distance of the pooled rows (at most 500 of each). */
export function normalMixture(a: Features, b: Features): Kernel {
  const distances: number[] = [];
  const rows = [a, b].flatMap((set) => Array.from({ length: Math.min(500, rowCount(set)) }, (_, i) => ({ set, i })));
  rows.forEach((one, i) => rows.slice(0, i).forEach((other) => distances.push(squaredDistance(one.set, one.i, other.set, other.i))));
  const median = Float64Array.from(distances).sort()[Math.floor(distances.length / 2)] || 1;
  const widths = [0.25, 0.5, 1, 2, 4].map((factor) => factor * median);
  return (x, i, y, j) => {
    const distance = squaredDistance(x, i, y, j);
    return widths.reduce((sum, width) => sum + Math.exp(-distance / width), 0) / widths.length;
  };
}

/** C / (C + |x - y|^2) with C = 2 size (Tolstikhin et al. 2018). */
export const inverseMultiquadric: Kernel = (a, i, b, j) => (2 * a.size) / (2 * a.size + squaredDistance(a, i, b, j));

/** (x.y / size + 1)^3: of features its MMD is the kernel distance of Binkowski et al. 2018 (KID, of Inception features). */
export const cubic: Kernel = (a, i, b, j) => {
  let dot = 0;
  for (let d = 0; d < a.size; d += 1) dot += (a.values[i * a.size + d] as number) * (b.values[j * b.size + d] as number);
  return (dot / a.size + 1) ** 3;
};

export interface Mmd {
  /** Unbiased, so that it may be negative. */
  squared: number;
  /** The share of permutations of the pooled rows with as large a value; null when none were asked for. */
  pValue: number | null;
}

/**
 * The squared maximum mean discrepancy of two sets as a U-statistic, and the p-value of a permutation test (Gretton et al. 2012, equation 3 and
 * section 5). Takes (n + m)^2 numbers of memory.
 */
export function mmd(a: Features, b: Features, kernel: Kernel, { permutations = 0, seed = 0 } = {}): Mmd {
  const n = rowCount(a);
  const m = rowCount(b);
  const all = n + m;
  const gram = new Float32Array(all * all);
  for (let i = 0; i < all; i += 1)
    for (let j = 0; j < i; j += 1) gram[i * all + j] = gram[j * all + i] = kernel(i < n ? a : b, i < n ? i : i - n, j < n ? a : b, j < n ? j : j - n);
  const statistic = (order: ArrayLike<number>): number => {
    const within = [0, 0];
    let between = 0;
    for (let p = 0; p < all; p += 1) {
      const row = (order[p] as number) * all;
      for (let q = 0; q < p; q += 1) {
        const value = gram[row + (order[q] as number)] as number;
        if (p < n) within[0] = (within[0] as number) + value;
        else if (q >= n) within[1] = (within[1] as number) + value;
        else between += value;
      }
    }
    return (2 * (within[0] as number)) / (n * (n - 1)) + (2 * (within[1] as number)) / (m * (m - 1)) - (2 * between) / (n * m);
  };
  const squared = statistic(Int32Array.from({ length: all }, (_, i) => i));
  if (permutations === 0) return { squared, pValue: null };
  const larger = Array.from({ length: permutations }, (_, p) => statistic(permutation(all, seed, p))).filter((value) => value >= squared).length;
  return { squared, pValue: (larger + 1) / (permutations + 1) };
}
