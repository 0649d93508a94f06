import type { Progress } from '../../../ml/estimators/log-likelihood';
import { chunksOf, evaluateTerms, type Measure } from '../../../ml/evaluate';
import { createNoise } from '../../../ml/random/noise';
import { rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import { unitOf } from '../recorder';
import { lastCheckpoint } from '../session';
import type { Measuring } from './measurement';

/** Every term of what the model minimises, as at its last step, by name: what the held-out curves end in, with the noise of a seed. */
export const objective: Measuring<'objective'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  yield { done: 0, total: count };
  const data = rowsOf(session.shown(split).data, 0, count);
  // Rows have their numbers only where all are there.
  const trained = split === 'train' && count === session.run.dataset.counts.train;
  const terms = evaluateTerms({
    model: session.model,
    chunks: chunksOf(data),
    binarisation: 'none',
    noise: createNoise(seed),
    step: lastCheckpoint(session)?.step ?? 1,
    training: trained,
    ask: (key, inputs, f) => askModel(session, key, inputs, f),
  });
  data.dispose();
  const origin = session.model.posterior?.origin;
  const estimator = `term of the objective${origin ? `, ${trained ? "each training example's q(z|x) as it was trained" : origin}` : ''}`;
  return Object.entries(terms).map(([metric, value]) => ({ metric, value, standardError: null, unit: unitOf(metric), estimator, k: null, n: count }));
};
