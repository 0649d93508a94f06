import { add, linspace, matMul, memory, mul, tensor1d, tensor2d, tidy, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { DataShape } from '../../contract/models';
import { chunksOf, evaluateModel } from '../evaluate';
import type { FittedModel, GradientModel } from '../model';
import { createNoise } from '../random/noise';
import { createTrainStep } from '../train-step';
import { symmetricEigen } from './baselines/symmetric-eigen';
import { findModel } from './registry';

// 200 pictures of 2 x 4 pixels, two strong directions and noise, off centre.
const shape: DataShape = { kind: 'pictures', levels: 256, examples: 400, height: 2, width: 4, channels: 1, binary: false };
const [count, size] = [200, 8];
const noise = createNoise(6);
const data = tidy(() => {
  const codes = mul(noise.normal([count, 2], 'codes'), tensor1d([2, 1])) as Tensor2D;
  const clean = matMul(codes, mul(tensor2d([[1, 1, 1, 1, 1, 1, 1, 1], [1, 1, -1, -1, 1, 1, -1, -1]]), Math.SQRT1_2 / 2));
  return add(add(clean, mul(noise.normal([count, size], 'noise'), 0.3)), noise.normal([size], 'centre')).reshape([count, 2, 4, 1]) as Tensor4D;
});

// Mean and covariance (by 1/N) in double precision, and its eigenvalues by a method other than the model's.
const values = data.dataSync();
const x = (row: number, j: number): number => values[row * size + j] ?? NaN;
const average = (f: (row: number) => number): number => Array.from({ length: count }, (_, row) => f(row)).reduce((sum, value) => sum + value, 0) / count;
const centre = Array.from({ length: size }, (_, j) => average((row) => x(row, j)));
const covariance = Float64Array.from({ length: size * size }, (_, i) => {
  const [a, b] = [Math.floor(i / size), i % size];
  return average((row) => (x(row, a) - (centre[a] ?? 0)) * (x(row, b) - (centre[b] ?? 0)));
});
const { values: eigenvalues, vectors } = symmetricEigen(covariance.slice(), size);
const tail = (k: number): number => eigenvalues.slice(k).reduce((sum, value) => sum + value, 0);

const build = (id: string, settings: object) => {
  const definition = findModel(id);
  return definition.build({ settings: definition.settings.parse(settings), data: shape, noise: createNoise(2) });
};
const everyRow = Int32Array.from({ length: count }, (_, i) => i);

/** Full batches, with a falling learning rate. */
function train(model: GradientModel, schedule: [steps: number, learningRate: number][]): void {
  let step = 0;
  for (const [steps, learningRate] of schedule) {
    const training = createTrainStep({ model, learningRate, data, binarisation: 'none', seed: 3 });
    for (let i = 0; i < steps; i++) training.run(step++, everyRow);
    training.dispose();
  }
}

const measured = (model: GradientModel | FittedModel): number => evaluateModel({ model, chunks: chunksOf(data), binarisation: 'none', noise, step: 1 }).find(({ metric }) => metric === 'squaredError')?.value ?? NaN;

/** Columns of a `[rows, columns]` variable in double precision. */
const columns = (variable: Variable | undefined, rows: number): number[][] => {
  const entries = variable?.dataSync() ?? new Float32Array();
  const width = entries.length / rows;
  return Array.from({ length: width }, (_, j) => Array.from({ length: rows }, (_, i) => entries[i * width + j] ?? NaN));
};
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);

/** The largest principal angle between the span of `basis` and that of the first eigenvectors, by the sine: what sticks out of their span. */
function largestAngle(basis: number[][]): number {
  const k = basis.length;
  const orthonormal: number[][] = [];
  for (const vector of basis) {
    const rest = orthonormal.reduce((left, q) => left.map((value, i) => value - dot(vector, q) * (q[i] ?? 0)), vector);
    orthonormal.push(rest.map((value) => value / Math.hypot(...rest)));
  }
  const out = orthonormal.map((q) => vectors.slice(0, k).reduce<number[]>((left, v) => left.map((value, i) => value - dot(q, v) * (v[i] ?? 0)), q));
  const gram = Float64Array.from(out.flatMap((a) => out.map((b) => dot(a, b))));
  return Math.asin(Math.min(1, Math.sqrt(Math.max(0, symmetricEigen(gram, k).values[0] ?? NaN))));
}

