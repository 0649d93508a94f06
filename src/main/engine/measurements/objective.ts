import type { Progress } from '../../../ml/estimators/log-likelihood';
import { chunksOf, evaluateTerms, type Measure } from '../../../ml/evaluate';
import { createNoise } from '../../../ml/random/noise';
import { rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import { lastCheckpoint } from '../session';
import type { Measuring } from './measurement';

/** Every term of what the model minimises, as at its last step, by name: what the held-out curves end in, with the noise of a seed. */
export const objective: Measuring<'objective'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  yield { done: 0, total: count };
  const data = rowsOf(session.shown(split).data, 0, count);
  const terms = evaluateTerms({
    model: session.model,
    chunks: chunksOf(data),
    binarisation: 'none',
    noise: createNoise(seed),
    step: lastCheckpoint(session)?.step ?? 1,
    ask: (key, inputs, f) => askModel(session, key, inputs, f),
  });
  data.dispose();
  return Object.entries(terms).map(([metric, value]) => ({ metric, value, standardError: null, unit: session.model.unit, estimator: 'term of the objective', k: null, n: count }));
};
