import { gather, tensor1d } from '@tensorflow/tfjs-core';
import { dealtOrder, standingFor } from '../../ml/data/shown-order';
import type { SplitData } from './session';

/** The first `count` examples in the order that is dealt, copied. */
export function dealt({ data, labels }: SplitData, count: number): SplitData {
  const order = dealtOrder(data.shape[0]).subarray(0, count);
  const rows = tensor1d(order, 'int32');
  const taken = { data: gather(data, rows), labels: labels && Uint16Array.from(order, (row) => labels[row] ?? 0), mixed: true as const };
  rows.dispose();
  return taken;
}

/** The rows of `count` examples that stand for a split: all as they come, or the first in the order that is dealt. */
export const standingRows = ({ data, mixed }: SplitData, count: number): Int32Array => (mixed ? Int32Array.from({ length: count }, (_, row) => row) : standingFor(data.shape[0], count));
