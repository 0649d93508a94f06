import { dirname, join } from 'node:path';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { readDatasetInfo, readSplit } from '../../formats/dataset-folder';
import { foreign } from '../answers/foreign';
import { rowsAt, standingFor } from '../../../ml/data/shown-order';
import type { Measuring } from './measurement';

/** Constant pictures that are scored. */
const greys = 18;

/** How well three scores tell the test pictures of another data set from the model's own: 1 always, 1/2 by chance, and below 1/2 they take the others for its own. */
export const outOfDistribution: Measuring<'out-of-distribution'> = function* (session, { other, batch, seed }, count): Generator<Progress, Measure[]> {
  const { dataset, datasetFolder } = session.run;
  const folder = join(dirname(datasetFolder), other);
  const info = readDatasetInfo(folder);
  const { values } = readSplit(folder, info, 'test');
  if (info.kind === 'table') refuse('bad-request', `The data set "${other}" is a table.`, { where: 'other' });
  const { height, width, channels, maximum } = info;
  const some = Math.min(count, info.counts.test);
  yield { done: 0, total: 1 };
  const picture = height * width * channels;
  const pixels = Uint8Array.from(rowsAt(values, picture, standingFor(info.counts.test, some)), (level) => Math.round((level / maximum) * 255));
  const { scores, estimator } = foreign(session, { kind: 'foreign', count, batch, seed, pictures: { count: some, height, width, channels, pixels } });
  // Pictures of one grey value each, the simplest that there are.
  const constant = Uint8Array.from({ length: greys * picture }, (_, i) => Math.round((Math.floor(i / picture) * 255) / (greys - 1)));
  const plain = foreign(session, { kind: 'foreign', count, batch: 1, seed, pictures: { count: greys, height, width, channels, pixels: constant } }).scores.likelihood;
  const size = dataset.height * dataset.width * dataset.channels * Math.LN2;
  const bits = (logs: Float32Array): number => -logs.reduce((sum, log) => sum + log, 0) / logs.length / size;
  const of = `${count.toLocaleString('en')} test pictures against ${some.toLocaleString('en')} of ${other}`;
  const one = { standardError: null, k: null, n: count + some };
  return [
    { ...one, metric: 'aurocLikelihood', value: scores.likelihood.auroc, unit: 'probability', estimator: `that of its own the ${estimator} is higher; ${of}` },
    { ...one, metric: 'aurocTypicality', value: scores.typicality.auroc, unit: 'probability', estimator: `that batches of ${batch} of its own have a mean ${estimator} nearer to that of training; ${of}` },
    { ...one, metric: 'aurocComplexity', value: scores.complexity.auroc, unit: 'probability', estimator: `that its own have a lower -${estimator} less the bits of PNG's coder; ${of}` },
    { ...one, metric: 'ownBits', value: bits(scores.likelihood.own), unit: 'bits/dim', estimator: `-${estimator} of its own test pictures`, n: count },
    { ...one, metric: 'otherBits', value: bits(scores.likelihood.other), unit: 'bits/dim', estimator: `-${estimator} of the test pictures of ${other}`, n: some },
    { ...one, metric: 'constantBits', value: bits(plain.other), unit: 'bits/dim', estimator: `-${estimator} of ${greys} pictures of one grey value each, from black to white`, n: greys },
    { ...one, metric: 'blackBits', value: bits(plain.other.subarray(0, 1)), unit: 'bits/dim', estimator: `-${estimator} of a black picture`, n: 1 },
    { ...one, metric: 'aurocConstant', value: plain.auroc, unit: 'probability', estimator: `that of its own the ${estimator} is higher than of pictures of one grey value each; ${count.toLocaleString('en')} test pictures against ${greys}`, n: count + greys },
  ];
};
