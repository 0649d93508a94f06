import { sqrt, squaredDifference, sum, tensor4d, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { vonMises } from '../../../ml/data/curves';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

const points = 720;

/**
 * Of models of points on a curve whose density along it is known: `curveGapNats`, KL(p* || p) along the curve; `curveIntegral`, that of the model's density along it; and
 * `curveDistance`, how far points of the curve are from the model's own at most. By a sum over equally spaced points.
 */
export const curveDensity: Measuring<'curve-density'> = function* (session, { seed }): Generator<Progress, Measure[]> {
  const logProb = need(session, 'logProb');
  const reconstruct = need(session, 'reconstruct');
  const { dataset } = session.run;
  if (dataset.id !== vonMises.id) refuse('bad-request', `The data set "${dataset.id}" is no curve with a known density.`, { where: 'measure', repair: `Measure runs on "${vonMises.id}".` });
  yield { done: 0, total: points };
  const angles = Array.from({ length: points }, (_, i) => (2 * Math.PI * i) / points - Math.PI);
  const on = angles.map((angle) => vonMises.at(angle));
  const next = vonMises.at(angles[1] ?? 0);
  const [first = next] = on;
  const step = Math.hypot(next.x - first.x, next.y - first.y);
  const { log, distance } = askModel(session, 'density along the curve', [tensor4d(on.flatMap(({ x, y }) => [x, y]), [points, 1, 1, 2]), whole(seed)], (x, drawn: Scalar) => ({
    log: logProb(x, noiseOf(drawn)),
    distance: sqrt(sum(squaredDifference(reconstruct(x), x), [1, 2, 3])),
  }));
  const truth = angles.map((angle) => vonMises.logDensity(angle));
  const along = (f: (i: number) => number): number => step * angles.reduce((total, _, i) => total + f(i), 0);
  const by = `a sum over ${points} points of the curve`;
  const one = { standardError: null, k: null, n: points };
  return [
    { ...one, metric: 'curveGapNats', value: along((i) => Math.exp(truth[i] ?? NaN) * ((truth[i] ?? NaN) - (log[i] ?? NaN))), unit: 'nats', estimator: `KL(p* || p) along the curve, ${by}` },
    { ...one, metric: 'curveIntegral', value: along((i) => Math.exp(log[i] ?? NaN)), unit: 'probability', estimator: `integral of p along the curve, ${by}` },
    { ...one, metric: 'curveDistance', value: distance.reduce((most, value) => Math.max(most, value), 0), unit: "the data's", estimator: 'largest distance of a point of the curve from its projection' },
  ];
};
