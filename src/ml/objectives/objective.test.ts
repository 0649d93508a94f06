import { dispose, scalar, tensor1d, tidy, variableGrads, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Construction } from '../nets/dense';
import { createAdam } from '../optimizers/adam';
import { createNoise } from '../random/noise';
import { objectiveSettings, weighting, type Measured, type Weighted } from './objective';

const schema = z.strictObject(objectiveSettings);

/** An objective of three groups, and what it makes of nets that are frozen at some distortion and divergence. */
function make(settings: z.input<typeof schema>, groups = 3) {
  const construction: Construction = { parameters: {}, noise: createNoise(0) };
  const state: Record<string, Variable> = {};
  const weigh = weighting(construction, state, schema.parse(settings), { groups, latentSize: 3 });
  const measured = (distortion: number, kl: number[], step: number): Measured => ({ distortion: scalar(distortion), klGroups: tensor1d(kl), step: scalar(step, 'int32') });
  const read = ({ loss, terms }: Weighted) => ({ loss: loss.dataSync()[0] ?? NaN, ...Object.fromEntries(Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0] ?? NaN])) });
  return {
    at: (distortion: number, kl: number[], step: number): Record<string, number> => tidy(() => read(weigh(measured(distortion, kl, step)))),
    /** The same, and takes the new state over. */
    step: (distortion: number, kl: number[], step: number): Record<string, number> =>
      tidy(() => {
        const result = weigh(measured(distortion, kl, step));
        for (const [name, value] of Object.entries(result.updates ?? {})) state[name]?.assign(value);
        return read(result);
      }),
    /** Trains the learned weights alone. */
    train(distortion: number, kl: number[], steps: number): void {
      const adam = createAdam(construction.parameters, 0.05);
      const variables = Object.entries(construction.parameters);
      for (let i = 1; i <= steps; i++)
        tidy(() => {
          const { grads } = variableGrads(() => weigh(measured(distortion, kl, i)).loss, variables.map(([, variable]) => variable));
          adam.apply(Object.fromEntries(variables.map(([name, variable]) => [name, grads[variable.name]])));
        });
      adam.dispose();
    },
    parameters: construction.parameters,
    state,
    dispose: () => dispose([construction.parameters, state]),
  };
}

const softplus = (variable: Variable | undefined): number[] => Array.from(variable?.dataSync() ?? []).map((raw) => Math.log1p(Math.exp(raw)));

describe('a weighted bound', () => {
  it('is distortion plus beta times the divergence', () => {
    expect(make({ objective: 'beta', beta: 3 }).at(50, [1, 2, 4], 1).loss).toBeCloseTo(50 + 3 * 7, 5);
    expect(make({}).at(50, [1, 2, 4], 1).loss).toBeCloseTo(57, 5);
    expect(make({ objective: 'beta', beta: 1 }).at(50.3, [1.1, 2, 4], 1).loss).toBe(make({}).at(50.3, [1.1, 2, 4], 1).loss);
  });

  it('brings the divergence in over the warm-up', () => {
    const { at } = make({ klWarmUp: 100 });
    expect([10, 50, 100, 1000].map((step) => at(50, [1, 2, 4], step).loss)).toEqual([50 + 0.7, 53.5, 57, 57].map((value) => expect.closeTo(value, 4)));
  });

  it('lets each dimension have its free nats, or the whole as many times its dimensions', () => {
    expect(make({ freeBits: 1.5 }).at(50, [1, 2, 4], 1).loss).toBeCloseTo(50 + 1.5 + 2 + 4, 5);
    expect(make({ freeBits: 1.5 }, 1).at(50, [4], 1).loss).toBeCloseTo(50 + 4.5, 5);
  });

  it('is pulled to a capacity that grows in a line, from above and below', () => {
    const { at } = make({ objective: 'capacity', gamma: 10, capacity: 8, capacitySteps: 1000 });
    expect(at(50, [1, 2, 4], 250)).toEqual({ loss: expect.closeTo(50 + 10 * 5, 3), capacity: expect.closeTo(2, 5) });
    expect(at(50, [1, 2, 4], 4000)).toEqual({ loss: expect.closeTo(50 + 10, 3), capacity: 8 });
  });
});

