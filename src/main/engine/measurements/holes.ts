import { tensor2d, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { holeBelow, logAggregate } from '../../../ml/metrics/aggregate-posterior';
import { nearestDistances } from '../../../ml/metrics/neighbours';
import { posteriorsOf } from '../answers/codes';
import { examplesOf, need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import { exampleSize } from './examples';
import { meanOf, type Measuring } from './measurement';

/**
 * `holeDistance` and `elsewhereDistance`: of decoded codes of the prior to the nearest training example, where log q(z) - log p(z) is below
 * `holeBelow` and where not. q(z) is of the examples of the split.
 */
export const holes: Measuring<'holes'> = function* (session, { split, seed, count }, limit): Generator<Progress, Measure[]> {
  const prior = need(session, 'prior');
  const decode = need(session, 'decode');
  const posteriors = posteriorsOf(session, examplesOf(session.shown(split).data, limit));
  const training = session.run.dataset.counts.train;
  const total = 2 + training;
  yield { done: 1, total };
  const { codes, logPrior, pictures } = askModel(session, `holes ${count}`, [whole(seed)], (drawn: Scalar) => {
    const p = prior(count);
    const z = p.sample(noiseOf(drawn), 'holes') as Tensor2D;
    return { codes: z, logPrior: p.logProb(z), pictures: decode(z).mean() };
  });
  const inHole = logAggregate(posteriors, codes).map((log, i) => (log - (logPrior[i] ?? NaN) < holeBelow ? 1 : 0));
  yield { done: 2, total };
  const decoded = tensor2d(pictures, [count, exampleSize(session)]);
  const going = nearestDistances(decoded, session.shown('train').data);
  let next = going.next();
  for (; !next.done; next = going.next()) yield { done: 2 + next.value.done, total };
  decoded.dispose();
  const distances = next.value;
  const [hole, elsewhere] = [1, 0].map((flag) => distances.filter((_, i) => inHole[i] === flag)) as [Float32Array, Float32Array];
  if (hole.length === 0 || elsewhere.length === 0)
    refuse('bad-request', `${hole.length === 0 ? 'None' : 'All'} of ${count} codes of the prior lie in holes: there is nothing to compare.`, { where: 'measure', repair: 'Draw more of them.' });
  const measured = (metric: string, values: Float32Array, where: string): Measure =>
    meanOf(values, { metric, unit: 'distance', estimator: `decoded codes of the prior with log q(z) - log p(z) ${where} ${holeBelow}, q(z) of ${limit.toLocaleString('en')} examples, to the nearest of ${training.toLocaleString('en')} training examples` });
  return [measured('holeDistance', hole, 'below'), measured('elsewhereDistance', elsewhere, 'not below')];
};
