import { describe, expect, it } from 'vitest';
import { fromBinding, tensorflow } from '../backends/tensorflow';
import { graphOf } from './graph';
import { LoadedGraph } from './loaded-graph';
import type { Operation, Program, Ref, Value } from './program';
import { attribute, type Bytes } from './protobuf';
import { rules, simplify } from './simplify';

const float32 = 1;
const int32 = 3;

/** Writes programs down by hand, as a recording has them. Feed 0 is [2, 3], feed 1 [2, 3], feed 2 [3], feed 3 [3, 2]. */
class Sketch {
  readonly operations: Operation[] = [];
  readonly feeds: Value[] = [[2, 3], [2, 3], [3], [3, 2]].map((shape) => ({ shape, dtype: float32 }));
  readonly [index: number]: Ref;

  add(op: string, inputs: Ref[], shape: number[], attributes: Record<string, Bytes> = { T: attribute.type(float32) }, more: Partial<Operation> = {}, dtype = float32): Ref {
    const name = `${op}-${this.operations.length}`;
    this.operations.push({ name, op, inputs, attributes, outputs: [{ shape, dtype }], trace: new Error(), ...more });
    return `${name}:0`;
  }

  /** A float32 of one value. */
  all(value: number, shape: number[] = []): Ref {
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value);
    return this.add('Const', [], shape, { dtype: attribute.type(float32), value: attribute.tensor(float32, shape, new Uint8Array(values.buffer)) }, { splat: value, values });
  }

  integers(list: number[], shape = [list.length]): Ref {
    const values = Int32Array.from(list);
    const splat = list.every((value) => value === list[0]) ? list[0] : undefined;
    return this.add('Const', [], shape, { dtype: attribute.type(int32), value: attribute.tensor(int32, shape, new Uint8Array(values.buffer)) }, { splat, values }, int32);
  }

  reshape = (x: Ref, shape: number[]): Ref => this.add('Reshape', [x, this.integers(shape)], shape, { T: attribute.type(float32), Tshape: attribute.type(int32) });
  broadcast = (x: Ref, shape: number[]): Ref => this.add('BroadcastTo', [x, this.integers(shape)], shape, { T: attribute.type(float32), Tidx: attribute.type(int32) });
  sum = (x: Ref, axes: number[], shape: number[], keep = false): Ref => this.add('Sum', [x, this.integers(axes)], shape, { T: attribute.type(float32), Tidx: attribute.type(int32), keep_dims: attribute.boolean(keep) });
  transpose = (x: Ref, order: number[], shape: number[]): Ref => this.add('Transpose', [x, this.integers(order)], shape, { T: attribute.type(float32), Tperm: attribute.type(int32) });
  matMul = (a: Ref, b: Ref, shape: number[], left = false, right = false): Ref => this.add('MatMul', [a, b], shape, { T: attribute.type(float32), transpose_a: attribute.boolean(left), transpose_b: attribute.boolean(right) });
  pad = (x: Ref, borders: number[], shape: number[]): Ref => this.add('PadV2', [x, this.integers(borders, [borders.length / 2, 2]), this.all(0)], shape, { T: attribute.type(float32), Tpaddings: attribute.type(int32) });
  slice = (x: Ref, begin: number[], shape: number[]): Ref => this.add('Slice', [x, this.integers(begin), this.integers(shape)], shape, { T: attribute.type(float32), Index: attribute.type(int32) });

  program(...outputs: Ref[]): Program {
    const value = (ref: Ref): Value => this.operations.find(({ name }) => ref === `${name}:0`)?.outputs[0] ?? (this.feeds[Number(/^feed-(\d)/.exec(ref)?.[1])] as Value);
    return { operations: this.operations, feeds: this.feeds, state: [], outputs: outputs.map((ref) => ({ ref, ...value(ref) })) };
  }
}

const [x, y, bias, tall] = ['feed-0:0', 'feed-1:0', 'feed-2:0', 'feed-3:0'] as const;
const inputs = [[1, -2, 3, 0.5, -0.25, 6], [2, 0.5, -1, 4, 3, -0.125], [0.5, -1.5, 2], [1, 2, -3, 4, 0.25, -6]];

let graphs = 0;

/** Values of the program's outputs. */
function run(program: Program): number[][] {
  const graph = new LoadedGraph(graphOf(program, `simplify-${graphs++}`));
  const { binding } = tensorflow();
  const fed = program.feeds.map(({ shape, dtype }, i) => binding.createTensor(shape, dtype, Float32Array.from(inputs[i] ?? [])));
  const results = graph.run(program.feeds.map((_, i) => `feed-${i}:0`).join(), fed, program.outputs.map((_, i) => `output-${i}:0`).join());
  fed.forEach((id) => binding.deleteTensor(id));
  graph.dispose();
  return results.map((metadata) => {
    const tensor = fromBinding(metadata);
    const values = Array.from(tensor.dataSync());
    tensor.dispose();
    return values;
  });
}

