import { add, mean, mul, neg } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNoise } from '../../../ml/random/noise';
import { Draws } from '../../../ml/data/draws';
import { findDensity } from '../../../ml/data/densities';
import { readValues } from '../../../ml/read';
import type { Session } from '../session';
import { cost } from './cost';
import { duality } from './duality';
import { inversion } from './inversion';
import { jacobians } from './jacobians';
import { layers } from './layers';
import { objective } from './objective';
import { roundTrip } from './round-trip';
import { reverseDivergence } from './reverse-divergence';
import { solver, solverGate } from './solver';
import { temperatures } from './temperatures';
import { measured, picturesOf, tableOf, valueOf } from './testing';
import { timing } from './timing';

const noise = createNoise(4);
/** Parameters large enough for every layer to do something. */
const shaken = ({ model }: Session): void => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.3))));
const rows = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(2 * i), (i % 7) / 3 - 1]);
const small = { layers: 2, widths: [8] };

describe('the layers of a flow', () => {
  it('of NICE change no volume but for the last, and undo each other', () => {
    const found = measured(layers, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'layers' }, change: shaken });
    expect(valueOf(found, 'layerLogDet', 'coupling 1')).toBe(0);
    expect(valueOf(found, 'layerLogDet', 'coupling 2')).toBe(0);
    expect(valueOf(found, 'layerLogDet', 'scale')).toBeGreaterThan(0.05);
    expect(valueOf(found, 'inversionError', 'scale')).toBeLessThan(1e-5);
    expect(valueOf(found, 'inversionError', 'scale')).toBeGreaterThan(0);
  });

  it('start as far from normal as the data are, by their known density', () => {
    const density = findDensity('8gaussians');
    if (!density) throw new Error('No such density.');
    const points = Array.from({ length: 400 }, (_, i) => density.draw(new Draws(0, 'test', i))).map(({ x, y }) => [x, y]);
    const found = measured(layers, { model: 'planar-flow', settings: { layers: 1 }, data: tableOf(2, '8gaussians'), rows: points, asked: { measure: 'layers' } });
    const expected = points.reduce((sum, [x = 0, y = 0]) => sum + density.logDensity(x, y) + Math.log(2 * Math.PI) + (x * x + y * y) / 2, 0) / points.length;
    expect(valueOf(found, 'divergenceFromNormalNats', 'layer 0 of')).toBeCloseTo(expected, 4);
    expect(expected).toBeGreaterThan(1);
  });
});

describe('Jacobians of layers', () => {
  it('of MintNet are triangular with a positive diagonal and the determinant that it says', () => {
    const found = measured(jacobians, { model: 'mintnet', settings: { layers: 2, filters: 3 }, data: tableOf(3), rows: rows.slice(0, 2), asked: { measure: 'jacobians', layers: 'masked' }, change: shaken });
    expect(valueOf(found, 'jacobianOffTriangle')).toBe(0);
    expect(valueOf(found, 'jacobianDiagonal')).toBeGreaterThan(0);
    expect(valueOf(found, 'logDetGapNats')).toBeLessThan(1e-5);
  });

  it('of a flow that turns space are not triangular', () => {
    const found = measured(jacobians, { model: 'planar-flow', settings: { layers: 2 }, data: tableOf(3), rows: rows.slice(0, 1), asked: { measure: 'jacobians', layers: 'planar' }, change: shaken });
    expect(valueOf(found, 'jacobianOffTriangle')).toBeGreaterThan(0.01);
    expect(valueOf(found, 'logDetGapNats')).toBeLessThan(1e-5);
  });

  it('are refused of layers that there are not', () => {
    expect(() => measured(jacobians, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'jacobians', layers: 'spline' } })).toThrow(/spline/);
  });
});

it('a solver with too few steps is found out, and one with enough is not', () => {
  const gap = (solverSteps: number, scale: number): number =>
    valueOf(measured(solver, { model: 'ffjord', settings: { layers: 1, solverSteps, widths: [8] }, data: tableOf(3), rows, asked: { measure: 'solver' }, change: ({ model }) => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(mul(noise.normal(variable.shape, name), scale))) }), 'solverGapNats');
  expect(gap(8, 0.5)).toBeLessThan(1e-3);
  expect(gap(1, 2)).toBeGreaterThan(0.05);
  expect(() => measured(solver, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'solver' } })).toThrow(/no solver/);
});

