import { scalar, tensor4d, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { nearestNeighbours } from '../../../ml/metrics/class-kept';
import { need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/** `partsReached`: of the classes of the data, how many get a quarter of their share of the samples at least, each sample counted for the class of its nearest examples. */
export const parts: Measuring<'parts'> = function* (session, { samples, split, seed }, count): Generator<Progress, Measure[]> {
  const sample = need(session, 'sample');
  const { dataset } = session.run;
  const { data, labels } = session.shown(split);
  if (!labels || !dataset.classes) return refuse('bad-request', `The data set "${dataset.id}" has no classes.`, { where: 'measure' });
  yield { done: 0, total: samples };
  const { x } = askModel(session, `samples ${samples}`, [scalar(1), whole(seed)], (heat: Scalar, drawn: Scalar) => ({ x: sample({ count: samples, temperature: heat, noise: noiseOf(drawn) }) }));
  const examples = rowsOf(data, 0, count);
  const classifier = nearestNeighbours(examples, labels.slice(0, count));
  const drawn = tensor4d(x, [samples, dataset.height, dataset.width, dataset.channels]);
  const found = classifier.classify(drawn);
  examples.dispose();
  drawn.dispose();
  classifier.dispose();
  const shares = dataset.classes.map((_, part) => found.filter((label) => label === part).length / samples);
  const fair = 1 / shares.length;
  return [{ metric: 'partsReached', value: shares.filter((share) => share >= fair / 4).length, standardError: null, unit: `parts of ${shares.length}`, estimator: `parts with at least a quarter of their share of ${samples.toLocaleString('en')} samples, by ${classifier.name}`, k: null, n: samples }];
};
