import { moments, type Features } from '../features';

/** How far a traversal goes, in standard deviations, and by how many codes. */
const farthest = 3;
const steps = 7;

/**
 * Codes of traversals: for each code j below `count`, for each row of `from`, seven rows in which code j alone goes from -3 to 3 standard deviations about its mean,
 * both those of q(z) = 1/n sum q(z|x_i).
 * @param means of q(z|x_i)
 * @param deviations of q(z|x_i), `n x size`; null of points
 */
export function traversals(means: Features, deviations: ArrayLike<number> | null, from: Features, count: number): Float32Array {
  const { size } = means;
  const { mean, covariance } = moments(means, 0);
  const within = new Float64Array(size);
  if (deviations) for (let i = 0; i < deviations.length; i += 1) within[i % size] = (within[i % size] as number) + ((deviations[i] as number) ** 2 * size) / deviations.length;
  const rows = from.values.length / size;
  const codes = new Float32Array(count * rows * steps * size);
  for (let at = 0; at < count * rows * steps; at += 1) {
    const [j, row, step] = [Math.floor(at / (rows * steps)), Math.floor(at / steps) % rows, at % steps];
    for (let i = 0; i < size; i += 1) codes[at * size + i] = from.values[row * size + i] as number;
    const deviation = Math.sqrt((covariance[j * size + j] as number) + (within[j] as number));
    codes[at * size + j] = (mean[j] as number) + ((2 * step) / (steps - 1) - 1) * farthest * deviation;
  }
  return codes;
}

/**
 * What each code moves: the mean absolute change of each factor from one picture of a traversal to the next, over its range. A code that moves one
 * factor alone has one large number in its row; one that moves nothing, none.
 * @param estimates `[picture][factor]` of the pictures of {@link traversals}, by whatever reads factors off pictures
 * @param ranges the largest less the smallest value of each factor
 * @param codes of how many
 * @returns `[code][factor]`
 */
export function factorResponse(estimates: readonly ArrayLike<number>[], ranges: readonly number[], codes: number): number[][] {
  const each = estimates.length / codes;
  return Array.from({ length: codes }, (_, j) =>
    ranges.map((range, k) => {
      let [sum, changes] = [0, 0];
      for (let i = j * each + 1; i < (j + 1) * each; i += 1) {
        if (i % steps === 0) continue;
        sum += Math.abs((estimates[i]?.[k] as number) - (estimates[i - 1]?.[k] as number));
        changes += 1;
      }
      return sum / (range * changes);
    }),
  );
}