it('a run of a model with a solver is measured by more steps and by its integral at its end, and a cheat shows in them', () => {
  const gate = (model: string, columns: number, scale: number) =>
    Object.fromEntries(
      measured((session) => solverGate(session, 'test'), {
        model, settings: model === 'ffjord' ? { layers: 1, solverSteps: 2, widths: [8] } : small, data: tableOf(columns), rows: rows.map((row) => row.slice(0, columns).map((value) => 6 * value)), asked: { measure: 'objective' },
        change: ({ model: { parameters } }) => Object.entries(parameters).forEach(([name, variable]) => variable.assign(mul(noise.normal(variable.shape, name), scale))),
      }).map((measure) => [measure.metric, measure]),
    );
  const [honest, cheat] = [gate('ffjord', 2, 0.3), gate('ffjord', 2, 3)];
  expect(honest['solverGapNats']).toMatchObject({ n: 40, value: expect.closeTo(0, 1) });
  expect(Math.abs((honest['roughIntegral']?.value ?? NaN) - 1)).toBeLessThan(0.1);
  expect(cheat['solverGapNats']?.value).toBeGreaterThan(0.05);
  expect(gate('ffjord', 3, 0.3)).not.toHaveProperty('roughIntegral');
  expect(gate('nice', 2, 0.3)).toEqual({});
});

it('an adaptive solver agrees with many steps, finds out few, and counts its evaluations', () => {
  const found = (solverSteps: number) =>
    measured(solver, { model: 'ffjord', settings: { layers: 2, solverSteps, widths: [8] }, data: tableOf(3), rows, asked: { measure: 'solver', tolerances: [1e-2, 1e-5] }, change: ({ model }) => Object.entries(model.parameters).forEach(([name, variable]) => variable.assign(mul(noise.normal(variable.shape, name), 1.5))) });
  const [few, many] = [found(1), found(4)];
  expect(valueOf(many, 'adaptiveGapNats', 'tolerance 1e-5')).toBeLessThan(1e-3);
  expect(valueOf(few, 'adaptiveGapNats', 'tolerance 1e-5')).toBeGreaterThan(0.002);
  // One at the start of each of two layers, and six a step.
  const evaluations = [1e-2, 1e-5].map((tolerance) => valueOf(many, 'evaluations', `tolerance ${tolerance.toExponential()}`));
  for (const count of evaluations) expect(count % 6).toBe(2);
  expect(evaluations[1]).toBeGreaterThan(evaluations[0] ?? NaN);
});

it('a masked flow encodes as the inverse one with its nets samples, layer by layer and as a whole, and both go back alike', () => {
  const found = measured(duality, { model: 'maf', settings: small, data: tableOf(3), rows, asked: { measure: 'duality' }, change: shaken });
  // Of values up to 16: their last bit is 2e-6.
  expect(valueOf(found, 'dualityError')).toBeLessThan(3e-6);
  expect(valueOf(found, 'dualitySampleError')).toBeLessThan(3e-6);
  expect(valueOf(found, 'dualityInverseError')).toBeLessThan(3e-6);
  expect(() => measured(duality, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'duality' } })).toThrow(/no masked/);
});

it('samples spread with the temperature, and not at all without any', () => {
  const found = measured(temperatures, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'temperatures', temperatures: [0, 0.25, 1], samples: 400 } });
  expect(valueOf(found, 'sampleSpread', 'temperature 0')).toBe(0);
  expect(valueOf(found, 'sampleSpread', 'temperature 1')).toBeGreaterThan(3 * valueOf(found, 'sampleSpread', 'temperature 0.25'));
  // A new flow is nearly the identity, and its samples nearly standard normal.
  expect(valueOf(found, 'sampleSpread', 'temperature 1')).toBeCloseTo(1, 0);
});

