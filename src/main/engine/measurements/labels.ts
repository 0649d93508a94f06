import { tensor4d } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { nearestNeighbours } from '../../../ml/metrics/class-kept';
import { argMax } from '../../../ml/metrics/disentanglement/factor-codes';
import { logisticRegression } from '../../../ml/metrics/disentanglement/logistic-regression';
import { dealtOrder, rowsAt } from '../../../ml/data/shown-order';
import { moments, type Features } from '../../../ml/metrics/features';
import { Sample } from '../../../ml/metrics/sample';
import { chunks } from '../answers/examples';
import { codesName, codesOf, exampleSize, valuesAt, valuesOf } from './examples';
import type { Measuring } from './measurement';

/** The accuracy with few labels depends on which they are. */
const mostDraws = 10;

/**
 * The share of examples whose class is told by logistic regression (`codeAccuracy`, `dataAccuracy`) and by the 5 nearest (`codeNeighbourAccuracy`, `dataNeighbourAccuracy`), of
 * codes and of the data as they are, from `labelled` training examples: the mean over ten draws of these without an example in common, or as many as there are. The standard
 * error is that of the examples asked and, over several draws, of these. Codes are scaled to unit variance over the training examples.
 */
export const labels: Measuring<'labels'> = function* (session, { split, labelled }, count): Generator<Progress, Measure[]> {
  const { dataset } = session.run;
  const [training, asked] = [session.shown('train'), session.shown(split)];
  if (!training.labels || !asked.labels || dataset.classes === null) return refuse('bad-request', `The data set ${dataset.id} comes without classes.`, { where: 'measure' });
  const { labels: classOf } = training;
  const classCount = dataset.classes.length;
  const total = dataset.counts.train;
  const given = Math.min(labelled ?? Infinity, total);
  const draws = chunks(0, Math.min(mostDraws, Math.floor(total / given)) * given, given).map(([first, rows]) => dealtOrder(total).subarray(first, first + rows));
  const truth = asked.labels.subarray(0, count);
  const size = exampleSize(session);
  const codes = codesOf(session, training.data, total);
  const scale = standardised({ values: codes.means, size: codes.size });
  const of = {
    code: { name: codesName(session), at: (rows: Int32Array) => scale({ values: rowsAt(codes.means, codes.size, rows), size: codes.size }), test: scale({ values: codesOf(session, asked.data, count).means, size: codes.size }) },
    data: { name: 'the data as they are', at: (rows: Int32Array) => ({ values: valuesAt(training.data, rows), size }), test: { values: valuesOf(asked.data, count), size } },
  };
  const shareTold = (found: ArrayLike<number>): number => truth.reduce((sum, label, i) => sum + (found[i] === label ? 1 : 0), 0) / count;
  const measures: Measure[] = [];
  let done = 0;
  for (const [kind, { name, at, test }] of Object.entries(of)) {
    const queries = tensor4d(Float32Array.from(test.values), [count, 1, 1, test.size]);
    const [regression, neighbours] = [new Sample(), new Sample()];
    for (const rows of draws) {
      const [train, taught] = [at(rows), rowsAt(classOf, 1, rows)];
      const scores = logisticRegression(train, taught, classCount);
      regression.add([shareTold(Array.from(truth, (_, i) => argMax(scores(test, i))))]);
      const examples = tensor4d(Float32Array.from(train.values), [given, 1, 1, train.size]);
      const classifier = nearestNeighbours(examples, taught);
      neighbours.add([shareTold(classifier.classify(queries))]);
      [examples, classifier].forEach((each) => each.dispose());
      yield { done: ++done, total: 2 * draws.length };
    }
    queries.dispose();
    const overDraws = draws.length > 1 ? `; mean over ${draws.length} draws of them` : '';
    for (const [metric, by, shares] of [['Accuracy', 'logistic regression', regression], ['NeighbourAccuracy', 'the 5 nearest', neighbours]] as const) {
      const { value, standardError } = shares.summary();
      measures.push({ metric: `${kind}${metric}`, value, standardError: Math.hypot(Math.sqrt((value * (1 - value)) / count), standardError ?? 0), unit: 'share', estimator: `classes told by ${by} of ${name}, from ${given.toLocaleString('en')} labels${overDraws}`, k: null, n: count });
    }
  }
  return measures;
};

/** To mean 0 and variance 1 of these; a column without variance stays 0. */
function standardised(reference: Features): (data: Features) => Features {
  const { mean, covariance } = moments(reference);
  const deviations = Float64Array.from(mean, (_, j) => Math.sqrt(covariance[j * reference.size + j] ?? 0) || 1);
  return ({ values, size }) => ({ values: Float32Array.from(values, (value, i) => (value - (mean[i % size] ?? 0)) / (deviations[i % size] ?? 1)), size });
}
