import type { DatasetInfo, Split } from '../../contract/datasets';
import { permutation } from '../random/philox';

/** The order in which examples of a split stand for all of them, always the same: files are often in the order of their classes, and the first ones stand for nothing. */
export function dealtOrder(total: number): Int32Array {
  const order = orders.get(total) ?? permutation(total, 0, 0);
  orders.set(total, order);
  return order;
}

/** By how many examples there are: every question of a panel asks for one. */
const orders = new Map<number, Int32Array>();

const allRows = (total: number): Int32Array => Int32Array.from({ length: total }, (_, row) => row);

/** Which `count` of `total` examples stand for all: the first in that order; where these are all, as they come. */
export const standingFor = (total: number, count: number): Int32Array => (count < total ? dealtOrder(total).subarray(0, count) : allRows(total));

/** The rows of a split in the order in which people see them, on the data page and in every panel: dealt out, or as they come where Elbo made them, mixed already. */
export const shownOrder = ({ builtIn, counts }: Pick<DatasetInfo, 'builtIn' | 'counts'>, split: Split): Int32Array => (builtIn ? allRows : dealtOrder)(counts[split]);

/** Some rows of `width` numbers each, copied. */
export function rowsAt<T extends Uint8Array | Uint16Array | Float32Array>(values: T, width: number, rows: Int32Array): T {
  const taken = values.slice(0, rows.length * width) as T;
  rows.forEach((row, i) => taken.set(values.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}

/** Undoes `rowsAt` of all rows. */
export function putBack<T extends Float32Array | Uint16Array>(values: T, rows: Int32Array): T {
  const width = values.length / rows.length;
  const back = values.slice() as T;
  rows.forEach((row, i) => back.set(values.subarray(i * width, (i + 1) * width), row * width));
  return back;
}
