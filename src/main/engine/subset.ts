import { gather, tensor1d } from '@tensorflow/tfjs-core';
import type { Split } from '../../contract/datasets';
import { dealtOrder, standingFor } from '../../ml/data/shown-order';
import type { Session, SplitData } from './session';

/** The first `count` examples in the order that is dealt, copied. */
export function dealt({ data, labels }: SplitData, count: number): SplitData {
  const order = dealtOrder(data.shape[0]).subarray(0, count);
  const rows = tensor1d(order, 'int32');
  const taken = { data: gather(data, rows), labels: labels && Uint16Array.from(order, (row) => labels[row] ?? 0), mixed: true as const };
  rows.dispose();
  return taken;
}

/** The rows of `count` examples that stand for a split as it is shown: the first in the order that is dealt, or as they come where these are all, or mixed already, as in sets that Elbo makes. */
export function standingRows({ run: { dataset }, shown }: Session, name: Split, count: number): Int32Array {
  const { data, mixed } = shown(name);
  return mixed || dataset.builtIn ? Int32Array.from({ length: count }, (_, row) => row) : standingFor(data.shape[0], count);
}