describe('the eigensolver', () => {
  it('gives orthonormal vectors with S v = lambda v, largest first', () => {
    vectors.forEach((v, j) => {
      for (let i = 0; i < size; i++) expect(Math.abs(dot(covariance.subarray(i * size, (i + 1) * size), v) - (eigenvalues[j] ?? NaN) * (v[i] ?? NaN))).toBeLessThan(1e-13);
      vectors.forEach((w, l) => expect(Math.abs(dot(v, w) - (j === l ? 1 : 0))).toBeLessThan(1e-13));
      if (j > 0) expect(eigenvalues[j]).toBeLessThan(eigenvalues[j - 1] ?? NaN);
    });
  });
});

describe('PCA', () => {
  it.each([1, 3, 8])('with %i components has the sum of the other eigenvalues as its error, and their vectors as its components', (latentSize) => {
    const model = build('pca', { latentSize }) as FittedModel;
    const steps = [...model.fit(data, noise)];
    expect(steps.at(-1)?.squaredError).toBeCloseTo(tail(latentSize), 5);
    expect(measured(model)).toBeCloseTo(tail(latentSize), 4);
    const components = columns(model.parameters.components, size);
    components.forEach((component, j) => expect(Math.abs(dot(component, vectors[j] ?? []))).toBeCloseTo(1, 5));
    expect(largestAngle(components)).toBeLessThan(1e-3);
  });

  it('iterates on a block smaller than the pictures until the components are those of the covariance', () => {
    const large: DataShape = { ...shape, height: 8, width: 10, channels: 1, binary: false };
    const many = tidy(() => mul(noise.normal([300, 80], 'many'), linspace(2, 1, 80)).reshape([300, 8, 10, 1]) as Tensor4D);
    const definition = findModel('pca');
    const model = definition.build({ settings: definition.settings.parse({ latentSize: 3 }), data: large, noise }) as FittedModel;
    const steps = [...model.fit(many, noise)];
    expect(steps.length).toBeGreaterThan(5);

    const pixels = many.dataSync();
    const at = (row: number, j: number): number => pixels[row * 80 + j] ?? NaN;
    const mean = (f: (row: number) => number): number => Array.from({ length: 300 }, (_, row) => f(row)).reduce((sum, value) => sum + value, 0) / 300;
    const means = Array.from({ length: 80 }, (_, j) => mean((row) => at(row, j)));
    const exact = symmetricEigen(Float64Array.from({ length: 80 * 80 }, (_, i) => mean((row) => (at(row, Math.floor(i / 80)) - (means[Math.floor(i / 80)] ?? 0)) * (at(row, i % 80) - (means[i % 80] ?? 0)))), 80);
    expect(steps.at(-1)?.squaredError).toBeCloseTo(exact.values.slice(3).reduce((sum, value) => sum + value, 0), 4);
    columns(model.parameters.components, 80).forEach((component, j) => expect(Math.abs(dot(component, exact.vectors[j] ?? []))).toBeCloseTo(1, 5));
  });

  it('finds the components of data without variance in some directions', () => {
    const flat = tidy(() => mul(data, tensor1d([1, 1, 0, 0, 1, 1, 0, 0]).reshape([1, 2, 4, 1])) as Tensor4D);
    const model = build('pca', { latentSize: 6 }) as FittedModel;
    const [last] = [...model.fit(flat, noise)].slice(-1);
    expect(last?.squaredError).toBeCloseTo(0, 8);
    const components = columns(model.parameters.components, size);
    components.forEach((a, i) => components.forEach((b, j) => expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 5)));
  });

  it('refuses more components than a picture has values, and pictures too large for its covariance', () => {
    const { refuses, settings } = findModel('pca');
    expect(refuses(shape, settings.parse({ latentSize: 9 }))).toMatch(/8 or less/);
    expect(refuses({ ...shape, height: 64, width: 65 }, settings.parse({}))).toMatch(/4,160/);
    expect(refuses({ ...shape, height: 64, width: 64 }, settings.parse({}))).toBeNull();
  });
});

