import { add, dispose, matMul, scalar, tensor2d, tidy, variableGrads, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { standardNormal } from '../distributions/gaussian';
import type { Construction } from '../nets/dense';
import { createAdam } from '../optimizers/adam';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { iaf, inOrder } from './autoregressive';
import { distillation } from './distillation';

const noise = createNoise(9);

const student = () => {
  const construction: Construction = { parameters: {}, noise: createNoise(3) };
  return { construction, flow: iaf(construction, 'student', 2, { widths: [], activation: 'none', order: inOrder(2) }) };
};

it('is zero for a teacher that has the student\'s own density, computed by inverting it value by value', () => {
  const { construction, flow } = student();
  const { divergence } = readValues(() => {
    const teacher = (x: Tensor2D): Tensor1D => {
      const { y, logDet } = flow.forward(x);
      return add(standardNormal(...(y as Tensor2D).shape).logProb(y), logDet);
    };
    return { divergence: distillation(flow, teacher, noise.normal([200, 2], 'z') as Tensor2D).divergence };
  });
  expect(Math.abs(divergence[0] ?? NaN)).toBeLessThan(1e-4);
  dispose(construction.parameters);
});

it('brings a student of linear conditioners to a correlated normal teacher, without any data', () => {
  // x1 = 1 + 0.5 e1, x2 = -2 + 0.8 x1 + 1.5 e2.
  const teacher = (x: Tensor2D): Tensor1D => {
    const e = matMul(x.sub(tensor2d([[1, -1.2]])) as Tensor2D, tensor2d([[2, -0.8 / 1.5], [0, 1 / 1.5]])) as Tensor2D;
    return add(standardNormal(...e.shape).logProb(e), scalar(-Math.log(0.5 * 1.5)));
  };
  const { construction, flow } = student();
  const variables = Object.entries(construction.parameters);
  const at = (step: number) => distillation(flow, teacher, noise.at(step).normal([500, 2], 'z') as Tensor2D).divergence;
  const before = readValues(() => ({ divergence: at(0) })).divergence[0] ?? NaN;
  let step = 0;
  for (const rate of [0.03, 0.003]) {
    const adam = createAdam(construction.parameters, rate);
    for (let i = 0; i < 250; i++)
      tidy(() => {
        const { grads } = variableGrads(() => at(++step), variables.map(([, variable]) => variable));
        adam.apply(Object.fromEntries(variables.map(([name, variable]) => [name, grads[variable.name]])));
      });
    adam.dispose();
  }
  expect(before).toBeGreaterThan(0.5);
  const after = readValues(() => ({ divergence: at(9999) })).divergence[0] ?? NaN;
  expect(Math.abs(after)).toBeLessThan(1e-3);
  dispose(construction.parameters);
});
