import { abs, fill, grad, log, maximum, mul, neg, oneHot, reshape, scalar, squeeze, sum, tensor1d, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import { refuse } from '../../../contract/errors';
import type { Distribution } from '../../../ml/distributions/distribution';
import type { SamplesAre } from '../../../contract/probes';
import { joined } from '../../../ml/joined';
import type { LevelDistribution } from '../../../ml/models/autoregressive/likelihoods';
import { askModel } from '../ask';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { bytes, chunks, need, needPictures, needTable, noiseOf, picturesOf, rangeOf, whole } from './examples';

export const sample: Answerer<'sample'> = (session, { count, temperature, seed, draw = false }) => {
  const ability = need(session, 'sample');
  needPictures(session);
  const { pixels } = askModel(session, `sample ${count}${draw ? ', drawn' : ''}`, [scalar(temperature), whole(seed)], (heat: Scalar, drawn: Scalar) => ({
    pixels: bytes(ability({ count, temperature: heat, noise: noiseOf(drawn), draw })),
  }));
  return { pictures: picturesOf(session, [pixels]), samplesAre: samplesAre(session, draw) };
};

const samplesAre = ({ model }: Session, draw: boolean): SamplesAre => (model.samplesAreMeans && !draw ? 'means' : 'draws');

export const levels: Answerer<'levels'> = (session, { count, temperatures, held, seed, heldSeed }) => {
  const { sizes, sample } = need(session, 'levels');
  needPictures(session);
  const kept = Math.min(held, sizes.length);
  const heats = tensor1d(sizes.map((_, level) => temperatures[level] ?? 1));
  const { pixels } = askModel(session, `levels ${count} ${kept}`, [heats, whole(seed), whole(heldSeed)], (heat, drawn: Scalar, drawnOnce: Scalar) => ({
    pixels: bytes(sample({ count, temperatures: heat, held: kept, noise: noiseOf(drawn), heldNoise: noiseOf(drawnOnce) })),
  }));
  return { pictures: picturesOf(session, [pixels]), sizes: [...sizes] };
};

export const points: Answerer<'points'> = (session, { temperature, seed, draw = false, ...range }) => {
  needTable(session);
  const { at, labels, count } = rangeOf(session, range);
  const rows = at(0, count);
  const values = rows.dataSync<'float32'>();
  rows.dispose();
  const { sample: ability } = session.model.abilities;
  const samples = ability
    ? askModel(session, `points ${count}${draw ? ', drawn' : ''}`, [scalar(temperature), whole(seed)], (heat: Scalar, drawn: Scalar) => ({ values: ability({ count, temperature: heat, noise: noiseOf(drawn), draw }) })).values
    : null;
  return { columns: session.run.dataset.channels, data: values, samples, samplesAre: samplesAre(session, draw), labels };
};

export const complete: Answerer<'complete'> = (session, { known, temperature, seed, ...range }) => {
  const ability = need(session, 'complete');
  needPictures(session);
  const { at, count } = rangeOf(session, range);
  const { height, width, channels } = session.run.dataset;
  const size = height * width * channels;
  const drawn = askModel(session, 'complete', [at(0, count), whole(Math.min(known, size)), scalar(temperature), whole(seed)], (x, first: Scalar, heat: Scalar, step: Scalar) => ({
    pixels: bytes(ability({ x, known: first, temperature: heat, noise: noiseOf(step) })),
    inputs: bytes(x),
  }));
  return { pictures: picturesOf(session, [drawn.pixels]), inputs: picturesOf(session, [drawn.inputs]), size };
};

/** Of 256 levels each: a few hundred megabytes for coloured pictures. */
const atOnce = 16;

/** Entropy of a coin, bits. */
const coinBits = (p: number): number => (p <= 0 || p >= 1 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p)));

/** Entropy of each value's levels, bits, `[batch, ...event]`; null where the levels have no probabilities. */
function levelBits(each: Distribution): Tensor | null {
  if (!('probabilities' in each)) return null;
  const p = (each as LevelDistribution).probabilities();
  return mul(neg(sum(mul(p, log(maximum(p, 1e-30))), -1)), 1 / Math.LN2);
}

export const conditionals: Answerer<'conditionals'> = (session, range) => {
  const ability = need(session, 'conditionals');
  needPictures(session);
  const { at, count } = rangeOf(session, range);
  const { run } = session;
  const { binary } = dataShape(run.dataset, run.experiment.binarisation);
  const parts = chunks(0, count, atOnce).map(([first, rows]) =>
    askModel(session, 'conditionals', [at(first, rows)], (x) => {
      const each = ability(x);
      const means = each.mean();
      return { inputs: bytes(x), means: bytes(means), values: means, bits: (!binary && levelBits(each)) || fill([0], 0), deviations: each.standardDeviation?.() ?? fill([0], 0) };
    }),
  );
  const [bits, deviations] = [joined(parts.map((part) => (binary ? part.values.map(coinBits) : part.bits))), joined(parts.map((part) => part.deviations))];
  return {
    inputs: picturesOf(session, parts.map(({ inputs }) => inputs)),
    means: picturesOf(session, parts.map(({ means }) => means)),
    spread: bits.length > 0 ? bits : deviations.length > 0 ? deviations : null,
    measure: bits.length > 0 ? 'bits' : 'standard deviation',
  };
};

/** By one gradient for all examples, whose conditionals have nothing to do with each other (Luo et al. 2016's effective receptive field, without the mean over many nets). */
export const receptiveField: Answerer<'receptive-field'> = (session, { pixel, ...range }) => {
  const ability = need(session, 'conditionals');
  needPictures(session);
  const { at, count } = rangeOf(session, range);
  const { height, width, channels } = session.run.dataset;
  if (pixel >= height * width) refuse('bad-request', `The pictures have ${height * width} pixels, counted from 0; there is none at ${pixel}.`, { where: 'probe.pixel' });
  const { field } = askModel(session, 'receptive field', [at(0, count), whole(pixel * channels)], (x, place: Scalar) => {
    const chosen = reshape(oneHot(reshape(place, [1]) as Tensor1D, height * width * channels, 1, 0, 'float32'), [1, height, width, channels]);
    const slopes = grad((values: Tensor) => sum(mul(ability(values as typeof x).mean(), chosen)))(x);
    return { field: squeeze(sum(abs(slopes), [0, 3])) };
  });
  return { height, width, field, examples: count };
};
