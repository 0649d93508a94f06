import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { joined } from '../../../ml/joined';
import { chunks, need, rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';

/** Numbers in an example. */
export const exampleSize = ({ run: { dataset } }: Session): number => dataset.height * dataset.width * dataset.channels;

/** The first `count` examples on the host, row-major. */
export function valuesOf(data: Tensor4D, count: number): Float32Array {
  const rows = rowsOf(data, 0, count);
  const values = rows.dataSync<'float32'>();
  rows.dispose();
  return values;
}

/** Means of q(z|x) of the first `count` examples, and standard deviations where it has them, row-major. */
export function codesOf(session: Session, data: Tensor4D, count: number): { means: Float32Array; deviations: Float32Array; size: number } {
  const encode = need(session, 'encode');
  const parts = chunks(0, count).map(([first, rows]) =>
    askModel(session, 'encode', [rowsOf(data, first, rows)], (x): Record<string, Tensor> => {
      const posterior = encode(x);
      const standardDeviation = posterior.standardDeviation?.();
      return { mean: posterior.mean(), ...(standardDeviation && { standardDeviation }) };
    }),
  );
  const means = joined(parts.flatMap(({ mean }) => mean ?? []));
  return { means, deviations: joined(parts.flatMap(({ standardDeviation }) => standardDeviation ?? [])), size: means.length / count };
}
