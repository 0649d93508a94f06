import { slice, tidy } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { diagonal, jacobian, logAbsDet, offTriangle } from '../../../ml/metrics/jacobian';
import { need, noiseOf, rowsOf, whole } from '../answers/examples';
import type { Measuring } from './measurement';

/** Of a flow's layers whose names hold `layers`, by derivatives of each at its own inputs: whether the Jacobian is triangular, whether its diagonal is positive, and whether its determinant is the one that the layer says. */
export const jacobians: Measuring<'jacobians'> = function* (session, { layers: wanted, split, seed }, count): Generator<Progress, Measure[]> {
  const stages = need(session, 'stages');
  const { data } = session.shown(split);
  let [triangle, least, gap, matrices] = [0, Infinity, 0, 0];
  for (let example = 0; example < count; example++) {
    tidy(() => {
      const all = stages(rowsOf(data, example, 1), noiseOf(whole(seed)));
      all.forEach(({ name, layer }, i) => {
        const before = all[i - 1];
        if (!layer || !before || !name.includes(wanted)) return;
        const size = before.values.shape[1];
        const matrix = jacobian((z) => layer.forward(z).y, slice(before.values, [0, 0], [1, size])).dataSync<'float32'>();
        const said = layer.forward(before.values).logDet.dataSync()[0] ?? NaN;
        triangle = Math.max(triangle, offTriangle(matrix, size));
        least = Math.min(least, ...diagonal(matrix, size));
        gap = Math.max(gap, Math.abs(logAbsDet(matrix, size) - said));
        matrices += 1;
      });
    });
    yield { done: example + 1, total: count };
  }
  if (matrices === 0) refuse('bad-request', `No layer's name holds "${wanted}".`, { where: 'layers' });
  const of = `of ${matrices} Jacobians of the layers "${wanted}", by differentiation`;
  const one = { standardError: null, k: null, n: count };
  return [
    { ...one, metric: 'jacobianOffTriangle', value: triangle, unit: 'slope', estimator: `largest entry on the smaller side of the diagonal ${of}` },
    { ...one, metric: 'jacobianDiagonal', value: least, unit: 'slope', estimator: `least diagonal entry ${of}` },
    { ...one, metric: 'logDetGapNats', value: gap, unit: 'nats', estimator: `largest difference of ln|det|, by elimination, from the layer's own ${of}` },
  ];
};
