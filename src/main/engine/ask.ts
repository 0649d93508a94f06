import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { errorFrom, Refusal } from '../../contract/errors';
import type { Model } from '../../ml/model';
import { readValues, takeValues } from '../../ml/read';
import { compileFunction, type CompiledFunction } from './compile-step/compile-function';
import type { Session } from './session';

/** Compiled questions by key and shapes, the one asked longest ago first; of one that cannot be compiled, why. */
type Known = Map<string, { names: string[]; compiled: CompiledFunction } | string>;
const known = new WeakMap<Model, Known>();
const keptAtMost = 48;

const notes = new Set<string>();

/** Why some of the questions since the last call were answered op by op, which is slower; undefined where none was. */
export function takeNote(): string | undefined {
  const note = [...notes].join(' ') || undefined;
  notes.clear();
  return note;
}

/**
 * Computes `f` of `inputs` with the session's model and brings its float32 results to the host; the inputs are disposed of. From the second time on
 * it is one native call.
 * @param key names the computation: with the same key and the same shapes of inputs, `f` is the same function. What varies from one question
 *   to the next (examples, codes, a temperature, a seed) is therefore an input, never a number inside `f`.
 */
export function askModel<Inputs extends Tensor[], Results extends Record<string, Tensor>>(
  session: Pick<Session, 'model' | 'compute'>,
  key: string,
  inputs: [...Inputs],
  f: (...inputs: Inputs) => Results,
): { [Name in keyof Results]: Float32Array } {
  try {
    if (session.compute.backend === 'wasm') return readValues(() => f(...inputs));
    return compiled(session.model, `${key} ${inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`)}`, inputs, f as (...inputs: Tensor[]) => Results);
  } finally {
    dispose(inputs);
  }
}

function compiled<Results extends Record<string, Tensor>>(model: Model, key: string, inputs: Tensor[], f: (...inputs: Tensor[]) => Results): { [Name in keyof Results]: Float32Array } {
  const questions: Known = known.get(model) ?? new Map();
  known.set(model, questions);
  const before = questions.get(key);
  if (typeof before === 'string') return opByOp(before, () => f(...inputs));
  if (before) {
    questions.delete(key);
    questions.set(key, before);
    return named(before.names, before.compiled.call(inputs));
  }
  const names: string[] = [];
  const variables = [...Object.values(model.parameters), ...Object.values(('state' in model && model.state) || {})];
  try {
    const { results, compiled: question } = compileFunction(variables, inputs, (...given) => {
      const answer = f(...given);
      names.splice(0, names.length, ...Object.keys(answer));
      return Object.values(answer);
    });
    questions.set(key, { names, compiled: question });
    forgetOldest(questions);
    return named(names, results);
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.error.code !== 'cannot-compile') throw thrown;
    const why = `Answered op by op, which is slower: ${errorFrom(thrown).message} ${thrown.error.where ?? ''}`.trim();
    console.error(`${key}: ${why}`);
    questions.set(key, why);
    return opByOp(why, () => f(...inputs));
  }
}

function opByOp<Results extends Record<string, Tensor>>(why: string, f: () => Results): { [Name in keyof Results]: Float32Array } {
  notes.add(why);
  return readValues(f);
}

/** Lets go of the compiled questions of a model that is not asked again. */
export function forget(model: Model): void {
  known.get(model)?.forEach(letGo);
  known.delete(model);
}

function forgetOldest(questions: Known): void {
  for (const [key, question] of questions) {
    if (questions.size <= keptAtMost) return;
    letGo(question);
    questions.delete(key);
  }
}

const letGo = (question: { compiled: CompiledFunction } | string): void => {
  if (typeof question !== 'string') question.compiled.dispose();
};

const named = <Results extends Record<string, Tensor>>(names: string[], results: Tensor[]): { [Name in keyof Results]: Float32Array } =>
  takeValues(Object.fromEntries(names.map((name, i) => [name, results[i] as Tensor])) as Results);
