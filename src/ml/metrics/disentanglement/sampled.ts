import { philoxUniforms, streamKey } from '../../random/philox';
import { moments, rowCount, type Features } from '../features';
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

/** Which factor is held at which value for each of `count` questions. */
function questions(count: number, sizes: readonly number[], seed: number, purpose: string): { factor: number; value: number }[] {
  const uniforms = philoxUniforms(2 * count, streamKey(seed, purpose), 0);
  return Array.from({ length: count }, (_, i) => {
    const factor = Math.floor((uniforms[2 * i] as number) * sizes.length);
    return { factor, value: Math.floor((uniforms[2 * i + 1] as number) * (sizes[factor] as number)) };
  });
}

/**
 * The BetaVAE score (Higgins et al. 2017): pairs of examples share one factor; from the mean absolute difference of their codes a logistic
 * regression tells which. The share of right answers.
 * @param sizes how many values each factor has
 */
export function betaVaeScore(draw: DrawCodes, sizes: readonly number[], { train = 10_000, test = 5000, batch = 64, seed = 0 }: SampledOptions = {}): number {
  const features = (purpose: string, count: number): { data: Features; labels: Int32Array } => {
    const asked = questions(count, sizes, seed, purpose);
    const rows = asked.map((held) => {
      const [one, other] = [draw(batch, held), draw(batch, held)];
      const differences = new Float64Array(one.size);
      for (let i = 0; i < one.values.length; i += 1) differences[i % one.size] = (differences[i % one.size] as number) + Math.abs((one.values[i] as number) - (other.values[i] as number)) / batch;
      return differences;
    });
    const size = rows[0]?.length ?? 0;
    const values = new Float64Array(rows.length * size);
    rows.forEach((row, i) => values.set(row, i * size));
    return { data: { values, size }, labels: Int32Array.from(asked, ({ factor }) => factor) };
  };
  const known = features('train', train);
  const asked = features('test', test);
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
  const vote = (held: { factor: number; value: number }): number => {
    const own = variancesOf(draw(batch, held));
    return argMax(kept.map((j) => -(own[j] as number) / (variances[j] as number)));
  };
  const votes = kept.map(() => new Int32Array(sizes.length));
  for (const held of questions(train, sizes, seed, 'train')) {
    const counts = votes[vote(held)] as Int32Array;
    counts[held.factor] = (counts[held.factor] as number) + 1;
  }
  const majority = votes.map(argMax);
  const asked = questions(test, sizes, seed, 'test');
  return asked.filter((held) => majority[vote(held)] === held.factor).length / test;
}

/** Over n - 1. */
function variancesOf(data: Features): Float64Array {
  if (rowCount(data) < 2) return new Float64Array(data.size);
  const { covariance } = moments(data);
  return Float64Array.from({ length: data.size }, (_, j) => covariance[j * data.size + j] as number);
}
