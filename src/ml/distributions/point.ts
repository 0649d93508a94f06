import { all, equal, fill, where, zeros, type Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';

/** All mass at one value: what a deterministic encoder or decoder returns. @param value `[batch, ...event]` */
export const point = (value: Tensor): Distribution => ({
  mean: () => value,
  sample: () => value.clone(),
  logProb: (x) => {
    const batch = value.shape.slice(0, 1);
    const here = all(equal(x, value), value.shape.map((_, axis) => axis).slice(1));
    return where(here, zeros(batch), fill(batch, -Infinity));
  },
});
