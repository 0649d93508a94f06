import { gather, reshape, slice, tidy, variableGrads, type Scalar, type Tensor, type Tensor1D, type Variable } from '@tensorflow/tfjs-core';
import { feed, type Step } from '../src/main/engine/compile-step/compile-step';
import { createAdam } from '../src/ml/optimizers/adam';
import { createNoise } from '../src/ml/random/noise';
import { draw, randomRows } from './inputs';
import type { Values, Workload } from './workloads/workload';

export interface Inputs {
  parameters: Record<string, Variable>;
  constants: Values;
  data: Tensor;
  /** The same in every step, as is the batch then: for the check. Left out, both are drawn anew. */
  noise?: Values;
}

/** The whole of a training step: gather, noise, loss, gradients, Adam. Feeds: the step's number and its rows; the term is the loss. */
export function stepOf(workload: Workload, { parameters, constants, data, noise }: Inputs): Step {
  const adam = createAdam(parameters, 1e-3);
  const values: Values = { ...parameters, ...constants };
  const body = (number: Tensor, rows: Tensor): Tensor =>
    tidy(() => {
      const x = noise ? slice(data, 0, workload.batch) : gather(data, rows as Tensor1D);
      const drawn = noise ?? draw(workload.noise, createNoise(1).at(number as Scalar));
      const { value, grads } = variableGrads(() => workload.loss(values, x, drawn), Object.values(parameters));
      adam.apply(Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, grads[parameter.name]])));
      return reshape(value, [1]);
    });
  const example = (number: number): Tensor[] => [feed(number), feed(randomRows(workload.batch))];
  return { state: { ...parameters, ...adam.state }, resident: { ...constants, ...noise, data }, examples: [example(1), example(2)], body };
}
