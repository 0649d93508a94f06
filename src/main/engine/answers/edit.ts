import { add, avgPool, clipByValue, concat, fill, image, lessEqual, mean, mul, round, scalar, slice, sub, tile, where, zeros, type Scalar, type Tensor4D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { dataShape } from '../../../contract/models';
import type { Damage } from '../../../contract/probes';
import type { Batch } from '../../../ml/model';
import type { Noise } from '../../../ml/random/noise';
import { askModel } from '../ask';
import type { Answerer } from './answer';
import { bytes, need, needPictures, noiseOf, picturesOf, rangeOf, whole } from './examples';

const noiseDeviation = 0.3;
const flippedShare = 0.1;
const shrunkBy = 4;

const upperRows = (x: Batch): number => Math.ceil(x.shape[1] / 2);

/** Puts `below` under the upper half of `x`. */
function underUpperHalf(x: Batch, below: Batch): Tensor4D {
  const [count, height, width, channels] = x.shape;
  const known = upperRows(x);
  return concat([slice(x, 0, [count, known, width, channels]), slice(below, [0, known, 0, 0], [count, height - known, width, channels])], 1);
}

const damaged: Record<Damage, (x: Batch, noise: Noise, binary: boolean) => Batch> = {
  noise(x, noise, binary) {
    if (!binary) return clipByValue(add(x, mul(noise.normal(x.shape, 'damage'), noiseDeviation)), 0, 1);
    return where(lessEqual(noise.uniform(x.shape, 'damage'), flippedShare), sub(1, x), x);
  },
  'lower half': (x, _noise, binary) => underUpperHalf(x, binary ? zeros(x.shape) : fill(x.shape, 0.5)),
  'fewer pixels'(x, _noise, binary) {
    const [, height, width] = x.shape;
    const coarse = image.resizeNearestNeighbor(avgPool(x, shrunkBy, shrunkBy, 'same'), [height, width]);
    return binary ? round(coarse) : coarse;
  },
  colour: (x) => tile(mean(x, 3, true), [1, 1, 1, 3]) as Batch,
};

/** Damages examples and asks the model for the whole: an autoregressive model completes the lower half, every other reconstructs. */
export const edit: Answerer<'edit'> = (session, { damage, seed, ...range }) => {
  needPictures(session);
  const { dataset, experiment } = session.run;
  if (damage === 'colour' && dataset.channels !== 3) refuse('bad-request', 'These pictures have no colour to take away.', { where: 'probe.damage' });
  const { complete } = session.model.abilities;
  const by = damage === 'lower half' && complete ? 'completion' : 'reconstruction';
  const reconstruct = by === 'completion' ? null : need(session, 'reconstruct');
  const { binary } = dataShape(dataset, experiment.binarisation);
  const { at, count } = rangeOf(session, range);
  const { truth, given, outputs } = askModel(session, `edit ${damage}`, [at(0, count), whole(seed)], (x: Batch, drawn: Scalar) => {
    const noise = noiseOf(drawn);
    const input = damaged[damage](x, noise, binary);
    const whole = reconstruct ? reconstruct(input) : need(session, 'complete')({ x: input, known: scalar(upperRows(x) * x.shape[2] * x.shape[3], 'int32'), temperature: scalar(1), noise });
    return { truth: bytes(x), given: bytes(input), outputs: bytes(damage === 'lower half' ? underUpperHalf(x, whole) : whole) };
  });
  return { truth: picturesOf(session, [truth]), given: picturesOf(session, [given]), outputs: picturesOf(session, [outputs]), by };
};
