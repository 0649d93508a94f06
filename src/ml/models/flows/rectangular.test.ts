import { dispose, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { vonMises } from '../../data/curves';
import { findGenerated } from '../../data/generated';
import type { Batch, GradientModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { createTrainStep } from '../../train-step';
import { rectangularFlow } from './rectangular';

const noise = createNoise(2);
const count = 4000;
const circle = (): Batch => tensor4d(findGenerated('von-mises-circle')?.rows('train', 0, count).values as Float32Array, [count, 1, 1, 2]);

function trained(settings: object, rates: readonly number[], steps: number): GradientModel {
  const data = circle();
  const model = rectangularFlow.build({ settings: rectangularFlow.settings.parse(settings), data: { kind: 'table', levels: null, examples: count, height: 1, width: 1, channels: 2, binary: false }, noise: createNoise(1) }) as GradientModel;
  tidy(() => model.initialise?.(data.slice(0, 256) as Tensor4D, noise));
  rates.forEach((learningRate, phase) => {
    const step = createTrainStep({ model, learningRate, data, binarisation: 'none', seed: 1 });
    for (let i = 1; i <= steps; i++) step.run(phase * steps + i, Int32Array.from({ length: 128 }, (_, k) => (i * 128 + k * 7) % count));
    step.dispose();
  });
  data.dispose();
  return model;
}

/** By angles that are equally far apart: the exact log-density along the circle, the model's at the projections, and how far away these are. */
function alongTheCircle({ abilities }: GradientModel, n = 200) {
  const angles = Array.from({ length: n }, (_, i) => (2 * Math.PI * (i + 0.5)) / n - Math.PI);
  const { model, distance } = readValues(() => {
    const x = tensor4d(angles.flatMap((angle) => [vonMises.at(angle).x, vonMises.at(angle).y]), [n, 1, 1, 2]);
    return { model: abilities.logProb?.(x, noise) ?? x, distance: abilities.reconstruct?.(x).sub(x).square().sum([1, 2, 3]).sqrt() ?? x };
  });
  const exact = angles.map(vonMises.logDensity);
  const mean = (of: (i: number) => number): number => exact.reduce((sum, log, i) => sum + ((Math.exp(log) * 4 * Math.PI) / n) * of(i), 0);
  return { divergence: mean((i) => (exact[i] ?? NaN) - (model[i] ?? NaN)), error: mean((i) => Math.abs((exact[i] ?? NaN) - (model[i] ?? NaN))), distance: mean((i) => distance[i] ?? NaN) };
}

describe('a rectangular flow onto a circle', () => {
  it('has a density along its own curve that integrates to one, at the start of training', () => {
    const model = trained({ layers: 3, widths: [16], components: 8 }, [0.01], 40);
    const n = 4000;
    const { x, log } = readValues(() => {
      const z = tensor4d(Array.from({ length: n + 1 }, (_, i) => -4.5 + (9 * i) / n), [n + 1, 1, 1, 1]).reshape([n + 1, 1]);
      const x = model.abilities.decode?.(z as never).mean() as Batch;
      return { x, log: model.abilities.logProb?.(x, noise) ?? x };
    });
    let integral = 0;
    for (let i = 0; i < n; i++) integral += Math.hypot((x[2 * i + 2] ?? NaN) - (x[2 * i] ?? NaN), (x[2 * i + 3] ?? NaN) - (x[2 * i + 1] ?? NaN)) * Math.exp(((log[i] ?? NaN) + (log[i + 1] ?? NaN)) / 2);
    expect(Math.abs(integral - 1)).toBeLessThan(5e-3);
    dispose(Object.values(model.parameters));
  });

  it.runIf(process.env.ELBO_LONG)('has the exact density of a von Mises distribution along it after training, but where the curve is open', { timeout: 200_000 }, () => {
    const model = trained({ widths: [32, 32] }, [3e-3, 3e-4], 300);
    const { divergence, error, distance } = alongTheCircle(model);
    expect(Math.abs(divergence)).toBeLessThan(0.03);
    expect(error).toBeLessThan(0.15);
    expect(distance).toBeLessThan(0.1);
    dispose(Object.values(model.parameters));
  });
});
