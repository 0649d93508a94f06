import { tensor, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { fromBinding, tensorflow, tensorId } from '../backends/tensorflow';
import { graphOf, type Graph } from './graph';
import { LoadedGraph } from './loaded-graph';
import type { Lowering } from './lowering';
import { firstDifference, operationCount, type Program } from './program';
import { lineOf, record } from './record';
import { simplify } from './simplify';
import { xlaGraph } from './xla';

/** A training step as the engine takes it: a function of feeds that changes variables and returns its terms. */
export interface Step {
  /** What the step changes, by name. */
  state: Record<string, Variable>;
  /** What it reads and never changes, kept on the device beside the state: the data set. */
  resident: Record<string, Tensor>;
  /** Feeds of two different steps, for the rehearsal; their shapes are those of every later step. */
  examples: readonly [readonly Tensor[], readonly Tensor[]];
  body: (...feeds: Tensor[]) => Tensor;
}

export interface CompiledStep {
  /** One step as one native call: values of the feeds in the order of `body`'s arguments, to the terms. */
  run(...feeds: (Float32Array | Int32Array)[]): Float32Array;
  /** Copies the graph's state into the variables. */
  store(): void;
  /** Copies the variables into the graph's state. */
  load(): void;
  dispose(): void;
  report: { lowering: Lowering; /** Operations in the graph. */ operations: number; recordMs: number; loadMs: number; firstMs: number };
}

/**
 * Compiles a step: runs it twice for real and records both times, writes the recording as a graph, loads that, and rehearses the same two steps with
 * it. Variables and graph stand where the variables stood before. Page: README.md beside this file.
 * @throws Refusal `cannot-compile` for a step that cannot be recorded, that depends on something which changes outside of its tensors, or
 * whose graph computes something else
 */
export function compileStep(step: Step, { lowering }: { lowering: Lowering }): CompiledStep {
  const before = Object.fromEntries(Object.entries(step.state).map(([name, variable]) => [name, variable.clone()]));
  const restore = (): void => Object.entries(step.state).forEach(([name, variable]) => variable.assign(before[name] as Tensor));
  try {
    const began = performance.now();
    const [first, second] = step.examples.map((feeds) => recorded(step, feeds)) as [Recorded, Recorded];
    refuseChanging(first.program, second.program);
    const eager = readAll(step.state);
    restore();
    const compiled = new Compiled(step, first.program, lowering, performance.now() - began);
    const values = step.examples.map((feeds) => compiled.run(...feeds.map((feed) => feed.dataSync<'float32' | 'int32'>())));
    compiled.store();
    const reached = readAll(step.state);
    const initial = readTensors(before);
    restore();
    compiled.load();
    // Of a loop the recording ran one turn: its results are not those of the step.
    if (first.complete) refuseDifferent(lowering, { initial, eager, reached, terms: [first.terms, second.terms], found: values });
    return compiled;
  } finally {
    restore();
    Object.values(before).forEach((kept) => kept.dispose());
  }
}

interface Recorded {
  program: Program;
  complete: boolean;
  terms: Float32Array;
}

function recorded({ state, resident, body }: Step, feeds: readonly Tensor[]): Recorded {
  const { program, outputs, complete } = record({ state, resident, feeds, body: () => [body(...feeds)] });
  const [output] = outputs;
  const terms = output?.dataSync<'float32'>().slice() ?? new Float32Array();
  output?.dispose();
  return { program, complete, terms };
}

/** Two recordings are the same, or JavaScript put something into the one that the other has not. */
function refuseChanging(first: Program, second: Program): void {
  const difference = firstDifference(first.operations, second.operations);
  if (!difference) return;
  const [one, other] = difference;
  const changing = one?.op === 'Const' ? first.operations.find(({ inputs }) => inputs.some((ref) => ref.startsWith(`${one.name}:`))) : undefined;
  const operation = changing ?? one ?? other;
  refuse('cannot-compile', `${operation?.op ?? 'An operation'} is not the same in two steps: it uses a number or a shape that changes in JavaScript, which the graph would keep as it was.`, {
    where: operation ? lineOf(operation.trace) : 'the step',
    repair: 'Compute it from the step number or from a state variable, as a tensor; or train with --compile off.',
  });
}

type Values = Record<string, Float32Array>;
const readTensors = (tensors: Record<string, Tensor>): Values => Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, value.dataSync<'float32'>().slice()]));
const readAll = (state: Record<string, Variable>): Values => readTensors(state);

