import { indexOf, live, nodeOf, rootsOf, type Operation, type Program, type Ref, type Value } from './program';
import { attribute, type Bytes } from './protobuf';

// A recording has what the gradient tape and tfjs's shapes leave behind: factors of one, broadcasts of what broadcasts anyway, reshapes to the same shape,
// the same constant or product twice. Each rule below replaces an operation by a cheaper one that computes the same but for rounding.

const float32 = 1;
const int32 = 3;

interface Rule {
  /** What is true, in a sentence. */
  says: string;
  /** The operations that it looks at. */
  of: string;
  /** What stands for the operation instead; nothing where the rule does not apply. */
  rewrite: (g: Builder, operation: Proposed) => Ref | undefined;
}

/** An operation that is about to be added, its inputs simplified already. */
type Proposed = Pick<Operation, 'op' | 'inputs' | 'attributes' | 'outputs' | 'resource' | 'loop' | 'splat' | 'values'>;

const elementwise: Record<string, (a: number, b: number) => number> = { AddV2: (a, b) => a + b, Sub: (a, b) => a - b, Mul: (a, b) => a * b, RealDiv: (a, b) => a / b, Maximum: Math.max, Minimum: Math.min };
const unary: Record<string, (x: number) => number> = { Neg: (x) => -x, Square: (x) => x * x, Sqrt: Math.sqrt, Exp: Math.exp, Log: Math.log };

