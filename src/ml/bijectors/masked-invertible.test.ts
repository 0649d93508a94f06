import { add, dispose, mul, neg, mean, sub, tensor, tidy, variableGrads, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { sumEvent } from '../distributions/gaussian';
import type { Construction } from '../nets/dense';
import { createAdam } from '../optimizers/adam';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { maskedInvertible, reversedOrder } from './masked-invertible';

const noise = createNoise(12);

function subject(shape: readonly [number, number, number], filters = 4) {
  const construction: Construction = { parameters: {}, noise: createNoise(7) };
  const layer = maskedInvertible(construction, 'layer', shape, { filters, iterations: 100 });
  // Far from the start, and with every sign among the weights.
  tidy(() => Object.entries(construction.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.4)))));
  return { construction, layer };
}

describe.each([[[3, 3, 1]], [[2, 2, 2]], [[1, 1, 3]]] as const)('a masked invertible layer of pictures %j', (shape) => {
  const [height, width, channels] = shape;
  const size = height * width * channels;
  const { layer } = subject(shape);
  const at = readValues(() => ({ x: noise.normal([1, ...shape], 'at') })).x;

  /** d y_i / d x_j by central differences, and exact zeros where y_i does not change. */
  function jacobian(map: (x: Tensor) => Tensor): number[][] {
    const h = 1e-2;
    const shifted = (by: number): Float32Array =>
      readValues(() => ({ y: map(tensor(Array.from({ length: size * size }, (_, i) => (at[i % size] ?? 0) + (Math.floor(i / size) === i % size ? by : 0)), [size, ...shape])) })).y;
    const [up, down] = [shifted(h), shifted(-h)];
    return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => ((up[j * size + i] ?? 0) - (down[j * size + i] ?? 0)) / (2 * h)));
  }

  it('has a triangular Jacobian with a positive diagonal, whose logarithms add up to the log-determinant', () => {
    const slopes = jacobian((x) => layer.forward(x).y);
    const pixel = (i: number): [number, number] => [Math.floor(i / channels / width), Math.floor(i / channels) % width];
    slopes.forEach((row, i) =>
      row.forEach((slope, j) => {
        if (j > i) expect(slope, `y ${i} by x ${j}`).toBe(0);
        // What three convolutions reach: all before it that is at most three rows and columns away.
        else if (Math.abs(pixel(i)[0] - pixel(j)[0]) <= 1 && Math.abs(pixel(i)[1] - pixel(j)[1]) <= 1) expect(Math.abs(slope), `y ${i} by x ${j}`).toBeGreaterThan(1e-6);
      }),
    );
    const diagonal = slopes.map((row, i) => row[i] ?? NaN);
    for (const slope of diagonal) expect(slope).toBeGreaterThan(0);
    const { logDet } = readValues(() => ({ logDet: layer.forward(tensor(at, [1, ...shape])).logDet }));
    expect(logDet[0]).toBeCloseTo(diagonal.reduce((total, slope) => total + Math.log(slope), 0), 2);
  });

  it('in reversed order sees what comes after', () => {
    jacobian((x) => reversedOrder(layer).forward(x).y).forEach((row, i) => row.forEach((slope, j) => j < i && expect(slope).toBe(0)));
  });
});

it('weights of any size leave the diagonal positive', () => {
  for (let seed = 0; seed < 10; seed++) {
    const construction: Construction = { parameters: {}, noise: createNoise(seed) };
    const layer = maskedInvertible(construction, 'layer', [3, 3, 2], { filters: 3, iterations: 1 });
    tidy(() => Object.values(construction.parameters).forEach((variable) => variable.assign(mul(createNoise(seed).normal(variable.shape, variable.name), 2))));
    const { logDet } = readValues(() => ({ logDet: layer.forward(noise.normal([20, 3, 3, 2], 'x').mul(2)).logDet }));
    expect(logDet.every(Number.isFinite)).toBe(true);
    dispose(construction.parameters);
  }
});

it('comes back within its iterations after training, and says how nearly', () => {
  const { construction, layer } = subject([6, 6, 1], 8);
  const variables = Object.entries(construction.parameters);
  const adam = createAdam(construction.parameters, 0.01);
  // Values of two sizes, in patches: there is something to bend.
  const examples = (step: number): Tensor4D => {
    const z = noise.at(step).normal([64, 6, 6, 1], 'z') as Tensor4D;
    return add(mul(z, 0.4), mul(z.mean([1, 2], true).mul(6).tanh(), 1.5));
  };
  const loss = (step: number): Tensor => {
    const { y, logDet } = layer.forward(examples(step));
    return neg(mean(sub(logDet, mul(sumEvent(y.square()), 0.5))));
  };
  const value = (): number => readValues(() => ({ loss: loss(0) })).loss[0] ?? NaN;
  const before = value();
  for (let step = 1; step <= 200; step++)
    tidy(() => {
      const { grads } = variableGrads(() => loss(step).asScalar(), variables.map(([, variable]) => variable));
      adam.apply(Object.fromEntries(variables.map(([name, variable]) => [name, grads[variable.name]])));
    });
  expect(value()).toBeLessThan(before - 1);
  const { residual, error, far, undone } = readValues(() => {
    const x = examples(999);
    const { y, logDet } = layer.forward(x);
    const back = layer.inverse(y);
    // Also points that no example goes to.
    return { residual: back.residual, error: back.x.sub(x).abs().max(), far: layer.inverse(noise.normal([64, 6, 6, 1], 'far').mul(3)).residual, undone: back.logDet.add(logDet).abs().max() };
  });
  expect(residual[0]).toBeLessThan(1e-3);
  expect(error[0]).toBeLessThan(1e-3);
  expect(undone[0]).toBeLessThan(1e-2);
  expect(far[0]).toBeLessThan(1e-3);
  const { short } = readValues(() => ({ short: maskedInvertible({ parameters: {}, noise: createNoise(1) }, 'short', [6, 6, 1], { filters: 8, iterations: 1 }).inverse(noise.normal([8, 6, 6, 1], 'far')).residual }));
  expect(short[0]).toBeGreaterThan(1e-3);
  adam.dispose();
  dispose(construction.parameters);
});
