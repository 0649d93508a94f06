import { dispose, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { GradientModel } from '../../model';
import { createNoise } from '../../random/noise';
import { philoxNormals, philoxUniforms } from '../../random/philox';
import { createTrainStep } from '../../train-step';
import { denoisingAutoencoder } from './denoising';

// Three normals of deviation 0.5 in the plane, a half, a third and a sixth of all.
const centres = [[1.5, 0], [-1, 1], [-0.5, -1.5]] as const;
const shares = [1 / 2, 1 / 3, 1 / 6];
const deviation = 0.5;
const sigma = 0.5;

/** Points of the mixture with noise of variance `more` added to each. */
function points(count: number, seed: number, more = 0): Float32Array {
  const [normals, uniforms] = [philoxNormals(2 * count, seed, 1), philoxUniforms(count, seed, 2)];
  const centre = (u: number): readonly [number, number] => centres[u < 1 / 2 ? 0 : u < 5 / 6 ? 1 : 2];
  return normals.map((value, i) => (centre(uniforms[Math.floor(i / 2)] ?? NaN)[i % 2 === 0 ? 0 : 1] ?? NaN) + Math.sqrt(deviation ** 2 + more) * value);
}

/** The gradient of the log-density of the mixture with noise of deviation sigma. */
function score(x: number, y: number): [number, number] {
  const variance = deviation ** 2 + sigma ** 2;
  const weights = centres.map(([a, b], k) => (shares[k] ?? NaN) * Math.exp(-((x - a) ** 2 + (y - b) ** 2) / 2 / variance));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = [0, 1].map((j) => weights.reduce((sum, weight, k) => sum + (weight / total) * (centres[k]?.[j === 0 ? 0 : 1] ?? NaN), 0)) as [number, number];
  return [(mean[0] - x) / variance, (mean[1] - y) / variance];
}

it('adds to what it is given sigma squared times the score of the density with the noise, in its bulk', () => {
  const count = 4000;
  const data: DataShape = { kind: 'table', levels: null, examples: count, height: 1, width: 1, channels: 2, binary: false };
  const settings = denoisingAutoencoder.settings.parse({ latentSize: 8, widths: [32], activation: 'tanh', corruption: 'gaussian', amount: sigma });
  const model = denoisingAutoencoder.build({ settings, data, noise: createNoise(1) }) as GradientModel;
  const examples = tensor4d(points(count, 1), [count, 1, 1, 2]);
  const steps = 800;
  const batch = 500;
  const step = createTrainStep({ model, learningRate: 0.05, pace: { schedule: 'cosine', steps }, data: examples, binarisation: 'none', seed: 2 });
  for (let i = 1; i <= steps; i += 1) step.run(i, Int32Array.from({ length: batch }, (_, row) => (i * batch + row) % count));
  const given = points(1000, 3, sigma ** 2);
  const cleaned = tidy(() => model.abilities.reconstruct?.(tensor4d(given, [1000, 1, 1, 2]) as Tensor4D).dataSync() ?? new Float32Array());
  const sums = { along: 0, found: 0, expected: 0 };
  for (let i = 0; i < given.length; i += 2) {
    const [x = NaN, y = NaN] = [given[i], given[i + 1]];
    if (!centres.some(([a, b]) => Math.hypot(x - a, y - b) < 2 * Math.hypot(deviation, sigma))) continue;
    const [a, b] = score(x, y);
    const [p, q] = [((cleaned[i] ?? NaN) - x) / sigma ** 2, ((cleaned[i + 1] ?? NaN) - y) / sigma ** 2];
    sums.along += a * p + b * q;
    sums.found += p * p + q * q;
    sums.expected += a * a + b * b;
  }
  expect(sums.along / Math.sqrt(sums.found * sums.expected)).toBeGreaterThan(0.99);
  expect(Math.abs(Math.sqrt(sums.found / sums.expected) - 1)).toBeLessThan(0.05);
  step.dispose();
  dispose([examples, ...Object.values(model.parameters)]);
});
