import { concat, eye, sub, zeros, slice, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { moments, subspaceIteration } from '../../../ml/models/baselines/principal-axes';
import { symmetricEigen } from '../../../ml/models/baselines/symmetric-eigen';
import { createNoise } from '../../../ml/random/noise';
import { need } from '../answers/examples';
import { askModel } from '../ask';
import { exampleSize } from './examples';
import type { Measuring } from './measurement';

/** `largestPrincipalAngle`: between the span of what a decoder of affine means makes of the unit codes, and as many principal components of the training set (Bjorck and Golub 1973). */
export const principalAngles: Measuring<'principal-angles'> = function* (session): Generator<Progress, Measure[]> {
  const decode = need(session, 'decode');
  const k = session.model.latentSize ?? 0;
  const { columns } = askModel(session, 'columns of the decoder', [], () => {
    const means = decode(concat([zeros([1, k]), eye(k)]) as Tensor2D).mean().reshape([k + 1, -1]);
    return { columns: sub(slice(means, [1, 0], [k, -1]), slice(means, [0, 0], [1, -1])) };
  });
  const size = exampleSize(session);
  const { data } = session.shown('train');
  const { covariance } = moments(data, size);
  let axes: Float64Array[] = [];
  for (const { vectors } of subspaceIteration(covariance, size, k, createNoise(0))) {
    axes = vectors;
    yield { done: 0, total: 1 };
  }
  const basis = orthonormal(Array.from({ length: k }, (_, j) => Float64Array.from(columns.subarray(j * size, (j + 1) * size))));
  // The cosines are the singular values of the products of both bases.
  const products = basis.map((one) => axes.map((other) => dot(one, other)));
  const gram = Float64Array.from({ length: k * k }, (_, i) => dot(products[Math.floor(i / k)] ?? [], products[i % k] ?? []));
  const least = Math.min(...symmetricEigen(gram, k).values);
  const value = (Math.acos(Math.sqrt(Math.min(1, Math.max(0, least)))) * 180) / Math.PI;
  return [{ metric: 'largestPrincipalAngle', value, standardError: null, unit: 'degrees', estimator: `between the span of the decoder and the first ${k} principal components of the training set`, k: null, n: data.shape[0] }];
};

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Gram-Schmidt, twice, for rounding. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  vectors.forEach((vector, j) => {
    for (let pass = 0; pass < 2; pass += 1)
      for (const before of vectors.slice(0, j)) {
        const along = dot(vector, before);
        vector.forEach((value, i) => (vector[i] = value - along * (before[i] ?? 0)));
      }
    const length = Math.sqrt(dot(vector, vector));
    if (!(length > 0)) refuse('bad-request', 'The decoder does not use all of its code.', { where: 'measure' });
    vector.forEach((value, i) => (vector[i] = value / length));
  });
  return vectors;
}
