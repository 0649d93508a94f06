import { outputName } from './op-outputs';
import { computation, handleOf, loopFunctions, placeholder, readStates, resultsOf, stateNodes, type Graph } from './graph';
import { nodeOf, indexOf, type Operation, type Program, type Ref } from './program';
import { attribute, type FunctionDefinition, type Node } from './protobuf';

const resource = 20;

/** Their numbers differ inside of XLA (noise), or are slower there (rows of the data set). */
const outside = /^(StatelessRandom|GatherV2$)/;

/**
 * The program with its computation in one function that XLA must compile, and noise and rows, with all they depend on, before it in the plain
 * graph: so that noise is the same to the bit in every lowering.
 */
export function xlaGraph(program: Program, tag: string): Graph {
  const { operations, feeds, state, outputs } = program;
  const before = dependencies(operations, operations.filter(({ op }) => outside.test(op)));
  const inside = operations.filter((operation) => !before.has(operation.name) || operation.op === 'Const');
  const insideNames = new Set(inside.map(({ name }) => name));

  const used = [...inside.flatMap(({ inputs }) => inputs), ...resultsOf(program)];
  const crossing = [...new Set(used.filter((ref) => before.has(nodeOf(ref)) && !insideNames.has(nodeOf(ref))))];
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const typeOf = (ref: Ref): number => byName.get(nodeOf(ref))?.outputs[indexOf(ref)]?.dtype ?? 0;

  const name = 'step';
  const mustCompile = { _XlaMustCompile: attribute.boolean(true), _noinline: attribute.boolean(true) };
  const inputName = (ref: Ref): string => {
    const node = nodeOf(ref);
    const crosses = crossing.indexOf(ref);
    if (crosses >= 0) return `outside_${crosses}`;
    if (node.startsWith('feed-')) return node.replace('-', '_');
    if (node.startsWith('read-')) return `${node}:value:0`;
    return outputName(byName.get(node)?.op ?? '', node, indexOf(ref));
  };
  const { nodes, changes } = computation({ ...program, operations: inside }, readStates(inside, resultsOf(program)), inputName);
  const inFunction = (node: Node): Node => ({ ...node, inputs: node.inputs.map((input) => (/^state-\d+$/.test(input) ? input.replace('-', '_') : input)) });
  const definition: FunctionDefinition = {
    name,
    arguments: [
      ...feeds.map(({ dtype }, i) => ({ name: `feed_${i}`, dtype })),
      ...crossing.map((ref, i) => ({ name: `outside_${i}`, dtype: typeOf(ref) })),
      ...state.map((_, k) => ({ name: `state_${k}`, dtype: resource })),
    ],
    results: outputs.map(({ ref, dtype }, i) => ({ name: `result_${i}`, dtype, from: inputName(ref) })),
    nodes: nodes.map(inFunction),
    control: changes,
    attributes: mustCompile,
  };

  const outsideOperations = operations.filter((operation) => before.has(operation.name));
  const reads = computation({ ...program, state, operations: outsideOperations }, readStates(outsideOperations, crossing), (ref) => ref).nodes.filter((node) => !node.name.startsWith('assign-'));
  const call: Node = {
    name: 'call',
    op: 'StatefulPartitionedCall',
    inputs: [...feeds.map((_, i) => `feed-${i}`), ...crossing, ...state.map((_, k) => handleOf(k))],
    attributes: {
      Tin: attribute.types([...feeds.map(({ dtype }) => dtype), ...crossing.map(typeOf), ...state.map(() => resource)]),
      Tout: attribute.types(outputs.map(({ dtype }) => dtype)),
      f: attribute.function(name),
      ...mustCompile,
    },
  };
  return {
    nodes: [
      ...feeds.map((feed, i) => placeholder(`feed-${i}`, feed)),
      ...stateNodes(state, tag),
      ...reads,
      call,
      ...outputs.map(({ dtype }, i): Node => ({ name: `output-${i}`, op: 'Identity', inputs: [`call:${i}`], attributes: { T: attribute.type(dtype) } })),
    ],
    functions: [definition, ...loopFunctions(operations)],
  };
}

/** Names of the operations and of all that they depend on. */
function dependencies(operations: readonly Operation[], from: readonly Operation[]): Set<string> {
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const found = new Set<string>();
  const visit = from.map(({ name }) => name);
  for (let name = visit.pop(); name !== undefined; name = visit.pop()) {
    const operation = byName.get(name);
    if (!operation || found.has(name)) continue;
    found.add(name);
    visit.push(...operation.inputs.map(nodeOf));
  }
  return found;
}
