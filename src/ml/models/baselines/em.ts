import { cholesky, inverseOfLower } from '../../cholesky';
import { symmetricEigen } from './symmetric-eigen';

export const covariances = ['full', 'diagonal'] as const;
export type Covariance = (typeof covariances)[number];

/** Rows of a table, row-major `count x size`. */
export interface Table {
  values: Float32Array;
  count: number;
  size: number;
}

/** sum_k weight_k N(mean_k, L_k L_k^T). */
export interface GaussianMixture {
  covariance: Covariance;
  /** Sum to 1. */
  weights: Float64Array;
  means: Float64Array[];
  /** L_k, `size x size`, row-major and lower triangular; its diagonal alone, the standard deviations, where the covariance is diagonal. */
  factors: Float64Array[];
  /** Directions whose variance is held at the floor, of all components together. */
  atFloor: number;
}

/** What differs between full and diagonal covariances: e is a row minus a component's mean. */
interface Shape {
  /** L^-1. */
  inverse(factor: Float64Array, size: number): Float64Array;
  /** |L^-1 e|^2, e from `at` on in `errors`. */
  squaredLength(inverse: Float64Array, errors: Float64Array, at: number, size: number): number;
  /** Adds r e e^T, or its diagonal. */
  addOuter(into: Float64Array, r: number, errors: Float64Array, at: number, size: number): void;
  /** L of the covariance with every variance below the floor raised to it: the one of greatest likelihood of those whose variances are all at least the floor. */
  factor(covariance: Float64Array, size: number, floor: number): { factor: Float64Array; atFloor: number };
  entries(size: number): number;
  /** Where L has its diagonal. */
  diagonal(i: number, size: number): number;
}

const diagonal: Shape = {
  inverse: (factor) => factor.map((deviation) => 1 / deviation),
  squaredLength(inverse, errors, at, size) {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const standardised = (errors[at + i] as number) * (inverse[i] as number);
      sum += standardised * standardised;
    }
    return sum;
  },
  addOuter(into, r, errors, at, size) {
    for (let i = 0; i < size; i++) into[i] = (into[i] as number) + r * (errors[at + i] as number) ** 2;
  },
  factor: (covariance, _size, floor) => ({ factor: covariance.map((variance) => Math.sqrt(Math.max(variance, floor))), atFloor: covariance.filter((variance) => variance < floor).length }),
  entries: (size) => size,
  diagonal: (i) => i,
};

const full: Shape = {
  inverse: inverseOfLower,
  squaredLength(inverse, errors, at, size) {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      let standardised = 0;
      for (let j = 0; j <= i; j++) standardised += (inverse[i * size + j] as number) * (errors[at + j] as number);
      sum += standardised * standardised;
    }
    return sum;
  },
  addOuter(into, r, errors, at, size) {
    for (let i = 0; i < size; i++) {
      const scaled = r * (errors[at + i] as number);
      for (let j = 0; j <= i; j++) into[i * size + j] = (into[i * size + j] as number) + scaled * (errors[at + j] as number);
    }
  },
  factor(lower, size, floor) {
    const covariance = Float64Array.from({ length: size * size }, (_, at) => {
      const [i, j] = [Math.floor(at / size), at % size];
      return lower[Math.max(i, j) * size + Math.min(i, j)] as number;
    });
    const above = cholesky(covariance.map((value, at) => (at % (size + 1) === 0 ? value - floor : value)), size);
    if (above.every((value) => Number.isFinite(value))) return { factor: cholesky(covariance, size), atFloor: 0 };
    const { values, vectors } = symmetricEigen(covariance, size);
    const raised = new Float64Array(size * size);
    values.forEach((value, k) => {
      const vector = vectors[k] as Float64Array;
      for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) raised[i * size + j] = (raised[i * size + j] as number) + Math.max(value, floor) * (vector[i] as number) * (vector[j] as number);
    });
    return { factor: cholesky(raised, size), atFloor: values.filter((value) => value < floor).length };
  },
  entries: (size) => size * size,
  diagonal: (i, size) => i * size + i,
};

const shapes: Record<Covariance, Shape> = { full, diagonal };

/**
 * One iteration of expectation-maximisation (Dempster, Laird and Rubin 1977). The next mixture has a log-likelihood at least as large, in exact
 * arithmetic, if the variances of this one are not below the floor: the step maximises under it (Ingrassia and Rocci 2007).
 * @returns `logLikelihood` of the given mixture, the mean over the rows, nats
 */
