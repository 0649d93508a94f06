import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { fromBinding, tensorflow, tensorId } from '../backends/tensorflow';
import { graphOf } from './graph';
import { LoadedGraph } from './loaded-graph';
import type { Program } from './program';
import { record } from './record';
import { simplify } from './simplify';

/** A function of tensors and of variables that it reads, as one native call. */
export interface CompiledFunction {
  /** @param inputs of the shapes and types that it was compiled for; not disposed of */
  call(inputs: readonly Tensor[]): Tensor[];
  dispose(): void;
}

let graphs = 0;

/**
 * Records `f` while it runs on `inputs`, and returns its results; the graph is loaded when the function is first called. Unlike a step it changes
 * nothing: the variables are fed, which copies nothing on a CPU.
 * @throws Refusal `cannot-compile`
 */
export function compileFunction(variables: readonly Variable[], inputs: readonly Tensor[], f: (...inputs: Tensor[]) => Tensor[]): { results: Tensor[]; compiled: CompiledFunction } {
  const { program, outputs, complete } = record({ state: {}, resident: {}, feeds: [...variables, ...inputs], body: () => f(...inputs) });
  const compiled = new LazyFunction(program, variables);
  if (complete) return { results: outputs, compiled };
  outputs.forEach((output) => output.dispose());
  return { results: compiled.call(inputs), compiled };
}

class LazyFunction implements CompiledFunction {
  private graph: LoadedGraph | undefined;
  private readonly feedNames: string;
  private readonly outputNames: string;

  constructor(
    private readonly program: Program,
    private readonly variables: readonly Variable[],
  ) {
    this.feedNames = program.feeds.map((_, i) => `feed-${i}:0`).join();
    this.outputNames = program.outputs.map((_, i) => `output-${i}:0`).join();
  }

  call(inputs: readonly Tensor[]): Tensor[] {
    this.graph ??= this.load();
    return this.graph.run(this.feedNames, [...this.variables, ...inputs].map(tensorId), this.outputNames).map(fromBinding);
  }

  private load(): LoadedGraph {
    const graph = new LoadedGraph(graphOf(simplify(this.program), `function-${graphs++}`));
    const captured = this.program.state.flatMap(({ captured: id }) => id ?? []);
    if (captured.length === 0) return graph;
    const [done] = graph.run(this.program.state.map((_, k) => `initial-${k}:0`).join(), captured, 'initialised:0');
    if (done) tensorflow().binding.deleteTensor(done.id);
    return graph;
  }

  dispose(): void {
    this.graph?.dispose();
  }
}
