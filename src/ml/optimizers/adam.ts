import { add, div, engine, getBackend, getKernel, mul, scalar, sqrt, square, sub, tidy, variable, zeros, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { adamPrefix } from './state-names';

const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-8;

/**
 * A kernel that a backend may have for one parameter's update: inputs parameter, first, second (its moments), gradient, power1, power2 (of the
 * betas, with this step's factor) and the scalars learningRate, beta1, beta2, epsilon; outputs the new parameter and moments.
 */
export const adamUpdate = 'AdamUpdate';

export interface Optimizer {
  /** Everything it remembers, by the name it has in a checkpoint. */
  readonly state: Record<string, Variable>;
  /** One step down. @param gradients one for each parameter, by its name @param rate in place of the learning rate in this step; @throws Error (a bug) when one is missing */
  apply(gradients: Record<string, Tensor | undefined>, rate?: Scalar): void;
  dispose(): void;
}

/**
 * Adam (Kingma and Ba 2015) in the form given before their section 2.1: the bias corrections go into the step size, and epsilon is
 * added to the uncorrected root, as TensorFlow's `ApplyAdam` has it. Like there, 1 - beta is taken of the float32 beta. Made of
 * tensors throughout; the powers of the betas are state.
 */
export function createAdam(parameters: Record<string, Variable>, learningRate: number): Optimizer {
  const state: Record<string, Variable> = {};
  const remember = (name: string, initial: () => Tensor): Variable => (state[adamPrefix + name] = tidy(() => variable(initial(), false)));
  const power1 = remember('beta1-power', () => scalar(1));
  const power2 = remember('beta2-power', () => scalar(1));
  const moments = Object.entries(parameters).map(([name, parameter]) => ({
    name,
    parameter,
    first: remember(`first-moment/${name}`, () => zeros(parameter.shape)),
    second: remember(`second-moment/${name}`, () => zeros(parameter.shape)),
  }));
  return {
    state,
    apply: (gradients, rate) =>
      tidy(() => {
        power1.assign(mul(power1, beta1));
        power2.assign(mul(power2, beta2));
        const scalars = { power1, power2, learningRate: rate ?? scalar(learningRate), beta1: scalar(beta1), beta2: scalar(beta2), epsilon: scalar(epsilon) };
        const update = getKernel(adamUpdate, getBackend()) ? (inputs: Update): Tensor[] => engine().runKernel<Tensor[]>(adamUpdate, { ...inputs, ...scalars }) : composed(scalars);
        for (const { name, parameter, first, second } of moments) {
          const gradient = gradients[name];
          if (!gradient) throw new Error(`The loss does not depend on the parameter ${name}.`);
          const updated = update({ parameter, first, second, gradient });
          [parameter, first, second].forEach((variable, i) => variable.assign(updated[i] as Tensor));
        }
      }),
    dispose: () => Object.values(state).forEach((variable) => variable.dispose()),
  };
}

type Update = Record<'parameter' | 'first' | 'second' | 'gradient', Tensor>;

/** The update by elementary operations, for backends without the kernel. */
function composed({ power1, power2, learningRate }: Record<'power1' | 'power2' | 'learningRate', Tensor>): (inputs: Update) => Tensor[] {
  const stepSize = div(mul(learningRate, sqrt(sub(1, power2))), sub(1, power1));
  return ({ parameter, first, second, gradient }) => {
    const newFirst = add(first, mul(sub(gradient, first), 1 - Math.fround(beta1)));
    const newSecond = add(second, mul(sub(square(gradient), second), 1 - Math.fround(beta2)));
    return [sub(parameter, div(mul(stepSize, newFirst), add(sqrt(newSecond), epsilon))), newFirst, newSecond];
  };
}
