import { scalar, tensor2d, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Split } from '../../../contract/datasets';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { joined } from '../../../ml/joined';
import { principalFeatures, rowCount, type Features } from '../../../ml/metrics/features';
import { frechetDistance } from '../../../ml/metrics/frechet';
import { cubic, inverseMultiquadric, mmd, normalMixture } from '../../../ml/metrics/mmd';
import { fidelity, nearestDistances, type Fidelity } from '../../../ml/metrics/neighbours';
import { pooled, poolingFor } from '../../../ml/metrics/pooling';
import { sharpness } from '../../../ml/metrics/sharpness';
import { chunks, isTable, need, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { standingRows } from '../subset';
import { exampleSize, valuesAt } from './examples';
import { meanOf, type Measuring } from './measurement';

const samplesAtOnce = 250;
const trainingAtMost = 2000;
const components = 64;
/** Of a picture, before its principal components: larger ones are averaged over squares. */
const sizeAtMost = 1024;
/** A discrepancy looks at all pairs. */
const pairedAtMost = 1000;
const permutations = 99;

const kinds = [
  { metric: 'precision', data: 'dataPrecision', unit: 'share', how: 'of samples as near to a real example as its 3rd neighbour' },
  { metric: 'recall', data: 'dataRecall', unit: 'share', how: 'of real examples as near to a sample as its 3rd neighbour' },
  { metric: 'density', data: 'dataDensity', unit: 'ratio', how: 'real examples that a sample is as near to as their 5th neighbour, over 5, mean over samples' },
  { metric: 'coverage', data: 'dataCoverage', unit: 'share', how: 'of real examples with a sample as near as their 5th neighbour' },
] as const satisfies { metric: keyof Fidelity; data: string; unit: string; how: string }[];

const kernels = [
  { metric: 'mmdNormals', kernelOf: normalMixture, name: 'the mean of five normal kernels, of a quarter to four times the median squared distance' },
  { metric: 'mmdInverseMultiquadric', kernelOf: () => inverseMultiquadric, name: 'the kernel C / (C + |x - y|^2), C twice the number of components' },
  { metric: 'mmdCubic', kernelOf: () => cubic, name: 'the kernel (x.y / d + 1)^3, d the number of components, as the KID has it of other features' },
];

/**
 * As many samples as examples of the split, these and training examples dealt out, on the first principal components of training data: `frechetDistance` to the split; `mmd...`, the
 * squared maximum mean discrepancy by each kernel; `precision`, `recall`, `density` and `coverage`. Each of them is followed by the same of as many training examples in place of the
 * samples: `frechetFloor`, `mmd...Floor`, `dataPrecision` and so on. In all values of an example: `nearestTraining`, the median distance of a sample to the nearest of all training
 * examples, near 0 where the model has learned them by heart, which nothing else here sees; and `dataNearestTraining`, that of the examples of the split. Of pictures `sharpness`, the
 * mean variance of the Laplacian, and `dataSharpness`.
 */
export const samples: Measuring<'samples'> = function* (session, { split, seed, count: asked, codes }, limit): Generator<Progress, Measure[]> {
  const { counts, ...shape } = session.run.dataset;
  const by = isTable(session) ? 1 : poolingFor(shape, sizeAtMost);
  const size = Math.ceil(shape.height / by) * Math.ceil(shape.width / by) * shape.channels;
  if (size > sizeAtMost) refuse('bad-request', `Distances are measured of rows of up to ${sizeAtMost} values, and these have ${size}.`, { where: 'measure' });
  // Of the training split itself, others of its examples take the place of samples.
  const apart = split === 'train';
  const count = Math.min(asked, limit, apart ? Math.floor(counts.train / 2) : counts.train);
  const total = count + counts.train;
  const draw = drawer(session, codes);
  const parts: Float32Array[] = [];
  for (const [first, rows] of chunks(0, count, samplesAtOnce)) {
    parts.push(askModel(session, `samples ${rows} ${codes}`, [whole(seed), whole(first)], (from: Scalar, step: Scalar) => ({ values: draw(rows, from, step) })).values);
    yield { done: first + rows, total };
  }
  const generated = joined(parts);
  const some = (name: Split, rows: number): Float32Array => valuesAt(session.shown(name).data, standingRows(session, name, rows));
  const real = some(split, count);
  const training = some('train', Math.min(Math.max(trainingAtMost, apart ? 2 * count : count), counts.train));
  const coarse = (values: Float32Array): Features => ({ values: pooled({ ...shape, values }, by), size });
  const project = principalFeatures(coarse(training), components);
  const of = (values: Float32Array): Features => project(coarse(values));
  const [drawn, held, alike] = [of(generated), of(real), of(apart ? training.subarray(real.length, 2 * real.length) : training.subarray(0, real.length))];
  const [like, floor] = [fidelity(held, drawn), fidelity(held, alike)];
  const distances = yield* nearestOf(session, apart ? [generated] : [generated, real], count, total);
  const what = `${count.toLocaleString('en')} ${namesOf(session, codes)} and as many examples of the split${by > 1 ? `, pictures averaged over squares of ${by} x ${by} pixels` : ''}, on ${drawn.size} principal components of the training data`;
  const one = { standardError: null, k: null, n: count };
  const measures: Measure[] = [
    { ...one, metric: 'frechetDistance', value: frechetDistance(drawn, held), unit: 'squared distance', estimator: `Fréchet distance of the normals of ${what}; not the FID` },
    { ...one, metric: 'frechetFloor', value: frechetDistance(alike, held), unit: 'squared distance', estimator: `${inPlace}: Fréchet distance` },
    ...kinds.flatMap(({ metric, data, unit, how }): Measure[] => [
      { ...one, metric, value: like[metric], unit, estimator: `${how}; ${what}` },
      { ...one, metric: data, value: floor[metric], unit, estimator: `${inPlace}: ${how}` },
    ]),
    ...discrepancies(...([drawn, held, alike].map((each) => firstRows(each, pairedAtMost)) as [Features, Features, Features]), what),
    ...distances.map((each, i): Measure => {
      const of = i === 0 ? `of ${namesOf(session, codes)}` : 'of examples of the split';
      return { ...one, metric: i === 0 ? 'nearestTraining' : 'dataNearestTraining', value: median(each), unit: "the data's", estimator: `median distance ${of} to the nearest of ${counts.train.toLocaleString('en')} training examples` };
    }),
  ];
  if (isTable(session)) return measures;
  return [...measures, sharpnessOf(session, 'sharpness', generated, namesOf(session, codes)), sharpnessOf(session, 'dataSharpness', real, 'examples')];
};

const inPlace = 'the same of as many training examples in place of samples';

/** Of rows of sets of `count` each, the distances to the nearest training example. */
function* nearestOf(session: Session, sets: Float32Array[], count: number, total: number): Generator<Progress, Float32Array[]> {
  const queries = tensor2d(joined(sets), [sets.length * count, exampleSize(session)]);
  const going = nearestDistances(queries, session.shown('train').data);
  try {
    for (;;) {
      const { done, value } = going.next();
      if (done) return sets.map((_, i) => value.subarray(i * count, (i + 1) * count));
      yield { done: count + value.done, total };
    }
  } finally {
    queries.dispose();
  }
}

const median = (values: Float32Array): number => values.slice().sort()[Math.floor(values.length / 2)] ?? NaN;

const firstRows = ({ values, size }: Features, count: number): Features => ({ values: Array.prototype.slice.call(values, 0, count * size) as number[], size });

function discrepancies(drawn: Features, real: Features, alike: Features, what: string): Measure[] {
  const one = { standardError: null, k: null, n: rowCount(drawn), unit: 'squared distance' };
  const pairs = `${what}${rowCount(drawn) < pairedAtMost ? '' : `, the first ${pairedAtMost.toLocaleString('en')} of each`}`;
  return kernels.flatMap(({ metric, kernelOf, name }, i) => {
    const kernel = kernelOf(drawn, real);
    const { squared, pValue } = mmd(drawn, real, kernel, i === 0 ? { permutations } : {});
    return [
      { ...one, metric, value: squared, estimator: `squared maximum mean discrepancy by ${name}, unbiased, of ${pairs}` },
      { ...one, metric: `${metric}Floor`, value: mmd(alike, real, kernel).squared, estimator: `${inPlace}: squared maximum mean discrepancy by ${name}` },
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
