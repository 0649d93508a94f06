import { abs, add, div, expm1, less, log, log1p, mul, neg, reciprocal, sigmoid, softplus, square, step, sub, tanh, where, type Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from './distribution';
import { sumEvent } from './gaussian';

// Below this logit Taylor series take the place of differences of nearly equal numbers.
const nearZero = 0.1;

/** `series` where the logit is near zero, else `exact`, of a logit that is 1 there, so that gradients stay finite. */
function byLogit(logits: Tensor, exact: (l: Tensor) => Tensor, series: (l: Tensor) => Tensor): Tensor {
  const near = step(sub(nearZero, abs(logits)));
  const far = sub(1, near);
  return add(mul(near, series(logits)), mul(far, exact(add(mul(far, logits), near))));
}

/** ln C = ln(l / tanh(l / 2)), the logarithm of what makes lambda^x (1 - lambda)^(1 - x) a density on [0, 1], lambda = sigmoid(l). */
const logNormaliser = (logits: Tensor): Tensor =>
  byLogit(
    logits,
    (l) => log(div(l, tanh(mul(l, 0.5)))),
    (l) => add(Math.LN2, mul(square(l), sub(1 / 12, mul(square(l), 7 / 1440)))),
  );

/**
 * Densities on [0, 1] proportional to lambda^x (1 - lambda)^(1 - x), the likelihood for grey values that the Bernoulli's mass is not
 * (Loaiza-Ganem and Cunningham 2019).
 * @param logits of lambda, `[batch, ...event]`
 */
export const continuousBernoulli = (logits: Tensor): Distribution => ({
  mean: () =>
    byLogit(
      logits,
      (l) => sub(div(sigmoid(l), tanh(mul(l, 0.5))), reciprocal(l)),
      (l) => add(0.5, mul(l, sub(1 / 12, mul(square(l), 1 / 720)))),
    ),
  sample(noise, purpose) {
    const u = noise.uniform(logits.shape, purpose);
    // The inverse of the distribution function for the logit -|l|, mirrored for l > 0.
    const lower = byLogit(neg(abs(logits)), (l) => div(log1p(mul(u, expm1(l))), l), (l) => add(u, mul(mul(l, 0.5), mul(u, sub(1, u)))));
    return where(less(logits, 0), lower, sub(1, lower));
  },
  logProb: (x) => sumEvent(add(sub(mul(x, logits), softplus(logits)), logNormaliser(logits))),
});
