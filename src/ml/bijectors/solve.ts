import { add, greater, mul, where, type Tensor } from '@tensorflow/tfjs-core';
import { loop } from '../sampling/loop';

/** Where increasing functions, one for each element, reach zero between `low` and `high`, by a fixed number of halvings. It has no gradient. */
export function bisect(increasing: (x: Tensor) => Tensor, low: Tensor, high: Tensor, halvings = 40): Tensor {
  const [a = low, b = high] = loop(halvings, [low, high], (_, [a = low, b = high]) => {
    const middle = mul(add(a, b), 0.5);
    const above = greater(increasing(middle), 0);
    return [where(above, a, middle), where(above, middle, b)];
  });
  return mul(add(a, b), 0.5);
}
