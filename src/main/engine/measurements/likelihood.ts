import { slice } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import { estimateLogLikelihood, type Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { createNoise } from '../../../ml/random/noise';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

export const likelihood: Measuring<'likelihood'> = function* (session, { estimator, k, split, seed }, count): Generator<Progress, Measure[]> {
  const data = slice(session.shown(split).data, 0, count);
  const measures = yield* estimateLogLikelihood({
    model: session.model,
    shape: dataShape(session.run.dataset, session.run.experiment.binarisation),
    estimator,
    k,
    data,
    noise: createNoise(seed),
    ask: (key, inputs, f) => askModel(session, `${key}, seed ${seed}`, inputs, f),
  });
  data.dispose();
  return measures;
};
