import { outputName } from './op-outputs';
import { indexOf, nodeOf, type Loop, type Operation, type Program, type Ref, type StateEntry } from './program';
import { attribute, type Bytes, type FunctionDefinition, type Node } from './protobuf';

/** A program as TensorFlow loads it. Its feeds are `feed-i`, its outputs `output-i`. */
export interface Graph {
  nodes: Node[];
  functions: FunctionDefinition[];
}

const int32 = 3;
const bool = 10;
const type = (dtype: number): { T: Bytes } => ({ T: attribute.type(dtype) });

export const handleOf = (state: number): string => `state-${state}`;

/** Which states' values the operations and results use. */
export function readStates(operations: readonly Operation[], results: readonly Ref[]): Set<number> {
  const used = [...operations.flatMap(({ inputs }) => inputs), ...results];
  return new Set(used.flatMap((ref) => (nodeOf(ref).startsWith('read-') ? Number(nodeOf(ref).slice(5)) : [])));
}

export const resultsOf = ({ outputs, state }: Program): Ref[] => [...outputs.map(({ ref }) => ref), ...state.flatMap(({ next }) => next ?? [])];

/**
 * One node for each operation. Each state is a resource variable: `initial-k` is fed to set it (all at once by `initialised`), `value-k` reads it,
 * and an output comes after all assignments.
 */
export function plainGraph(program: Program, tag: string): Graph {
  const { operations, feeds, outputs } = program;
  const { nodes, changes } = computation(program, readStates(operations, resultsOf(program)), (ref) => ref);
  return {
    nodes: [
      ...feeds.map((feed, i) => placeholder(`feed-${i}`, feed)),
      ...stateNodes(program.state, tag),
      ...nodes,
      ...outputs.map(({ ref, dtype }, i): Node => ({ name: `output-${i}`, op: 'Identity', inputs: [ref, ...changes.map((name) => `^${name}`)], attributes: type(dtype) })),
    ],
    functions: loopFunctions(operations),
  };
}

export const placeholder = (name: string, { dtype, shape }: { dtype: number; shape: number[] }): Node => ({ name, op: 'Placeholder', inputs: [], attributes: { dtype: attribute.type(dtype), shape: attribute.shape(shape) } });

/** The variables, and how they are set and read from outside of a step. All at once each: TensorFlow builds an executor for each set of names. */
export function stateNodes(state: readonly StateEntry[], tag: string): Node[] {
  if (state.length === 0) return [];
  const nodes = state.flatMap((entry, k): Node[] => {
    const dtype = { dtype: attribute.type(entry.dtype) };
    return [
      { name: handleOf(k), op: 'VarHandleOp', inputs: [], attributes: { ...dtype, shape: attribute.shape(entry.shape), shared_name: attribute.string(`${tag}-${k}`) } },
      placeholder(`initial-${k}`, entry),
      { name: `assign-initial-${k}`, op: 'AssignVariableOp', inputs: [handleOf(k), `initial-${k}`], attributes: dtype },
      { name: `read-value-${k}`, op: 'ReadVariableOp', inputs: [handleOf(k)], attributes: dtype },
      { name: `value-${k}`, op: 'Identity', inputs: [`read-value-${k}`], attributes: type(entry.dtype) },
    ];
  });
  return [
    ...nodes,
    { name: 'zero', op: 'Const', inputs: [], attributes: { dtype: attribute.type(int32), value: attribute.filled(int32, [], 0) } },
    { name: 'initialised', op: 'Identity', inputs: ['zero', ...state.map((_, k) => `^assign-initial-${k}`)], attributes: type(int32) },
  ];
}

/**
 * Reads, operations and assignments.
 * @param inputName how an input is written where these nodes stand: in a graph or in a function
 * @returns the nodes, and the names of those that change a state
 */
