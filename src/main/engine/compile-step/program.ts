import type { Bytes } from './protobuf';

/** An output of an operation, `name:index`; of a state's value `read-k:0`, of a feed `feed-k:0`. */
export type Ref = string;

export interface Value {
  shape: number[];
  /** TensorFlow's number of the type: 1 float32, 3 int32, 10 bool. */
  dtype: number;
}

export interface Operation {
  name: string;
  op: string;
  inputs: Ref[];
  attributes: Record<string, Bytes>;
  outputs: Value[];
  /** `reads`: gives what the update of that name left in state k. `updates`: changes the states k in place, its first inputs being their handles. */
  resource?: { reads: number; after: string } | { updates: number[] };
  /** Of a `StatelessWhile`. */
  loop?: Loop;
  /** Of a `Const`: the number that all of it is, where that is one. */
  splat?: number | undefined;
  /** Of a `Const`, unless it is large and all one number. */
  values?: ArrayLike<number> | undefined;
  /** Where the code was when it was recorded. */
  trace: Error;
}

/** Its inputs are the body's arguments, `argument-i:0` in there: index (from 0 to `count`), carried values, and values from outside that stay. */
export interface Loop {
  count: number;
  operations: Operation[];
  arguments: Value[];
  /** What the body makes of the carried values. */
  next: Ref[];
}

export interface StateEntry extends Value {
  name: string;
  /** The binding's number of a tensor from outside that never changes and was too large for a constant. */
  captured?: number;
  /** What it becomes; absent when it stays or is updated in place. */
  next?: Ref;
}

/** A recorded computation: a function of feeds and state to outputs and new state. */
export interface Program {
  operations: Operation[];
  feeds: Value[];
  state: StateEntry[];
  outputs: (Value & { ref: Ref })[];
}

export const nodeOf = (ref: Ref): string => ref.slice(0, ref.lastIndexOf(':'));
export const indexOf = (ref: Ref): number => Number(ref.slice(ref.lastIndexOf(':') + 1));

/** What a program is for: its outputs and the new states. */
export const rootsOf = ({ outputs, state }: Pick<Program, 'outputs' | 'state'>): Ref[] => [...outputs.map(({ ref }) => ref), ...state.flatMap(({ next }) => next ?? [])];

/** The operations that an output, a new state or an update depends on. (The gradient tape computes more than is used.) */
export function live(operations: readonly Operation[], roots: readonly Ref[]): Operation[] {
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const found = new Set<string>();
  const visit = [...roots.map(nodeOf), ...operations.filter(({ resource }) => resource && 'updates' in resource).map(({ name }) => name)];
  for (let name = visit.pop(); name !== undefined; name = visit.pop()) {
    const operation = byName.get(name);
    if (!operation || found.has(name)) continue;
    found.add(name);
    visit.push(...operation.inputs.map(nodeOf));
    if (operation.resource && 'after' in operation.resource) visit.push(operation.resource.after);
  }
  return operations.filter(({ name }) => found.has(name));
}

/** How many operations do something each time: all but the constants. */
export const operationCount = (operations: readonly Operation[]): number =>
  operations.reduce((sum, { op, loop }) => sum + (op === 'Const' ? 0 : 1) + (loop ? operationCount(loop.operations) : 0), 0);

/** The first operation that two recordings of the same code do not share, as they stand in the one and the other. */
export function firstDifference(one: readonly Operation[], other: readonly Operation[]): [Operation | undefined, Operation | undefined] | null {
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const [a, b] = [one[i], other[i]];
    if (!a || !b || signature(a) !== signature(b)) return [a, b];
    const inside = a.loop && b.loop && firstDifference(a.loop.operations, b.loop.operations);
    if (inside) return inside;
  }
  return null;
}

const signature = ({ name, op, inputs, attributes }: Operation): string =>
  [name, op, inputs.join(), ...Object.entries(attributes).map(([key, value]) => `${key}=${Buffer.from(value).toString('latin1')}`)].join('|');
