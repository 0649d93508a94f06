import { grad, sum, tensor1d, tensor2d, tidy, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { standardNormal } from '../distributions/gaussian';
import type { Construction } from '../nets/dense';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { concatsquash, continuous, flowField, through, type Dynamics } from './continuous';
import { dormandPrince } from './ode';
import { diffused, probabilityFlow, standardised, type NormalMixture } from './probability-flow';

const noise = createNoise(6);
const values = (make: () => Tensor): number[] => Array.from(readValues(() => ({ values: make() })).values);
const largest = (numbers: readonly number[]): number => numbers.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0);

// A = [[0.3, -0.8], [0.5, -0.1]]: of trace 0.2, so that log|det exp(A)| = 0.2.
const a = () => tensor2d([[0.3, 0.5], [-0.8, -0.1]]);
const linear: Dynamics = { size: 2, at: (x, _t, directions) => ({ velocity: x.matMul(a()) as Tensor2D, ...(directions && { products: directions.matMul(a()) as Tensor2D }) }) };

/** exp of a 2 x 2 matrix by its series. */
function exponential(m: number[][]): number[][] {
  let term = [[1, 0], [0, 1]];
  const total = term.map((row) => [...row]);
  for (let n = 1; n < 40; n++) {
    term = term.map((row) => [0, 1].map((j) => row.reduce((all, value, k) => all + (value * (m[k]?.[j] ?? 0)) / n, 0)));
    term.forEach((row, i) => row.forEach((value, j) => ((total[i] ?? [])[j] = (total[i]?.[j] ?? 0) + value)));
  }
  return total;
}

function trainedNet(): Dynamics {
  const construction: Construction = { parameters: {}, noise: createNoise(5) };
  const dynamics = concatsquash(construction, 'f', 3, [16, 16]);
  tidy(() => Object.entries(construction.parameters).forEach(([name, variable]) => variable.assign(variable.add(noise.normal(variable.shape, name).mul(0.3)))));
  return dynamics;
}

describe('a continuous flow', () => {
  it('along a linear field is the matrix exponential, of log-determinant the trace', () => {
    const e = exponential([[0.3, -0.8], [0.5, -0.1]]);
    const { y, logDet } = readValues(() => continuous(linear, { from: 0, to: 1, steps: 24 }).forward(tensor2d([[1, 2]])));
    expect(y[0]).toBeCloseTo((e[0]?.[0] ?? 0) + 2 * (e[0]?.[1] ?? 0), 5);
    expect(y[1]).toBeCloseTo((e[1]?.[0] ?? 0) + 2 * (e[1]?.[1] ?? 0), 5);
    expect(logDet[0]).toBeCloseTo(0.2, 6);
  });

  it('of a net has the divergence of its Jacobian, and Hutchinson\'s estimate has that as its mean', () => {
    const dynamics = trainedNet();
    const x = noise.normal([5, 3], 'x') as Tensor2D;
    const exact = values(() => flowField(dynamics)(x, 0.4).rates.slice([0, 0], [-1, 1]));
    const byTape = [0, 1, 2].map((i) => values(() => grad((v: Tensor) => sum(dynamics.at(v as Tensor2D, 0.4).velocity.slice([0, i], [-1, 1])))(x).slice([0, i], [-1, 1])));
    exact.forEach((value, b) => expect(value).toBeCloseTo(byTape.reduce((all, column) => all + (column[b] ?? NaN), 0), 4));
    const draws = 10_000;
    const { estimates } = readValues(() => {
      const first = x.slice([0, 0], [1, 3]).tile([draws, 1]) as Tensor2D;
      return { estimates: flowField(dynamics, noise.normal([draws, 3], 'probe') as Tensor2D)(first, 0.4).rates.slice([0, 0], [-1, 1]) };
    });
    const mean = estimates.reduce((all, value) => all + value, 0) / draws;
    const deviation = Math.sqrt(estimates.reduce((all, value) => all + (value - mean) ** 2, 0) / draws);
    expect(Math.abs(mean - (exact[0] ?? NaN))).toBeLessThan((4 * deviation) / Math.sqrt(draws));
    x.dispose();
  });

  it('comes back, with errors that fall with the steps, and agrees with the adaptive solver, whose evaluations are counted', () => {
    const dynamics = trainedNet();
    const x = noise.normal([20, 3], 'x') as Tensor2D;
    const error = (steps: number): number =>
      largest(values(() => {
        const flow = continuous(dynamics, { from: 0, to: 1, steps });
        return flow.inverse(flow.forward(x).y).x.sub(x);
      }));
    expect(error(16)).toBeLessThan(1e-4);
    expect(error(2)).toBeGreaterThan(error(16));
    const field = flowField(dynamics);
    const start = zeros([20, 2]) as Tensor2D;
    const solve = (tolerance: number) => dormandPrince(field, { x, integrals: start }, { from: 0, to: 1, absolute: tolerance, relative: tolerance });
    const [loose, tight] = [solve(1e-3), solve(1e-6)];
    expect(tight.evaluations).toBeGreaterThan(loose.evaluations);
    const { y, logDet } = readValues(() => through(field, x, { from: 0, to: 1, steps: 32 }));
    expect(largest(Array.from(tight.x.dataSync(), (value, i) => value - (y[i] ?? NaN)))).toBeLessThan(1e-4);
    expect(largest(Array.from(logDet, (value, i) => value - (tight.integrals.dataSync()[2 * i] ?? NaN)))).toBeLessThan(1e-4);
    [x, start, loose.x, loose.integrals, tight.x, tight.integrals].forEach((tensor) => tensor.dispose());
  });
});