export function computation({ operations, state }: Pick<Program, 'operations' | 'state'>, read: ReadonlySet<number>, inputName: (ref: Ref) => string): { nodes: Node[]; changes: string[] } {
  // A variable is read before it changes.
  const afterRead = (k: number): string[] => (read.has(k) ? [`^read-${k}`] : []);
  const reads = [...read].map((k): Node => ({ name: `read-${k}`, op: 'ReadVariableOp', inputs: [handleOf(k)], attributes: { dtype: attribute.type(state[k]?.dtype ?? 0) } }));
  const changes: string[] = [];
  const nodes = operations.map((operation): Node => {
    const { name, op, inputs, attributes, resource } = operation;
    const refs = inputs.map(inputName);
    if (operation.loop) return loopNode(operation, operation.loop, refs);
    if (!resource) return { name, op, inputs: refs, attributes };
    if ('reads' in resource) return { name, op, inputs: [handleOf(resource.reads), `^${resource.after}`], attributes };
    changes.push(name);
    return { name, op, inputs: [...resource.updates.map(handleOf), ...refs, ...resource.updates.flatMap(afterRead)], attributes };
  });
  const assignments = state.flatMap(({ next, dtype }, k): Node[] => (next === undefined ? [] : [{ name: `assign-${k}`, op: 'AssignVariableOp', inputs: [handleOf(k), inputName(next), ...afterRead(k)], attributes: { dtype: attribute.type(dtype) } }]));
  return { nodes: [...reads, ...nodes, ...assignments], changes: [...changes, ...assignments.map(({ name }) => name)] };
}


const functionName = (operation: string, part: 'condition' | 'body'): string => `${operation.replaceAll('-', '_')}_${part}`;

const loopNode = ({ name, op }: Operation, loop: Loop, inputs: string[]): Node => ({
  name,
  op,
  inputs,
  attributes: {
    T: attribute.types(loop.arguments.map(({ dtype }) => dtype)),
    cond: attribute.function(functionName(name, 'condition')),
    body: attribute.function(functionName(name, 'body')),
    output_shapes: attribute.shapes(loop.arguments.map(({ shape }) => shape)),
    parallel_iterations: attribute.integer(1),
  },
});

/** Condition and body of each loop, and of the loops inside of those. */
export function loopFunctions(operations: readonly Operation[]): FunctionDefinition[] {
  return operations.flatMap(({ name, loop }) => (loop ? [conditionOf(name, loop), bodyOf(name, loop), ...loopFunctions(loop.operations)] : []));
}

const argumentsOf = (loop: Loop): FunctionDefinition['arguments'] => loop.arguments.map(({ dtype }, i) => ({ name: `argument_${i}`, dtype }));

const int32Constant = (name: string, value: number): Node => ({ name, op: 'Const', inputs: [], attributes: { dtype: attribute.type(int32), value: attribute.filled(int32, [], value) } });

const conditionOf = (name: string, loop: Loop): FunctionDefinition => ({
  name: functionName(name, 'condition'),
  arguments: argumentsOf(loop),
  results: [{ name: 'go_on', dtype: bool, from: 'less:z:0' }],
  nodes: [int32Constant('count', loop.count), { name: 'less', op: 'Less', inputs: ['argument_0', 'count:output:0'], attributes: type(int32) }],
  control: [],
  attributes: {},
});

function bodyOf(name: string, loop: Loop): FunctionDefinition {
  const ops = new Map(loop.operations.map((operation) => [operation.name, operation.op]));
  const inputName = (ref: Ref): string => {
    const node = nodeOf(ref);
    return node.startsWith('argument-') ? node.replace('-', '_') : outputName(ops.get(node) ?? '', node, indexOf(ref));
  };
  const results = ['next-index:z:0', ...loop.next.map(inputName), ...loop.arguments.slice(1 + loop.next.length).map((_, i) => `argument_${1 + loop.next.length + i}`)];
  return {
    name: functionName(name, 'body'),
    arguments: argumentsOf(loop),
    results: loop.arguments.map(({ dtype }, i) => ({ name: `result_${i}`, dtype, from: results[i] ?? '' })),
    nodes: [
      int32Constant('one', 1),
      { name: 'next-index', op: 'AddV2', inputs: ['argument_0', 'one:output:0'], attributes: type(int32) },
      ...computation({ operations: loop.operations, state: [] }, new Set(), inputName).nodes,
    ],
    control: [],
    attributes: {},
  };
}
