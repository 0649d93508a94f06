import { add, concat, eye, zeros, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { cholesky, inverseOfLower, solveLower } from '../cholesky';
import type { Abilities } from '../model';
import { createNoise } from '../random/noise';
import { readValues } from '../read';

/** p(z) = N(0, I), p(x|z) = N(W z + mean, diag(variances)). */
export interface LinearGaussian {
  /** W, row-major `size x codes`. */
  weights: Float64Array;
  mean: Float64Array;
  variances: Float64Array;
  codes: number;
}

const probes = 8;
const tolerance = 1e-4;

/**
 * A decoder read as an affine map, or null where it is none: where its mean at random codes is not what follows from the unit vectors (to 1e-4 of
 * its size), its standard deviation depends on the code, or the prior is not standard normal.
 */
export function affineDecoder({ prior, decode, elbo }: Abilities, latentSize: number | null): LinearGaussian | null {
  if (!prior || !decode || !elbo || !latentSize) return null;
  const k = latentSize;
  const random = createNoise(1);
  const { codes, means, deviations, priorMean, priorDeviation, logDensity } = readValues(() => {
    const z = concat([zeros([1, k]), eye(k), random.normal([probes, k], 'codes')]) as Tensor2D;
    const given = decode(z);
    const mean = given.mean();
    const p = prior(1);
    const at = add(mean, 0.3);
    return {
      codes: z,
      means: mean,
      deviations: given.standardDeviation?.() ?? zeros([1]),
      priorMean: p.mean(),
      priorDeviation: p.standardDeviation?.() ?? zeros([1, k]),
      logDensity: concat([given.logProb(at), at.flatten()]),
    };
  });
  const rows = 1 + k + probes;
  const size = means.length / rows;
  if (deviations.length !== means.length || !deviations.every((deviation) => deviation > 0)) return null;
  if (!priorMean.every((value) => value === 0) || !priorDeviation.every((value) => Math.abs(value - 1) < 1e-6)) return null;
  const scale = Math.max(...means.map(Math.abs), 1e-6);
  const mean = Float64Array.from(means.subarray(0, size));
  const variances = Float64Array.from(deviations.subarray(0, size), (value) => value * value);
  const weights = new Float64Array(size * k);
  for (let j = 0; j < k; j += 1) for (let i = 0; i < size; i += 1) weights[i * k + j] = (means[(1 + j) * size + i] ?? 0) - (mean[i] ?? 0);
  for (let row = 0; row < rows; row += 1) {
    let normal = 0;
    for (let i = 0; i < size; i += 1) {
      let value = mean[i] ?? 0;
      for (let j = 0; j < k; j += 1) value += (weights[i * k + j] ?? 0) * (codes[row * k + j] ?? 0);
      const deviation = deviations[row * size + i] ?? 0;
      if (Math.abs(value - (means[row * size + i] ?? NaN)) > tolerance * scale || Math.abs(deviation - (deviations[i] ?? 0)) > tolerance * deviation) return null;
      normal += -0.5 * (((logDensity[rows + row * size + i] ?? NaN) - (means[row * size + i] ?? NaN)) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);
    }
    // A likelihood with a mean and a deviation need not be a normal one.
    if (Math.abs(normal - (logDensity[row] ?? NaN)) > 1e-3 * (size + Math.abs(normal))) return null;
  }
  return { weights, mean, variances, codes: k };
}

/**
 * log N(x; mean, W W^T + diag(variances)) of each row, nats, by the Woodbury identity: with M = I + W^T D^-1 W = L L^T, r = D^-1/2 (x - mean) and
 * b = L^-1 W^T D^-1 (x - mean), -1/2 (size ln 2 pi + ln|D| + ln|M| + r.r - b.b).
 * @param x `[n, height, width, channels]`, disposed of
 */
export function linearGaussianLogProb({ weights, mean, variances, codes: k }: LinearGaussian, x: Tensor4D): Float64Array {
  const size = mean.length;
  const values = x.dataSync<'float32'>();
  x.dispose();
  const lower = cholesky(posteriorPrecision({ weights, mean, variances, codes: k }), k);
  let logDeterminant = 0;
  for (let i = 0; i < size; i += 1) logDeterminant += Math.log(variances[i] ?? NaN);
  for (let a = 0; a < k; a += 1) logDeterminant += 2 * Math.log(lower[a * k + a] ?? NaN);
  return Float64Array.from({ length: values.length / size }, (_, row) => {
    const projected = new Float64Array(k);
    let quadratic = 0;
    for (let i = 0; i < size; i += 1) {
      const error = (values[row * size + i] ?? NaN) - (mean[i] ?? 0);
      const scaled = error / (variances[i] ?? NaN);
      quadratic += error * scaled;
      for (let j = 0; j < k; j += 1) projected[j] = (projected[j] ?? 0) + (weights[i * k + j] ?? 0) * scaled;
    }
    const b = solveLower(lower, k, projected);
    return -0.5 * (size * Math.log(2 * Math.PI) + logDeterminant + quadratic - b.reduce((sum, value) => sum + value * value, 0));
  });
}

/** M = I + W^T D^-1 W, the inverse of the covariance of p(z|x), which is the same for every x; row-major. */
export function posteriorPrecision({ weights, variances, codes: k }: LinearGaussian): Float64Array {
  const m = new Float64Array(k * k);
  for (let a = 0; a < k; a += 1)
    for (let b = 0; b <= a; b += 1) {
      let sum = a === b ? 1 : 0;
      for (let i = 0; i < variances.length; i += 1) sum += ((weights[i * k + a] ?? 0) * (weights[i * k + b] ?? 0)) / (variances[i] ?? NaN);
      m[a * k + b] = m[b * k + a] = sum;
    }
  return m;
}

/** The means M^-1 W^T D^-1 (x - mean) of p(z|x) of rows `values`, `n x codes` (Bishop 2006, equation 2.116). */
export function posteriorMeans(model: LinearGaussian, values: Float32Array): Float64Array {
  const { weights, mean, variances, codes: k } = model;
  const size = mean.length;
  const inverse = inverseOfLower(cholesky(posteriorPrecision(model), k), k);
  const n = values.length / size;
  const means = new Float64Array(n * k);
  for (let row = 0; row < n; row += 1) {
    const projected = new Float64Array(k);
    for (let i = 0; i < size; i += 1)
      for (let j = 0; j < k; j += 1) projected[j] = (projected[j] ?? 0) + ((weights[i * k + j] ?? 0) * ((values[row * size + i] ?? NaN) - (mean[i] ?? 0))) / (variances[i] ?? NaN);
    // M^-1 = L^-T L^-1.
    for (let c = 0; c < k; c += 1) {
      let half = 0;
      for (let b = 0; b <= c; b += 1) half += (inverse[c * k + b] ?? 0) * (projected[b] ?? 0);
      for (let a = 0; a <= c; a += 1) means[row * k + a] = (means[row * k + a] ?? 0) + (inverse[c * k + a] ?? 0) * half;
    }
  }
  return means;
}
