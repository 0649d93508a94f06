import { slice } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import { estimateLogLikelihood } from '../../../ml/estimators/log-likelihood';
import { createNoise } from '../../../ml/random/noise';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

export const likelihood: Measuring<'likelihood'> = (session, { estimator, k, split, seed }, count) =>
  estimateLogLikelihood({
    model: session.model,
    shape: dataShape(session.run.dataset, session.run.experiment.binarisation),
    estimator,
    k,
    data: slice(session.shown(split).data, 0, count),
    noise: createNoise(seed),
    ask: (key, inputs, f) => askModel(session, `${key}, seed ${seed}`, inputs, f),
  });
