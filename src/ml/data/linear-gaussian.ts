import { cholesky, solveLower } from '../cholesky';
import type { Draws } from './draws';

/**
 * A latent variable model of which everything has a closed form: z ~ N(0, I) of two dimensions, x = W z + mean + noise of variance sigma^2, of three. What the
 * data set `linear-gaussian` is drawn from, and the model of that name is.
 */
export const linearGaussian = {
  id: 'linear-gaussian',
  /** W, row-major. */
  weights: Float64Array.of(1, 0.5, 0, 1, 0.5, -0.5),
  mean: Float64Array.of(0.1, -0.2, 0.3),
  variance: 0.25,
  size: 3,
  codes: 2,
} as const;

const { weights, mean, variance, size, codes } = linearGaussian;

/** Numbers that a row takes: two for each normal. */
export const drawsOfLinearGaussian = 2 * (size + codes);

export function drawLinearGaussian(draws: Draws): Float32Array {
  const z = Array.from({ length: codes }, () => draws.normal());
  return Float32Array.from(mean, (centre, i) => centre + z.reduce((sum, code, j) => sum + (weights[i * codes + j] ?? 0) * code, 0) + Math.sqrt(variance) * draws.normal());
}

/** W W^T + sigma^2 I, row-major. */
export const marginalCovariance = (): Float64Array =>
  Float64Array.from({ length: size * size }, (_, at) => {
    const [a, b] = [Math.floor(at / size), at % size];
    let sum = a === b ? variance : 0;
    for (let j = 0; j < codes; j++) sum += (weights[a * codes + j] ?? 0) * (weights[b * codes + j] ?? 0);
    return sum;
  });

/** log N(x; mean, W W^T + sigma^2 I) of a row, nats. */
export function logDensityOfLinearGaussian(row: ArrayLike<number>): number {
  const lower = cholesky(marginalCovariance(), size);
  const standardised = solveLower(lower, size, mean.map((centre, i) => (row[i] ?? NaN) - centre));
  return standardised.reduce((sum, value, i) => sum - 0.5 * value * value - Math.log(lower[i * size + i] ?? NaN), -0.5 * size * Math.log(2 * Math.PI));
}
