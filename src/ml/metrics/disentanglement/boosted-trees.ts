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
  const binned = columns.map((column, j) => Uint8Array.from(column, (value) => below(cuts[j] as Float64Array, value)));

  const prior = new Float64Array(classes);
  for (let i = 0; i < n; i += 1) prior[labels[i] as number] = (prior[labels[i] as number] as number) + 1 / n;
  const logPrior = prior.map((share) => Math.log(Math.max(share, 1e-12)));
  const scores = new Float64Array(n * classes);
  for (let i = 0; i < n; i += 1) scores.set(logPrior, i * classes);
  const importance = new Float64Array(size);
  const residuals = new Float64Array(n);
  const leaf = (classes - 1) / classes;

  const grow = (rows: Int32Array, deep: number, score: Float64Array): Node | number => {
    const split = deep > 0 ? bestSplit(rows) : null;
    if (!split) {
      let [top, bottom] = [0, 0];
      for (const row of rows) {
        const residual = residuals[row] as number;
        top += residual;
        bottom += Math.abs(residual) * (1 - Math.abs(residual));
      }
      const value = Math.abs(bottom) < 1e-150 ? 0 : (rate * leaf * top) / bottom;
      for (const row of rows) score[row] = value;
      return value;
    }
    importance[split.column] = (importance[split.column] as number) + split.gain;
    const inside = (row: number): boolean => (binned[split.column]?.[row] as number) <= split.bin;
    return {
      column: split.column,
      threshold: cuts[split.column]?.[split.bin] as number,
      left: grow(rows.filter(inside), deep - 1, score),
      right: grow(rows.filter((row) => !inside(row)), deep - 1, score),
    };
  };

  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  /** The largest fall of the squared error. */
  const bestSplit = (rows: Int32Array): { column: number; bin: number; gain: number } | null => {
    let best: { column: number; bin: number; gain: number } | null = null;
    let total = 0;
    for (const row of rows) total += residuals[row] as number;
    for (let column = 0; column < size; column += 1) {
      sums.fill(0);
      counts.fill(0);
      const indices = binned[column] as Uint8Array;
      for (const row of rows) {
        const bin = indices[row] as number;
        sums[bin] = (sums[bin] as number) + (residuals[row] as number);
        counts[bin] = (counts[bin] as number) + 1;
      }
      let [sum, count] = [0, 0];
      for (let bin = 0; bin < bins - 1; bin += 1) {
        sum += sums[bin] as number;
        count += counts[bin] as number;
        if (count === 0) continue;
        if (count === rows.length) break;
        const gain = (count * (rows.length - count) * (sum / count - (total - sum) / (rows.length - count)) ** 2) / rows.length;
        if (gain > (best?.gain ?? 1e-12)) best = { column, bin, gain };
      }
    }
    return best;
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
        const tree = grow(everyone, depth, added);
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
