import { add, fill, mul, reshape, sub, zeros, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { DataShape } from '../../../contract/models';
import { dequantise } from '../../data/dequantise';
import type { Distribution } from '../../distributions/distribution';
import type { Batch } from '../../model';
import type { Noise } from '../../random/noise';

/** Rows of real numbers, with log p(x) = log p(values) + logDet. */
export interface Rows {
  /** `[batch, size]`. */
  values: Tensor2D;
  /** `[batch]`, nats. */
  logDet: Tensor1D;
}

/** What a density of real numbers sees of the data, and the way back. */
export interface RealRows {
  size: number;
  /** A table's rows as they are; of pictures the dequantised levels (k + u) / levels, without noise in the middle, u = 1/2. */
  to(x: Batch, noise?: Noise): Rows;
  /** To pictures, the middle of a level's interval to its grey value; values between levels, and outside of [0, 1], stay so. */
  from(values: Tensor): Batch;
  /** A distribution of rows as one of pictures; its density at grey values is that of the middles of their intervals. */
  pictures(rows: Distribution): Distribution;
}

export function realRows({ levels, height, width, channels }: DataShape): RealRows {
  const size = height * width * channels;
  const rowOf = (x: Tensor): Tensor2D => reshape(x, [x.shape[0] ?? 0, size]);
  const pictureOf = (values: Tensor): Batch => reshape(values, [values.shape[0] ?? 0, height, width, channels]);
  const to: RealRows['to'] = (x, noise) => {
    if (levels === null) return { values: rowOf(x), logDet: zeros([x.shape[0]]) };
    if (!noise) return { values: rowOf(mul(add(mul(x, levels - 1), 0.5), 1 / levels)), logDet: fill([x.shape[0]], -size * Math.log(levels)) };
    const { values, logDet } = dequantise(x, levels, noise);
    return { values: rowOf(values), logDet };
  };
  const from: RealRows['from'] = (values) => pictureOf(levels === null ? values : mul(sub(mul(values, levels), 0.5), 1 / (levels - 1)));
  const scale = levels === null ? 1 : levels / (levels - 1);
  return {
    size,
    to,
    from,
    pictures: ({ mean, standardDeviation, sample, logProb }) => ({
      mean: () => from(mean()),
      ...(standardDeviation && { standardDeviation: () => mul(pictureOf(standardDeviation()), scale) }),
      sample: (noise, purpose) => from(sample(noise, purpose)),
      logProb(x) {
        const { values, logDet } = to(x as Batch);
        return add(logProb(values), logDet);
      },
    }),
  };
}