const worked = ({ operations }: Program): string[] => operations.flatMap(({ op }) => (op === 'Const' ? [] : [op]));

/** For each rule a program, and which operations are left of it, constants apart. */
const cases: Record<string, { of: (s: Sketch) => Ref | Ref[]; left: string[] }> = {
  'Add and AddV2 are one operation.': { of: (s) => [s.add('Add', [x, y], [2, 3]), s.add('AddV2', [x, y], [2, 3])], left: ['AddV2'] },
  'A copy is what it copies.': { of: (s) => s.add('Exp', [s.add('Identity', [x], [2, 3])], [2, 3]), left: ['Exp'] },
  'A cast to the type that it has already changes nothing.': { of: (s) => s.add('Exp', [s.add('Cast', [x], [2, 3], { SrcT: attribute.type(float32), DstT: attribute.type(float32) })], [2, 3]), left: ['Exp'] },
  'What a dimension of size one is added to or taken from is reshaped.': {
    of: (s) => [s.add('ExpandDims', [x, s.integers([0], [])], [1, 2, 3], { T: attribute.type(float32), Tdim: attribute.type(int32) }), s.reshape(x, [1, 2, 3])],
    left: ['Reshape'],
  },
  'A reshape to the shape that it has already changes nothing.': { of: (s) => s.add('Exp', [s.reshape(x, [2, 3])], [2, 3]), left: ['Exp'] },
  'Of two reshapes the second is enough.': { of: (s) => s.reshape(s.reshape(x, [6]), [3, 2]), left: ['Reshape'] },
  'A constant is written in the shape that it is needed in.': { of: (s) => s.broadcast(s.reshape(s.all(2, [1, 1]), [1]), [4]), left: [] },
  'To repeat along dimensions of size one is to broadcast.': {
    of: (s) => s.add('Tile', [s.reshape(bias, [1, 3]), s.integers([2, 1])], [2, 3], { T: attribute.type(float32), Tmultiples: attribute.type(int32) }),
    left: ['Reshape', 'BroadcastTo'],
  },
  'A broadcast to the shape that it has already changes nothing.': { of: (s) => s.add('Exp', [s.broadcast(x, [2, 3])], [2, 3]), left: ['Exp'] },
  'One number that was broadcast is broadcast to the shape that it is needed in.': {
    of: (s) => s.reshape(s.broadcast(s.sum(x, [0, 1], [1, 1], true), [2, 3]), [6]),
    left: ['Sum', 'Reshape', 'BroadcastTo'],
  },
  'An element-wise operation broadcasts by itself.': { of: (s) => s.add('Mul', [x, s.broadcast(s.reshape(bias, [1, 3]), [2, 3])], [2, 3]), left: ['Mul'] },
  'An operation on constants is a constant.': { of: (s) => s.add('Sub', [s.all(2, [2]), s.all(3)], [2]), left: [] },
  'A function of a constant is a constant.': { of: (s) => s.add('Exp', [s.all(0.5, [2])], [2]), left: [] },
  'The constant of a sum or a product stands on the right.': { of: (s) => [s.add('Mul', [s.all(3), x], [2, 3]), s.add('Mul', [x, s.all(3)], [2, 3])], left: ['Mul'] },
  'To add or subtract zero, or to multiply or divide by one, changes nothing.': {
    of: (s) => s.add('Exp', [s.add('AddV2', [s.add('Mul', [s.add('RealDiv', [x, s.all(1)], [2, 3]), s.all(1, [2, 3])], [2, 3]), s.all(0)], [2, 3])], [2, 3]),
    left: ['Exp'],
  },
  'To divide by a constant is to multiply by its reciprocal.': { of: (s) => s.add('RealDiv', [x, s.all(3)], [2, 3]), left: ['Mul'] },
  'To multiply by minus one, or to subtract from zero, is to negate.': { of: (s) => [s.add('Mul', [x, s.all(-1)], [2, 3]), s.add('Sub', [s.all(0), x], [2, 3])], left: ['Neg'] },
  'Two constant factors are one.': { of: (s) => s.add('Mul', [s.add('Mul', [x, s.all(3)], [2, 3]), s.all(0.5)], [2, 3]), left: ['Mul'] },
  'What is broadcast is scaled before.': { of: (s) => s.add('Mul', [s.broadcast(bias, [2, 3]), s.all(3)], [2, 3]), left: ['Mul', 'BroadcastTo'] },
  'Negated twice is not negated.': { of: (s) => s.add('Exp', [s.add('Neg', [s.add('Neg', [x], [2, 3])], [2, 3])], [2, 3]), left: ['Exp'] },
  'A product with a constant is negated in the constant.': { of: (s) => s.add('Neg', [s.add('Mul', [x, s.all(3)], [2, 3])], [2, 3]), left: ['Mul'] },
  'A product with a negated factor is a negated product.': { of: (s) => s.add('Mul', [s.add('Neg', [x], [2, 3]), s.add('Neg', [y], [2, 3])], [2, 3]), left: ['Mul'] },
  'To add what is negated is to subtract, and to subtract it is to add.': { of: (s) => s.add('Sub', [s.add('AddV2', [x, s.add('Neg', [y], [2, 3])], [2, 3]), s.add('Neg', [x], [2, 3])], [2, 3]), left: ['Sub', 'AddV2'] },
  'The sum over dimensions of size one is a reshape.': { of: (s) => s.sum(s.reshape(x, [2, 1, 3]), [1], [2, 3]), left: [] },
  'The sum of negated or scaled terms is their negated or scaled sum.': { of: (s) => s.sum(s.add('Neg', [s.add('Mul', [x, s.all(3)], [2, 3])], [2, 3]), [1], [2]), left: ['Sum', 'Mul'] },
  'The sum of one number, broadcast, is the number times how many there are.': { of: (s) => s.sum(s.broadcast(s.sum(bias, [0], []), [5, 7]), [0], [7]), left: ['Sum', 'Mul', 'BroadcastTo'] },
  'The sum over all dimensions but the last is the gradient of a bias, for which there is a faster kernel.': { of: (s) => s.sum(x, [0], [1, 3], true), left: ['BiasAddGrad', 'Reshape'] },
  'A transposition that moves nothing changes nothing.': { of: (s) => s.add('Exp', [s.transpose(x, [0, 1], [2, 3])], [2, 3]), left: ['Exp'] },
  'A product of matrices transposes its factors by itself.': { of: (s) => [s.matMul(s.transpose(x, [1, 0], [3, 2]), y, [3, 3]), s.matMul(x, s.transpose(tall, [1, 0], [2, 3]), [2, 2], false, true)], left: ['MatMul', 'MatMul'] },
  'A slice of everything, or a border of no width, changes nothing.': { of: (s) => s.add('Exp', [s.pad(s.slice(x, [0, 0], [2, 3]), [0, 0, 0, 0], [2, 3])], [2, 3]), left: ['Exp'] },
  'Two parts that are padded with zeros to where the other begins, and added, are put side by side.': {
    of: (s) => s.add('AddV2', [s.pad(s.slice(y, [0, 1], [2, 2]), [0, 0, 1, 0], [2, 3]), s.pad(s.slice(x, [0, 0], [2, 1]), [0, 0, 0, 2], [2, 3])], [2, 3]),
    left: ['Slice', 'Slice', 'ConcatV2'],
  },
  'What is added to each vector along the last dimension is a bias, for which there is a faster kernel.': { of: (s) => s.add('AddV2', [s.reshape(bias, [1, 3]), x], [2, 3]), left: ['BiasAdd'] },
  'Where a rectified value is positive, what it was made of is: so that is not kept for the gradient.': {
    of: (s) => {
      const sum = s.add('Mul', [x, y], [2, 3]);
      return [s.add('Relu', [sum], [2, 3]), s.add('ReluGrad', [x, sum], [2, 3])];
    },
    left: ['Mul', 'Relu', 'ReluGrad'],
  },
};

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('a rule of simplification holds, and leaves what it should:', () => {
  it('each has its case', () => expect(rules.map(({ says }) => says).filter((says) => !cases[says])).toEqual([]));

  it.each(Object.entries(cases))('%s', (_, { of, left }) => {
    const sketch = new Sketch();
    const program = sketch.program(...[of(sketch)].flat());
    const simple = simplify(program);
    expect(worked(simple)).toEqual(left);
    run(simple).forEach((values, i) => values.forEach((value, j) => expect(value).toBeCloseTo(run(program)[i]?.[j] ?? NaN, 5)));
  });

  it('the gradient of a rectifier takes its result', () => {
    const sketch = new Sketch();
    const sum = sketch.add('Mul', [x, y], [2, 3]);
    const simple = simplify(sketch.program(sketch.add('Relu', [sum], [2, 3]), sketch.add('ReluGrad', [x, sum], [2, 3])));
    expect(simple.operations.find(({ op }) => op === 'ReluGrad')?.inputs[1]).toMatch(/^Relu-/);
  });

  it('an order that is not known beforehand is left as it is', () => {
    const sketch = new Sketch();
    const order = sketch.add('Cast', [bias], [3], { SrcT: attribute.type(float32), DstT: attribute.type(int32) }, {}, int32);
    const turned = sketch.add('Transpose', [sketch.reshape(x, [1, 2, 3]), order], [3, 1, 2], { T: attribute.type(float32), Tperm: attribute.type(int32) });
    expect(worked(simplify(sketch.program(turned)))).toEqual(['Cast', 'Reshape', 'Transpose']);
  });

  it('what is computed twice is computed once', () => {
    const sketch = new Sketch();
    const once = (): Ref => sketch.add('Exp', [sketch.add('Mul', [x, y], [2, 3])], [2, 3]);
    expect(worked(simplify(sketch.program(once(), once())))).toEqual(['Mul', 'Exp']);
  });

  it('random programs compute what they computed', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const program = randomProgram(seed);
      const [expected, found] = [run(program), run(simplify(program))];
      expected.forEach((values, i) => values.forEach((value, j) => expect(Math.abs((found[i]?.[j] ?? NaN) - value) / Math.max(1, Math.abs(value)), `seed ${seed}`).toBeLessThan(1e-4)));
    }
  });
});