export const rules: readonly Rule[] = [
  {
    says: 'Add and AddV2 are one operation.',
    of: 'Add',
    rewrite: (g, { inputs: [a, b], outputs }) => g.binary('AddV2', a, b, outputs[0]),
  },
  {
    says: 'A copy is what it copies.',
    of: 'Identity',
    rewrite: (_, { inputs: [x] }) => x,
  },
  {
    says: 'A cast to the type that it has already changes nothing.',
    of: 'Cast',
    rewrite: (g, { inputs: [x], outputs }) => (g.value(x).dtype === outputs[0]?.dtype ? x : undefined),
  },
  {
    says: 'What a dimension of size one is added to or taken from is reshaped.',
    of: 'ExpandDims Squeeze',
    rewrite: (g, { inputs: [x], outputs }) => g.reshape(x, outputs[0]?.shape),
  },
  {
    says: 'A reshape to the shape that it has already changes nothing.',
    of: 'Reshape',
    rewrite: (g, { inputs: [x], outputs }) => (same(g.shape(x), outputs[0]?.shape) ? x : undefined),
  },
  {
    says: 'Of two reshapes the second is enough.',
    of: 'Reshape',
    rewrite: (g, { inputs: [x], outputs }) => g.made(x, 'Reshape', ([from]) => g.reshape(from, outputs[0]?.shape)),
  },
  {
    says: 'A constant is written in the shape that it is needed in.',
    of: 'Reshape BroadcastTo Fill',
    rewrite: (g, { op, inputs, outputs }) => {
      const splat = g.splat(op === 'Fill' ? inputs[1] : inputs[0]);
      const [value] = outputs;
      return splat !== undefined && value && [float32, int32].includes(value.dtype) ? g.constant(value, splat) : undefined;
    },
  },
  {
    says: 'To repeat along dimensions of size one is to broadcast.',
    of: 'Tile',
    rewrite: (g, { inputs: [x], outputs }) => (outputs[0]?.shape.every((size, axis) => g.shape(x)[axis] === size || g.shape(x)[axis] === 1) ? g.broadcast(x, outputs[0].shape) : undefined),
  },
  {
    says: 'A broadcast to the shape that it has already changes nothing.',
    of: 'BroadcastTo',
    rewrite: (g, { inputs: [x], outputs }) => (same(g.shape(x), outputs[0]?.shape) ? x : undefined),
  },
  {
    says: 'One number that was broadcast is broadcast to the shape that it is needed in.',
    of: 'Reshape',
    rewrite: (g, { inputs: [x], outputs }) => g.made(x, 'BroadcastTo', ([from]) => (size(g.shape(from)) === 1 ? g.broadcast(g.reshape(from, []), outputs[0]?.shape) : undefined)),
  },
  {
    says: 'An element-wise operation broadcasts by itself.',
    of: 'AddV2 Sub Mul RealDiv Maximum Minimum',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) => {
      const left = g.withoutBroadcast(a, g.shape(b), out?.shape);
      const right = g.withoutBroadcast(b, g.shape(left), out?.shape);
      return left === a && right === b ? undefined : g.binary(op, left, right, out);
    },
  },
  {
    says: 'An operation on constants is a constant.',
    of: 'AddV2 Sub Mul RealDiv Maximum Minimum',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) => g.folded(elementwise[op], [a, b], out),
  },
  {
    says: 'A function of a constant is a constant.',
    of: 'Neg Square Sqrt Exp Log',
    rewrite: (g, { op, inputs: [x], outputs: [out] }) => g.folded(unary[op], [x], out),
  },
  {
    says: 'The constant of a sum or a product stands on the right.',
    of: 'AddV2 Mul',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) => (g.splat(a) !== undefined && g.splat(b) === undefined ? g.binary(op, b, a, out) : undefined),
  },
  {
    says: 'To add or subtract zero, or to multiply or divide by one, changes nothing.',
    of: 'AddV2 Sub Mul RealDiv',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) => (g.splat(b) === (op === 'AddV2' || op === 'Sub' ? 0 : 1) ? g.broadcast(a, out?.shape) : undefined),
  },
  {
    says: 'To divide by a constant is to multiply by its reciprocal.',
    of: 'RealDiv',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.scaled(a, reciprocal(g.splat(b)), out),
  },
  {
    says: 'To multiply by minus one, or to subtract from zero, is to negate.',
    of: 'Mul Sub',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) => {
      if (op === 'Mul') return g.splat(b) === -1 ? g.broadcast(g.negated(a), out?.shape) : undefined;
      return g.splat(a) === 0 ? g.broadcast(g.negated(b), out?.shape) : undefined;
    },
  },
  {
    says: 'Two constant factors are one.',
    of: 'Mul',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.made(a, 'Mul', ([x, c]) => g.scaled(x, product(g.splat(c), g.splat(b)), out)),
  },
  {
    says: 'What is broadcast is scaled before.',
    of: 'Mul',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.made(a, 'BroadcastTo', ([x]) => (g.splat(b) === undefined ? undefined : g.broadcast(g.scaled(x, g.splat(b), g.value(x)), out?.shape))),
  },
  {
    says: 'Negated twice is not negated.',
    of: 'Neg',
    rewrite: (g, { inputs: [x] }) => g.made(x, 'Neg', ([inner]) => inner),
  },
  {
    says: 'A product with a constant is negated in the constant.',
    of: 'Neg Mul',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) =>
      op === 'Neg' ? g.made(a, 'Mul', ([x, c]) => g.scaled(x, product(g.splat(c), -1), out)) : g.made(a, 'Neg', ([x]) => g.scaled(x, product(g.splat(b), -1), out)),
  },
  {
    says: 'A product with a negated factor is a negated product.',
    of: 'Mul',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.made(a, 'Neg', ([x]) => g.negated(g.binary('Mul', x, b, out))) ?? g.made(b, 'Neg', ([x]) => g.negated(g.binary('Mul', a, x, out))),
  },
  {
    says: 'To add what is negated is to subtract, and to subtract it is to add.',
    of: 'AddV2 Sub',
    rewrite: (g, { op, inputs: [a, b], outputs: [out] }) =>
      g.made(b, 'Neg', ([x]) => g.binary(op === 'Sub' ? 'AddV2' : 'Sub', a, x, out)) ?? (op === 'AddV2' ? g.made(a, 'Neg', ([x]) => g.binary('Sub', b, x, out)) : undefined),
  },
  {
    says: 'The sum over dimensions of size one is a reshape.',
    of: 'Sum',
    rewrite: (g, { inputs: [x, axes], outputs: [out] }) => (g.axes(axes, x)?.every((axis) => g.shape(x)[axis] === 1) ? g.reshape(x, out?.shape) : undefined),
  },
  {
    says: 'The sum of negated or scaled terms is their negated or scaled sum.',
    of: 'Sum',
    rewrite: (g, { inputs: [x, axes], attributes, outputs: [out] }) => {
      const sumOf = (terms: Ref): Ref | undefined => g.make({ op: 'Sum', inputs: [terms, axes as Ref], attributes, outputs: out ? [out] : [] });
      return (
        g.made(x, 'Neg', ([inner]) => g.negated(sumOf(inner))) ??
        g.made(x, 'Mul', ([inner, c]) => (g.splat(c) !== undefined && same(g.shape(inner), g.shape(x)) ? g.scaled(sumOf(inner), g.splat(c), out) : undefined))
      );
    },
  },
  {
    says: 'The sum of one number, broadcast, is the number times how many there are.',
    of: 'Sum',
    rewrite: (g, { inputs: [x, axes], outputs: [out] }) =>
      g.made(x, 'BroadcastTo', ([from]) => {
        const summed = g.axes(axes, x);
        if (!summed || size(g.shape(from)) !== 1) return undefined;
        const one = g.reshape(from, []);
        return g.broadcast(g.scaled(one, size(summed.map((axis) => g.shape(x)[axis] ?? 1)), g.value(one)), out?.shape);
      }),
  },
  {
    says: 'The sum over all dimensions but the last is the gradient of a bias, for which there is a faster kernel.',
    of: 'Sum',
    rewrite: (g, { inputs: [x, axes], outputs: [out] }) => {
      const shape = g.shape(x);
      const summed = g.axes(axes, x);
      const last = shape.at(-1) ?? 1;
      if (!summed || shape.length < 2 || last === 1 || summed.includes(shape.length - 1) || size(shape.filter((_, axis) => !summed.includes(axis))) !== last || out?.dtype !== float32) return undefined;
      return g.reshape(g.make({ op: 'BiasAddGrad', inputs: [x as Ref], attributes: { T: attribute.type(float32), data_format: attribute.string('NHWC') }, outputs: [{ shape: [last], dtype: float32 }] }), out.shape);
    },
  },
  {
    says: 'A transposition that moves nothing changes nothing.',
    of: 'Transpose',
    rewrite: (g, { inputs: [x, order] }) => (g.list(order)?.every((from, axis) => from === axis) ? x : undefined),
  },
  {
    says: 'A product of matrices transposes its factors by itself.',
    of: 'MatMul',
    rewrite: (g, { inputs, attributes, outputs }) => {
      const sides = ['transpose_a', 'transpose_b'].map((name, side) => ({ name, from: g.made(inputs[side], 'Transpose', ([x, order]) => (same(g.list(order), [1, 0]) ? x : undefined)) }));
      if (sides.every(({ from }) => from === undefined)) return undefined;
      const turned = sides.flatMap(({ name, from }) => (from ? [[name, attribute.boolean(!isTrue(attributes[name]))]] : [])) as [string, Bytes][];
      return g.make({ op: 'MatMul', inputs: inputs.map((input, side) => sides[side]?.from ?? input), attributes: { ...attributes, ...Object.fromEntries(turned) }, outputs });
    },
  },
  {
    says: 'A slice of everything, or a border of no width, changes nothing.',
    of: 'Slice Pad PadV2',
    rewrite: (g, { inputs: [x], outputs }) => (same(g.shape(x), outputs[0]?.shape) ? x : undefined),
  },
  {
    says: 'Two parts that are padded with zeros to where the other begins, and added, are put side by side.',
    of: 'AddV2',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.sideBySide(a, b, out) ?? g.sideBySide(b, a, out),
  },
  {
    says: 'What is added to each vector along the last dimension is a bias, for which there is a faster kernel.',
    of: 'AddV2',
    rewrite: (g, { inputs: [a, b], outputs: [out] }) => g.biased(a, b, out) ?? g.biased(b, a, out),
  },
  {
    says: 'Where a rectified value is positive, what it was made of is: so that is not kept for the gradient.',
    of: 'ReluGrad',
    rewrite: (g, { inputs: [dy, x], attributes, outputs }) => {
      const rectified = g.existing({ op: 'Relu', inputs: [x as Ref], attributes: { T: attribute.type(float32) }, outputs });
      return rectified ? g.make({ op: 'ReluGrad', inputs: [dy as Ref, rectified], attributes, outputs }) : undefined;
    },
  },
];

