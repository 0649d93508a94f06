import { outputName } from './op-outputs';
import { indexOf, nodeOf, rootsOf, type Loop, type Operation, type Program, type Ref, type StateEntry, type Value } from './program';
import { attribute, notRewritten, type Bytes, type FunctionDefinition, type Node } from './protobuf';

/** A program as TensorFlow loads it. Its feeds are `feed-i`, its outputs `output-i`. */
export interface Graph {
  nodes: Node[];
  functions: FunctionDefinition[];
}

const int32 = 3;
const bool = 10;
const resource = 20;
const type = (dtype: number): { T: Bytes } => ({ T: attribute.type(dtype) });

const handleOf = (state: number): string => `state_${state}`;

/**
 * The whole program is one function, and the graph calls it, because a function can be kept from being rewritten while the graph is loaded. TensorFlow would make
 * `AddN` of chains of additions, which begins its sum with the first input that nothing else still waits for: which that is depends on the order in which
 * operations happen to run, and with it the last bits of the sum. So: the function is not put into the place of the call, its
 * definition is left alone (as those of tf.data's functions are), and it is not rewritten before its first run (`config_proto` of the call).
 */
const asItIsWritten = { config_proto: attribute.bytes(notRewritten) };
const leftAlone = { _noinline: attribute.boolean(true), _tf_data_function: attribute.boolean(true) };

/**
 * Each state is a resource variable: `initial-k` is fed to set it (all at once by `initialised`), `value-k` reads it.
 * @param tag a name that no other graph of this process has
 * @param functions that the program calls
 */
export function graphOf(program: Program, tag: string, functions: readonly FunctionDefinition[] = []): Graph {
  const { feeds, state, outputs } = program;
  return {
    nodes: [
      ...feeds.map((feed, i) => placeholder(`feed-${i}`, feed)),
      ...stateNodes(state, tag),
      { name: 'call', op: 'StatefulPartitionedCall', inputs: [...state.map((_, k) => handleOf(k)), ...feeds.map((_, i) => `feed-${i}`)], attributes: { ...callAttributes('step', program), ...asItIsWritten } },
      ...outputs.map(({ dtype }, i): Node => ({ name: `output-${i}`, op: 'Identity', inputs: [`call:${i}`], attributes: type(dtype) })),
    ],
    functions: [functionOf('step', program), ...functions, ...loopFunctions(program.operations)],
  };
}

/** Of a call of the function that holds a program. @param given values of other programs that it takes beside its own feeds */
export const callAttributes = (name: string, { state, feeds, outputs }: Program, given: readonly Value[] = []): Record<string, Bytes> => ({
  Tin: attribute.types([...state.map(() => resource), ...[...feeds, ...given].map(({ dtype }) => dtype)]),
  Tout: attribute.types(outputs.map(({ dtype }) => dtype)),
  f: attribute.function(name),
});

/** A program as a function of its variables, its feeds and what is given beside. A variable is read before it changes, and results come after all changes. */
export function functionOf(name: string, program: Program, given: readonly (Value & { ref: Ref })[] = [], attributes: Record<string, Bytes> = {}): FunctionDefinition {
  const { operations, feeds, state, outputs } = program;
  const ownNames = namesIn(operations);
  const inputName = (ref: Ref): string => {
    const i = given.findIndex((value) => value.ref === ref);
    return i >= 0 ? `given_${i}` : ownNames(ref);
  };
  const { nodes, changes } = computation(program, inputName);
  return {
    name,
    arguments: [
      ...state.map((_, k) => ({ name: handleOf(k), dtype: resource })),
      ...feeds.map(({ dtype }, i) => ({ name: `feed_${i}`, dtype })),
      ...given.map(({ dtype }, i) => ({ name: `given_${i}`, dtype })),
    ],
    results: outputs.map(({ ref, dtype }, i) => ({ name: `result_${i}`, dtype, from: inputName(ref) })),
    nodes,
    control: changes,
    attributes: { ...attributes, ...leftAlone },
  };
}

/** How an input is written inside of a function with these operations. */
function namesIn(operations: readonly Operation[]): (ref: Ref) => string {
  const ops = new Map(operations.map(({ name, op }) => [name, op]));
  return (ref) => {
    const node = nodeOf(ref);
    if (/^(feed|argument)-\d+$/.test(node)) return node.replace('-', '_');
    return outputName(node.startsWith('read-') ? 'ReadVariableOp' : (ops.get(node) ?? ''), node, indexOf(ref));
  };
}

const placeholder = (name: string, { dtype, shape }: { dtype: number; shape: number[] }): Node => ({ name, op: 'Placeholder', inputs: [], attributes: { dtype: attribute.type(dtype), shape: attribute.shape(shape) } });

/** The variables, and how they are set and read from outside of a step. All at once each: TensorFlow builds an executor for each set of names. */
function stateNodes(state: readonly StateEntry[], tag: string): Node[] {
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

/** Reads, operations and assignments; and the names of those that change a state. */
function computation({ operations, state, outputs }: Pick<Program, 'operations' | 'state' | 'outputs'>, inputName: (ref: Ref) => string): { nodes: Node[]; changes: string[] } {
  const used = [...operations.flatMap(({ inputs }) => inputs), ...rootsOf({ outputs, state })];
  const read = new Set(used.flatMap((ref) => (nodeOf(ref).startsWith('read-') ? Number(nodeOf(ref).slice(5)) : [])));
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
  const inputName = namesIn(loop.operations);
  const results = ['next-index:z:0', ...loop.next.map(inputName), ...loop.arguments.slice(1 + loop.next.length).map((_, i) => `argument_${1 + loop.next.length + i}`)];
  return {
    name: functionName(name, 'body'),
    arguments: argumentsOf(loop),
    results: loop.arguments.map(({ dtype }, i) => ({ name: `result_${i}`, dtype, from: results[i] ?? '' })),
    nodes: [
      int32Constant('one', 1),
      { name: 'next-index', op: 'AddV2', inputs: ['argument_0', 'one:output:0'], attributes: type(int32) },
      ...computation({ operations: loop.operations, state: [], outputs: [] }, inputName).nodes,
    ],
    control: [],
    attributes: leftAlone,
  };
}
