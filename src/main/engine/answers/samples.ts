import { fill, scalar, tensor1d, type Scalar } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import { joined } from '../../../ml/joined';
import { askModel } from '../ask';
import type { Answerer } from './answer';
import { bytes, chunks, need, needPictures, needTable, noiseOf, picturesOf, rangeOf, whole } from './examples';

export const sample: Answerer<'sample'> = (session, { count, temperature, seed }) => {
  const ability = need(session, 'sample');
  needPictures(session);
  const { pixels } = askModel(session, `sample ${count}`, [scalar(temperature), whole(seed)], (heat: Scalar, drawn: Scalar) => ({
    pixels: bytes(ability({ count, temperature: heat, noise: noiseOf(drawn) })),
  }));
  return { pictures: picturesOf(session, [pixels]) };
};

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

export const points: Answerer<'points'> = (session, { temperature, seed, ...range }) => {
  needTable(session);
  const { at, labels, count } = rangeOf(session, range);
  const rows = at(0, count);
  const values = rows.dataSync<'float32'>();
  rows.dispose();
  const { sample: ability } = session.model.abilities;
  const samples = ability
    ? askModel(session, `points ${count}`, [scalar(temperature), whole(seed)], (heat: Scalar, drawn: Scalar) => ({ values: ability({ count, temperature: heat, noise: noiseOf(drawn) }) })).values
    : null;
  return { columns: session.run.dataset.channels, data: values, samples, labels };
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

/** Entropy of a coin, bits. */
const coinBits = (p: number): number => (p <= 0 || p >= 1 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p)));

export const conditionals: Answerer<'conditionals'> = (session, range) => {
  const ability = need(session, 'conditionals');
  needPictures(session);
  const { at, count } = rangeOf(session, range);
  const { run } = session;
  const { binary } = dataShape(run.dataset, run.experiment.binarisation);
  const parts = chunks(0, count, 64).map(([first, rows]) =>
    askModel(session, 'conditionals', [at(first, rows)], (x) => {
      const each = ability(x);
      const means = each.mean();
      return { inputs: bytes(x), means: bytes(means), values: means, deviations: each.standardDeviation?.() ?? fill([0], 0) };
    }),
  );
  const deviations = joined(parts.map((part) => part.deviations));
  return {
    inputs: picturesOf(session, parts.map(({ inputs }) => inputs)),
    means: picturesOf(session, parts.map(({ means }) => means)),
    spread: binary ? joined(parts.map(({ values }) => values)).map(coinBits) : deviations.length > 0 ? deviations : null,
    measure: binary ? 'bits' : 'standard deviation',
  };
};