const same = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean => a !== undefined && b !== undefined && a.length === b.length && a.every((value, i) => value === b[i]);
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const product = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || b === undefined ? undefined : Math.fround(a * b));
const reciprocal = (x: number | undefined): number | undefined => (x === undefined ? undefined : Math.fround(1 / x));
const isTrue = (flag: Bytes | undefined): boolean => flag !== undefined && Buffer.compare(flag, attribute.boolean(true)) === 0;

/** The shape of an element-wise operation's result. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

const rulesByOp = new Map<string, Rule[]>();
for (const rule of rules) for (const op of rule.of.split(' ')) rulesByOp.set(op, [...(rulesByOp.get(op) ?? []), rule]);

/** Puts operations together, each as the rules have it, and none twice. */
class Builder {
  readonly operations: Operation[] = [];
  private readonly known = new Map<string, Ref>();
  private readonly byName = new Map<string, Operation>();

  /** @param given values of feeds, states and arguments */
  constructor(
    private readonly given: (ref: Ref) => Value | undefined,
    private readonly newName: (op: string) => string,
  ) {}

  make(proposed: Proposed, recorded?: Operation): Ref {
    for (const rule of rulesByOp.get(proposed.op) ?? []) {
      const instead = rule.rewrite(this, proposed);
      if (instead) return instead;
    }
    const repeatable = !proposed.resource && !proposed.loop;
    const key = keyOf(proposed);
    const known = repeatable ? this.known.get(key) : undefined;
    if (known) return known;
    const operation = { ...proposed, name: recorded?.name ?? this.newName(proposed.op), trace: recorded?.trace ?? new Error() };
    this.operations.push(operation);
    this.byName.set(operation.name, operation);
    const ref = `${operation.name}:0`;
    if (repeatable) this.known.set(key, ref);
    return ref;
  }

