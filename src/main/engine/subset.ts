import { gather, tensor1d } from '@tensorflow/tfjs-core';
import { permutation } from '../../ml/random/philox';
import type { SplitData } from './session';

/** The order in which examples of a split stand for all of them, always the same: files are often in the order of their classes, and the first ones stand for nothing. */
export const dealtOrder = (total: number): Int32Array => permutation(total, 0, 0);

/** The first `count` examples in that order, copied. */
export function dealt({ data, labels }: SplitData, count: number): SplitData {
  const order = dealtOrder(data.shape[0]).subarray(0, count);
  const rows = tensor1d(order, 'int32');
  const taken = { data: gather(data, rows), labels: labels && Uint16Array.from(order, (row) => labels[row] ?? 0) };
  rows.dispose();
  return taken;
}
