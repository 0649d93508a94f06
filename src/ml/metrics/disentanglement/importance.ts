import { boostedTrees } from './boosted-trees';
import { factorColumn, mean, type FactorCodes } from './factor-codes';

export interface ImportanceScores {
  /** Each code tells of one factor only. */
  disentanglement: number;
  /** Each factor is told by one code only. */
  completeness: number;
  /** The mean accuracy of the predictions. */
  informativeness: number;
}

const tiny = 1e-11;

/**
 * Disentanglement, completeness, informativeness by the importance of each code for predicting each factor by boosted trees (Eastwood and
 * Williams 2018; 100 trees of depth 3 at rate .1, as in disentanglement_lib). Yields after each factor.
 */
export function* importanceScores(train: FactorCodes, test: FactorCodes, options?: Parameters<typeof boostedTrees>[3]): Generator<void, ImportanceScores> {
  const byFactor: number[][] = [];
  const accuracies: number[] = [];
  for (const [k, classes] of train.sizes.entries()) {
    const { importance, classify } = boostedTrees(train, factorColumn(train, k), classes, options);
    const expected = factorColumn(test, k);
    byFactor.push(Array.from(importance));
    accuracies.push(mean(classify(test).map((found, row) => (found === expected[row] ? 1 : 0))));
    yield;
  }
  const byCode = Array.from({ length: train.size }, (_, j) => byFactor.map((importance) => importance[j] as number));
  return { disentanglement: concentration(byCode), completeness: concentration(byFactor), informativeness: mean(accuracies) };
}

/** 1 - the entropy of each row in units of the most there can be, weighted by the row's sum. */
function concentration(rows: number[][]): number {
  const sums = rows.map((row) => row.reduce((sum, value) => sum + value, 0));
  const total = sums.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  return rows.reduce((score, row, i) => {
    const parts = row.map((value) => (value + tiny) / ((sums[i] as number) + tiny * row.length));
    // Of one there is nothing to spread over.
    const entropy = row.length > 1 ? -parts.reduce((sum, part) => sum + part * Math.log(part), 0) / Math.log(row.length) : 0;
    return score + ((sums[i] as number) / total) * (1 - entropy);
  }, 0);
}
