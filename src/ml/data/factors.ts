import { permutation } from '../random/philox';
import type { Split } from '../../contract/datasets';

/** Pictures that are a function of their factors: factor i has the values 0 to `sizes[i]` - 1. */
export interface FactorSet {
  id: string;
  title: string;
  names: string[];
  sizes: number[];
  height: number;
  width: number;
  channels: number;
  /** The largest value of a pixel. */
  maximum: number;
  /** Row-major, height x width x channels. */
  draw(factors: readonly number[], pixels: Uint8Array): void;
}

/** The factors of a combination by its number, the last factor varying fastest. */
export function factorsOf(combination: number, sizes: readonly number[]): number[] {
  const factors: number[] = [];
  let rest = combination;
  for (const size of [...sizes].reverse()) {
    factors.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return factors;
}

const combinations = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);
const orders = new Map<string, Int32Array>();

/** Examples of a split: combinations of factors in an order drawn by seed 0, none twice; the splits follow each other in it. */
export function factorRows(set: FactorSet, counts: Record<Split, number>, split: Split, first: number, count: number): { values: Uint8Array; factors: Uint16Array } {
  let order = orders.get(set.id);
  if (!order) orders.set(set.id, (order = permutation(combinations(set.sizes), 0, 0)));
  const start = { train: 0, valid: counts.train, test: counts.train + counts.valid }[split] + first;
  const size = set.height * set.width * set.channels;
  const values = new Uint8Array(count * size);
  const factors = new Uint16Array(count * set.sizes.length);
  for (let i = 0; i < count; i++) {
    const own = factorsOf(order[start + i] ?? 0, set.sizes);
    factors.set(own, i * own.length);
    set.draw(own, values.subarray(i * size, (i + 1) * size));
  }
  return { values, factors };
}
