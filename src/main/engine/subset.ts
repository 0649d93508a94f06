import { dispose, gather, tensor1d, type Tensor } from '@tensorflow/tfjs-core';
import { permutation } from '../../ml/random/philox';
import { once, type Session, type SplitData } from './session';

/** The order in which examples of a split stand for all of them, always the same: files are often in the order of their classes, and the first ones stand for nothing. */
const dealtOrder = (total: number): Int32Array => permutation(total, 0, 0);

/** Which `count` of `total` examples stand for all: the first in that order; where these are all, as they come. */
export const standingFor = (total: number, count: number): Int32Array => (count < total ? dealtOrder(total).subarray(0, count) : Int32Array.from({ length: total }, (_, row) => row));

/** Some rows of `width` numbers each, copied. */
export function rowsAt<T extends Uint8Array | Uint16Array | Float32Array>(values: T, width: number, rows: Int32Array): T {
  const taken = values.slice(0, rows.length * width) as T;
  rows.forEach((row, i) => taken.set(values.subarray(row * width, (row + 1) * width), i * width));
  return taken;
}

/** The first `count` examples in the order that is dealt, copied. */
export function dealt({ data, labels }: SplitData, count: number): SplitData {
  const order = dealtOrder(data.shape[0]).subarray(0, count);
  const rows = tensor1d(order, 'int32');
  const taken = { data: gather(data, rows), labels: labels && Uint16Array.from(order, (row) => labels[row] ?? 0) };
  rows.dispose();
  return taken;
}

/** What `f` makes of the session while it shows of each split the first `count` examples in the order that is dealt; of one that has no more, all as they come. */
export function ofDealt<T>(session: Session, count: number, f: (session: Session) => T): T {
  const made: Tensor[] = [];
  const shown = once((name) => {
    const whole = session.shown(name);
    if (whole.data.shape[0] <= count) return whole;
    const taken = dealt(whole, count);
    made.push(taken.data);
    return taken;
  });
  try {
    return f({ ...session, shown });
  } finally {
    dispose(made);
  }
}