describe('the adaptive solver', () => {
  /** dx/dt = -2 t x with the rate t, from 1: x = exp(-t^2), the integral t^2 / 2. */
  const counted = (tolerance: number) => {
    let calls = 0;
    const x = tensor2d([[1], [0.5]]);
    const start = zeros([2, 1]) as Tensor2D;
    const solved = dormandPrince((x, t) => { calls++; return { velocity: x.mul(-2 * (t as number)) as Tensor2D, rates: x.zerosLike().add(t as number) as Tensor2D }; }, { x, integrals: start }, { from: 0, to: 2, absolute: tolerance, relative: tolerance });
    const found = { error: Math.abs((solved.x.dataSync()[0] ?? NaN) - Math.exp(-4)), integral: solved.integrals.dataSync()[1] ?? NaN, evaluations: solved.evaluations, calls };
    [x, start, solved.x, solved.integrals].forEach((tensor) => tensor.dispose());
    return found;
  };

  it('solves within its tolerance, in more evaluations the smaller that is, and counts each of them', () => {
    const [loose, tight] = [counted(1e-3), counted(1e-6)];
    for (const { evaluations, calls, integral } of [loose, tight]) {
      expect(evaluations).toBe(calls);
      expect(integral).toBeCloseTo(2, 4);
    }
    expect(tight.evaluations).toBeGreaterThan(loose.evaluations);
    expect(loose.error).toBeLessThan(1e-2);
    expect(tight.error).toBeLessThan(1e-5);
  });

  it('takes a step\'s last stage for the next one\'s first: six evaluations a step, and one more', () => {
    for (const { evaluations } of [counted(1e-3), counted(1e-6)]) expect(evaluations % 6).toBe(1);
  });

  it('is in reach of every layer that follows a field', () => {
    const dynamics = trainedNet();
    const layers = [continuous(dynamics, { from: 0, to: 0.5, steps: 16 }), probabilityFlow(() => ({ logWeights: tensor1d([0]), means: tensor2d([[1, 0, 2]]), deviations: tensor2d([[0.5, 1, 1]]) }), { from: 0, to: 1, steps: 100 })];
    for (const layer of layers) {
      let evaluations = 0;
      const { y, logDet } = readValues(() => {
        const x = noise.normal([20, 3], 'x');
        const solved = layer.adaptively?.(x, 1e-5);
        const { y, logDet } = layer.forward(x);
        evaluations = solved?.evaluations ?? 0;
        return { y: y.sub(solved?.y ?? NaN), logDet: logDet.sub(solved?.logDet ?? NaN) };
      });
      expect(evaluations).toBeGreaterThan(6);
      expect(largest(Array.from(y))).toBeLessThan(2e-3);
      expect(largest(Array.from(logDet))).toBeLessThan(2e-3);
    }
  });
});

