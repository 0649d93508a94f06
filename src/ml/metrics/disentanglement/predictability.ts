import { dealtOrder } from '../../data/shown-order';
import { auroc } from '../out-of-distribution';
import { moments, type Features } from '../features';
import { argMax, codeColumn, factorColumn, mean, rowsOf, type FactorCodes } from './factor-codes';
import { logisticRegression } from './logistic-regression';

/**
 * Separated attribute predictability: how much better the best single code predicts a factor than the second best, by the accuracy of a linear
 * support vector machine on each code alone, the mean over the factors (Kumar et al. 2018).
 */
export function separatedPredictability(train: FactorCodes, test: FactorCodes, c = 0.01): number {
  return mean(
    train.sizes.map((classes, k) => {
      const [labels, expected] = [factorColumn(train, k), factorColumn(test, k)];
      const accuracies = Array.from({ length: train.size }, (_, j) => {
        const codes = codeColumn(train, j);
        const machines = Array.from({ length: classes }, (_unused, label) => supportVector(codes, labels, label, classes, c));
        return mean(codeColumn(test, j).map((code, row) => (argMax(machines.map(({ weight, bias }) => weight * code + bias)) === expected[row] ? 1 : 0)));
      });
      const [first = 0, second = 0] = accuracies.sort((a, b) => b - a);
      return first - second;
    }),
  );
}

/** The same of factors as numbers, in the order of their values: by the share of a factor's variance that a line on each code alone explains, its squared correlation (Kumar et al. 2018). */
export function linearPredictability(data: FactorCodes): number {
  const shares = data.sizes.map((_, k) => {
    const factor = factorColumn(data, k);
    return Array.from({ length: data.size }, (_unused, j) => squaredCorrelation(codeColumn(data, j), factor)).sort((a, b) => b - a);
  });
  return mean(shares.map(([first = 0, second = 0]) => first - second));
}

function squaredCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { covariance: [first = 0, both = 0, , second = 0] } = moments({ values: Array.from({ length: 2 * a.length }, (_, i) => (i % 2 === 0 ? a : b)[Math.floor(i / 2)] as number), size: 2 });
  return first > 1e-12 && second > 0 ? both ** 2 / (first * second) : 0;
}

/**
 * One class against the rest on one number: the least of (w^2 + b^2) / 2 + c sum_i u_i max(0, 1 - y_i (w x_i + b))^2, u_i the inverse share of the
 * class (liblinear's machine with balanced weights). The loss is quadratic between changes of who lies in the margin, so Newton's steps end.
 */
function supportVector(codes: Float64Array, labels: Int32Array, label: number, classes: number, c: number): { weight: number; bias: number } {
  const counts = new Float64Array(classes);
  for (const each of labels) counts[each] = (counts[each] as number) + 1;
  const present = counts.filter((count) => count > 0).length;
  let [weight, bias] = [0, 0];
  for (let step = 0; step < 30; step += 1) {
    let [gw, gb, hww, hwb, hbb] = [weight, bias, 1, 0, 1];
    for (let i = 0; i < codes.length; i += 1) {
      const x = codes[i] as number;
      const y = labels[i] === label ? 1 : -1;
      const short = 1 - y * (weight * x + bias);
      if (short <= 0) continue;
      const u = (2 * c * codes.length) / (present * (counts[labels[i] as number] as number));
      gw -= u * short * y * x;
      gb -= u * short * y;
      hww += u * x * x;
      hwb += u * x;
      hbb += u;
    }
    const determinant = hww * hbb - hwb * hwb;
    const dw = (hbb * gw - hwb * gb) / determinant;
    const db = (hww * gb - hwb * gw) / determinant;
    weight -= dw;
    bias -= db;
    if (Math.abs(dw) + Math.abs(db) < 1e-9 * (1 + Math.abs(weight) + Math.abs(bias))) break;
  }
  return { weight, bias };
}

/**
 * Explicitness: the mean over factors and their values of the one-against-rest AUROC of a logistic regression on standardised codes (Ridgeway and Mozer 2018). Yields after
 * each factor.
 */
export function* explicitness(train: FactorCodes, test: FactorCodes): Generator<void, number> {
  const { mean: center, covariance } = moments(train);
  const scale = Float64Array.from(center, (_, j) => 1 / (Math.sqrt(covariance[j * train.size + j] as number) || 1));
  const standardised = ({ values, size }: Features): Features => ({ size, values: Float64Array.from(values, (value, i) => (value - (center[i % size] as number)) * (scale[i % size] as number)) });
  const [known, asked] = [standardised(train), standardised(test)];
  const areas: number[] = [];
  for (const [k, classes] of train.sizes.entries()) {
    const scores = logisticRegression(known, factorColumn(train, k), classes);
    const labels = factorColumn(test, k);
    const all = Array.from(labels, (_, row) => softmax(scores(asked, row)));
    const curves = Array.from({ length: classes }, (_, label) => {
      const of = (isOne: boolean): number[] => all.flatMap((row, i) => ((labels[i] === label) === isOne ? [row[label] as number] : []));
      return [of(true), of(false)] as const;
    }).filter(([ones, rest]) => ones.length > 0 && rest.length > 0);
    areas.push(mean(curves.map(([ones, rest]) => auroc(ones, rest))));
    yield;
  }
  return mean(areas);
}

function softmax(scores: Float64Array): Float64Array {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** `count` rows that are dealt out, and the rest: rows may come in the order of a factor. */
export function trainAndTest(data: FactorCodes, count: number): [FactorCodes, FactorCodes] {
  const order = dealtOrder(data.values.length / data.size);
  return [rowsOf(data, order.subarray(0, count)), rowsOf(data, order.subarray(count))];
}
