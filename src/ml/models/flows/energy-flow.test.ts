import { grad, scalar, sum, tensor2d, variableGrads, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { energies, walled } from '../../data/energies';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { energyFlow, walledEnergy } from './energy-flow';

const points = [[0.3, -0.7], [2, 0.1], [-1.9, 1.2], [1, 1], [3.9, -4.2], [-4.3, 0.5], [0, 0]];

it.each(['u1', 'u2', 'u3', 'u4'] as const)('%s in tensors is the published one, with walls, and has its slope', (id) => {
  const of = energies.find((energy) => energy.id === id);
  if (!of) throw new Error('No such energy.');
  const expected = walled(of);
  const { values, slopes } = readValues(() => ({ values: walledEnergy(id, tensor2d(points)), slopes: grad((x) => sum<Scalar>(walledEnergy(id, x as Tensor2D)))(tensor2d(points)) }));
  points.forEach(([a = 0, b = 0], i) => {
    expect(values[i]).toBeCloseTo(expected(a, b), 3);
    if (a === 0 && b === 0) return;
    const h = 1e-5;
    expect(Math.abs((slopes[2 * i] ?? NaN) - (expected(a + h, b) - expected(a - h, b)) / (2 * h))).toBeLessThan(1e-3 * (1 + Math.abs(slopes[2 * i] ?? 0)));
    expect(Math.abs((slopes[2 * i + 1] ?? NaN) - (expected(a, b + h) - expected(a, b - h)) / (2 * h))).toBeLessThan(1e-3 * (1 + Math.abs(slopes[2 * i + 1] ?? 0)));
  });
});

it.each(['planar', 'radial'] as const)('its loss is KL(q || p) of its own %s density, by quadrature', (kind) => {
  const model = energyFlow.build({ settings: energyFlow.settings.parse({ kind, layers: 2, tempering: 0 }), data: { kind: 'table', levels: null, examples: 1, height: 1, width: 1, channels: 2, binary: false }, noise: createNoise(3) });
  if (!('objective' in model)) throw new Error('It has an objective.');
  const of = energies[0];
  if (!of) throw new Error('No such energy.');
  const energy = walled(of);
  const [side, extent] = [160, 6.5];
  const cell = (2 * extent) / side;
  const grid = Array.from({ length: side ** 2 }, (_, i) => [-extent + cell * ((i % side) + 0.5), -extent + cell * (Math.floor(i / side) + 0.5)]);
  const { loss, logQ } = readValues(() => ({
    loss: model.objective(tensor2d(Array.from({ length: 40_000 }, () => [0, 0])).reshape([40_000, 1, 1, 2]), { noise: createNoise(5), step: scalar(1, 'int32') }).loss,
    logQ: model.abilities.logProb?.(tensor2d(grid).reshape([side ** 2, 1, 1, 2]), createNoise(0)) ?? tensor2d([[NaN]]),
  }));
  let [integral, divergence] = [0, 0];
  grid.forEach(([a = 0, b = 0], i) => {
    const q = cell * cell * Math.exp(logQ[i] ?? NaN);
    integral += q;
    divergence += q * ((logQ[i] ?? NaN) + energy(a, b));
  });
  expect(integral).toBeCloseTo(1, 2);
  // ln of the integral of e^-U1 over the box, by the midpoint rule in another language.
  expect(Math.abs((loss[0] ?? NaN) - (divergence + 1.8775016))).toBeLessThan(0.1);
  const { value, grads } = variableGrads(() => model.objective(tensor2d([[0, 0], [0, 0]]).reshape([2, 1, 1, 2]), { noise: createNoise(5), step: scalar(1, 'int32') }).loss, Object.values(model.parameters));
  expect([value, ...Object.values(grads)].every((gradient) => gradient.dataSync().every(Number.isFinite))).toBe(true);
  Object.values(model.parameters).forEach((variable) => variable.dispose());
});
