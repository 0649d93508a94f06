import { tensor4d } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { nearestNeighbours } from '../../../ml/metrics/class-kept';
import { argMax } from '../../../ml/metrics/disentanglement/factor-codes';
import { logisticRegression } from '../../../ml/metrics/disentanglement/logistic-regression';
import { rowsAt } from '../../../ml/data/shown-order';
import { moments, type Features } from '../../../ml/metrics/features';
import { standingRows } from '../subset';
import { codesName, codesOf, exampleSize, valuesAt, valuesOf } from './examples';
import type { Measuring } from './measurement';

/**
 * The share of examples whose class is told by logistic regression (`codeAccuracy`, `dataAccuracy`) and by the 5 nearest (`codeNeighbourAccuracy`, `dataNeighbourAccuracy`), of
 * posterior means and of the data as they are, from `labelled` training examples that are dealt out. Codes are scaled to unit variance over the training examples.
 */
export const labels: Measuring<'labels'> = function* (session, { split, labelled }, count): Generator<Progress, Measure[]> {
  const { dataset } = session.run;
  const [training, asked] = [session.shown('train'), session.shown(split)];
  if (!training.labels || !asked.labels || dataset.classes === null) return refuse('bad-request', `The data set ${dataset.id} comes without classes.`, { where: 'measure' });
  const given = Math.min(labelled ?? Infinity, dataset.counts.train);
  const truth = asked.labels.subarray(0, count);
  const known = standingRows(session, 'train', given);
  const taught = rowsAt(training.labels, 1, known);
  const size = exampleSize(session);
  const codes = codesOf(session, training.data, dataset.counts.train);
  const scale = standardised({ values: codes.means, size: codes.size });
  const of = {
    code: { name: codesName(session), train: scale({ values: rowsAt(codes.means, codes.size, known), size: codes.size }), test: scale({ values: codesOf(session, asked.data, count).means, size: codes.size }) },
    data: { name: 'the data as they are', train: { values: valuesAt(training.data, known), size }, test: { values: valuesOf(asked.data, count), size } },
  };
  const measures: Measure[] = [];
  for (const [kind, { name, train, test }] of Object.entries(of)) {
    const accuracy = (metric: string, found: ArrayLike<number>, by: string): void => {
      const value = truth.reduce((sum, label, i) => sum + (found[i] === label ? 1 : 0), 0) / count;
      measures.push({ metric: `${kind}${metric}`, value, standardError: Math.sqrt((value * (1 - value)) / count), unit: 'share', estimator: `classes told by ${by} of ${name}, from ${given.toLocaleString('en')} labels`, k: null, n: count });
    };
    const scores = logisticRegression(train, taught, dataset.classes.length);
    accuracy('Accuracy', Array.from(truth, (_, i) => argMax(scores(test, i))), 'logistic regression');
    const [examples, queries] = [train, test].map(({ values, size: columns }) => tensor4d(Float32Array.from(values), [values.length / columns, 1, 1, columns]));
    if (examples && queries) {
      const classifier = nearestNeighbours(examples, taught);
      accuracy('NeighbourAccuracy', classifier.classify(queries), 'the 5 nearest');
      [examples, queries, classifier].forEach((each) => each.dispose());
    }
    yield { done: measures.length, total: 4 };
  }
  return measures;
};

/** To mean 0 and variance 1 of these; a column without variance stays 0. */
function standardised(reference: Features): (data: Features) => Features {
  const { mean, covariance } = moments(reference);
  const deviations = Float64Array.from(mean, (_, j) => Math.sqrt(covariance[j * reference.size + j] ?? 0) || 1);
  return ({ values, size }) => ({ values: Float32Array.from(values, (value, i) => (value - (mean[i % size] ?? 0)) / (deviations[i % size] ?? 1)), size });
}