describe('the linear autoencoder', () => {
  it('reaches the subspace and the error of PCA', () => {
    const before = memory().numTensors;
    const model = build('ae', { widths: [], activation: 'none', latentSize: 2 }) as GradientModel;
    train(model, [[300, 0.03], [150, 0.005], [100, 0.0005]]);
    expect(Math.abs(measured(model) / tail(2) - 1)).toBeLessThan(1e-4);
    // Rows of the decoder's kernel span the reconstructions.
    const kernel = columns(model.parameters['decoder/output/kernel'], 2);
    const spanning = [0, 1].map((row) => kernel.map((column) => column[row] ?? NaN));
    expect(largestAngle(spanning)).toBeLessThan(1e-3);
    Object.values(model.parameters).forEach((variable) => variable.dispose());
    expect(memory().numTensors).toBe(before);
  });
});

// About 8 seconds.
describe.runIf(process.env.ELBO_LONG)('the linear VAE with a learned variance', () => {
  // Probabilistic PCA (Tipping and Bishop 1999) of k dimensions has the greatest likelihood; a Gaussian of covariance C has, on average over the data,
  // log p = -1/2 (D ln 2 pi + ln |C| + tr(C^-1 S)), S with the model's own mean.
  const logLikelihood = (covarianceOfModel: Float64Array, mean: number[]): number => {
    const { values: spectrum, vectors: axes } = symmetricEigen(covarianceOfModel.slice(), size);
    return axes.reduce((sum, axis, j) => {
      const variance = spectrum[j] ?? NaN;
      const spread = average((row) => dot(axis, mean.map((m, i) => x(row, i) - m)) ** 2);
      return sum - 0.5 * (Math.log(2 * Math.PI * variance) + spread / variance);
    }, 0);
  };

  it('reaches the likelihood of probabilistic PCA, with columns along the principal axes and the spare dimensions collapsed', () => {
    const latentSize = 4;
    const sigma2 = tail(latentSize) / (size - latentSize);
    const best = -0.5 * (size * Math.log(2 * Math.PI) + Array.from(eigenvalues.slice(0, latentSize)).reduce((sum, value) => sum + Math.log(value), 0) + (size - latentSize) * Math.log(sigma2) + size);

    const model = build('vae', { widths: [], activation: 'none', latentSize, likelihood: 'gaussian-learned' }) as GradientModel;
    train(model, [[500, 0.05], [300, 0.01], [200, 0.001]]);
    const kernel = columns(model.parameters['decoder/output/kernel'], latentSize);
    const raw = model.parameters['decoder/log-sigma']?.dataSync()[0] ?? NaN;
    const variance = Math.exp(2 * (-6 + Math.log1p(Math.exp(raw + 6))));
    const modelCovariance = Float64Array.from({ length: size * size }, (_, i) => dot(kernel[Math.floor(i / size)] ?? [], kernel[i % size] ?? []) + (Math.floor(i / size) === i % size ? variance : 0));
    const bias = Array.from(model.parameters['decoder/output/bias']?.dataSync() ?? []);
    const reached = logLikelihood(modelCovariance, bias);
    expect(reached).toBeLessThan(best + 1e-6);
    expect(best - reached).toBeLessThan(1e-2);

    // The columns of W are the principal axes, of squared length lambda - sigma^2 each (in any order); those near zero belong to collapsed dimensions.
    const weights = Array.from({ length: latentSize }, (_, j) => kernel.map((row) => row[j] ?? NaN)).sort((a, b) => dot(b, b) - dot(a, a));
    weights.forEach((column, j) => expect(Math.abs(dot(column, column) - ((eigenvalues[j] ?? NaN) - sigma2))).toBeLessThan(0.03 + 0.03 * (eigenvalues[j] ?? NaN)));
    weights.slice(0, 2).forEach((column, j) => expect(Math.abs(dot(column, vectors[j] ?? [])) / Math.hypot(...column)).toBeGreaterThan(0.99));
    const divergences = tidy(() => Array.from(model.abilities.elbo?.(data, noise).klPerDimension?.mean(0).dataSync() ?? [])).sort((a, b) => b - a);
    expect(divergences.slice(0, 2).every((divergence) => divergence > 0.5)).toBe(true);
    expect(divergences.slice(2).every((divergence) => divergence < 0.25)).toBe(true);
  }, 180_000);
});
