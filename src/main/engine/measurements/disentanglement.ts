import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { argMax, factorColumn, type FactorCodes } from '../../../ml/metrics/disentanglement/factor-codes';
import { entropy, informationMatrix, modularity, mutualInformationGap } from '../../../ml/metrics/disentanglement/information';
import { separatedPredictability, trainAndTest } from '../../../ml/metrics/disentanglement/predictability';
import { gaussianTotalCorrelation } from '../../../ml/metrics/disentanglement/unsupervised';
import { readFactors } from '../../formats/dataset-folder';
import { drawFrom, votes } from '../answers/factors';
import { factorVaeScore } from '../../../ml/metrics/disentanglement/sampled';
import { codesOf } from './examples';
import type { Measuring } from './measurement';

/**
 * Scores of the posterior means against the known factors, and the total correlation of the codes. With a factor: `factorInformation`, what the code that tells most of it tells of it,
 * a share of its entropy; `restInformation`, the most that this code tells of another factor; `factorGap`, that factor's part of the mutual information gap.
 */
export const disentanglement: Measuring<'disentanglement'> = function* (session, { split, seed, factor }, count): Generator<Progress, Measure[]> {
  const { dataset, datasetFolder } = session.run;
  if (!dataset.factors) return refuse('bad-request', `The data set ${dataset.id} comes without factors.`, { where: 'measure' });
  const { names, sizes } = dataset.factors;
  const { means, size } = codesOf(session, session.shown(split).data, count);
  yield { done: 1, total: 3 };
  const data: FactorCodes = { values: means, size, factors: readFactors(datasetFolder, dataset, split).subarray(0, count * sizes.length), sizes };
  const measure = (metric: string, value: number, estimator: string, unit = 'score'): Measure => ({ metric, value, standardError: null, unit, estimator: `${estimator}, of posterior means`, k: null, n: count });
  const measures = [
    measure('mutualInformationGap', mutualInformationGap(data).score, 'mutual information gap (Chen et al. 2018), 20 bins'),
    measure('factorVaeScore', factorVaeScore(drawFrom(data, seed), data, sizes, { ...votes, seed }), 'FactorVAE score (Kim and Mnih 2018)'),
    measure('attributePredictability', separatedPredictability(...trainAndTest(data, Math.floor(count / 2))), 'separated attribute predictability (Kumar et al. 2018)'),
    measure('modularity', modularity(data), 'modularity (Ridgeway and Mozer 2018), 20 bins'),
    measure('codeTotalCorrelationNats', gaussianTotalCorrelation(data), 'total correlation of a normal with their covariance', 'nats'),
  ];
  yield { done: 2, total: 3 };
  if (factor === undefined) return measures;
  const k = names.indexOf(factor);
  if (k < 0) return refuse('bad-request', `The data set ${dataset.id} has no factor "${factor}".`, { where: 'factor', repair: `Choose one of ${names.join(', ')}.` });
  const shares = informationMatrix(data).map((row) => row.map((nats, i) => nats / entropy(factorColumn(data, i))));
  const row = shares[argMax(shares.map((each) => each[k] ?? NaN))] ?? [];
  return [
    ...measures,
    measure('factorInformation', row[k] ?? NaN, `what the code that tells most of ${factor} tells of it, over its entropy, 20 bins`, 'share'),
    measure('restInformation', Math.max(...row.filter((_, i) => i !== k)), `the most that the code that tells most of ${factor} tells of another factor, over that one's entropy, 20 bins`, 'share'),
    measure('factorGap', mutualInformationGap(data).perFactor[k] ?? NaN, `what the code that tells most of ${factor} tells of it beyond the next, over its entropy, 20 bins`, 'share'),
  ];
};
