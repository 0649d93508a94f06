import { dispose, ones, scalar, tidy, variable, type Scalar, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
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
  const eager = createTrainStep({ model, learningRate: 0.5, decay: { schedule: 'cosine', steps }, data, binarisation: 'none', seed: 0 });
  const rows = Int32Array.of(0, 1);
  const compiled = compileStep({ state: eager.state, resident: { data }, examples: [[feed(1), feed(rows)], [feed(2), feed(rows)]], body: (n, at) => eager.body(n as Scalar, at as Tensor1D) }, { lowering: 'graph' });
  const heights = Array.from({ length: steps + 1 }, (_, i) => compiled.run(Int32Array.of(i + 1), rows)[0] ?? NaN);
  const lengths = heights.slice(1).map((height, i) => (heights[i] ?? NaN) - height);
  lengths.forEach((length, i) => expect(length).toBeCloseTo(0.25 * (1 + Math.cos((Math.PI * i) / steps)), 5));
  compiled.dispose();
  eager.dispose();
  dispose([data, ...Object.values(model.parameters)]);
});