describe('the probability flow of a diffused mixture', () => {
  const mixture = (): NormalMixture => ({
    logWeights: tensor1d([Math.log(0.5), Math.log(0.3), Math.log(0.2)]),
    means: tensor2d([[-2, 0], [1.5, 1], [0, -2]]),
    deviations: tensor2d([[0.5, 0.8], [0.4, 0.4], [0.7, 0.3]]),
  });

  it('is of the mixture itself at time 0, and has the score and the divergence of its log-density at others', () => {
    const x = noise.normal([6, 2], 'x') as Tensor2D;
    const { score, divergence } = readValues(() => diffused(mixture(), x, 0.2));
    const slope = values(() => grad((v: Tensor) => sum(diffused(mixture(), v as Tensor2D, 0.2).logProb))(x));
    score.forEach((value, i) => expect(value).toBeCloseTo(slope[i] ?? NaN, 4));
    const second = [0, 1].map((i) => values(() => grad((v: Tensor) => sum(diffused(mixture(), v as Tensor2D, 0.2).score.slice([0, i], [-1, 1])))(x).slice([0, i], [-1, 1])));
    divergence.forEach((value, b) => expect(value).toBeCloseTo((second[0]?.[b] ?? NaN) + (second[1]?.[b] ?? NaN), 3));
    const [at] = values(() => diffused(mixture(), tensor2d([[1, -1]]), 0).logProb);
    const part = (weight: number, [mx = 0, my = 0]: number[], [sx = 1, sy = 1]: number[]): number => (weight / (2 * Math.PI * sx * sy)) * Math.exp(-0.5 * ((1 - mx) / sx) ** 2 - 0.5 * ((-1 - my) / sy) ** 2);
    expect(at).toBeCloseTo(Math.log(part(0.5, [-2, 0], [0.5, 0.8]) + part(0.3, [1.5, 1], [0.4, 0.4]) + part(0.2, [0, -2], [0.7, 0.3])), 4);
    x.dispose();
  });

  it('gives the mixture\'s own density, also in other units, and comes back', () => {
    const x = noise.normal([50, 2], 'points').mul(1.5) as Tensor2D;
    const inOtherUnits = (): NormalMixture => {
      const { logWeights, means, deviations } = mixture();
      return { logWeights, means: means.mul(100).add(1000), deviations: deviations.mul(100) };
    };
    const { normalise, mixture: ofUnits } = standardised(inOtherUnits);
    const { flow, exact, back, scaled } = readValues(() => {
      const layer = probabilityFlow(mixture, { from: 0, to: 1, steps: 100 });
      const { y, logDet } = layer.forward(x);
      const density = (z: Tensor, logDet: Tensor): Tensor => standardNormal(50, 2).logProb(z).add(logDet);
      const first = normalise.forward(x.mul(100).add(1000));
      const second = probabilityFlow(ofUnits, { from: 0, to: 1, steps: 100 }).forward(first.y);
      return { flow: density(y, logDet), exact: diffused(mixture(), x, 0).logProb, back: layer.inverse(y).x.sub(x), scaled: density(second.y, first.logDet.add(second.logDet)) };
    });
    expect(largest(Array.from(flow, (value, i) => value - (exact[i] ?? NaN)))).toBeLessThan(1e-2);
    expect(largest(Array.from(scaled, (value, i) => value + 2 * Math.log(100) - (exact[i] ?? NaN)))).toBeLessThan(1e-2);
    expect(largest(Array.from(back))).toBeLessThan(1e-3);
    x.dispose();
  });
});
