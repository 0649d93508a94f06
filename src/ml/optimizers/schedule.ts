import { add, cos, div, mul, scalar, sub, type Scalar } from '@tensorflow/tfjs-core';
import type { Schedule } from '../../contract/experiment';

/**
 * The learning rate of step n = 1 ... `steps`, as a function of tensors: `constant`; `linear`, rate (1 - t); or `cosine`, rate (1 + cos(pi t)) / 2 (Loshchilov and Hutter
 * 2017, equation 5, without restarts), with t = (n - 1) / steps, so that the first step has the whole rate. Past `steps` it goes on by the same formula.
 */
export function learningRateAt(rate: number, schedule: Schedule, steps: number): (step: Scalar) => Scalar {
  const share = (step: Scalar): Scalar => div(sub<Scalar>(step.toFloat(), 1), steps);
  switch (schedule) {
    case 'constant': return () => scalar(rate);
    case 'linear': return (step) => mul(sub<Scalar>(1, share(step)), rate);
    case 'cosine': return (step) => mul(add<Scalar>(1, cos(mul<Scalar>(share(step), Math.PI))), rate / 2);
  }
}
