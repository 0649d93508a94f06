import type { Features } from '../features';
import { codeColumn } from './factor-codes';

export interface BoostedTrees {
  /** The class of each row. */
  classify(data: Features): Int32Array;
  /** What share of the fall of the squared error was won by each column; sums to 1, or is 0 without any split. */
  importance: Float64Array;
}

interface Node {
  /** Rows below go left. */
  threshold: number;
  column: number;
  left: Node | number;
  right: Node | number;
}

/** Thresholds are looked for between so many quantiles of a column. */
const bins = 64;

/**
 * Gradient boosting of the multinomial log-likelihood (Friedman 2001, algorithm 6): each round fits a regression tree of `depth` to the residuals
 * of each class. Columns are first cut at 63 quantiles.
 * @param labels class of each row, from 0
 */
export function boostedTrees(data: Features, labels: ArrayLike<number>, classes: number, { rounds = 100, depth = 3, rate = 0.1 } = {}): BoostedTrees {
  const n = labels.length;
  const { size } = data;
  const columns = Array.from({ length: size }, (_, j) => codeColumn(data, j));
  const cuts = columns.map((column) => {
    const sorted = column.slice().sort();
    const candidates = Array.from({ length: bins - 1 }, (_, b) => ((sorted[Math.floor(((b + 1) * n) / bins) - 1] ?? NaN) + (sorted[Math.floor(((b + 1) * n) / bins)] ?? NaN)) / 2);
    return Float64Array.from(new Set(candidates.filter(Number.isFinite))).sort();
  });
  // Row-major.
  const binned = Uint8Array.from({ length: n * size }, (_, at) => below(cuts[at % size] as Float64Array, data.values[at] as number));

  const prior = new Float64Array(classes);
  for (let i = 0; i < n; i += 1) prior[labels[i] as number] = (prior[labels[i] as number] as number) + 1 / n;
  const logPrior = prior.map((share) => Math.log(Math.max(share, 1e-12)));
  const scores = new Float64Array(n * classes);
  for (let i = 0; i < n; i += 1) scores.set(logPrior, i * classes);
  const importance = new Float64Array(size);
  const residuals = new Float64Array(n);
  const leaf = (classes - 1) / classes;

  /** Of each bin of each column, the sum of the residuals and the number of the rows. */
  interface Histogram {
    sums: Float64Array;
    counts: Float64Array;
  }
  const histogramOf = (rows: Int32Array): Histogram => {
    const [sums, counts] = [new Float64Array(size * bins), new Float64Array(size * bins)];
    for (let r = 0; r < rows.length; r += 1) {
      const row = rows[r] as number;
      const residual = residuals[row] as number;
      for (let column = 0; column < size; column += 1) {
        const at = column * bins + (binned[row * size + column] as number);
        sums[at] = (sums[at] as number) + residual;
        counts[at] = (counts[at] as number) + 1;
      }
    }
    return { sums, counts };
  };
  /** What is left of `whole` without `part`; in place. */
  const without = (whole: Histogram, part: Histogram): Histogram => {
    for (let at = 0; at < size * bins; at += 1) {
      whole.sums[at] = (whole.sums[at] as number) - (part.sums[at] as number);
      whole.counts[at] = (whole.counts[at] as number) - (part.counts[at] as number);
    }
    return whole;
  };

  /** The rows whose column is in a bin up to `last`, and the others. */
  const parted = (rows: Int32Array, column: number, last: number): [Int32Array, Int32Array] => {
    const [left, right] = [new Int32Array(rows.length), new Int32Array(rows.length)];
    let [inside, outside] = [0, 0];
    for (let r = 0; r < rows.length; r += 1) {
      const row = rows[r] as number;
      if ((binned[row * size + column] as number) <= last) left[inside++] = row;
      else right[outside++] = row;
    }
    return [left.subarray(0, inside), right.subarray(0, outside)];
  };

  const grow = (rows: Int32Array, deep: number, histogram: Histogram | null, score: Float64Array): Node | number => {
    const split = histogram && bestSplit(histogram, rows.length);
    if (!split) {
      let [top, bottom] = [0, 0];
      for (let r = 0; r < rows.length; r += 1) {
        const residual = residuals[rows[r] as number] as number;
        top += residual;
        bottom += Math.abs(residual) * (1 - Math.abs(residual));
      }
      const value = Math.abs(bottom) < 1e-150 ? 0 : (rate * leaf * top) / bottom;
      for (let r = 0; r < rows.length; r += 1) score[rows[r] as number] = value;
      return value;
    }
    const { column, bin, gain } = split;
    importance[column] = (importance[column] as number) + gain;
    const [left, right] = parted(rows, column, bin);
    // The larger part's histogram is what the smaller one leaves.
    const smaller = deep > 1 ? histogramOf(left.length < right.length ? left : right) : null;
    const larger = smaller && without(histogram, smaller);
    const [leftHistogram, rightHistogram] = left.length < right.length ? [smaller, larger] : [larger, smaller];
    return { column, threshold: cuts[column]?.[bin] as number, left: grow(left, deep - 1, leftHistogram, score), right: grow(right, deep - 1, rightHistogram, score) };
  };

  /** The largest fall of the squared error. */
  const bestSplit = ({ sums, counts }: Histogram, rows: number): { column: number; bin: number; gain: number } | null => {
    let [bestColumn, bestBin, most] = [-1, 0, 1e-12];
    let total = 0;
    for (let bin = 0; bin < bins; bin += 1) total += sums[bin] as number;
    for (let column = 0; column < size; column += 1) {
      let [sum, count] = [0, 0];
      for (let bin = 0; bin < bins - 1; bin += 1) {
        sum += sums[column * bins + bin] as number;
        count += counts[column * bins + bin] as number;
        if (count === 0) continue;
        if (count === rows) break;
        const gain = (count * (rows - count) * (sum / count - (total - sum) / (rows - count)) ** 2) / rows;
        if (gain > most) [bestColumn, bestBin, most] = [column, bin, gain];
      }
    }
    return bestColumn < 0 ? null : { column: bestColumn, bin: bestBin, gain: most };
  };

  const everyone = Int32Array.from({ length: n }, (_, i) => i);
  const trees: (Node | number)[][] = [];
  const probabilities = new Float64Array(n * classes);
  const added = new Float64Array(n);
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < n; i += 1) {
      let most = -Infinity;
      for (let k = 0; k < classes; k += 1) most = Math.max(most, scores[i * classes + k] as number);
      let sum = 0;
      for (let k = 0; k < classes; k += 1) sum += probabilities[i * classes + k] = Math.exp((scores[i * classes + k] as number) - most);
      for (let k = 0; k < classes; k += 1) probabilities[i * classes + k] = (probabilities[i * classes + k] as number) / sum;
    }
    trees.push(
      Array.from({ length: classes }, (_, k) => {
        for (let i = 0; i < n; i += 1) residuals[i] = (labels[i] === k ? 1 : 0) - (probabilities[i * classes + k] as number);
        const tree = grow(everyone, depth, histogramOf(everyone), added);
        for (let i = 0; i < n; i += 1) scores[i * classes + k] = (scores[i * classes + k] as number) + (added[i] as number);
        return tree;
      }),
    );
  }

  const won = importance.reduce((sum, gain) => sum + gain, 0);
  return {
    importance: importance.map((gain) => (won > 0 ? gain / won : 0)),
    classify: (asked) =>
      Int32Array.from({ length: asked.values.length / size }, (_, row) => {
        let [best, most] = [0, -Infinity];
        for (let k = 0; k < classes; k += 1) {
          let score = logPrior[k] as number;
          for (const round of trees) score += valueAt(round[k] as Node | number, asked, row);
          if (score > most) [best, most] = [k, score];
        }
        return best;
      }),
  };
}

function valueAt(node: Node | number, data: Features, row: number): number {
  let at = node;
  while (typeof at !== 'number') at = (data.values[row * data.size + at.column] as number) <= at.threshold ? at.left : at.right;
  return at;
}

/** How many of the sorted cuts lie below the value. */
function below(cuts: Float64Array, value: number): number {
  let [from, to] = [0, cuts.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((cuts[middle] as number) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