describe('learned weights', () => {
  it('come to the roots of distortion and divergence, their ratio to beta', () => {
    const { train, at, parameters, dispose: end } = make({ objective: 'l-vae' });
    train(90, [1, 3, 5], 2500);
    const [[s0], [s1]] = [softplus(parameters['weights/reconstruction']), softplus(parameters['weights/kl'])];
    expect(Math.abs((s0 ?? NaN) / Math.sqrt(90) - 1)).toBeLessThan(0.01);
    expect(Math.abs((s1 ?? NaN) / 3 - 1)).toBeLessThan(0.01);
    const { beta = NaN, loss } = at(90, [1, 3, 5], 1);
    expect(Math.abs(beta / Math.sqrt(90 / 9) - 1)).toBeLessThan(0.01);
    expect(loss).toBeCloseTo(2 * (Math.sqrt(90) + 3), 3);
    end();
  });

  it('give the nets the gradient of beta = s0 / s1, by a factor 1 / s0', () => {
    const { at, train, dispose: end } = make({ objective: 'l-vae' });
    train(90, [1, 3, 5], 100);
    const { weightReconstruction: s0 = NaN, beta = NaN } = at(90, [1, 3, 5], 1);
    const slope = (distortion: number, kl: number) => ((at(90 + distortion, [1, 3, 5 + kl], 1).loss ?? NaN) - (at(90 - distortion, [1, 3, 5 - kl], 1).loss ?? NaN)) / 2;
    expect(slope(1, 0) * s0).toBeCloseTo(1, 3);
    expect(slope(0, 1) * s0).toBeCloseTo(beta, 3);
    end();
  });

  it('of each dimension are stationary where (1 + s)(1 + ln(1 + s))^2 is its divergence, and at 0 below one nat', () => {
    const { train, parameters, dispose: end } = make({ objective: 'dl-vae' });
    train(40, [0.5, 3, 12], 1500);
    const all = [...softplus(parameters['weights/reconstruction']), ...softplus(parameters['weights/kl'])];
    [40, 0.5, 3, 12].forEach((term, j) => {
      const s = all[j] ?? NaN;
      if (term < 1) expect(s).toBeLessThan(0.02);
      else expect(Math.abs(((1 + s) * (1 + Math.log1p(s)) ** 2) / term - 1)).toBeLessThan(0.01);
    });
    end();
  });
});

describe.each([['control', 1, 2500], ['dynamic', 0.1, 2500]] as const)('the controller %s', (objective, betaMinimum, steps) => {
  // A plant whose divergence falls with beta.
  const plant = (beta: number) => 40 / (1 + beta);

  it.each([8, 14])('brings the divergence of a toy to %d nats, without error in the end', (capacity) => {
    const { step, dispose: end } = make({ objective, capacity, capacitySteps: 0, betaMinimum, betaStart: 50 });
    let beta = step(50, [1, 1, 1], 1).beta ?? NaN;
    for (let i = 2; i <= steps; i++) {
      const kl = plant(beta);
      beta = step(50, [kl / 2, kl / 2, 0], i).beta ?? NaN;
      expect(beta).toBeGreaterThanOrEqual(Math.fround(betaMinimum));
    }
    expect(Math.abs(plant(beta) / capacity - 1)).toBeLessThan(0.01);
    end();
  });

  it('weights a divergence above the set point more at the next step, and one below it less', () => {
    for (const [kl, sign] of [[100, 1], [0.1, -1]] as const) {
      const { step, dispose: end } = make({ objective, capacity: 20, capacitySteps: 0, betaMinimum: 0, betaStart: 5 });
      for (let i = 1; i <= 20; i++) step(50, [30, 30, 0], i);
      const before = step(50, [kl, 0, 0], 21).beta ?? NaN;
      for (let i = 22; i <= 26; i++) step(50, [kl, 0, 0], i);
      expect(Math.sign((step(50, [kl, 0, 0], 27).beta ?? NaN) - before)).toBe(sign);
      end();
    }
  });

  it('recovers at once from a long time at its smallest weight', () => {
    const { step, dispose: end } = make({ objective, capacity: 20, capacitySteps: 0, betaMinimum, betaStart: betaMinimum });
    for (let i = 1; i <= 500; i++) step(50, [0, 0, 0], i);
    for (let i = 501; i <= 510; i++) step(50, [90, 0, 0], i);
    expect(step(50, [90, 0, 0], 511).beta).toBeGreaterThan(betaMinimum + 0.1);
    end();
  });
});

it.each(['control', 'dynamic'] as const)('the controller %s stays below its largest weight, and comes down from it at once', (objective) => {
  const { step, dispose: end } = make({ objective, capacity: 8, capacitySteps: 0, betaMinimum: 0, betaMaximum: 1, betaStart: 50 });
  const betas = Array.from({ length: 400 }, (_, i) => step(50, [i < 300 ? 20 : 0, 0, 0], i + 1).beta ?? NaN);
  expect(Math.max(...betas)).toBe(1);
  expect(betas[300]).toBe(1);
  // By 0.001 times 8 nats in each of the last steps, or by five times as much.
  expect(betas.at(-1)).toBeLessThan(0.25);
  end();
});

describe('a set point', () => {
  const points = (settings: z.input<typeof schema>, steps: number[]): number[] => {
    const { at, dispose: end } = make(settings);
    const found = steps.map((step) => at(50, [1, 1, 1], step).setPoint ?? NaN);
    end();
    return found;
  };

  it('of the objective control climbs from 0.5 by 0.15 at a time, and arrives', () => {
    expect(points({ objective: 'control', capacity: 2, capacitySteps: 1000 }, [1, 99, 101, 201, 999, 1001, 5000])).toEqual([0.5, 0.5, 0.65, 0.8, 1.85, 2, 2].map((value) => expect.closeTo(value, 5)));
  });

  it('of the objective dynamic rises over 1,000 steps in every 6,000, as published, and arrives', () => {
    // 130 intervals of 6,000 steps, the last rise ended 1,000 steps later.
    const published = { objective: 'dynamic' as const, capacity: 20, capacitySteps: 781_000 };
    expect(points(published, [1, 5990, 6000, 6500, 7000, 9000, 11_990, 12_250, 13_000, 780_500, 781_000, 2_000_000])).toEqual([0.5, 0.5, 0.5, 0.575, 0.65, 0.65, 0.65, 0.6875, 0.8, 19.925, 20, 20].map((value) => expect.closeTo(value, 3)));
  });
});

