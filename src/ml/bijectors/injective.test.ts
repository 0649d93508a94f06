import { add, mul, tensor2d, tidy, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Activation, Construction } from '../nets/dense';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { injection, logVolume, pushingActnorm, pushingChain, pushingCoupling, type PushingBijector } from './injective';

const noise = createNoise(15);
const batch = 6;

/** Couplings with weights far from the start, and `scale` on what comes out of the inverse. */
function flow(size: number, activation: Activation = 'tanh', scale = 1): PushingBijector {
  const construction: Construction = { parameters: {}, noise: createNoise(3) };
  const options = { widths: [12, 9], activation };
  const bijector = pushingChain([
    pushingActnorm(construction, 'scale', size),
    pushingActnorm(construction, 'n', size),
    pushingCoupling(construction, 'a', size, { ...options, flip: false }),
    pushingCoupling(construction, 'b', size, { ...options, flip: true }),
  ]);
  tidy(() => Object.entries(construction.parameters).forEach(([name, variable]) => variable.assign(name === 'scale/log-scale' ? variable.add(-Math.log(scale) / 3) : name.startsWith('scale') ? variable.clone() : add(variable, mul(noise.normal(variable.shape, name), 0.25)))));
  return bijector;
}

const read = (make: () => Tensor): Float32Array => readValues(() => ({ values: make() })).values;
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));

it.each(['tanh', 'relu', 'none'] as const)('pushes directions through layers with %s as finite differences do', (activation) => {
  const bijector = flow(5, activation);
  const h = 1e-3;
  const { x, products, plain, differences } = readValues(() => {
    const y = noise.normal([batch, 5], 'y') as Tensor2D;
    const directions = noise.normal([2 * batch, 5], 'directions') as Tensor2D;
    const pushed = bijector.push(y, directions);
    const at = (by: number): Tensor => bijector.inverse(add(y.tile([2, 1]), mul(directions, by))).x;
    return { ...pushed, plain: bijector.inverse(y).x, differences: at(h).sub(at(-h)).div(2 * h) };
  });
  expect(x).toEqual(plain);
  const errors = Array.from(products, (value, i) => Math.abs(value - (differences[i] ?? NaN)) / (1 + Math.abs(value))).sort((a, b) => a - b);
  // A ReLU's kink may lie between the two points, of a few.
  expect(errors[activation === 'relu' ? Math.floor(0.9 * errors.length) : errors.length - 1]).toBeLessThan(5e-3);
  expect(Math.max(...products)).toBeGreaterThan(1);
});

it('logVolume is half the log-determinant of the Gram matrix', () => {
  const vectors = [[1, 2, 0, -1], [0.5, -1, 3, 2]];
  const [aa, ab, bb] = [6, -3.5, 14.25];
  expect(read(() => logVolume(tensor2d(vectors).reshape([2, 1, 4]) as Tensor3D))[0]).toBeCloseTo(0.5 * Math.log(aa * bb - ab * ab), 5);
  expect(read(() => logVolume(tensor2d([[3, 4]]).reshape([1, 1, 2]) as Tensor3D))[0]).toBeCloseTo(Math.log(5), 6);
});

describe('an injection', () => {
  it('of as many variables as values stretches volume as the bijector does', () => {
    const bijector = flow(4);
    const { rectangular, square } = readValues(() => {
      const y = noise.normal([batch, 4], 'y') as Tensor2D;
      return { rectangular: injection(bijector, 4, 4).embedWithVolume(y).logVolume, square: bijector.inverse(y).logDet };
    });
    expect(largestDifference(rectangular, square)).toBeLessThan(1e-4);
  });

  it('is undone by its projection, and so is a projection done twice', () => {
    const { project, embed } = injection(flow(4), 4, 2);
    const { back, code, once, twice } = readValues(() => {
      const code = noise.normal([batch, 2], 'v') as Tensor2D;
      const once = embed(project(noise.normal([batch, 4], 'x') as Tensor2D));
      return { back: project(embed(code)), code, once, twice: embed(project(once)) };
    });
    expect(largestDifference(back, code)).toBeLessThan(1e-5);
    expect(largestDifference(twice, once)).toBeLessThan(1e-4);
  });

  it('stretches a curve to the length that its points have', () => {
    const { embed, embedWithVolume } = injection(flow(3), 3, 1);
    const n = 2000;
    const { x, volume } = readValues(() => {
      const v = tensor2d(Array.from({ length: n + 1 }, (_, i) => [-2 + (4 * i) / n]));
      return { x: embed(v), volume: embedWithVolume(v).logVolume.exp() };
    });
    let length = 0;
    for (let i = 0; i < n; i++) length += Math.hypot(...[0, 1, 2].map((k) => (x[3 * (i + 1) + k] ?? NaN) - (x[3 * i + k] ?? NaN)));
    const integral = volume.subarray(0, n).reduce((sum, value, i) => sum + ((value + (volume[i + 1] ?? NaN)) / 2) * (4 / n), 0);
    expect(length).toBeGreaterThan(1);
    expect(Math.abs(integral / length - 1)).toBeLessThan(1e-3);
  });

  it('c times as large has d ln c more volume', () => {
    const volume = (scale: number): Float32Array => read(() => injection(flow(5, 'tanh', scale), 5, 2).embedWithVolume(noise.normal([batch, 2], 'v') as Tensor2D).logVolume);
    const [one, three] = [volume(1), volume(3)];
    expect(largestDifference(three, one.map((value) => value + 2 * Math.log(3)))).toBeLessThan(1e-4);
  });
});
