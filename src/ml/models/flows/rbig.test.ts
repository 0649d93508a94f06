import { dispose, matMul, reshape, scalar, slice, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { DataShape } from '../../../contract/models';
import type { Batch, FittedModel } from '../../model';
import { createNoise } from '../../random/noise';
import { readValues } from '../../read';
import { rbig } from './rbig';

const table: DataShape = { kind: 'table', levels: null, examples: 3000, height: 1, width: 1, channels: 2, binary: false };

function covarianceOf(x: Batch): number[][] {
  const { c } = readValues(() => {
    const rows = reshape(x, [3000, 2]);
    const centred = rows.sub(rows.mean(0));
    return { c: centred.transpose().matMul(centred) };
  });
  return [[c[0] ?? NaN, c[1] ?? NaN], [c[2] ?? NaN, c[3] ?? NaN]];
}

it('finds the total correlation -1/2 ln|R| of a correlated normal, makes it standard normal, and comes back', () => {
  const correlation = 0.8;
  const model = rbig.build({ settings: rbig.settings.parse({ layers: 3 }), data: table, noise: createNoise(1) }) as FittedModel;
  const noise = createNoise(2);
  const x = tidy(() => reshape(matMul(noise.normal([3000, 2], 'x'), tensor2d([[1, correlation], [0, Math.sqrt(1 - correlation ** 2)]])).mul(3).add(5), [3000, 1, 1, 2])) as Batch;
  const negentropies: number[] = [];
  let found = NaN;
  for (const { negentropyNats, totalCorrelationNats } of model.fit(x, noise)) {
    negentropies.push(negentropyNats ?? NaN);
    found = totalCorrelationNats ?? NaN;
  }
  // Of the sample, whose correlation is not quite the distribution's.
  const [[vx = 0, vxy = 0] = [], [, vy = 0] = []] = covarianceOf(x);
  const expected = -0.5 * Math.log(1 - vxy ** 2 / (vx * vy));
  expect(Math.abs(found - expected)).toBeLessThan(0.02 * expected);
  negentropies.slice(1).forEach((value, i) => expect(value).toBeLessThan((negentropies[i] ?? NaN) + 1e-3));
  const { mean, covariance, back, logProb } = readValues(() => {
    const z = model.abilities.encode?.(x).mean() ?? x;
    return { mean: z.mean(0), covariance: z.transpose().matMul(z).div(3000), back: (model.abilities.reconstruct?.(slice(x, 0, 100)) ?? x).sub(slice(x, 0, 100)).abs().max(), logProb: (model.abilities.logProb?.(x, noise) ?? x).mean() };
  });
  mean.forEach((value) => expect(Math.abs(value)).toBeLessThan(0.02));
  [1, 0, 0, 1].forEach((value, i) => expect(Math.abs((covariance[i] ?? NaN) - value)).toBeLessThan(0.03));
  expect(back[0]).toBeLessThan(1e-2);
  // log-likelihood of the truth: minus its entropy, ln(2 pi e) + 2 ln 3 + 1/2 ln|R|.
  expect(Math.abs((logProb[0] ?? NaN) + Math.log(2 * Math.PI * Math.E) + 2 * Math.log(3) - expected)).toBeLessThan(0.06);
  dispose([x, ...Object.values(model.parameters)]);
});

it('makes all layers where nothing ends it early, also when one of them gains nothing', () => {
  const noise = createNoise(2);
  const x = tidy(() => reshape(noise.normal([3000, 2], 'x'), [3000, 1, 1, 2])) as Batch;
  const model = rbig.build({ settings: rbig.settings.parse({ layers: 6 }), data: table, noise: createNoise(1) }) as FittedModel;
  const taken = Array.from(model.fit(x, noise), ({ negentropyNats }) => negentropyNats ?? NaN);
  expect(Math.min(...taken.slice(1, -1))).toBeLessThan(0);
  expect(taken).toHaveLength(6);
  dispose([x, ...Object.values(model.parameters)]);
});

it('ends with the first layer that takes off less than the tolerance, and is then the flow of so many layers', () => {
  const noise = createNoise(2);
  const x = tidy(() => reshape(matMul(noise.normal([3000, 2], 'x'), tensor2d([[1, 0.8], [0, 0.6]])), [3000, 1, 1, 2])) as Batch;
  const fitted = (settings: object) => {
    const model = rbig.build({ settings: rbig.settings.parse(settings), data: table, noise: createNoise(1) }) as FittedModel;
    const taken = Array.from(model.fit(x, noise), ({ negentropyNats }) => negentropyNats ?? NaN);
    const { logProb, back } = readValues(() => ({ logProb: model.abilities.logProb?.(x, noise) ?? x, back: model.abilities.sample?.({ count: 5, temperature: scalar(1), noise }) ?? x }));
    dispose(Object.values(model.parameters));
    return { taken, logProb, back };
  };
  const until = fitted({ layers: 6, tolerance: 0.01 });
  // The normal's values are normal already, then all of their dependence comes off at once.
  expect(until.taken).toHaveLength(3);
  expect(until.taken[1]).toBeGreaterThan(0.4);
  expect(until.taken[2]).toBeLessThan(0.01);
  const three = fitted({ layers: 3 });
  expect(until.logProb).toEqual(three.logProb);
  expect(until.back).toEqual(three.back);
  x.dispose();
});