/** Of terms, relative; sums in another order differ by less. */
const termTolerance = 1e-3;
/** Of what two steps change a state by, relative in the Euclidean norm: Adam turns the rounding of a gradient near zero into a whole step. */
const changeTolerance = 0.05;

function refuseDifferent(lowering: Lowering, { initial, eager, reached, terms, found }: { initial: Values; eager: Values; reached: Values; terms: Float32Array[]; found: Float32Array[] }): void {
  const differ = (what: string, by: number): never =>
    refuse('cannot-compile', `The compiled step (${lowering}) computes something else than the step itself: ${what} differs by ${by.toPrecision(2)}, relative.`, { where: what, repair: 'Train with --compile off, and report this.' });
  terms.forEach((expected, step) =>
    expected.forEach((term, i) => {
      const by = Math.abs(term - (found[step]?.[i] ?? NaN)) / Math.max(1, Math.abs(term));
      if (Number.isFinite(term) && !(by <= termTolerance)) differ(`term ${i} of step ${step + 1}`, by);
    }),
  );
  for (const [name, start] of Object.entries(initial)) {
    let change = 0;
    let error = 0;
    start.forEach((value, i) => {
      change += ((eager[name]?.[i] ?? NaN) - value) ** 2;
      error += ((eager[name]?.[i] ?? NaN) - (reached[name]?.[i] ?? NaN)) ** 2;
    });
    const by = Math.sqrt(error / change);
    if (error > 0 && !(by <= changeTolerance)) differ(name, by);
  }
}

let graphs = 0;

class Compiled implements CompiledStep {
  readonly report: CompiledStep['report'];
  private readonly program: Program;
  private readonly graph: LoadedGraph;
  private readonly feedNames: string;
  private readonly initialNames: string;
  private readonly valueNames: string;
  private readonly stored: number;

  constructor(
    private readonly step: Step,
    recorded: Program,
    lowering: Lowering,
    recordMs: number,
  ) {
    const began = performance.now();
    const program = (this.program = simplify(recorded));
    const tag = `step-${graphs++}`;
    const graph: Graph = lowering === 'xla' ? xlaGraph(program, tag) : graphOf(program, tag);
    this.graph = new LoadedGraph(graph);
    this.stored = Object.keys(step.state).length;
    this.feedNames = program.feeds.map((_, i) => `feed-${i}:0`).join();
    this.initialNames = program.state.map((_, k) => `initial-${k}:0`).join();
    this.valueNames = program.state.slice(0, this.stored).map((_, k) => `value-${k}:0`).join();
    this.load();
    this.report = { lowering, operations: operationCount(program.operations), recordMs, loadMs: performance.now() - began, firstMs: 0 };
  }

  run(...feeds: (Float32Array | Int32Array)[]): Float32Array {
    const began = this.report.firstMs === 0 ? performance.now() : 0;
    const { binding } = tensorflow();
    const ids = feeds.map((values, i) => {
      const feed = this.program.feeds[i];
      if (!feed) throw new Error(`The step has ${this.program.feeds.length} feeds.`);
      return binding.createTensor(feed.shape, feed.dtype, values);
    });
    try {
      const [output] = this.graph.run(this.feedNames, ids, 'output-0:0');
      if (!output) throw new Error('The step gave nothing.');
      const terms = binding.tensorDataSync(output.id) as Float32Array;
      binding.deleteTensor(output.id);
      return terms;
    } finally {
      ids.forEach((id) => binding.deleteTensor(id));
      if (began > 0) this.report.firstMs = performance.now() - began;
    }
  }

  store(): void {
    if (this.stored === 0) return;
    const values = this.graph.run('', [], this.valueNames);
    Object.values(this.step.state).forEach((variable, k) => {
      const metadata = values[k];
      if (!metadata) throw new Error('The graph has fewer states than the step.');
      const value = fromBinding(metadata);
      variable.assign(value);
      value.dispose();
    });
  }

  load(): void {
    if (this.program.state.length === 0) return;
    const { state, resident } = this.step;
    const ids = [...Object.values({ ...state, ...resident }).map(tensorId), ...this.program.state.flatMap(({ captured }) => captured ?? [])];
    const [done] = this.graph.run(this.initialNames, ids, 'initialised:0');
    if (done) tensorflow().binding.deleteTensor(done.id);
  }

  dispose(): void {
    this.graph.dispose();
  }
}

/** Tensors for `Step.examples`, of int32 scalars and lists. */
export const feed = (value: number | Int32Array): Tensor => (typeof value === 'number' ? tensor(value, [], 'int32') : tensor(value, [value.length], 'int32'));