  existing = (proposed: Proposed): Ref | undefined => this.known.get(keyOf(proposed));

  value(ref: Ref | undefined): Value {
    const value = ref === undefined ? undefined : (this.byName.get(nodeOf(ref))?.outputs[indexOf(ref)] ?? this.given(ref));
    if (!value) throw new Error(`Nothing is known of ${ref}.`);
    return value;
  }

  shape = (ref: Ref | undefined): number[] => this.value(ref).shape;
  /** The number that all of a constant is. */
  splat = (ref: Ref | undefined): number | undefined => this.constantOf(ref)?.splat;
  /** The numbers of a constant; nothing of what is not one. */
  list = (ref: Ref | undefined): number[] | undefined => {
    const values = this.constantOf(ref)?.values;
    return values && Array.from(values);
  };
  private constantOf = (ref: Ref | undefined): Operation | undefined => (ref === undefined ? undefined : this.byName.get(nodeOf(ref)));

  /** Axes of a reduction of x, none negative. */
  axes(ref: Ref | undefined, x: Ref | undefined): number[] | undefined {
    const rank = this.shape(x).length;
    return this.list(ref)?.map((axis) => (axis < 0 ? axis + rank : axis));
  }

  /** What `then` makes of the inputs of the operation that made x, where it was that one. */
  made(x: Ref | undefined, op: string, then: (inputs: [Ref, ...Ref[]]) => Ref | undefined): Ref | undefined {
    const from = x === undefined ? undefined : this.byName.get(nodeOf(x));
    return from?.op === op ? then(from.inputs as [Ref, ...Ref[]]) : undefined;
  }

