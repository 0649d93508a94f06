import type { Features } from '../features';
import { minimise } from './minimise';

/** Class scores of a row: linear, `[classes]`. */
export type Scores = (data: Features, row: number) => Float64Array;

/**
 * Multinomial logistic regression, the sum of cross-entropies plus |w|^2 / 2c over the weights (not the biases): scikit-learn's default at c = 1.
 * @param labels class of each row, from 0
 */
export function logisticRegression(data: Features, labels: ArrayLike<number>, classes: number, c = 1): Scores {
  const { values, size } = data;
  const n = labels.length;
  const stride = size + 1;
  const scoresAt = (weights: Float64Array, from: ArrayLike<number>, row: number, scores = new Float64Array(classes)): Float64Array => {
    for (let k = 0; k < classes; k += 1) {
      let score = weights[k * stride + size] as number;
      for (let j = 0; j < size; j += 1) score += (weights[k * stride + j] as number) * (from[row * size + j] as number);
      scores[k] = score;
    }
    return scores;
  };
  const powers = new Float64Array(classes);
  const weights = minimise((at, gradient) => {
    let loss = 0;
    gradient.fill(0);
    for (let k = 0; k < classes; k += 1)
      for (let j = 0; j < size; j += 1) {
        const weight = at[k * stride + j] as number;
        loss += (weight * weight) / (2 * c);
        gradient[k * stride + j] = weight / c;
      }
    for (let row = 0; row < n; row += 1) {
      const label = labels[row] as number;
      const scores = scoresAt(at, values, row, powers);
      let largest = -Infinity;
      for (let k = 0; k < classes; k += 1) largest = Math.max(largest, scores[k] as number);
      loss += largest - (scores[label] as number);
      let total = 0;
      for (let k = 0; k < classes; k += 1) total += powers[k] = Math.exp((scores[k] as number) - largest);
      loss += Math.log(total);
      for (let k = 0; k < classes; k += 1) {
        const error = (powers[k] as number) / total - (k === label ? 1 : 0);
        for (let j = 0; j < size; j += 1) gradient[k * stride + j] = (gradient[k * stride + j] as number) + error * (values[row * size + j] as number);
        gradient[k * stride + size] = (gradient[k * stride + size] as number) + error;
      }
    }
    return loss;
  }, new Float64Array(classes * stride));
  return (asked, row) => scoresAt(weights, asked.values, row);
}
