import { add, greater, mul, where, type Tensor } from '@tensorflow/tfjs-core';

/** Where increasing functions, one for each element, reach zero between `low` and `high`, by halving; the number of halvings is fixed, so that the search can be compiled. */
export function bisect(increasing: (x: Tensor) => Tensor, low: Tensor, high: Tensor, halvings = 40): Tensor {
  let [a, b] = [low, high];
  for (let i = 0; i < halvings; i++) {
    const middle = mul(add(a, b), 0.5);
    const above = greater(increasing(middle), 0);
    [a, b] = [where(above, a, middle), where(above, middle, b)];
  }
  return mul(add(a, b), 0.5);
}
