import { add, cos, div, minimum, mul, scalar, sub, type Scalar } from '@tensorflow/tfjs-core';
import type { Schedule } from '../../contract/experiment';

/** How the learning rate goes over the `steps` of a run. */
export interface Pace {
  schedule: Schedule;
  steps: number;
  /** Over so many first steps it rises in a line; 0 or absent: it does not. */
  warmUp?: number;
}

/**
 * The learning rate of step n = 1 ... `steps`, as a function of tensors: `constant`; `linear`, rate (1 - t); or `cosine`, rate (1 + cos(pi t)) / 2 (Loshchilov and Hutter
 * 2017, equation 5, without restarts), with t = (n - 1) / steps, so that the first step has the whole rate. Past `steps` it goes on by the same formula. Times
 * min(1, n / warmUp).
 */
export function learningRateAt(rate: number, { schedule, steps, warmUp = 0 }: Pace): (step: Scalar) => Scalar {
  const share = (step: Scalar): Scalar => div(sub<Scalar>(step.toFloat(), 1), steps);
  const decayed = (step: Scalar): Scalar => {
    switch (schedule) {
      case 'constant': return scalar(rate);
      case 'linear': return mul(sub<Scalar>(1, share(step)), rate);
      case 'cosine': return mul(add<Scalar>(1, cos(mul<Scalar>(share(step), Math.PI))), rate / 2);
    }
  };
  return warmUp === 0 ? decayed : (step) => mul(decayed(step), minimum<Scalar>(div(step.toFloat(), warmUp), 1));
}