  constant({ shape, dtype }: Value, value: number): Ref {
    const few = size(shape) <= 8;
    const values = few ? new (dtype === float32 ? Float32Array : Int32Array)(size(shape)).fill(value) : undefined;
    const raw = values ? attribute.tensor(dtype, shape, new Uint8Array(values.buffer)) : attribute.filled(dtype, shape, value);
    return this.make({ op: 'Const', inputs: [], attributes: { dtype: attribute.type(dtype), value: raw }, outputs: [{ shape, dtype }], splat: value, values });
  }

  private shapeConstant(shape: readonly number[]): Ref {
    const values = Int32Array.from(shape);
    return this.make({ op: 'Const', inputs: [], attributes: { dtype: attribute.type(int32), value: attribute.tensor(int32, [shape.length], new Uint8Array(values.buffer)) }, outputs: [{ shape: [shape.length], dtype: int32 }], values });
  }

  reshape(x: Ref | undefined, shape: readonly number[] = []): Ref {
    const { dtype } = this.value(x);
    return this.make({ op: 'Reshape', inputs: [x as Ref, this.shapeConstant(shape)], attributes: { T: attribute.type(dtype), Tshape: attribute.type(int32) }, outputs: [{ shape: [...shape], dtype }] });
  }

  broadcast(x: Ref | undefined, shape: readonly number[] = []): Ref {
    const { dtype } = this.value(x);
    return this.make({ op: 'BroadcastTo', inputs: [x as Ref, this.shapeConstant(shape)], attributes: { T: attribute.type(dtype), Tidx: attribute.type(int32) }, outputs: [{ shape: [...shape], dtype }] });
  }

  binary(op: string, a: Ref | undefined, b: Ref | undefined, out: Value | undefined): Ref {
    const value = out ?? this.value(a);
    return this.make({ op, inputs: [a as Ref, b as Ref], attributes: { T: attribute.type(value.dtype) }, outputs: [value] });
  }

  negated(x: Ref | undefined): Ref {
    const value = this.value(x);
    return this.make({ op: 'Neg', inputs: [x as Ref], attributes: { T: attribute.type(value.dtype) }, outputs: [value] });
  }

  /** x times a constant; nothing without one. Only of float32: whole numbers do not wrap around in JavaScript. */
  scaled(x: Ref | undefined, by: number | undefined, out: Value | undefined): Ref | undefined {
    if (x === undefined || by === undefined || this.value(x).dtype !== float32) return undefined;
    return this.binary('Mul', x, this.constant({ shape: [], dtype: float32 }, by), out);
  }

  folded(f: ((...values: number[]) => number) | undefined, inputs: (Ref | undefined)[], out: Value | undefined): Ref | undefined {
    const values = inputs.map((input) => this.splat(input));
    if (!f || !out || out.dtype !== float32 || values.some((value) => value === undefined)) return undefined;
    return this.constant(out, Math.fround(f(...(values as number[]))));
  }

  /** x without broadcasts, leading ones and repetition of one constant, as long as the result with the other input keeps its shape. */
  withoutBroadcast(x: Ref | undefined, other: readonly number[], out: readonly number[] = []): Ref | undefined {
    const shape = this.shape(x);
    const splat = this.splat(x);
    const smaller =
      this.made(x, 'BroadcastTo', ([from]) => from) ??
      this.made(x, 'Reshape', ([from]) => (same([...shape.slice(0, shape.length - this.shape(from).length).map(() => 1), ...this.shape(from)], shape) ? from : undefined)) ??
      (splat !== undefined && shape.length > 0 && this.value(x).dtype === float32 ? this.constant({ shape: [], dtype: float32 }, splat) : undefined);
    return smaller !== undefined && same(broadcastShape(this.shape(smaller), other), out) ? this.withoutBroadcast(smaller, other, out) : x;
  }

