import { refuse } from '../../../contract/errors';
import { cholesky } from '../../../ml/cholesky';
import { linearGaussianLogProb, posteriorMeans, posteriorPrecision } from '../../../ml/estimators/linear-gaussian';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, noiseOf, portions, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import { linearGaussianOf, normalCodesOf, valuesOf } from './examples';
import { meanOf, type Measuring } from './measurement';

/**
 * Of a linear-Gaussian model with independent normal posteriors: `boundGapNats`, log p(x) less the bound; `posteriorKlNats`, KL(q(z|x) || p(z|x)) from their moments; and
 * `gapDifferenceNats`, the former less the latter, which is what the bound's estimator is off by.
 */
export const posteriorGap: Measuring<'posterior-gap'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const elbo = need(session, 'elbo');
  const model = linearGaussianOf(session);
  const { data } = session.shown(split);
  const { means, deviations, size } = normalCodesOf(session, data, count);
  const precision = posteriorPrecision(model);
  const exact = posteriorMeans(model, valuesOf(data, count));
  const lower = cholesky(precision, size);
  let logDeterminant = 0;
  for (let a = 0; a < size; a += 1) logDeterminant += 2 * Math.log(lower[a * size + a] ?? NaN);
  // 1/2 (tr(M S) + d^T M d - k - ln|M| - ln|S|), M the exact precision, S the variances of q, d the difference of the means.
  const divergence = Float64Array.from({ length: count }, (_, row) => {
    let sum = -size - logDeterminant;
    for (let a = 0; a < size; a += 1) {
      const deviation = deviations[row * size + a] ?? NaN;
      sum += (precision[a * size + a] ?? NaN) * deviation ** 2 - 2 * Math.log(deviation);
      for (let b = 0; b < size; b += 1) {
        const [one, other] = [a, b].map((j) => (means[row * size + j] ?? NaN) - (exact[row * size + j] ?? NaN)) as [number, number];
        sum += (precision[a * size + b] ?? NaN) * one * other;
      }
    }
    return sum / 2;
  });
  const gap = new Float64Array(count);
  for (const [first, rows] of portions(session, count)) {
    const log = linearGaussianLogProb(model, rowsOf(data, first, rows));
    const { bound } = askModel(session, 'bound', [rowsOf(data, first, rows), whole(seed)], (x, drawn) => ({ bound: elbo(x, noiseOf(drawn)).elbo }));
    for (let i = 0; i < rows; i += 1) gap[first + i] = (log[i] ?? NaN) - (bound[i] ?? NaN);
    yield { done: first + rows, total: count };
  }
  if (divergence.some((value) => value < -1e-5)) refuse('bad-request', 'A divergence came out negative: the posteriors are not normals with independent values.', { where: 'measure' });
  const measured = (metric: string, values: Float64Array, estimator: string): Measure => meanOf(values, { metric, unit: 'nats', estimator });
  return [
    measured('boundGapNats', gap, 'log p(x) in closed form less the bound'),
    measured('posteriorKlNats', divergence, 'KL(q(z|x) || p(z|x)), from the moments of both'),
    measured('gapDifferenceNats', gap.map((value, i) => value - (divergence[i] ?? NaN)), 'log p(x) less the bound less KL(q(z|x) || p(z|x))'),
  ];
};