it('a picture comes back as the first layer has it, and not by being rounded', () => {
  const error = valueOf(measured(roundTrip, { model: 'nice', settings: small, data: picturesOf(4, 4, 16), rows: rows.map((row) => Array.from({ length: 16 }, (_, i) => (Math.abs((row[i % 3] ?? 0) * 16) % 17 | 0) / 16)), asked: { measure: 'round-trip' }, change: shaken }), 'roundTripError');
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(1e-4);
});

it('times both directions', () => {
  const found = measured(timing, { model: 'maf', settings: small, data: tableOf(3), rows, asked: { measure: 'timing' } });
  expect(found.map(({ metric }) => metric)).toEqual(['sampleMilliseconds', 'scoreMilliseconds']);
  found.forEach(({ value }) => expect(value).toBeGreaterThan(0));
});

it('the divergence of a flow from its target is the one by quadrature', () => {
  const data = tableOf(2, '8gaussians');
  const given = { data, rows: [[0, 0]] };
  const found = measured(reverseDivergence, { model: 'nice', settings: { layers: 1, widths: [4] }, asked: { measure: 'reverse-divergence', samples: 20_000 }, ...given, change: ({ model }) => Object.values(model.parameters).forEach((variable) => variable.assign(mul(variable, 0))) });
  // All parameters zero: q is N(0, I).
  const density = findDensity('8gaussians');
  let expected = 0;
  const [side, extent] = [200, 6];
  const cell = (2 * extent) / side;
  for (let i = 0; i < side ** 2; i++) {
    const [x, y] = [-extent + cell * ((i % side) + 0.5), -extent + cell * (Math.floor(i / side) + 0.5)];
    const log = -(x * x + y * y) / 2 - Math.log(2 * Math.PI);
    expected += cell * cell * Math.exp(log) * (log - (density?.logDensity(x, y) ?? NaN));
  }
  const [kl] = found;
  expect(Math.abs((kl?.value ?? NaN) - expected)).toBeLessThan(4 * (kl?.standardError ?? NaN));
  expect(expected).toBeGreaterThan(1);
  expect(() => measured(reverseDivergence, { model: 'nice', asked: { measure: 'reverse-divergence' }, data: tableOf(3), rows })).toThrow(/not known/);
});

it('the inverse of many layers that stretch and squeeze loses more than that of one, and pictures are not scaled', () => {
  const lost = (layers: number) => measured(inversion, { model: 'realnvp', settings: { layers, widths: [8] }, data: tableOf(3), rows, asked: { measure: 'inversion', scales: [1, 1000] }, change: shaken });
  expect(valueOf(lost(1), 'inversionError', 'times 1')).toBeLessThan(1e-5);
  expect(valueOf(lost(6), 'inversionError', 'times 1')).toBeGreaterThan(10 * valueOf(lost(1), 'inversionError', 'times 1'));
  expect(valueOf(lost(6), 'inversionError', 'times 1000')).toBeGreaterThan(0);
  expect(() => measured(inversion, { model: 'nice', data: picturesOf(4, 3, 16), rows: [Array.from({ length: 12 }, () => 0.5)], asked: { measure: 'inversion', scales: [1] } })).toThrow(/not rows of a table/);
});

it('the cost of an example is measured for several sizes', () => {
  const found = measured(cost, { model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'cost' } });
  for (const size of [8, 16, 32, 64]) for (const metric of ['densityMilliseconds', 'samplingMilliseconds']) expect(valueOf(found, metric, `of ${size} values`)).toBeGreaterThan(0);
});

it('the terms of the objective are those of the model', () => {
  let expected = NaN;
  const found = measured(objective, {
    model: 'nice', settings: small, data: tableOf(3), rows, asked: { measure: 'objective' },
    change: (session) => {
      shaken(session);
      expected = readValues(() => ({ loss: mean(neg(session.model.abilities.logProb?.(session.shown('test').data, noise) ?? 0)) })).loss[0] ?? NaN;
    },
  });
  expect(valueOf(found, 'lossNats')).toBeCloseTo(expected, 4);
});
