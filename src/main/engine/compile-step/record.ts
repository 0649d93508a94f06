import { engine, scalar, tidy, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { fromBinding, tensorflow, tensorId, type TensorMetadata, type TFEOpAttr, type TFJSBinding } from '../backends/tensorflow';
import { setLoopRunner, type LoopBody } from '../../../ml/sampling/loop';
import { live, rootsOf, type Loop, type Operation, type Program, type Ref, type StateEntry, type Value } from './program';
import { attribute, type Bytes } from './protobuf';

export interface Recordable {
  /** What the computation changes, by name. */
  state: Record<string, Variable>;
  /** What it reads and never changes, kept on the device: the data set. */
  resident: Record<string, Tensor>;
  feeds: readonly Tensor[];
  body: () => readonly Tensor[];
}

/** Larger constants belong outside of the step, where they are made once. */
const largestConstant = 16 * 2 ** 20;
/** A captured tensor larger than this stays on the device beside the state instead of being written into the graph. */
const largestCaptured = 64 * 2 ** 10;

/**
 * Runs `body` for real, and takes down every call into TensorFlow's binding. Works by putting an object in the place of the
 * binding whose prototype is the binding: what it overrides sees each op, each tensor that JavaScript makes and each value
 * that it reads. The state's variables hold their new values afterwards.
 * @throws Refusal `cannot-compile`, naming the op and the line, when a value is read on the host, drawn in JavaScript or by a stateful op, or when
 * a variable is used that is not in the state
 */
export function record({ state, resident, feeds, body }: Recordable): { program: Program; outputs: Tensor[]; /** False after a loop: of that one turn was run. */ complete: boolean } {
  const backend = tensorflow();
  const binding = backend.binding;
  const recorder = new Recorder(binding);
  for (const [name, tensor] of Object.entries({ ...state, ...resident })) recorder.addState(name, tensor);
  feeds.forEach((tensor) => recorder.addFeed(tensor));

  const { random } = Math;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 60;
  const write = backend.write.bind(backend);
  // The native object's properties can be neither written nor listed: it is replaced as a whole.
  backend.binding = Object.create(binding, recorder.overrides) as TFJSBinding;
  backend.write = (values, shape, dtype) => {
    refuseDrawnInJavaScript();
    return write(values, shape, dtype);
  };
  Math.random = () => refuseAt('Math.random', 'gives other numbers in each step, and the graph would repeat those of the first', new Error());
  setLoopRunner((count, carried, turn) => recorder.loop(count, carried, turn));
  try {
    const outputs = tidy(() => [...body()]);
    return { program: recorder.program(state, outputs), outputs, complete: recorder.complete };
  } finally {
    setLoopRunner(undefined);
    backend.binding = binding;
    delete (backend as Partial<typeof backend>).write;
    Math.random = random;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The line that was running: the first of the trace that belongs neither to TensorFlow's libraries nor to the recorder. */
export function lineOf(trace: Error): string {
  const frames = (trace.stack ?? '').split('\n').slice(1).map((line) => line.trim().replace(/^at /, ''));
  const own = frames.find((frame) => !/node_modules|[\\/]compile-step[\\/](?!.*\.test\.)|[\\/]backends[\\/]|node:|<anonymous>|^new /.test(frame));
  return (own ?? frames[0] ?? 'unknown place').replace(/^.*\((.*)\)$/, '$1').replace(/^.*[\\/](src|out)[\\/]/, '$1/');
}

const refuseAt = (op: string, why: string, trace: Error): never =>
  refuse('cannot-compile', `${op} ${why}.`, { where: lineOf(trace), repair: 'Write it with tensors, state variables and the noise that the step is given; or train with --compile off.' });

const drawing = /^(randomNormal|randomUniform|randomUniformInt|randomStandardNormal|randomGamma|truncatedNormal|rand|dropout)_?$/;

/** tfjs draws these in JavaScript; their numbers would be frozen. */
function refuseDrawnInJavaScript(): void {
  const drawn = callers().find(({ file, name }) => file.includes('tfjs-core') && drawing.test(name));
  if (drawn) refuseAt(`tf.${drawn.name.replace(/_$/, '')}`, 'draws in JavaScript, and the graph would repeat the numbers of the first step', new Error());
}

/** The functions that are running. Not by a trace's text, which takes a hundred times as long to write where source maps are on. */
function callers(): { name: string; file: string }[] {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (_, sites) => sites;
  try {
    return (new Error().stack as unknown as NodeJS.CallSite[]).map((site) => ({ name: site.getFunctionName() ?? '', file: site.getFileName() ?? '' }));
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** They write the same numbers many times. */
const spreading = new Set(['BroadcastTo', 'Fill', 'Tile']);
const statefulRandom = /^(Random|Multinomial|TruncatedNormal|ParameterizedTruncatedNormal|Stateful)/;

interface Handle {
  /** The state whose value was put into the variable. */
  state?: number;
  updatedBy?: string;
}

/** Where operations are taken down: the step itself, or the body of a loop inside of another. */
class Scope {
  readonly operations: Operation[] = [];
  readonly refs = new Map<number, Ref>();
  readonly constants = new Map<string, Ref>();
  /** From outside of a loop, in the order of the body's arguments after index and carried values. */
  readonly captured: { ref: Ref; value: Value }[] = [];

  /** @param own values of the arguments that are not captured: index and carried values */
  constructor(
    readonly outer?: Scope,
    private readonly own: readonly Value[] = [],
  ) {}

  get arguments(): Value[] {
    return [...this.own, ...this.captured.map(({ value }) => value)];
  }

  operation(ref: Ref): Operation | undefined {
    return this.operations.find(({ name }) => `${name}:${ref.slice(ref.lastIndexOf(':') + 1)}` === ref);
  }
}

class Recorder {
  /** False once a loop was recorded. */
  complete = true;
  private scope = new Scope();
  private readonly feeds: Value[] = [];
  private readonly state: (Value & { name: string; id: number; captured?: number })[] = [];
  /** TensorFlow's own variables that live for the length of an op: tfjs has none, so that a fused update needs them. */
  private readonly handles = new Map<number, Handle>();
  private readonly variables: Map<number, string>;
  /** Tensors that are the same in each step: constants, and what is computed of nothing else. */
  private readonly fixed = new Set<number>();
  private count = 0;

  constructor(private readonly binding: TFJSBinding) {
    this.variables = new Map(Object.values(engine().registeredVariables).map((variable) => [tensorId(variable), variable.name]));
  }

  readonly overrides: PropertyDescriptorMap & ThisType<TFJSBinding> = {
    createTensor: { value: (shape: number[], dtype: number, values: Parameters<TFJSBinding['createTensor']>[2]) => this.createTensor(shape, dtype, values) },
    executeOp: { value: (op: string, attributes: TFEOpAttr[], inputs: number[], outputs: number) => this.executeOp(op, attributes, inputs, outputs) },
    tensorDataSync: {
      value: (id: number) => {
        const from = this.scope.operation(this.scope.refs.get(id) ?? '');
        return refuseAt(from ? `The value of ${from.op}` : 'A value', 'is read on the host, and the graph would go the same way in each step', new Error());
      },
    },
  };

  addState(name: string, tensor: Tensor): void {
    const id = tensorId(tensor);
    this.unlike(id, name);
    this.scope.refs.set(id, `read-${this.state.length}:0`);
    this.state.push({ name, id, shape: [...tensor.shape], dtype: tensorflow().getDTypeInteger(tensor.dtype) });
  }

  addFeed(tensor: Tensor): void {
    const id = tensorId(tensor);
    this.unlike(id, `feed ${this.feeds.length}`);
    this.scope.refs.set(id, `feed-${this.feeds.length}:0`);
    this.feeds.push({ shape: [...tensor.shape], dtype: tensorflow().getDTypeInteger(tensor.dtype) });
  }

  /** Two names for one tensor could not be told apart in the recording. */
  private unlike(id: number, name: string): void {
    if (this.scope.refs.has(id)) refuse('cannot-compile', `${name} is the same tensor as another state or feed (${this.scope.refs.get(id)}).`, { where: name, repair: 'Make it with clone().' });
  }

  /** What the computation was. @param variables the state's, with their new values */
  program(variables: Record<string, Variable>, outputs: readonly Tensor[]): Program {
    const state = this.state.map(({ id, ...entry }, k): StateEntry => {
      const { name, shape } = entry;
      const variable = variables[name];
      const now = variable ? tensorId(variable) : id;
      if (now === id) return entry;
      const next = this.refOf(now, new Error());
      if (variable && variable.shape.join() !== shape.join()) refuse('cannot-compile', `The state ${name} changes its shape from [${shape}] to [${variable.shape}].`, { where: name });
      const from = this.scope.operation(next)?.resource;
      return { ...entry, ...(!(from && 'reads' in from && from.reads === k) && { next }) };
    });
    const results = outputs.map((tensor) => ({ ref: this.refOf(tensorId(tensor), new Error()), shape: [...tensor.shape], dtype: tensorflow().getDTypeInteger(tensor.dtype) }));
    return { operations: live(this.scope.operations, rootsOf({ outputs: results, state })), feeds: this.feeds, state, outputs: results };
  }

  private createTensor(shape: number[], dtype: number, values: Parameters<TFJSBinding['createTensor']>[2]): number {
    const id = this.binding.createTensor(shape, dtype, values);
    this.known(id, this.constant(shape, dtype, values as Float32Array | Int32Array | Uint8Array, new Error()));
    this.fixed.add(id);
    return id;
  }

  private constant(shape: number[], dtype: number, values: Float32Array | Int32Array | Uint8Array, trace: Error): Ref {
    const raw = bytesOf(values, dtype);
    const [first] = values;
    const splat = [1, 3, 10].includes(dtype) && values.every((value) => value === first) ? first : undefined;
    const filled = values.length > 8 && splat !== undefined;
    if (!filled && raw.length > largestConstant) refuseAt(`A constant of ${raw.length} bytes`, 'is made in the step: make it once, before it', trace);
    const key = `${dtype}:${shape}:${filled ? `all ${Object.is(splat, -0) ? '-0' : splat}` : Buffer.from(raw).toString('latin1')}`;
    const known = this.scope.constants.get(key);
    if (known) return known;
    const value = filled ? attribute.filled(dtype, shape, splat) : attribute.tensor(dtype, shape, raw);
    const ref = this.add('Const', [], { dtype: attribute.type(dtype), value }, [{ shape: [...shape], dtype }], trace, { splat, values: filled ? undefined : values });
    this.scope.constants.set(key, ref);
    return ref;
  }

  /**
   * A loop of the graph: its body is recorded once, as a function of index, carried values, and what it takes from outside.
   * @returns tensors of the shapes of the results; their values are those of one turn
   */
  loop(count: number, state: readonly Tensor[], body: LoopBody): Tensor[] {
    const trace = new Error();
    this.complete = false;
    const start = state.map((tensor) => this.refOf(tensorId(tensor), trace));
    const carried = state.map((tensor) => this.copy(tensor));
    const values = carried.map(valueOfTensor);
    const scope = new Scope(this.scope, [{ shape: [], dtype: 3 }, ...values]);
    this.scope = scope;
    const index = this.copy(scalar(0, 'int32')) as Scalar;
    [index, ...carried].forEach((tensor, i) => scope.refs.set(tensorId(tensor), `argument-${i}:0`));
    const results = body(index, carried);
    const next = results.map((tensor, j) => {
      if (tensor.shape.join() !== values[j]?.shape.join()) refuseAt('A loop', `makes [${tensor.shape}] of [${values[j]?.shape}], which has to keep its shape`, trace);
      return this.refOf(tensorId(tensor), trace);
    });
    if (!scope.outer) throw new Error('A loop ended outside of its place.');
    this.scope = scope.outer;
    const loop: Loop = { count, operations: live(scope.operations, next), arguments: scope.arguments, next };
    const zero = this.constant([], 3, Int32Array.of(0), trace);
    const ref = this.add('StatelessWhile', [zero, ...start, ...scope.captured.map((captured) => captured.ref)], {}, loop.arguments, trace, { loop });
    return results.map((tensor, j) => {
      const result = this.copy(tensor);
      this.known(tensorId(result), ref.replace(/0$/, String(1 + j)));
      return result;
    });
  }

  /** The same values under a number of their own, unseen by the recording. */
  private copy(tensor: Tensor): Tensor {
    const [metadata] = this.binding.executeOp('Identity', [], [tensorId(tensor)], 1);
    if (!metadata) throw new Error('Identity gave nothing.');
    return fromBinding(metadata);
  }

  private add(op: string, inputs: Ref[], attributes: Record<string, Bytes>, outputs: Value[], trace: Error, more: Pick<Operation, 'resource' | 'loop' | 'splat' | 'values'> = {}): Ref {
    const name = `${op}-${this.count++}`;
    this.scope.operations.push({ name, op, inputs, attributes, outputs, trace, ...more });
    return `${name}:0`;
  }

  private executeOp(op: string, attributes: TFEOpAttr[], inputs: number[], outputCount: number): TensorMetadata[] {
    const trace = new Error();
    if (statefulRandom.test(op)) refuseAt(op, 'draws from a state that no checkpoint has', trace);
    const results = this.binding.executeOp(op, attributes, inputs, outputCount);
    const [first = -1, second = -1] = inputs;
    const handle = this.handles.get(first);
    if (op === 'VarHandleOp') results.forEach(({ id }) => this.handles.set(id, {}));
    else if (op === 'AssignVariableOp' && handle) this.fill(handle, second, trace);
    else if (op === 'ReadVariableOp' && handle) this.readBack(handle, results, attributes, trace);
    else if (handle) this.update(op, attributes, inputs, trace);
    else if (this.isFixed(op, inputs, results)) results.forEach(({ id }) => this.fixed.add(id));
    else {
      const ref = this.add(op, inputs.map((id) => this.refOf(id, trace)), attributesOf(attributes, this.binding), results.map(valueOf), trace);
      results.forEach(({ id }, i) => this.known(id, ref.replace(/0$/, String(i))));
    }
    return results;
  }

  /** What is made of constants alone was made in this step, and the graph takes it as it is; but for what is written shorter as an operation. */
  private isFixed(op: string, inputs: readonly number[], results: readonly TensorMetadata[]): boolean {
    return inputs.length > 0 && inputs.every((id) => this.fixed.has(id)) && !spreading.has(op) && results.every(({ shape, dtype }) => [1, 3, 10].includes(dtype) && shape.reduce((size, n) => size * n, 4) <= largestConstant);
  }

  /** A state's value goes into a variable of its own: in the graph the variable is the state. */
  private fill(handle: Handle, value: number, trace: Error): void {
    const ref = this.refOf(value, trace);
    const state = /^read-(\d+):0$/.exec(ref)?.[1];
    if (state === undefined) refuseAt('An update in place', 'changes a value that is not in the state', trace);
    handle.state = Number(state);
  }

  private update(op: string, attributes: TFEOpAttr[], inputs: number[], trace: Error): void {
    const handles = inputs.flatMap((id) => this.handles.get(id) ?? []);
    const states = handles.map(({ state }) => state ?? refuseAt(op, 'updates a variable without a value', trace));
    const rest = inputs.filter((id) => !this.handles.has(id)).map((id) => this.refOf(id, trace));
    const ref = this.add(op, rest, attributesOf(attributes, this.binding), [], trace, { resource: { updates: states } });
    handles.forEach((handle) => (handle.updatedBy = ref.slice(0, -2)));
  }

  private readBack({ state, updatedBy }: Handle, results: TensorMetadata[], attributes: TFEOpAttr[], trace: Error): void {
    if (state === undefined || updatedBy === undefined) return refuseAt('ReadVariableOp', 'reads a variable that was not updated', trace);
    const ref = this.add('ReadVariableOp', [], attributesOf(attributes, this.binding), results.map(valueOf), trace, { resource: { reads: state, after: updatedBy } });
    results.forEach(({ id }) => this.known(id, ref));
  }

  /** In a loop: what comes from outside. Constants are written again inside. */
  private capture(id: number, trace: Error): Ref {
    const inside = this.scope;
    if (!inside.outer) throw new Error('Nothing is outside.');
    this.scope = inside.outer;
    const ref = this.refOf(id, trace);
    const constant = this.scope.operation(ref);
    const value = this.valueOfRef(ref);
    this.scope = inside;
    if (constant?.op === 'Const') return this.known(id, this.add('Const', [], constant.attributes, constant.outputs, trace, { splat: constant.splat, values: constant.values }));
    inside.captured.push({ ref, value });
    return this.known(id, `argument-${inside.arguments.length - 1}:0`);
  }

  private valueOfRef(ref: Ref): Value {
    const [, kind = '', number = ''] = /^(read|feed|argument)-(\d+):0$/.exec(ref) ?? [];
    const value = { read: this.state, feed: this.feeds, argument: this.scope.arguments }[kind]?.[Number(number)] ?? this.scope.operation(ref)?.outputs[Number(ref.slice(ref.lastIndexOf(':') + 1))];
    if (!value) throw new Error(`Nothing is known of ${ref}.`);
    return { shape: value.shape, dtype: value.dtype };
  }

  private known(id: number, ref: Ref): Ref {
    this.scope.refs.set(id, ref);
    return ref;
  }

  /** What stands for a tensor in the recording; a tensor from outside becomes a constant, or when it is large a state that does not change. */
  private refOf(id: number, trace: Error): Ref {
    const known = this.scope.refs.get(id);
    if (known) return known;
    if (this.scope.outer) return this.capture(id, trace);
    const variable = this.variables.get(id);
    if (variable) refuseAt(`The variable ${variable}`, 'is used in the step and is not in its state', trace);
    const [copy] = this.binding.executeOp('Identity', [], [id], 1);
    if (!copy) throw new Error('Identity gave nothing.');
    const values = this.binding.tensorDataSync(copy.id);
    this.binding.deleteTensor(copy.id);
    if (values.byteLength > largestCaptured && !this.fixed.has(id)) {
      this.state.push({ name: `captured-${this.state.length}`, id, captured: id, ...valueOf(copy) });
      return this.known(id, `read-${this.state.length - 1}:0`);
    }
    return this.known(id, this.constant(copy.shape, copy.dtype, values, trace));
  }
}

const valueOfTensor = ({ shape, dtype }: Tensor): Value => ({ shape: [...shape], dtype: tensorflow().getDTypeInteger(dtype) });
const valueOf = ({ shape, dtype }: TensorMetadata): Value => ({ shape: [...shape], dtype });

/** Little-endian bytes. A bool is a byte. */
function bytesOf(values: Float32Array | Int32Array | Uint8Array | number[] | boolean[], dtype: number): Bytes {
  if (ArrayBuffer.isView(values)) return new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  const numbers = Array.from(values, Number);
  const typed = dtype === 1 ? Float32Array.from(numbers) : dtype === 3 ? Int32Array.from(numbers) : Uint8Array.from(numbers);
  return new Uint8Array(typed.buffer);
}

function attributesOf(attributes: readonly TFEOpAttr[], binding: TFJSBinding): Record<string, Bytes> {
  return Object.fromEntries(attributes.map((given) => [given.name, attributeOf(given, binding)]));
}

function attributeOf({ name, type, value }: TFEOpAttr, binding: TFJSBinding): Bytes {
  const list = Array.isArray(value);
  switch (type) {
    case binding.TF_ATTR_STRING:
      return attribute.string(value as string);
    case binding.TF_ATTR_INT:
      return list ? attribute.integers(value as number[]) : attribute.integer(value as number);
    case binding.TF_ATTR_FLOAT:
      return list ? attribute.floats(value as number[]) : attribute.float(value as number);
    case binding.TF_ATTR_BOOL:
      return list ? attribute.booleans(value as unknown as boolean[]) : attribute.boolean(value as boolean);
    case binding.TF_ATTR_TYPE:
      return list ? attribute.types(value as number[]) : attribute.type(value as number);
    case binding.TF_ATTR_SHAPE:
      return attribute.shape(value as number[]);
    default:
      throw new Error(`The attribute ${name} has the unknown type ${type}.`);
  }
}
