import { scalar, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { findDensity, logDensities } from '../../../ml/data/densities';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

const rowsAtOnce = 1000;

/** `reverseKlNats`, the mean of log q(x) - log p*(x) over the model's own samples, where p* is the known density of the data: it does not see what q leaves out, and dearly pays for what p* lacks. */
export const reverseDivergence: Measuring<'reverse-divergence'> = function* (session, { samples, seed }): Generator<Progress, Measure[]> {
  const sample = need(session, 'sample');
  const logProb = need(session, 'logProb');
  const { dataset } = session.run;
  const truth = dataset.builtIn ? findDensity(dataset.id) : undefined;
  if (!truth) return refuse('bad-request', `The density of the data set "${dataset.id}" is not known.`, { where: 'measure', repair: 'Measure runs on generated points of the plane.' });
  const divergence = new Sample();
  for (let done = 0; done < samples; done += rowsAtOnce) {
    const { x, log } = askModel(session, 'samples and their density', [scalar(1), whole(seed * samples + done)], (heat: Scalar, drawn: Scalar) => {
      const noise = noiseOf(drawn);
      const points = sample({ count: rowsAtOnce, temperature: heat, noise });
      return { x: points, log: logProb(points, noise) };
    });
    const target = logDensities(truth, x);
    divergence.add(Array.from(log, (q, i) => q - (target[i] ?? NaN)));
    yield { done: done + rowsAtOnce, total: samples };
  }
  return [{ metric: 'reverseKlNats', unit: 'nats', estimator: 'KL(q || p*): mean of log q(x) - log p*(x) over samples of q, p* the density that made the data', ...divergence.summary(), k: null }];
};
