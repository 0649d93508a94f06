import { add, cast, greater, less, mul, reshape, sigmoid, softplus, squeeze, sub, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { sweeps } from '../sampling/sweeps';
import type { Distribution } from './distribution';
import { sumEvent } from './gaussian';

/**
 * Independent coins, from the logits of 1. `logProb` is a likelihood for values 0 and 1 alone: on grey values it would lack
 * the continuous Bernoulli's normaliser (Loaiza-Ganem and Cunningham 2019).
 * @param logits `[batch, ...event]`
 */
export const bernoulli = (logits: Tensor): Distribution => ({
  mean: () => sigmoid(logits),
  sample: (noise, purpose) => cast(less(noise.uniform(logits.shape, purpose), sigmoid(logits)), 'float32'),
  logProb: (x) => sumEvent(sub(mul(x, logits), softplus(logits))),
});

/**
 * Coins each of which knows those before it in reading order: the logit of a value is its own in `logits` plus what `before` makes of the values before it, `[rows, values]` to `[rows, values, 1]`
 * (Chen et al. 2017, "Variational lossy autoencoder", section 2: a decoder that can do without a code). A draw takes a pass of `before` for each value. The expectation has no closed form: `mean` is
 * that of each value given the likelier of each before it.
 * @param logits `[batch, ...event]`
 */
export function autoregressiveBernoulli(logits: Tensor, before: (x: Tensor2D) => Tensor): Distribution {
  const rows = reshape(logits, [logits.shape[0] ?? 0, -1]) as Tensor2D;
  const size = rows.shape[1];
  const given = (x: Tensor): Tensor => add(rows, squeeze(before(x as Tensor2D), [2]));
  const asEvent = (x: Tensor): Tensor => reshape(x, logits.shape);
  return {
    mean: () => asEvent(sigmoid(given(sweeps(size, rows, (x) => cast(greater(given(x), 0), 'float32'))))),
    sample(noise, purpose) {
      const u = noise.uniform(rows.shape, purpose);
      return asEvent(sweeps(size, rows, (x) => cast(less(u, sigmoid(given(x))), 'float32')));
    },
    logProb: (x) => bernoulli(given(reshape(x, [x.shape[0] ?? 0, size]))).logProb(reshape(x, [x.shape[0] ?? 0, size])),
  };
}
