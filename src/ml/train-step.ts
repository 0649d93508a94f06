import { gather, keep, scalar, slice, stack, tensor, tensor1d, tidy, variableGrads, type Scalar, type Tensor, type Tensor1D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { refuse } from '../contract/errors';
import type { Binarisation, Schedule } from '../contract/experiment';
import { drawBinary } from './data/binarise';
import type { Batch, GradientModel, StepContext } from './model';
import { createAdam } from './optimizers/adam';
import { learningRateAt } from './optimizers/schedule';
import { createNoise, type Noise } from './random/noise';

export interface TrainStepOptions {
  model: GradientModel;
  learningRate: number;
  /** How the learning rate goes down, and over how many steps; constant without it. */
  decay?: { schedule: Schedule; steps: number };
  /** The training set, resident on the device: grey under `dynamic`, else as `binariseOnce` made it. Not disposed of. */
  data: Tensor4D;
  binarisation: Binarisation;
  seed: number;
}

/** Values of variables by name, as a checkpoint keeps them. */
export type State = Record<string, { shape: number[]; values: Float32Array }>;

export interface EagerTrainStep {
  /** Names of the values that `run` returns, in order. */
  readonly terms: readonly string[];
  /** Everything that a step changes, by the name it has in a checkpoint. */
  readonly state: Record<string, Variable>;
  /** The step itself, of tensors alone: int32 step number and int32 rows `[batch]` to the terms `[terms]`. */
  body(step: Scalar, indices: Tensor1D): Tensor1D;
  run(step: number, indices: Int32Array): Float32Array;
  read(): State;
  /** @throws Refusal when a name is missing or a shape differs; nothing is written then */
  write(state: State): void;
  /** Disposes of the optimiser's state; the parameters are the model's. */
  dispose(): void;
}

function stateOf(own: Record<string, Variable>, name: string): Variable {
  const variable = own[name];
  if (!variable) throw new Error(`The objective updates ${name}, which is not in the model's state.`);
  return variable;
}

/** One step of Adam on a batch of the training set: gather, binarise, objective, gradients, update. */
export function createTrainStep({ model, learningRate, decay = { schedule: 'constant', steps: 1 }, data, binarisation, seed }: TrainStepOptions): EagerTrainStep {
  const adam = createAdam(model.parameters, learningRate);
  const rateAt = learningRateAt(learningRate, decay.schedule, decay.steps);
  const own = model.state ?? {};
  const state = { ...model.parameters, ...own, ...adam.state };
  const parameters = Object.entries(model.parameters);
  const allNoise = createNoise(seed);
  const prepare = (rows: Tensor4D, noise: Noise): Batch => (binarisation === 'dynamic' ? drawBinary(rows, noise) : rows);

  const objective = (rows: Tensor4D, context: StepContext) => model.objective(prepare(rows, context.noise), context);
  const terms = tidy(() => Object.keys(objective(slice(data, 0, 1), { noise: allNoise, step: scalar(1, 'int32'), rows: tensor1d([0], 'int32') }).terms));

  const body = (step: Scalar, indices: Tensor1D): Tensor1D =>
    tidy(() => {
      const batch = gather(data, indices);
      const context = { noise: allNoise.at(step), step, rows: indices };
      const kept: Tensor1D[] = [];
      let next: Record<string, Tensor> = {};
      const { grads } = variableGrads(
        () => {
          const { loss, terms: named, updates = {} } = objective(batch, context);
          kept.push(keep(stack(Object.values(named)) as Tensor1D));
          next = Object.fromEntries(Object.entries(updates).map(([name, value]) => [name, keep(value.clone())]));
          return loss;
        },
        parameters.map(([, parameter]) => parameter),
      );
      adam.apply(Object.fromEntries(parameters.map(([name, parameter]) => [name, grads[parameter.name]])), rateAt(step));
      for (const [name, value] of Object.entries(next)) {
        stateOf(own, name).assign(value);
        value.dispose();
      }
      return kept[0] as Tensor1D;
    });

  return {
    terms,
    state,
    body,
    run(step, indices) {
      const values = tidy(() => body(scalar(step, 'int32'), tensor1d(indices, 'int32')));
      const read = values.dataSync<'float32'>();
      values.dispose();
      return read;
    },
    read: () => Object.fromEntries(Object.entries(state).map(([name, variable]) => [name, { shape: variable.shape, values: variable.dataSync<'float32'>().slice() }])),
    write(saved) {
      for (const [name, { shape }] of Object.entries(state)) {
        const found = saved[name];
        if (!found) return refuse('damaged-checkpoint', `The checkpoint has no tensor "${name}".`, { where: name, repair: 'Resume from another checkpoint.' });
        if (found.shape.join() !== shape.join())
          return refuse('damaged-checkpoint', `The tensor "${name}" has the shape [${found.shape}], but the model has [${shape}].`, { where: name, repair: 'Resume with the settings of the run.' });
      }
      tidy(() => Object.entries(state).forEach(([name, variable]) => variable.assign(tensor((saved[name] as State[string]).values.slice(), variable.shape))));
    },
    dispose: () => adam.dispose(),
  };
}
