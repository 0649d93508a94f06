import { add, concat, gather, keep, lessEqual, mul, reshape, scalar, slice, stack, tensor, tensor1d, tidy, variableGrads, where, type Scalar, type Tensor, type Tensor1D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { refuse } from '../contract/errors';
import type { Binarisation } from '../contract/experiment';
import { drawBinary } from './data/binarise';
import type { Batch, GradientModel, StepContext } from './model';
import { createAdam } from './optimizers/adam';
import { createAverage } from './optimizers/average';
import { clipped, globalNorm } from './optimizers/clip';
import { learningRateAt, type Pace } from './optimizers/schedule';
import { createNoise, type Noise } from './random/noise';

export interface TrainStepOptions {
  model: GradientModel;
  learningRate: number;
  /** How the learning rate goes; constant without it. */
  pace?: Pace;
  /** A gradient of a larger norm is scaled down to it; 0: never. */
  clipNorm?: number;
  /** A step whose gradient has a larger norm, or one that is not a number, changes no parameter; 0: none. With either of the two the norm is the last of the terms. */
  skipNorm?: number;
  /** So many times a parameter is added to its gradient, after clipping: that of weightDecay / 2 times the squared norm of all parameters; 0: nothing. */
  weightDecay?: number;
  /** The decay of the parameters' moving average; 0: there is none. */
  averaging?: number;
  /** The training set, resident on the device: grey under `dynamic`, else as `binariseOnce` made it. Not disposed of. */
  data: Tensor4D;
  binarisation: Binarisation;
  seed: number;
}

/** Values of variables by name, as a checkpoint keeps them. */
export type State = Record<string, { shape: number[]; values: Float32Array }>;

/** What variables hold now, copied. */
export const valuesOf = (variables: Record<string, Variable>): State =>
  Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, { shape: variable.shape, values: variable.dataSync<'float32'>().slice() }]));

export interface EagerTrainStep {
  /** Names of the values that `run` returns, in order. */
  readonly terms: readonly string[];
  /** Everything that a step changes, by the name it has in a checkpoint. */
  readonly state: Record<string, Variable>;
  /** The step itself, of tensors alone: int32 step number and int32 rows `[batch]` to the terms `[terms]`. */
  body(step: Scalar, indices: Tensor1D): Tensor1D;
  run(step: number, indices: Int32Array): Float32Array;
  read(): State;
  /** What `f` finds with the moving averages, where there are any, in the parameters' place. */
  averaged<T>(f: () => T): T;
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
export function createTrainStep({
  model,
  learningRate,
  pace = { schedule: 'constant', steps: 1 },
  clipNorm = 0,
  skipNorm = 0,
  weightDecay = 0,
  averaging = 0,
  data,
  binarisation,
  seed,
}: TrainStepOptions): EagerTrainStep {
  const adam = createAdam(model.parameters, learningRate);
  const average = averaging > 0 ? createAverage(model.parameters, averaging) : undefined;
  const rateAt = learningRateAt(learningRate, pace);
  const watchesNorm = clipNorm > 0 || skipNorm > 0;
  const own = model.state ?? {};
  const state = { ...model.parameters, ...own, ...adam.state, ...average?.state };
  const changing = [...Object.values(model.parameters), ...Object.values(adam.state)];
  const parameters = Object.entries(model.parameters);
  const allNoise = createNoise(seed);
  const prepare = (rows: Tensor4D, noise: Noise): Batch => (binarisation === 'dynamic' ? drawBinary(rows, noise) : rows);

  const objective = (rows: Tensor4D, context: StepContext) => model.objective(prepare(rows, context.noise), context);
  const named = tidy(() => Object.keys(objective(slice(data, 0, 1), { noise: allNoise, step: scalar(1, 'int32'), rows: tensor1d([0], 'int32') }).terms));

  const body = (step: Scalar, indices: Tensor1D): Tensor1D =>
    tidy((): Tensor1D => {
      const batch = gather(data, indices);
      const context: StepContext = { noise: allNoise.at(step), step, rows: indices, training: true };
      const kept: Tensor1D[] = [];
      let next: Record<string, Tensor> = {};
      const { grads } = variableGrads(
        () => {
          const { loss, terms, updates = {} } = objective(batch, context);
          kept.push(keep(stack(Object.values(terms)) as Tensor1D));
          next = Object.fromEntries(Object.entries(updates).map(([name, value]) => [name, keep(value.clone())]));
          return loss;
        },
        parameters.map(([, parameter]) => parameter),
      );
      const norm = watchesNorm ? globalNorm(Object.values(grads)) : undefined;
      update(parameters.map(([, parameter]) => grads[parameter.name]), step, norm);
      average?.follow(step);
      for (const [name, value] of Object.entries(next)) {
        stateOf(own, name).assign(value);
        value.dispose();
      }
      const [values] = kept as [Tensor1D];
      return norm ? concat([values, reshape(norm, [1])]) : values;
    });

  function update(gradients: (Tensor | undefined)[], step: Scalar, norm: Scalar | undefined): void {
    const taken = norm && clipNorm > 0 ? clipped(gradients as Tensor[], norm, clipNorm) : gradients;
    const before = norm && skipNorm > 0 ? changing.map((variable) => variable.clone()) : undefined;
    const decayed = weightDecay > 0 ? parameters.map(([, parameter], i) => add(taken[i] as Tensor, mul(parameter, weightDecay))) : taken;
    adam.apply(Object.fromEntries(parameters.map(([name], i) => [name, decayed[i]])), rateAt(step));
    if (!norm || !before) return;
    const stays = lessEqual(norm, skipNorm);
    changing.forEach((variable, i) => variable.assign(where(stays, variable, before[i] as Tensor)));
  }

  return {
    terms: watchesNorm ? [...named, 'gradientNorm'] : named,
    state,
    body,
    run(step, indices) {
      const values = tidy(() => body(scalar(step, 'int32'), tensor1d(indices, 'int32')));
      const read = values.dataSync<'float32'>();
      values.dispose();
      return read;
    },
    averaged: (f) => (average ? average.inPlace(f) : f()),
    read: () => valuesOf(state),
    write(saved) {
      for (const [name, { shape }] of Object.entries(state)) {
        const found = saved[name];
        if (!found) return refuse('damaged-checkpoint', `The checkpoint has no tensor "${name}".`, { where: name, repair: 'Resume from another checkpoint.' });
        if (found.shape.join() !== shape.join())
          return refuse('damaged-checkpoint', `The tensor "${name}" has the shape [${found.shape}], but the model has [${shape}].`, { where: name, repair: 'Resume with the settings of the run.' });
      }
      tidy(() => Object.entries(state).forEach(([name, variable]) => variable.assign(tensor((saved[name] as State[string]).values.slice(), variable.shape))));
    },
    dispose: () => {
      adam.dispose();
      average?.dispose();
    },
  };
}
