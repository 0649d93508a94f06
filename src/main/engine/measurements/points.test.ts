import { fill, mul, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { vonMises } from '../../../ml/data/curves';
import { point } from '../../../ml/distributions/point';
import type { Abilities } from '../../../ml/model';
import { curveDensity } from './curve-density';
import { density } from './density';
import { densityAt } from './density-at';
import { interpolation } from './interpolation';
import { parts } from './parts';
import { measured, picturesOf, tableOf, valueOf } from './testing';

const withAbilities = (change: (abilities: Abilities) => Abilities) => (session: { model: { abilities: Abilities } }): void => void (session.model.abilities = change(session.model.abilities));
const rows = [[0, 0], [0, 0]];

it('the uniform density on the circle has the divergence of von Mises from it, and integrates to one', () => {
  const uniform = -Math.log(2 * Math.PI * 2);
  const found = measured(curveDensity, {
    model: 'nice', data: tableOf(2, vonMises.id), rows, asked: { measure: 'curve-density' },
    change: withAbilities((abilities) => ({ ...abilities, logProb: (x) => fill([x.shape[0]], uniform), reconstruct: (x) => mul(x, 1.1) })),
  });
  expect(valueOf(found, 'curveIntegral')).toBeCloseTo(1, 4);
  expect(valueOf(found, 'curveGapNats')).toBeCloseTo(-vonMises.entropy - uniform, 3);
  expect(valueOf(found, 'curveDistance')).toBeCloseTo(0.2, 4);
  expect(() => measured(curveDensity, { model: 'nice', data: tableOf(2), rows, asked: { measure: 'curve-density' } })).toThrow(/no curve/);
});

it('a density that reaches further than the examples is integrated over all of it', () => {
  const [integral] = measured(density, {
    model: 'nice', settings: { layers: 1, widths: [4] }, data: tableOf(2), rows: [[0.2, -0.1], [-0.3, 0.1]], asked: { measure: 'density' },
    change: ({ model }) => Object.values(model.parameters).forEach((variable) => variable.assign(mul(variable, 0))),
  });
  expect(integral).toMatchObject({ metric: 'integral', estimator: expect.stringMatching(/around examples and 99.9 % of 10000 samples of the model/) });
  // It is standard normal, and a square that holds 99.9 % of its draws has a side near 7.
  expect(integral?.value).toBeGreaterThan(0.998);
  expect(integral?.value).toBeLessThan(1.0001);
});

it('the density at points is the mean of theirs', () => {
  const asked = { measure: 'density-at', points: [[0, 0], [1, -1]] } as const;
  const found = measured(densityAt, { model: 'nice', settings: { layers: 1, widths: [4] }, data: tableOf(2), rows, asked, change: ({ model }) => Object.values(model.parameters).forEach((variable) => variable.assign(mul(variable, 0))) });
  expect(valueOf(found, 'meanDensity')).toBeCloseTo((1 + Math.exp(-1)) / (2 * 2 * Math.PI), 6);
  expect(() => measured(densityAt, { model: 'nice', data: tableOf(3), rows: [[0, 0, 0]], asked })).toThrow(/3 numbers/);
});

it('the parts that samples reach are counted by their nearest examples', () => {
  const data = { ...tableOf(2), classes: ['left', 'right', 'far'] };
  const given = { model: 'nice', settings: { layers: 1, widths: [4] }, data, rows: [[-1, 0], [1, 0], [50, 0]], asked: { measure: 'parts' } as const };
  const labelled = (session: { shown: (name: 'test') => unknown }): void => {
    const { shown } = session;
    session.shown = () => ({ ...(shown('test') as object), labels: Uint16Array.of(0, 1, 2) });
  };
  expect(valueOf(measured(parts, { ...given, change: labelled as never }), 'partsReached')).toBe(2);
  expect(() => measured(parts, given)).toThrow(/no classes/);
});

it('a path between pictures starts and ends at them, and has the mean code half way', () => {
  const pictures = Array.from({ length: 6 }, (_, i) => Array.from({ length: 12 }, (_, j) => ((i * 5 + j) % 17) / 16));
  const given = { model: 'nice', settings: { layers: 2, widths: [8] }, data: picturesOf(4, 3, 16), rows: pictures, asked: { measure: 'interpolation' } as const };
  const found = measured(interpolation, given);
  expect(valueOf(found, 'endError')).toBeLessThan(1e-6);
  // The code of a new flow is nearly the picture: half way is nearly the mean of the two.
  expect(Math.abs(valueOf(found, 'middleNats') - valueOf(found, 'blendNats'))).toBeLessThan(2);
  const wrong = measured(interpolation, { ...given, change: withAbilities((abilities) => ({ ...abilities, decode: (z: Tensor2D) => point(mul(abilities.decode?.(z).mean() ?? z, 0.5)) })) });
  expect(valueOf(wrong, 'endError')).toBeGreaterThan(0.3);
});