export function emStep({ values, count, size }: Table, { covariance, weights, means, factors }: GaussianMixture, floor: number): { logLikelihood: number; next: GaussianMixture } {
  const shape = shapes[covariance];
  const components = weights.length;
  const inverses = factors.map((factor) => shape.inverse(factor, size));
  const constants = Float64Array.from(factors, (factor, k) => {
    let logDeterminant = 0;
    for (let i = 0; i < size; i++) logDeterminant += Math.log(factor[shape.diagonal(i, size)] as number);
    return Math.log(weights[k] as number) - 0.5 * size * Math.log(2 * Math.PI) - logDeterminant;
  });
  const counts = new Float64Array(components);
  const shifts = means.map(() => new Float64Array(size));
  const scatters = means.map(() => new Float64Array(shape.entries(size)));
  const errors = new Float64Array(components * size);
  const logs = new Float64Array(components);
  let logLikelihood = 0;
  for (let row = 0; row < count; row++) {
    // Expectation: responsibilities r_k = p(k|x).
    let largest = -Infinity;
    for (let k = 0; k < components; k++) {
      const mean = means[k] as Float64Array;
      for (let i = 0; i < size; i++) errors[k * size + i] = (values[row * size + i] as number) - (mean[i] as number);
      const log = (constants[k] as number) - 0.5 * shape.squaredLength(inverses[k] as Float64Array, errors, k * size, size);
      logs[k] = log;
      largest = Math.max(largest, log);
    }
    let sum = 0;
    for (let k = 0; k < components; k++) sum += Math.exp((logs[k] as number) - largest);
    const logDensity = largest + Math.log(sum);
    logLikelihood += logDensity / count;
    // What the maximisation needs of them.
    for (let k = 0; k < components; k++) {
      const r = Math.exp((logs[k] as number) - logDensity);
      if (r < 1e-18) continue;
      counts[k] = (counts[k] as number) + r;
      const shift = shifts[k] as Float64Array;
      for (let i = 0; i < size; i++) shift[i] = (shift[i] as number) + r * (errors[k * size + i] as number);
      shape.addOuter(scatters[k] as Float64Array, r, errors, k * size, size);
    }
  }
  // Maximisation. A component without examples stays where it is.
  const next: GaussianMixture = { covariance, weights: new Float64Array(components), means: [], factors: [], atFloor: 0 };
  for (let k = 0; k < components; k++) {
    const of = counts[k] as number;
    next.weights[k] = Math.max(of / count, 1e-30);
    if (of < 1e-9) {
      next.means.push(means[k] as Float64Array);
      next.factors.push(factors[k] as Float64Array);
      continue;
    }
    const shift = (shifts[k] as Float64Array).map((value) => value / of);
    const scatter = (scatters[k] as Float64Array).map((value) => value / of);
    shape.addOuter(scatter, -1, shift, 0, size);
    const { factor, atFloor: raised } = shape.factor(scatter, size, floor);
    next.means.push((means[k] as Float64Array).map((value, i) => value + (shift[i] as number)));
    next.factors.push(factor);
    next.atFloor += raised;
  }
  return { logLikelihood, next };
}

/**
 * A mixture whose means are rows drawn by k-means++ (Arthur and Vassilvitskii 2007): each with a probability in proportion to its squared distance from those drawn
 * before it. Weights are alike, and each covariance is the identity times the mean squared distance of a value from the nearest mean, or the floor.
 * @param uniforms a number in [0, 1) for each component
 */
export function kMeansPlusPlus({ values, count, size }: Table, covariance: Covariance, uniforms: Float32Array, floor: number): GaussianMixture {
  const shape = shapes[covariance];
  const distances = new Float64Array(count).fill(1);
  const means: Float64Array[] = [];
  for (const uniform of uniforms) {
    let left = uniform * distances.reduce((sum, value) => sum + value, 0);
    let chosen = 0;
    while (chosen < count - 1 && (left -= distances[chosen] as number) >= 0) chosen++;
    const mean = Float64Array.from(values.subarray(chosen * size, (chosen + 1) * size));
    for (let row = 0; row < count; row++) {
      let squared = 0;
      for (let i = 0; i < size; i++) squared += ((values[row * size + i] as number) - (mean[i] as number)) ** 2;
      distances[row] = means.length === 0 ? squared : Math.min(distances[row] as number, squared);
    }
    means.push(mean);
  }
  const variance = Math.max(distances.reduce((sum, value) => sum + value, 0) / (count * size), floor);
  const factor = new Float64Array(shape.entries(size));
  for (let i = 0; i < size; i++) factor[shape.diagonal(i, size)] = Math.sqrt(variance);
  return { covariance, weights: new Float64Array(uniforms.length).fill(1 / uniforms.length), means, factors: means.map(() => factor), atFloor: 0 };
}
