import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { argMax, factorColumn, varying } from '../../../ml/metrics/disentanglement/factor-codes';
import { entropy, informationMatrix, mutualInformationGap } from '../../../ml/metrics/disentanglement/information';
import { disentanglementScores, published } from '../../../ml/metrics/disentanglement/scores';
import { readFactors } from '../../formats/dataset-folder';
import { rowsAt, standingFor } from '../../../ml/data/shown-order';
import { codesName, codesOf } from './examples';
import type { Measuring } from './measurement';

/**
 * Scores of the posterior means against the known factors that vary, and the total correlation of the codes; each with its floor, the metric's name followed by `Floor`.
 * With a factor: `factorInformation`, what the code that tells most of it tells of it, a share of its entropy; `restInformation`, the most that this code tells of another factor;
 * `factorGap`, that factor's part of the mutual information gap.
 */
export const disentanglement: Measuring<'disentanglement'> = function* (session, { split, seed, factor }, count): Generator<Progress, Measure[]> {
  const { dataset, datasetFolder } = session.run;
  if (!dataset.factors) return refuse('bad-request', `The data set ${dataset.id} comes without factors.`, { where: 'measure' });
  const { names: all, sizes } = dataset.factors;
  if (factor !== undefined && !all.includes(factor)) return refuse('bad-request', `The data set ${dataset.id} has no factor "${factor}".`, { where: 'factor', repair: `Choose one of ${all.join(', ')}.` });
  const { means, size } = codesOf(session, session.shown(split).data, count);
  const factors = rowsAt(readFactors(datasetFolder, dataset, split), sizes.length, standingFor(dataset.counts[split], count));
  const { data, kept } = varying({ values: means, size, factors, sizes });
  const names = kept.map((k) => all[k] ?? '');
  const constant = all.filter((name) => !names.includes(name));
  if (kept.length === 0 || (factor !== undefined && constant.includes(factor)))
    return refuse('bad-request', `${factor ?? 'Every factor'} is the same for all of these examples: there is nothing to know of it.`, { where: factor === undefined ? 'measure' : 'factor' });
  const of = `, of ${codesName(session)}${constant.length > 0 ? `; without ${constant.join(', ')}, the same for all` : ''}`;
  const measure = (metric: string, value: number, estimator: string, unit = 'score'): Measure => ({ metric, value, standardError: null, unit, estimator: `${estimator}${of}`, k: null, n: count });
  const measures = (yield* disentanglementScores(data, { ...published, seed })).flatMap(({ metric, value, floor, estimator, unit, ofCodesAlone }) => [
    measure(metric, value, estimator, unit),
    measure(`${metric}Floor`, floor, `floor, ${ofCodesAlone ? 'each code' : 'the codes'} dealt out at random: ${estimator}`, unit),
  ]);
  if (factor === undefined) return measures;
  const k = names.indexOf(factor);
  const shares = informationMatrix(data).map((row) => row.map((nats, i) => nats / entropy(factorColumn(data, i))));
  const row = shares[argMax(shares.map((each) => each[k] ?? NaN))] ?? [];
  return [
    ...measures,
    measure('factorInformation', row[k] ?? NaN, `what the code that tells most of ${factor} tells of it, over its entropy, 20 bins`, 'share'),
    measure('restInformation', Math.max(0, ...row.filter((_, i) => i !== k)), `the most that the code that tells most of ${factor} tells of another factor, over that one's entropy, 20 bins`, 'share'),
    measure('factorGap', mutualInformationGap(data).perFactor[k] ?? NaN, `what the code that tells most of ${factor} tells of it beyond the next, over its entropy, 20 bins`, 'share'),
  ];
};
