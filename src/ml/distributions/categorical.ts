import { cast, cumsum, expandDims, less, linspace, logSoftmax, minimum, mul, oneHot, round, softmax, sum, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';
import { sumEvent } from './gaussian';

/**
 * A probability for each grey level: values k / (levels - 1). A value between two levels counts as the nearer one.
 * @param logits `[batch, ...event, levels]`
 */
export function categorical(logits: Tensor): Distribution {
  const levels = logits.shape.at(-1) ?? 1;
  const highest = levels - 1;
  return {
    mean: () => sum(mul(softmax(logits), linspace(0, 1, levels)), -1),
    sample(noise, purpose) {
      const u = noise.uniform(logits.shape.slice(0, -1), purpose);
      const below = sum(cast(less(cumsum(softmax(logits), -1), expandDims(u, -1)), 'float32'), -1);
      return mul(minimum(below, highest), 1 / highest);
    },
    logProb(x) {
      const level = cast(round(mul(x, highest)), 'int32');
      const chosen = oneHot(level as Tensor1D, levels, 1, 0, 'float32');
      return sumEvent(sum(mul(chosen, logSoftmax(logits)), -1));
    },
  };
}