/** Thirty operations on what there is so far; its outputs are the last five. */
function randomProgram(seed: number): Program {
  let state = seed;
  const pick = <T>(list: readonly T[]): T => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return list[(state >> 8) % list.length] as T;
  };
  const s = new Sketch();
  const known: { ref: Ref; shape: number[] }[] = [{ ref: x, shape: [2, 3] }, { ref: y, shape: [2, 3] }, { ref: bias, shape: [3] }];
  const fit = (a: number[], b: number[]): number[] | undefined => {
    const [long, short] = a.length >= b.length ? [a, b] : [b, a];
    const out = long.map((size, i) => (size === 1 ? (short[i - long.length + short.length] ?? 1) : size));
    return short.every((size, i) => size === 1 || size === out[i + long.length - short.length]) ? out : undefined;
  };
  for (let n = 0; n < 30; n++) {
    const [a, b] = [pick(known), pick([...known, { ref: s.all(pick([0, 1, -1, 2, 0.5])), shape: [] }, { ref: s.all(pick([0, 1, -1]), [2, 3]), shape: [2, 3] }])];
    const both = fit(a.shape, b.shape);
    const size = a.shape.reduce((product, one) => product * one, 1);
    const makers: (() => { ref: Ref; shape: number[] } | undefined)[] = [
      ...['AddV2', 'Add', 'Sub', 'Mul'].map((op) => () => (both ? { ref: s.add(op, pick([true, false]) ? [a.ref, b.ref] : [b.ref, a.ref], both), shape: both } : undefined)),
      ...['Neg', 'Tanh', 'Identity'].map((op) => () => ({ ref: s.add(op, [a.ref], a.shape), shape: a.shape })),
      () => ({ ref: s.reshape(a.ref, [1, ...a.shape]), shape: [1, ...a.shape] }),
      () => ({ ref: s.reshape(a.ref, [size]), shape: [size] }),
      () => (fit(a.shape, [2, 3])?.join() === '2,3' ? { ref: s.broadcast(a.ref, [2, 3]), shape: [2, 3] } : undefined),
      () => (a.shape.length === 0 ? undefined : { ref: s.sum(a.ref, [-1], [...a.shape.slice(0, -1), 1], true), shape: [...a.shape.slice(0, -1), 1] }),
      () => (a.shape.length === 0 ? undefined : { ref: s.sum(a.ref, [0], a.shape.slice(1)), shape: a.shape.slice(1) }),
      () => (a.shape.join() === '2,3' ? { ref: s.matMul(a.ref, s.transpose(a.ref, [1, 0], [3, 2]), [2, 2]), shape: [2, 2] } : undefined),
    ];
    const made = pick(makers)();
    if (made) known.push(made.shape.length > 3 ? { ref: s.add('Tanh', [s.reshape(made.ref, [made.shape.reduce((p, q) => p * q, 1)])], [made.shape.reduce((p, q) => p * q, 1)]), shape: [made.shape.reduce((p, q) => p * q, 1)] } : made);
  }
  return s.program(...known.slice(-5).map(({ ref }) => ref));
}
