import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { principalFeatures, rowCount, squaredDistance, type Features } from '../../../ml/metrics/features';
import { tSne } from '../../../ml/metrics/t-sne';
import { codesOf, exampleSize, valuesOf } from './examples';
import type { Measuring } from './measurement';

const most = 2000;

/** The share of examples whose nearest other one in the plane has their class: `tSneAccuracy`, `pcaAccuracy`, and `embeddingAccuracy` of the model's own codes; `dataAccuracy` without an embedding. */
export const embeddings: Measuring<'embeddings'> = function* (session, { split, seed, perplexity }, count): Generator<Progress, Measure[]> {
  const { data, labels } = session.shown(split);
  if (!labels) return refuse('bad-request', `The data set ${session.run.dataset.id} comes without classes.`, { where: 'measure' });
  if (count > most) refuse('bad-request', `t-SNE compares every example with every other, and takes at most ${most}.`, { where: 'limit', repair: 'Set a limit.' });
  if (3 * perplexity > count - 1) refuse('bad-request', `A perplexity of ${perplexity} takes more than ${3 * perplexity} examples.`, { where: 'perplexity' });
  const examples: Features = { values: valuesOf(data, count), size: exampleSize(session) };
  const own = codesOf(session, data, count);
  let embedded: Features = examples;
  let done = 0;
  for (embedded of tSne(examples, { perplexity, seed })) yield { done: ++done, total: 500 };
  const measure = (metric: string, features: Features, of: string): Measure => {
    const value = sameClass(features, labels);
    return { metric, value, standardError: Math.sqrt((value * (1 - value)) / count), unit: 'share', estimator: `examples whose nearest other one has their class, by ${of}`, k: null, n: count };
  };
  return [
    measure('tSneAccuracy', embedded, `a t-SNE of these examples, perplexity ${perplexity}`),
    measure('pcaAccuracy', principalFeatures(examples, 2)(examples), 'their first 2 principal components'),
    measure('embeddingAccuracy', { values: own.means, size: own.size }, `the model's codes of ${own.size} numbers`),
    measure('dataAccuracy', examples, 'the data as they are'),
  ];
};

function sameClass(features: Features, labels: Uint16Array): number {
  const n = rowCount(features);
  let same = 0;
  for (let i = 0; i < n; i += 1) {
    let [nearest, at] = [Infinity, i];
    for (let j = 0; j < n; j += 1) {
      const distance = i === j ? Infinity : squaredDistance(features, i, features, j);
      if (distance < nearest) [nearest, at] = [distance, j];
    }
    if (labels[at] === labels[i]) same += 1;
  }
  return same / n;
}
