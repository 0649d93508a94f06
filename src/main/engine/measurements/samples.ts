import { scalar, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { joined } from '../../../ml/joined';
import { principalFeatures, type Features } from '../../../ml/metrics/features';
import { frechetDistance } from '../../../ml/metrics/frechet';
import { fidelity } from '../../../ml/metrics/neighbours';
import { sharpness } from '../../../ml/metrics/sharpness';
import { chunks, isTable, need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { exampleSize, valuesOf } from './examples';
import { meanOf, type Measuring } from './measurement';

const samplesAtOnce = 250;
const trainingAtMost = 2000;
const components = 64;
const sizeAtMost = 1024;

/**
 * On the first principal components of training data: `frechetDistance` to the split, with `frechetFloor`, that of as many training examples; `precision`, `recall`
 * and `coverage`. Of pictures `sharpness`, the mean variance of the Laplacian, and `dataSharpness`.
 */
export const samples: Measuring<'samples'> = function* (session, { split, seed, count, codes }, limit): Generator<Progress, Measure[]> {
  const size = exampleSize(session);
  if (size > sizeAtMost) refuse('bad-request', `Distances are measured of examples of up to ${sizeAtMost} values, and these have ${size}.`, { where: 'measure' });
  const draw = drawer(session, codes);
  const parts: Float32Array[] = [];
  for (const [first, rows] of chunks(0, count, samplesAtOnce)) {
    parts.push(askModel(session, `samples ${rows} ${codes}`, [whole(seed), whole(first)], (from: Scalar, step: Scalar) => ({ values: draw(rows, from, step) })).values);
    yield { done: first + rows, total: count };
  }
  const generated = joined(parts);
  const real = valuesOf(session.shown(split).data, limit);
  const training = valuesOf(session.shown('train').data, Math.min(trainingAtMost, session.run.dataset.counts.train));
  const project = principalFeatures({ values: training, size }, components);
  const [generatedFeatures, realFeatures, trainingFeatures] = [generated, real, training].map((values) => project({ values, size })) as [Features, Features, Features];
  const alike = { values: trainingFeatures.values, size: trainingFeatures.size };
  const like = fidelity(realFeatures, generatedFeatures);
  const of = `${count.toLocaleString('en')} ${codes === 'prior' ? 'samples' : 'decoded codes of N(0, I)'} and the split, on ${realFeatures.size} principal components of the training data`;
  const whole1 = { standardError: null, k: null, n: count };
  const measures: Measure[] = [
    { ...whole1, metric: 'frechetDistance', value: frechetDistance(generatedFeatures, realFeatures), unit: 'squared distance', estimator: `Fréchet distance of the normals of ${of}; not the FID` },
    { ...whole1, metric: 'frechetFloor', value: frechetDistance(alike, realFeatures), unit: 'squared distance', estimator: 'the same of training examples in place of samples', n: training.length / size },
    { ...whole1, metric: 'precision', value: like.precision, unit: 'share', estimator: `of samples as near to a real example as its 3rd neighbour; ${of}` },
    { ...whole1, metric: 'recall', value: like.recall, unit: 'share', estimator: `of real examples as near to a sample as its 3rd neighbour; ${of}` },
    { ...whole1, metric: 'coverage', value: like.coverage, unit: 'share', estimator: `of real examples with a sample as near as their 5th neighbour; ${of}` },
  ];
  if (isTable(session)) return measures;
  return [...measures, sharpnessOf(session, 'sharpness', generated, 'samples'), sharpnessOf(session, 'dataSharpness', real, 'examples')];
};

/** Samples, or decoded codes of N(0, I), by a seed and a step. */
function drawer(session: Session, codes: 'prior' | 'standard-normal') {
  if (codes === 'prior') {
    const sample = need(session, 'sample');
    return (count: number, seed: Scalar, step: Scalar) => sample({ count, temperature: scalar(1), noise: noiseOf(seed).at(step) });
  }
  const decode = need(session, 'decode');
  const { latentSize } = session.model;
  return (count: number, seed: Scalar, step: Scalar) => decode(noiseOf(seed).at(step).normal([count, latentSize ?? 0], 'codes') as Tensor2D).mean();
}

function sharpnessOf({ run: { dataset } }: Session, metric: string, values: Float32Array, of: string): Measure {
  const { height, width, channels } = dataset;
  const greys = channels === 1 ? values : Float32Array.from({ length: values.length / channels }, (_, i) => values.subarray(i * channels, (i + 1) * channels).reduce((sum, value) => sum + value, 0) / channels);
  return meanOf(sharpness({ values: greys, height, width }), { metric, unit: 'squared brightness', estimator: `variance of the Laplacian within a picture, mean over ${of}` });
}
