import { callAttributes, functionOf, graphOf, loopFunctions, type Graph } from './graph';
import { nodeOf, indexOf, rootsOf, type Operation, type Program } from './program';
import { attribute } from './protobuf';

/** Their numbers differ inside of XLA (noise), or are slower there (rows of the data set). */
const outside = /^(StatelessRandom|GatherV2$)/;

const mustCompile = { _noinline: attribute.boolean(true), _XlaMustCompile: attribute.boolean(true) };

/**
 * The program with its computation in a function that XLA must compile. Noise and rows, with all that they depend on, are computed before it by
 * TensorFlow: so noise is the same to the bit in every lowering.
 */
export function xlaGraph(program: Program, tag: string): Graph {
  const { operations, feeds, state, outputs } = program;
  const before = dependencies(operations, operations.filter(({ op }) => outside.test(op)));
  const inside = operations.filter((operation) => !before.has(operation.name) || operation.op === 'Const');
  const insideNames = new Set(inside.map(({ name }) => name));

  const used = [...inside.flatMap(({ inputs }) => inputs), ...rootsOf({ outputs, state })];
  const crossing = [...new Set(used.filter((ref) => before.has(nodeOf(ref)) && !insideNames.has(nodeOf(ref))))];
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const given = crossing.flatMap((ref) => {
    const value = byName.get(nodeOf(ref))?.outputs[indexOf(ref)];
    return value ? [{ ref, ...value }] : [];
  });

  const compiled = { ...program, operations: inside };
  const call: Operation = {
    name: 'compiled',
    op: 'StatefulPartitionedCall',
    inputs: [...feeds.map((_, i) => `feed-${i}:0`), ...crossing],
    attributes: { ...callAttributes('compiled', compiled, given), ...mustCompile },
    outputs,
    resource: { updates: state.map((_, k) => k) },
    trace: new Error(),
  };
  const around: Program = {
    feeds,
    operations: [...operations.filter(({ name }) => before.has(name)), call],
    state: state.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    outputs: outputs.map((output, i) => ({ ...output, ref: `compiled:${i}` })),
  };
  return graphOf(around, tag, [functionOf('compiled', compiled, given, mustCompile), ...loopFunctions(inside)]);
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
