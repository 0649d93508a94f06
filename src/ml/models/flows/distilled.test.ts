import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { GradientModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { distilledFlow } from './distilled';

it('a student starts from what its teacher draws, and not from the data', () => {
  const data = tensor4d([3, 10, 5, -10, 7, 30, 9, 10], [4, 1, 1, 2]);
  const [means, deviations] = [[6, 10], [Math.sqrt(5), Math.sqrt(200)]];
  const shape = { kind: 'table', levels: null, examples: 4, height: 1, width: 1, channels: 2, binary: false } as const;
  const model = distilledFlow.build({ settings: distilledFlow.settings.parse({ layers: 2, teacherLayers: 2, widths: [4] }), data: shape, noise: createNoise(1) }) as GradientModel;
  const noise = createNoise(2);
  model.initialise?.(data, noise);
  const { bias = [], logScale = [], drawn = [] } = readValues(() => {
    const [bias, logScale] = ['bias', 'log-scale'].map((part) => model.parameters[`student/layer-0/actnorm/${part}`]?.clone() ?? data);
    return { bias: bias ?? data, logScale: logScale ?? data, drawn: noise.normal([1024, 2], 'teacher') };
  });
  // The nets are the identity at the start, so that the teacher's draws are normals of the data's means and deviations.
  [0, 1].forEach((column) => {
    const z = Array.from(drawn).filter((_, i) => i % 2 === column);
    const centre = z.reduce((sum, value) => sum + value, 0) / z.length;
    const deviation = Math.sqrt(z.reduce((sum, value) => sum + (value - centre) ** 2, 0) / z.length);
    const [mean = NaN, spread = NaN] = [means[column], deviations[column]];
    expect(-(bias[column] ?? NaN)).toBeCloseTo(mean + spread * centre, 4);
    expect(Math.abs((bias[column] ?? NaN) + mean)).toBeGreaterThan(1e-3 * spread);
    expect(-3 * (logScale[column] ?? NaN)).toBeCloseTo(Math.log(spread * deviation), 4);
  });
  dispose([data, ...Object.values(model.parameters), ...Object.values(model.state ?? {})]);
});
