// Just enough of protocol buffers to write a graph: field numbers from TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto,
// function.proto, op_def.proto and saved_model.proto.

export type Bytes = Uint8Array;

const text = new TextEncoder();

const join = (parts: readonly Bytes[]): Bytes => Buffer.concat(parts);

function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const integer = (field: number, value: number | boolean): Bytes => join([varint(field << 3), varint(Number(value))]);
const message = (field: number, content: Bytes): Bytes => join([varint((field << 3) | 2), varint(content.length), content]);
const string = (field: number, value: string): Bytes => message(field, text.encode(value));
const mapEntry = (field: number, key: string, value: Bytes): Bytes => message(field, join([string(1, key), message(2, value)]));

function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([varint((field << 3) | 5), bytes]);
}

const shapeProto = (shape: readonly number[]): Bytes => join(shape.map((size) => message(2, integer(1, size))));

/** TensorProto. One value repeated is written once. @param raw little-endian values */
function tensorProto(dtype: number, shape: readonly number[], raw: Bytes): Bytes {
  return join([integer(1, dtype), message(2, shapeProto(shape)), message(4, raw)]);
}

/** TensorProto of `shape` filled with one float32 (dtype 1), int32 (3) or bool (10). */
function filledProto(dtype: number, shape: readonly number[], value: number): Bytes {
  const content = dtype === 1 ? float(5, value) : integer(dtype === 3 ? 7 : 11, value);
  return join([integer(1, dtype), message(2, shapeProto(shape)), content]);
}

/** AttrValue of each kind. */
export const attribute = {
  string: (value: string): Bytes => string(2, value),
  bytes: (value: Bytes): Bytes => message(2, value),
  integer: (value: number): Bytes => integer(3, value),
  float: (value: number): Bytes => float(4, value),
  boolean: (value: boolean): Bytes => integer(5, value),
  type: (value: number): Bytes => integer(6, value),
  shape: (value: readonly number[]): Bytes => message(7, shapeProto(value)),
  tensor: (dtype: number, shape: readonly number[], raw: Bytes): Bytes => message(8, tensorProto(dtype, shape, raw)),
  filled: (dtype: number, shape: readonly number[], value: number): Bytes => message(8, filledProto(dtype, shape, value)),
  function: (name: string): Bytes => message(10, string(1, name)),
  integers: (values: readonly number[]): Bytes => message(1, join(values.map((value) => integer(3, value)))),
  floats: (values: readonly number[]): Bytes => message(1, join(values.map((value) => float(4, value)))),
  booleans: (values: readonly boolean[]): Bytes => message(1, join(values.map((value) => integer(5, value)))),
  types: (values: readonly number[]): Bytes => message(1, join(values.map((value) => integer(6, value)))),
  shapes: (values: readonly (readonly number[])[]): Bytes => message(1, join(values.map((value) => message(7, shapeProto(value))))),
};

/** ConfigProto: graph options (field 10), rewrite options (10), disable_meta_optimizer (19). */
export const notRewritten: Bytes = message(10, message(10, integer(19, true)));

export interface Node {
  name: string;
  op: string;
  /** `node:output`, in a function `node:argument:index`; `^node` for a control input. */
  inputs: readonly string[];
  attributes: Readonly<Record<string, Bytes>>;
}

const nodeDef = ({ name, op, inputs, attributes }: Node): Bytes =>
  join([string(1, name), string(2, op), ...inputs.map((input) => string(3, input)), ...Object.entries(attributes).map(([key, value]) => mapEntry(5, key, value))]);

/** A function of the graph's library: arguments, nodes, and which of the nodes' outputs it returns. */
export interface FunctionDefinition {
  name: string;
  arguments: readonly { name: string; dtype: number }[];
  results: readonly { name: string; dtype: number; from: string }[];
  nodes: readonly Node[];
  /** Nodes that run although no result depends on them. */
  control: readonly string[];
  attributes: Readonly<Record<string, Bytes>>;
}

function functionDef({ name, arguments: inputs, results, nodes, control, attributes }: FunctionDefinition): Bytes {
  const argument = (field: number, { name: argumentName, dtype }: { name: string; dtype: number }): Bytes => message(field, join([string(1, argumentName), integer(3, dtype)]));
  const signature = [string(1, name), ...inputs.map((input) => argument(2, input)), ...results.map((result) => argument(3, result)), integer(17, true), ...control.map((node) => string(20, node))];
  return join([
    message(1, join(signature)),
    ...nodes.map((node) => message(3, nodeDef(node))),
    ...results.map((result) => mapText(4, result.name, result.from)),
    ...Object.entries(attributes).map(([key, value]) => mapEntry(5, key, value)),
    ...control.map((node) => mapText(6, node, node)),
  ]);
}

const mapText = (field: number, key: string, value: string): Bytes => message(field, join([string(1, key), string(2, value)]));

/** The version of GraphDef that TensorFlow 2.9 to 2.21 all read. */
const graphVersion = 1087;

/** A SavedModel without variables, tagged `serve`. */
export function savedModel(nodes: readonly Node[], functions: readonly FunctionDefinition[]): Bytes {
  const graph = join([...nodes.map((node) => message(1, nodeDef(node))), message(2, join(functions.map((definition) => message(1, functionDef(definition))))), message(4, integer(1, graphVersion))]);
  return join([integer(1, 1), message(2, join([message(1, string(4, 'serve')), message(2, graph)]))]);
}
