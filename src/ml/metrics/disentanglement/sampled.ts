import { philoxUniforms, philoxWords, streamKey } from '../../random/philox';
import type { Features } from '../features';
import { argMax, type DrawCodes } from './factor-codes';
import { logisticRegression } from './logistic-regression';

export interface SampledOptions {
  /** Votes, or features, to learn from and to test on. */
  train?: number;
  test?: number;
  /** Examples, or pairs of them, in each. */
  batch?: number;
  seed?: number;
}

/** Which factor is held for each of `count` questions, and at which values, `each` of them. */
function* questions(count: number, sizes: readonly number[], each: number, seed: number, purpose: string): Generator<{ factor: number; values: Int32Array }> {
  const factors = philoxUniforms(count, streamKey(seed, purpose), 0);
  const key = streamKey(seed, `${purpose}/values`);
  for (let i = 0; i < count; i += 1) {
    const factor = Math.floor((factors[i] as number) * sizes.length);
    const words = philoxWords(each, key, i);
    const values = new Int32Array(each);
    for (let pair = 0; pair < each; pair += 1) values[pair] = Math.floor(((words[pair] as number) / 2 ** 32) * (sizes[factor] as number));
    yield { factor, values };
  }
}

/**
 * The BetaVAE score (Higgins et al. 2017, appendix A.4): the examples of each pair share their value of one factor, another value from pair to pair; from the mean
 * absolute difference of their codes over `batch` pairs a logistic regression tells which factor. The share of right answers.
 * @param sizes how many values each factor has
 */
export function betaVaeScore(draw: DrawCodes, sizes: readonly number[], { train = 10_000, test = 5000, batch = 64, seed = 0 }: SampledOptions = {}): number {
  const differences = (purpose: string, count: number): { data: Features; labels: Int32Array } => {
    const labels = new Int32Array(count);
    let values = new Float64Array();
    let size = 0;
    let row = 0;
    for (const { factor, values: held } of questions(count, sizes, batch, seed, purpose)) {
      const [one, other] = [draw(factor, held), draw(factor, held)];
      if (row === 0) [size, values] = [one.size, new Float64Array(count * one.size)];
      for (let i = 0; i < one.values.length; i += 1) {
        const at = row * size + (i % size);
        values[at] = (values[at] as number) + Math.abs((one.values[i] as number) - (other.values[i] as number)) / batch;
      }
      labels[row++] = factor;
    }
    return { data: { values, size }, labels };
  };
  const known = differences('train', train);
  const asked = differences('test', test);
  const scores = logisticRegression(known.data, known.labels, sizes.length);
  return asked.labels.filter((label, row) => argMax(scores(asked.data, row)) === label).length / test;
}

/** Codes with a smaller standard deviation over all examples say nothing. */
const prunedBelow = 0.05;

/**
 * The FactorVAE score (Kim and Mnih 2018): of a batch that shares one factor, the code that varies least against its variance over all examples
 * votes for it; the share of votes that the majority of each code's gets right. 0 when every code is constant.
 * @param all codes of 10,000 examples or so, for the variances
 */
export function factorVaeScore(draw: DrawCodes, all: Features, sizes: readonly number[], { train = 10_000, test = 5000, batch = 64, seed = 0 }: SampledOptions = {}): number {
  const variances = variancesOf(all);
  const kept = Array.from(variances.keys()).filter((j) => Math.sqrt(variances[j] as number) >= prunedBelow);
  if (kept.length === 0) return 0;
  const vote = (factor: number, value: number): number => {
    const own = variancesOf(draw(factor, new Int32Array(batch).fill(value)));
    return argMax(kept.map((j) => -(own[j] as number) / (variances[j] as number)));
  };
  const votes = kept.map(() => new Int32Array(sizes.length));
  for (const { factor, values } of questions(train, sizes, 1, seed, 'train')) {
    const counts = votes[vote(factor, values[0] as number)] as Int32Array;
    counts[factor] = (counts[factor] as number) + 1;
  }
  const majority = votes.map(argMax);
  let right = 0;
  for (const { factor, values } of questions(test, sizes, 1, seed, 'test')) if (majority[vote(factor, values[0] as number)] === factor) right += 1;
  return right / test;
}

/** Over n - 1. */
function variancesOf({ values, size }: Features): Float64Array {
  const n = values.length / size;
  const means = new Float64Array(size);
  const squares = new Float64Array(size);
  for (let i = 0; i < values.length; i += 1) means[i % size] = (means[i % size] as number) + (values[i] as number) / n;
  for (let i = 0; i < values.length; i += 1) squares[i % size] = (squares[i % size] as number) + ((values[i] as number) - (means[i % size] as number)) ** 2 / Math.max(1, n - 1);
  return squares;
}
