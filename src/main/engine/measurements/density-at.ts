import { tensor4d, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need, needTable, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `meanDensity`, the mean of the model's p(x) at given points of a table. */
export const densityAt: Measuring<'density-at'> = function* (session, { points, seed }): Generator<Progress, Measure[]> {
  const logProb = need(session, 'logProb');
  needTable(session);
  const { channels } = session.run.dataset;
  if (points.some((point) => point.length !== channels)) refuse('bad-request', `A point of these data has ${channels} numbers.`, { where: 'points' });
  yield { done: 0, total: points.length };
  const { log } = askModel(session, 'density', [tensor4d(points.flat(), [points.length, 1, 1, channels]), whole(seed)], (x, drawn: Scalar) => ({ log: logProb(x, noiseOf(drawn)) }));
  const value = log.reduce((total, each) => total + Math.exp(each) / points.length, 0);
  return [{ metric: 'meanDensity', value, standardError: null, unit: 'per unit of volume', estimator: `mean of p(x) at ${points.map((point) => `(${point})`).join(', ')}`, k: null, n: points.length }];
};
