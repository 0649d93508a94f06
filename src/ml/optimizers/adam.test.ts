import { memory, scalar, tensor1d, tidy, variable, zeros } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createAdam } from './adam';

it('takes the steps of the published algorithm, computed here in double precision', () => {
  const before = memory().numTensors;
  const x = tidy(() => variable(zeros([3])));
  const adam = createAdam({ x }, 0.1);
  const components = [2, 1e-3, 50].map((scale) => ({ scale, value: 0, m: 0, v: 0 }));
  for (let t = 1; t <= 20; t++) {
    const gradient = components.map(({ scale }, i) => scale * Math.sin(t + i));
    tidy(() => adam.apply({ x: tensor1d(gradient) }));
    components.forEach((component, i) => {
      const g = gradient[i] ?? NaN;
      component.m = 0.9 * component.m + 0.1 * g;
      component.v = 0.999 * component.v + 0.001 * g * g;
      component.value -= (((0.1 * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t)) * component.m) / (Math.sqrt(component.v) + 1e-8);
    });
  }
  x.dataSync().forEach((value, i) => expect(Math.abs(value - (components[i]?.value ?? NaN))).toBeLessThan(1e-4));
  expect(Object.keys(adam.state)).toEqual(['adam/beta1-power', 'adam/beta2-power', 'adam/first-moment/x', 'adam/second-moment/x']);
  adam.dispose();
  x.dispose();
  expect(memory().numTensors).toBe(before);
});

it('moves by the learning rate at first, whatever the size of the gradient', () => {
  for (const gradient of [1e-2, 1, 1e4]) {
    const x = tidy(() => variable(scalar(0)));
    const adam = createAdam({ x }, 0.01);
    tidy(() => adam.apply({ x: scalar(gradient) }));
    expect(x.dataSync()[0]).toBeCloseTo(-0.01, 5);
  }
});

it('calls a parameter without a gradient a bug', () => {
  const x = tidy(() => variable(scalar(0)));
  expect(() => createAdam({ x }, 0.01).apply({})).toThrow(/parameter x/);
});
