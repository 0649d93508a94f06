import { dispose, mul, ones, scalar, square, tidy, variable, type Scalar, type Tensor1D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { GradientModel } from '../../ml/model';
import { createTrainStep } from '../../ml/train-step';
import { compileStep, feed } from './compile-step/compile-step';

/** Whose gradient is always 1: with Adam a step is as long as the learning rate. */
function downhill(): GradientModel {
  const height = tidy(() => variable(scalar(0)));
  return { parameters: { height }, latentSize: null, unit: 'nats', abilities: {}, objective: () => ({ loss: height as unknown as Scalar, terms: { height: height as unknown as Scalar } }) };
}

it.skipIf(process.env.ELBO_BACKEND === 'wasm' /* nothing is compiled there */)('a compiled step has the learning rate of its own step', () => {
  const model = downhill();
  const data = ones([4, 1, 1, 1]) as Tensor4D;
  const steps = 10;
  const eager = createTrainStep({ model, learningRate: 0.5, pace: { schedule: 'cosine', steps }, data, binarisation: 'none', seed: 0 });
  const rows = Int32Array.of(0, 1);
  const compiled = compileStep({ state: eager.state, resident: { data }, examples: [[feed(1), feed(rows)], [feed(2), feed(rows)]], body: (n, at) => eager.body(n as Scalar, at as Tensor1D) }, { lowering: 'graph' });
  const heights = Array.from({ length: steps + 1 }, (_, i) => compiled.run(Int32Array.of(i + 1), rows)[0] ?? NaN);
  const lengths = heights.slice(1).map((height, i) => (heights[i] ?? NaN) - height);
  lengths.forEach((length, i) => expect(length).toBeCloseTo(0.25 * (1 + Math.cos((Math.PI * i) / steps)), 5));
  compiled.dispose();
  eager.dispose();
  dispose([data, ...Object.values(model.parameters)]);
});

it.skipIf(process.env.ELBO_BACKEND === 'wasm' /* nothing is compiled there */)('a compiled step is clipped, left out, decayed and averaged as the eager one', () => {
  // The gradient of 50 h^2 is 100 h, of a norm that falls as h does.
  const steep = (): GradientModel => {
    const height = tidy(() => variable(scalar(1)));
    const loss = (): Scalar => mul(square(height), 50) as Scalar;
    return { parameters: { height }, latentSize: null, unit: 'nats', abilities: {}, objective: () => ({ loss: loss(), terms: { lossNats: loss() } }) };
  };
  const data = ones([4, 1, 1, 1]) as Tensor4D;
  const rows = Int32Array.of(0, 1);
  const pathOf = (options: { clipNorm?: number; skipNorm?: number; weightDecay?: number; averaging?: number }) => {
    const model = steep();
    const eager = createTrainStep({ model, learningRate: 0.1, ...options, data, binarisation: 'none', seed: 0 });
    const height = model.parameters['height'] as Variable;
    const start = eager.read();
    const path = (run: (step: number) => Float32Array, settle = (): void => undefined) =>
      [1, 2, 3].map((step) => {
        const terms = Array.from(run(step));
        settle();
        return { terms, height: height.dataSync()[0] ?? NaN, shown: eager.averaged(() => height.dataSync()[0] ?? NaN) };
      });
    const slow = path((step) => eager.run(step, rows));
    eager.write(start);
    const compiled = compileStep({ state: eager.state, resident: { data }, examples: [[feed(1), feed(rows)], [feed(2), feed(rows)]], body: (n, at) => eager.body(n as Scalar, at as Tensor1D) }, { lowering: 'graph' });
    const fast = path((step) => compiled.run(Int32Array.of(step), rows), () => compiled.store());
    fast.forEach(({ terms, height, shown }, i) => {
      expect(height).toBeCloseTo(slow[i]?.height ?? NaN, 6);
      expect(shown).toBeCloseTo(slow[i]?.shown ?? NaN, 6);
      terms.forEach((term, t) => expect(term).toBeCloseTo(slow[i]?.terms[t] ?? NaN, 4));
    });
    const { terms } = eager;
    const state = eager.read();
    compiled.dispose();
    eager.dispose();
    dispose(Object.values(model.parameters));
    return { path: fast, terms, state };
  };
  const plain = pathOf({});
  expect(plain.terms).toEqual(['lossNats']);
  expect(plain.path[0]?.shown).toBe(plain.path[0]?.height);
  // Adam does not see the size of a gradient, its moments do.
  const clip = pathOf({ clipNorm: 10 });
  expect(clip.terms).toEqual(['lossNats', 'gradientNorm']);
  expect(clip.path[0]?.terms[1]).toBeCloseTo(100, 3);
  expect(clip.state['adam/first-moment/height']?.values[0]).toBeCloseTo(10 * (0.1 + 0.09 + 0.081), 4);
  // All steps are too steep; then none is.
  const skip = pathOf({ skipNorm: 50 });
  expect(skip.path.map(({ height }) => height)).toEqual([1, 1, 1]);
  expect(skip.state['adam/beta1-power']?.values[0]).toBe(1);
  expect(pathOf({ skipNorm: 101 }).path.map(({ height }) => height)).toEqual(plain.path.map(({ height }) => height));
  // Decay comes after clipping, and the norm that is shown is the objective's own: the gradient is 1, as clipped, plus half of the height.
  const decay = pathOf({ clipNorm: 1, weightDecay: 0.5 });
  expect(decay.path[0]?.terms[1]).toBeCloseTo(100, 3);
  const heights = [1, ...decay.path.map(({ height }) => height)];
  expect(decay.state['adam/first-moment/height']?.values[0]).toBeCloseTo([0.081, 0.09, 0.1].reduce((sum, share, i) => sum + share * (1 + 0.5 * (heights[i] ?? NaN)), 0), 5);
  const { path: averaged, state } = pathOf({ averaging: 0.9 });
  expect(averaged.map(({ height }) => height)).toEqual(plain.path.map(({ height }) => height));
  expect(averaged[0]?.shown).toBeCloseTo(averaged[0]?.height ?? NaN, 6);
  expect(averaged[1]?.shown).toBeCloseTo((averaged[0]?.height ?? NaN) / 11 + ((averaged[1]?.height ?? NaN) * 10) / 11, 5);
  expect(state['average/height']?.values[0]).toBe(averaged[2]?.shown);
  dispose(data);
});
