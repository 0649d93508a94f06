import { tensor4d, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { binariseOnce } from '../../../ml/data/binarise';
import { joined } from '../../../ml/joined';
import { auroc, complexityScores, typicality } from '../../../ml/metrics/out-of-distribution';
import { askModel } from '../ask';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { compressedBytes, packedBits } from './compressed';
import { examplesOf, need, needPictures, noiseOf, portions, rangeOf, whole, type Examples } from './examples';

/** log p(x) of each row where the model has it, else its lower bound by one draw; nats. */
function logLikelihoods(session: Session, { at, count }: Pick<Examples, 'at' | 'count'>, seed: number): Float32Array {
  const { logProb } = session.model.abilities;
  return joined(
    portions(session, count).map(
      ([first, rows], part) => askModel(session, 'foreign', [at(first, rows), whole(seed + part)], (x, drawn: Scalar): { nats: Tensor } => ({ nats: logProb ? logProb(x, noiseOf(drawn)) : need(session, 'elbo')(x, noiseOf(drawn)).elbo })).nats,
    ),
  );
}

const negative = (values: Float32Array): Float32Array => values.map((value) => -value);
const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value / values.length, 0);

/** Its own test pictures against those of another data set, by three scores, each with how well it tells the two apart. */
export const foreign: Answerer<'foreign'> = (session, { count, batch, seed, pictures }) => {
  needPictures(session);
  const { dataset, experiment } = session.run;
  const { height, width, channels, maximum } = dataset;
  if (pictures.height !== height || pictures.width !== width || pictures.channels !== channels)
    refuse('bad-request', `The pictures are ${pictures.height} x ${pictures.width} x ${pictures.channels}, and the model's data ${height} x ${width} x ${channels}.`, { where: 'probe.pictures' });
  if (pictures.pixels.length !== pictures.count * height * width * channels) refuse('bad-request', `${pictures.count} pictures of ${height} x ${width} x ${channels} are not ${pictures.pixels.length} bytes.`, { where: 'probe.pictures' });
  const { logProb, elbo } = session.model.abilities;
  if (!logProb && !elbo) refuse('bad-request', `The model "${experiment.model}" has neither log p(x) nor a bound on it.`, { where: 'probe.kind' });

  const own = rangeOf(session, { split: dataset.counts.test > 0 ? 'test' : 'train', offset: 0, count });
  const train = rangeOf(session, { split: 'train', offset: 0, count });
  // Bytes for display go back to the levels of the model's own data.
  const grey = Float32Array.from(pictures.pixels, (value) => Math.round((value / 255) * maximum) / maximum);
  const other = binariseOnce(tensor4d(grey, [pictures.count, height, width, channels]), experiment.binarisation === 'dynamic' ? 'static' : experiment.binarisation, 'test');
  const others = examplesOf(other, pictures.count);
  try {
    const ownLogs = logLikelihoods(session, own, seed);
    const otherLogs = logLikelihoods(session, others, seed);
    const entropy = -mean(logLikelihoods(session, train, seed));
    const zerosAndOnes = dataset.binary || experiment.binarisation !== 'none';
    const untypical = (logs: Float32Array): Float32Array => Float32Array.from(typicality(negative(logs), entropy, batch));
    const beyondComplexity = (logs: Float32Array, examples: Pick<Examples, 'at' | 'count'>): Float32Array => {
      const bytes = bytesOfEach(examples, zerosAndOnes ? 1 : maximum);
      return Float32Array.from(complexityScores(negative(logs), (i) => bytes[i] ?? NaN));
    };
    const [ownTypicality, otherTypicality] = [untypical(ownLogs), untypical(otherLogs)];
    const [ownComplexity, otherComplexity] = [beyondComplexity(ownLogs, own), beyondComplexity(otherLogs, others)];
    return {
      estimator: logProb ? 'log p(x)' : 'ELBO',
      entropy,
      scores: {
        likelihood: { own: ownLogs, other: otherLogs, auroc: auroc(ownLogs, otherLogs) },
        typicality: { own: ownTypicality, other: otherTypicality, auroc: auroc(otherTypicality, ownTypicality) },
        complexity: { own: ownComplexity, other: otherComplexity, auroc: auroc(otherComplexity, ownComplexity) },
      },
    };
  } finally {
    other.dispose();
  }
};

/** Compressed length of each of the pictures, whose values are k / maximum. */
function bytesOfEach({ at, count }: Pick<Examples, 'at' | 'count'>, maximum: number): number[] {
  const some = at(0, count);
  const [, height, width, channels] = some.shape;
  const levels = Uint8Array.from(some.dataSync<'float32'>(), (value) => Math.round(value * maximum));
  some.dispose();
  const size = height * width * channels;
  return Array.from({ length: count }, (_, i) => {
    const one = levels.subarray(i * size, (i + 1) * size);
    return maximum === 1 ? compressedBytes(packedBits(one, width * channels), Math.ceil((width * channels) / 8), 1) : compressedBytes(one, width * channels, channels);
  });
}