  biased(x: Ref | undefined, bias: Ref | undefined, out: Value | undefined): Ref | undefined {
    const shape = this.shape(x);
    if (!out || out.dtype !== float32 || shape.length < 2 || !same(shape, out.shape) || !same(this.shape(bias), shape.slice(-1))) return undefined;
    return this.make({ op: 'BiasAdd', inputs: [x as Ref, bias as Ref], attributes: { T: attribute.type(float32), data_format: attribute.string('NHWC') }, outputs: [out] });
  }

  /** `first` and `second`, padded with zeros after and before along one axis, as their concatenation. */
  sideBySide(first: Ref | undefined, second: Ref | undefined, out: Value | undefined): Ref | undefined {
    return this.made(first, 'PadV2', ([a, aBorders, aValue]) =>
      this.made(second, 'PadV2', ([b, bBorders, bValue]) => {
        const [after, before] = [this.list(aBorders) ?? [], this.list(bBorders) ?? []];
        const padded = after.flatMap((width, i) => (width > 0 || (before[i] ?? 0) > 0 ? [i] : []));
        const axis = (padded[0] ?? 0) >> 1;
        const fits = padded.length === 2 && padded[0] === 2 * axis && padded[1] === 2 * axis + 1 && after[2 * axis] === 0 && before[2 * axis + 1] === 0 && before[2 * axis] === this.shape(a)[axis] && after[2 * axis + 1] === this.shape(b)[axis];
        if (!fits || !out || this.splat(aValue) !== 0 || this.splat(bValue) !== 0) return undefined;
        const along = this.constant({ shape: [], dtype: int32 }, axis);
        return this.make({ op: 'ConcatV2', inputs: [a, b, along], attributes: { N: attribute.integer(2), T: attribute.type(out.dtype), Tidx: attribute.type(int32) }, outputs: [out] });
      }),
    );
  }
}

const keyOf = ({ op, inputs, attributes }: Proposed): string =>
  [op, inputs.join(), ...Object.entries(attributes).map(([name, value]) => `${name}=${Buffer.from(value).toString('latin1')}`).sort()].join('|');

/** The program as the rules have it, loops included. Operations that a state's update or a loop is made of keep their names. */
export function simplify(program: Program): Program {
  let count = 0;
  const newName = (op: string): string => `${op}-simplified-${count++}`;
  const value = (ref: Ref): Value | undefined => {
    const [, kind = '', number = ''] = /^(read|feed)-(\d+):0$/.exec(ref) ?? [];
    return { read: program.state, feed: program.feeds }[kind]?.[Number(number)];
  };
  const { operations, renamed } = simplified(program.operations, value, newName);
  const simple = {
    ...program,
    operations,
    state: program.state.map((entry) => (entry.next === undefined ? entry : { ...entry, next: renamed(entry.next) })),
    outputs: program.outputs.map((output) => ({ ...output, ref: renamed(output.ref) })),
  };
  return { ...simple, operations: live(operations, rootsOf(simple)) };
}

function simplified(operations: readonly Operation[], given: (ref: Ref) => Value | undefined, newName: (op: string) => string): { operations: Operation[]; renamed: (ref: Ref) => Ref } {
  const builder = new Builder(given, newName);
  const names = new Map<string, Ref>();
  const renamed = (ref: Ref): Ref => {
    const now = names.get(nodeOf(ref));
    return now === undefined ? ref : indexOf(ref) === 0 ? now : `${nodeOf(now)}:${indexOf(ref)}`;
  };
  for (const { name, trace, ...operation } of operations) {
    const { loop } = operation;
    const proposed = { ...operation, inputs: operation.inputs.map(renamed) };
    if (loop) {
      const argument = (ref: Ref): Value | undefined => (ref.startsWith('argument-') ? loop.arguments[Number(nodeOf(ref).slice(9))] : undefined);
      const body = simplified(loop.operations, argument, newName);
      const next = loop.next.map(body.renamed);
      proposed.loop = { ...loop, next, operations: live(body.operations, next) };
    }
    names.set(name, builder.make(proposed, { ...operation, name, trace }));
  }
  return { operations: builder.operations, renamed };
}
