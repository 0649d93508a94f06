import { gather, neg, reshape, scalar, sum, tensor4d, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { dataShape } from '../../../contract/models';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import type { Batch } from '../../../ml/model';
import type { LevelDistribution } from '../../../ml/models/autoregressive/likelihoods';
import { ArithmeticDecoder, ArithmeticEncoder } from '../../formats/arithmetic-coder';
import { need, needPictures, rowsOf } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';
import type { Session } from '../session';

const rowsAtOnce = 100;

/**
 * Codes pictures by an autoregressive model's conditionals and an arithmetic coder, decodes them, and compares. `codedBits` is the length of the code, a dimension;
 * `modelBits`, -log2 p(x) of the same pictures; `valuesDecodedWrong` has to be 0.
 *
 * Coder and decoder need the same probabilities to the last bit. Both therefore ask the same question about the same numbers: value i of all pictures, given pictures in
 * which the values before i stand and all others are 0. The coder too goes through the net once for each value, though it has the whole pictures.
 */
export const compression: Measuring<'compression'> = function* (session, { split }, count): Generator<Progress, Measure[]> {
  const conditionals = need(session, 'conditionals');
  needPictures(session);
  const { height, width, channels, levels: some } = dataShape(session.run.dataset, session.run.experiment.binarisation);
  const levels = some ?? 2;
  const size = height * width * channels;
  const { data } = session.shown(split);
  const total = 2 * size * Math.ceil(count / rowsAtOnce);
  let [bits, nats, wrong, done] = [0, 0, 0, 0];
  for (let first = 0; first < count; first += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, count - first);
    const x = rowsOf(data, first, rows);
    const symbols = Uint16Array.from(x.dataSync<'float32'>(), (grey) => Math.round(grey * (levels - 1)));
    nats += askModel(session, 'nats of pictures', [x], (pictures) => ({ nats: sum(neg(conditionals(pictures).logProb(pictures))) })).nats[0] ?? NaN;
    /** Value by value, in the model's order; `next` says which level the value of a picture has. */
    function* walk(next: (picture: number, value: number, probabilities: Float32Array) => number): Generator<Progress, void> {
      const known = new Float32Array(rows * size);
      for (let value = 0; value < size; value++) {
        const probabilities = conditionalsOf(session, tensor4d(known, [rows, height, width, channels]), value);
        for (let picture = 0; picture < rows; picture++)
          known[picture * size + value] = next(picture, value, probabilities.subarray(picture * levels, (picture + 1) * levels)) / (levels - 1);
        yield { done: ++done, total };
      }
    }
    const encoder = new ArithmeticEncoder();
    yield* walk((picture, value, probabilities) => {
      const symbol = symbols[picture * size + value] ?? 0;
      encoder.put(symbol, probabilities);
      return symbol;
    });
    const code = encoder.finish();
    bits += 8 * code.length;
    const decoder = new ArithmeticDecoder(code);
    yield* walk((picture, value, probabilities) => {
      const symbol = decoder.take(probabilities);
      if (symbol !== symbols[picture * size + value]) wrong += 1;
      return symbol;
    });
  }
  const values = count * size;
  const one = { standardError: null, unit: 'bits/dim', k: null, n: count };
  return [
    { ...one, metric: 'codedBits', value: bits / values, estimator: `bytes of an arithmetic coder's code, ${rowsAtOnce} pictures in one` },
    { ...one, metric: 'modelBits', value: nats / Math.LN2 / values, estimator: '-log2 p(x) by the conditionals, over the number of values' },
    { ...one, metric: 'valuesDecodedWrong', value: wrong, unit: 'values', estimator: `of ${values} values, after decoding` },
  ];
};

/** Of one value of each picture, the probabilities of its levels, picture by picture. */
function conditionalsOf(session: Session, known: Batch, value: number): Float32Array {
  const conditionals = need(session, 'conditionals');
  return askModel(session, 'conditionals of a value', [known, scalar(value, 'int32')], (pictures, at: Scalar) => {
    const all = (conditionals(pictures) as LevelDistribution).probabilities();
    const rows = pictures.shape[0];
    return { probabilities: gather(reshape(all, [rows, pictures.size / rows, -1]), reshape(at, [1]), 1) as Tensor };
  }).probabilities;
}
