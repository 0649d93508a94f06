import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import { chunksOf, evaluateTerms, type Measure } from '../../../ml/evaluate';
import { createNoise } from '../../../ml/random/noise';
import { rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * Of L-VAE, the learned weights over what they are at their optimum for these examples' distortion R and divergence (Mogultay Ozcan, Kalkan and Yarman-Vural 2025): `weightReconstructionShare`,
 * s0 / sqrt R; `weightKlShare`, s1 / sqrt KL; and `learnedBeta`, s0 / s1.
 */
export const learnedWeights: Measuring<'learned-weights'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const { experiment } = session.run;
  const data = rowsOf(session.split(split).data, 0, count);
  const terms = evaluateTerms({
    model: session.model,
    chunks: chunksOf(data),
    binarisation: experiment.binarisation,
    noise: createNoise(seed),
    step: experiment.training.steps,
    ask: (key, inputs, f) => askModel(session, key, inputs, f),
  });
  data.dispose();
  yield { done: count, total: count };
  const { weightReconstruction: s0, weightKl: s1, klNats, beta } = terms;
  const distortion = terms['squaredError'] ?? terms['reconstructionNats'];
  if (s0 === undefined || s1 === undefined || klNats === undefined || beta === undefined || distortion === undefined)
    return refuse('bad-request', 'This model has no learned weights of reconstruction and divergence.', { where: 'measure', repair: 'Train a vae with the objective l-vae.' });
  const measure = (metric: string, value: number, estimator: string): Measure => ({ metric, value, standardError: null, unit: 'ratio', estimator, k: null, n: count });
  return [
    measure('weightReconstructionShare', s0 / Math.sqrt(distortion), "the reconstruction's learned weight over the square root of the distortion"),
    measure('weightKlShare', s1 / Math.sqrt(klNats), "the divergence's learned weight over the square root of the divergence"),
    measure('learnedBeta', beta, 'ratio of the learned weights'),
  ];
};
