import { add, div, minimum, mul, sub, tidy, variable, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { averageOf } from './state-names';

export interface Average {
  /** The averages, by the names they have in a checkpoint. */
  readonly state: Record<string, Variable>;
  /** Takes in the parameters as step n left them. */
  follow(step: Scalar): void;
  /** What `f` finds with the averages in the parameters' place. */
  inPlace<T>(f: () => T): T;
  dispose(): void;
}

/**
 * Exponential moving averages of parameters (Polyak and Juditsky 1992 in the form of Kingma and Ba 2015, section 7.2). The decay of step n is min(decay, (n - 1) / (n + 9)): the first
 * step's average is what it left, and the start is forgotten as fast as there is something to put in its place.
 */
export function createAverage(parameters: Record<string, Variable>, decay: number): Average {
  // A clone would be the parameter's own tensor under a second name, which no compiled step takes.
  const pairs = Object.entries(parameters).map(([name, parameter]) => ({ name, parameter, average: tidy(() => variable(mul(parameter, 1), false)) }));
  return {
    state: Object.fromEntries(pairs.map(({ name, average }) => [averageOf(name), average])),
    follow: (step) =>
      tidy(() => {
        const n = step.toFloat();
        const fresh = sub(1, minimum(div(sub(n, 1), add(n, 9)), decay));
        for (const { parameter, average } of pairs) average.assign(add(average, mul(sub(parameter, average), fresh)));
      }),
    inPlace(f) {
      const own = pairs.map(({ parameter }) => parameter.clone());
      try {
        for (const { parameter, average } of pairs) parameter.assign(average);
        return f();
      } finally {
        pairs.forEach(({ parameter }, i) => parameter.assign(own[i] as Tensor));
        own.forEach((tensor) => tensor.dispose());
      }
    },
    dispose: () => pairs.forEach(({ average }) => average.dispose()),
  };
}
