import { reshape, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { need, noiseOf, portions, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * `closedFormNats` and `singleSampleNats`, means of log p(x|z) - KL(q || p) and of log p(x, z) - log q(z|x) (Kingma and Welling 2014, equations 7 and 6), and
 * `closedFormVariance` and `singleSampleVariance`, means over examples of the variance over draws.
 */
export const boundVariance: Measuring<'bound-variance'> = function* (session, { split, seed, draws }, count): Generator<Progress, Measure[]> {
  const elbo = need(session, 'elbo');
  const importance = need(session, 'importance');
  const { data } = session.shown(split);
  const closed = { mean: new Sample(), variance: new Sample() };
  const single = { mean: new Sample(), variance: new Sample() };
  for (const [first, rows] of portions(session, count)) {
    const values = { closed: new Array<Float32Array>(), single: new Array<Float32Array>() };
    for (let draw = 0; draw < draws; draw += 1) {
      const found = askModel(session, 'two estimators of the bound', [rowsOf(data, first, rows), whole(seed), whole(first * draws + draw)], (x, from: Scalar, step: Scalar) => {
        const noise = noiseOf(from).at(step);
        const terms = elbo(x, noise);
        if (terms.closedForm !== true) refuse('bad-request', 'This model has no divergence in closed form to compare with.', { where: 'measure' });
        return { closed: terms.elbo, single: reshape(importance(x, 1, noise), [x.shape[0]]) };
      });
      values.closed.push(found.closed);
      values.single.push(found.single);
      yield { done: first * draws + rows * (draw + 1), total: count * draws };
    }
    for (const [of, all] of [[closed, values.closed], [single, values.single]] as const)
      for (let row = 0; row < rows; row += 1) {
        const each = all.map((one) => one[row] ?? NaN);
        const mean = each.reduce((sum, value) => sum + value, 0) / draws;
        of.mean.add([mean]);
        of.variance.add([each.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1)]);
      }
  }
  const [closedForm, singleSample] = ['log p(x|z) - KL(q(z|x) || p(z)), the divergence in closed form', 'log p(x, z) - log q(z|x)'];
  return [
    { metric: 'closedFormNats', unit: 'nats', estimator: `${closedForm}, mean of ${draws} draws`, ...closed.mean.summary(), k: draws },
    { metric: 'singleSampleNats', unit: 'nats', estimator: `${singleSample}, mean of ${draws} draws`, ...single.mean.summary(), k: draws },
    { metric: 'closedFormVariance', unit: 'nats^2', estimator: `variance over ${draws} draws of ${closedForm}`, ...closed.variance.summary(), k: draws },
    { metric: 'singleSampleVariance', unit: 'nats^2', estimator: `variance over ${draws} draws of ${singleSample}`, ...single.variance.summary(), k: draws },
  ];
};
