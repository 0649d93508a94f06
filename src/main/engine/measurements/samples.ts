import { scalar, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { joined } from '../../../ml/joined';
import { principalFeatures, rowCount, type Features } from '../../../ml/metrics/features';
import { frechetDistance } from '../../../ml/metrics/frechet';
import { cubic, inverseMultiquadric, mmd, normalMixture } from '../../../ml/metrics/mmd';
import { fidelity } from '../../../ml/metrics/neighbours';
import { pooled, poolingFor } from '../../../ml/metrics/pooling';
import { sharpness } from '../../../ml/metrics/sharpness';
import { chunks, isTable, need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { valuesOf } from './examples';
import { meanOf, type Measuring } from './measurement';

const samplesAtOnce = 250;
const trainingAtMost = 2000;
const components = 64;
/** Of a picture, before its principal components: larger ones are averaged over squares. */
const sizeAtMost = 1024;
/** A discrepancy looks at all pairs. */
const pairedAtMost = 1000;
const permutations = 99;

const kernels = [
  { metric: 'mmdNormals', kernelOf: normalMixture, name: 'the mean of five normal kernels, of a quarter to four times the median squared distance' },
  { metric: 'mmdInverseMultiquadric', kernelOf: () => inverseMultiquadric, name: 'the kernel C / (C + |x - y|^2), C twice the number of components' },
  { metric: 'mmdCubic', kernelOf: () => cubic, name: 'the kernel (x.y / d + 1)^3, d the number of components, as the KID has it of other features' },
];

/**
 * As many samples as examples of the split, on the first principal components of training data: `frechetDistance` to the split, with `frechetFloor`, that of as many training
 * examples; `mmd...`, the squared maximum mean discrepancy by each kernel; `precision`, `recall` and `coverage`. Of pictures `sharpness`, the mean variance of the Laplacian, and
 * `dataSharpness`.
 */
export const samples: Measuring<'samples'> = function* (session, { split, seed, count: asked, codes }, limit): Generator<Progress, Measure[]> {
  const { counts, ...shape } = session.run.dataset;
  const by = isTable(session) ? 1 : poolingFor(shape, sizeAtMost);
  const size = Math.ceil(shape.height / by) * Math.ceil(shape.width / by) * shape.channels;
  if (size > sizeAtMost) refuse('bad-request', `Distances are measured of rows of up to ${sizeAtMost} values, and these have ${size}.`, { where: 'measure' });
  const count = Math.min(asked, limit, counts.train);
  const draw = drawer(session, codes);
  const parts: Float32Array[] = [];
  for (const [first, rows] of chunks(0, count, samplesAtOnce)) {
    parts.push(askModel(session, `samples ${rows} ${codes}`, [whole(seed), whole(first)], (from: Scalar, step: Scalar) => ({ values: draw(rows, from, step) })).values);
    yield { done: first + rows, total: count };
  }
  const generated = joined(parts);
  const real = valuesOf(session.shown(split).data, count);
  const training = valuesOf(session.shown('train').data, Math.min(Math.max(trainingAtMost, count), counts.train));
  const coarse = (values: Float32Array): Features => ({ values: pooled({ ...shape, values }, by), size });
  const project = principalFeatures(coarse(training), components);
  const of = (values: Float32Array): Features => project(coarse(values));
  const [drawn, held, alike] = [of(generated), of(real), of(training.subarray(0, real.length))];
  const like = fidelity(held, drawn);
  const what = `${count.toLocaleString('en')} ${namesOf(session, codes)} and as many examples of the split${by > 1 ? `, pictures averaged over squares of ${by} x ${by} pixels` : ''}, on ${drawn.size} principal components of the training data`;
  const one = { standardError: null, k: null, n: count };
  const measures: Measure[] = [
    { ...one, metric: 'frechetDistance', value: frechetDistance(drawn, held), unit: 'squared distance', estimator: `Fréchet distance of the normals of ${what}; not the FID` },
    { ...one, metric: 'frechetFloor', value: frechetDistance(alike, held), unit: 'squared distance', estimator: 'the same of as many training examples in place of samples' },
    { ...one, metric: 'precision', value: like.precision, unit: 'share', estimator: `of samples as near to a real example as its 3rd neighbour; ${what}` },
    { ...one, metric: 'recall', value: like.recall, unit: 'share', estimator: `of real examples as near to a sample as its 3rd neighbour; ${what}` },
    { ...one, metric: 'coverage', value: like.coverage, unit: 'share', estimator: `of real examples with a sample as near as their 5th neighbour; ${what}` },
    ...discrepancies(firstRows(drawn, pairedAtMost), firstRows(held, pairedAtMost), what),
  ];
  if (isTable(session)) return measures;
  return [...measures, sharpnessOf(session, 'sharpness', generated, namesOf(session, codes)), sharpnessOf(session, 'dataSharpness', real, 'examples')];
};

const firstRows = ({ values, size }: Features, count: number): Features => ({ values: Array.prototype.slice.call(values, 0, count * size) as number[], size });

function discrepancies(drawn: Features, real: Features, what: string): Measure[] {
  const one = { standardError: null, k: null, n: rowCount(drawn) };
  const pairs = `${what}${rowCount(drawn) < pairedAtMost ? '' : `, the first ${pairedAtMost.toLocaleString('en')} of each`}`;
  return kernels.flatMap(({ metric, kernelOf, name }, i) => {
    const { squared, pValue } = mmd(drawn, real, kernelOf(drawn, real), i === 0 ? { permutations } : {});
    return [
      { ...one, metric, value: squared, unit: 'squared distance', estimator: `squared maximum mean discrepancy by ${name}, unbiased, of ${pairs}` },
      ...(pValue === null ? [] : [{ ...one, metric: `${metric}PValue`, value: pValue, unit: 'probability', estimator: `that sets of one distribution differ as much, by ${permutations} permutations; ${name}, ${pairs}` }]),
    ];
  });
}

/** What is held against examples. */
function namesOf({ model }: Session, codes: 'prior' | 'standard-normal'): string {
  if (codes === 'standard-normal') return "means of p(x|z) at codes of N(0, I)";
  return model.samplesAreMeans ? 'means of p(x|z) at codes of the prior' : 'samples';
}

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
