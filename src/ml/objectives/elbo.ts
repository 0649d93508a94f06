import { add, mean, mul, neg, reshape, squaredDifference, sub, sum, tile, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution';
import { difference, total, type Draws, type Posterior } from '../distributions/posterior';
import type { Prior } from '../distributions/prior';
import { stopGradient, withoutGradient } from '../gradients';
import type { Batch, ElboTerms } from '../model';
import type { Noise } from '../random/noise';

export const estimators = ['analytic-kl', 'single-sample'] as const;
export type Estimator = (typeof estimators)[number];

export interface Bound extends ElboTerms {
  /** Groups of the divergence that add up, `[batch, groups]`: a group a dimension (or discrete variable) where they are independent, else one. */
  klGroups: Tensor2D;
}

/** What the bound is made of: p(z), p(x|z) and how the divergence is had. */
export interface Generative {
  prior: Prior;
  /** Codes `[rows, latent]` to p(x|z). */
  decode(z: Tensor2D): Distribution;
}

/**
 * The evidence lower bound (Kingma and Welling 2014). `analytic-kl`: log p(x|z) - KL(q || p), their equation 7, where the divergence has a closed form;
 * `single-sample`, and elsewhere: log p(x, z) - log q(z|x), their equation 6, of the same mean, without variance where q is p(z|x) (Roeder, Wu and Duvenaud 2017), whose `kl` is log q(z|x) - log p(z) and may be negative.
 */
export function evidenceLowerBound(x: Batch, posterior: Posterior, { prior, decode }: Generative, noise: Noise, estimator: Estimator): Bound {
  const draws = (posterior.spread ?? posterior.draw)(noise, 'posterior');
  const { count, z } = draws;
  const batch = x.shape[0];
  const reconstruction = average(draws, reshape(decode(z).logProb(repeat(x, count)), [count, batch])) as Tensor1D;
  const closed = estimator === 'analytic-kl' && prior.isBase ? posterior.klToBase?.() : undefined;
  const klGroups = closed ?? sampledDivergence(draws, prior, batch);
  const kl = sum<Tensor1D>(klGroups, 1);
  return { elbo: sub(reconstruction, kl), reconstruction, kl, klGroups, closedForm: closed !== undefined, ...(klGroups.shape[1] === z.shape[1] && { klPerDimension: klGroups }) };
}

/** log q(z|x) - log p(z) at the draws, `[batch, groups]`. */
function sampledDivergence(draws: Draws, prior: Prior, batch: number): Tensor2D {
  const groups = difference(draws.logQ, prior.logDensity(draws.z));
  return average(draws, reshape(groups, [draws.count, batch, groups.shape[1]])) as Tensor2D;
}

/** The mean over the draws of `[count, batch, ...]`, with the gradient of the expectation over q(z|x). */
function average(draws: Draws, of: Tensor): Tensor {
  const { count, weights } = draws;
  const values = draws.score ? withScore(of, draws) : of;
  if (count === 1 && !weights) return reshape(values, values.shape.slice(1));
  return weights ? sum(mul(values, reshape(weights, [...weights.shape, ...values.shape.slice(2).map(() => 1)])), 0) : mean(values, 0);
}

/** `values` `[count, batch, ...]` themselves, with the gradient of their expectation by the score function, each draw's baseline being the mean of the others. */
function withScore(values: Tensor, { count, logQ }: Draws): Tensor {
  const score = reshape(total(logQ), values.shape.map((size, axis) => (axis < 2 ? size : 1)));
  const advantage = withoutGradient(() => mul(sub(values, mean(values, 0, true)), count / (count - 1)));
  return add(values, mul(advantage, sub(score, stopGradient(score))));
}

/** Each example `count` times, the repetition being the slower index: the order of `Draws`. */
export const repeat = <T extends Tensor>(x: T, count: number): T => (count === 1 ? x : tile(x, [count, ...x.shape.slice(1).map(() => 1)]));

/** `distribution`, with the squared error of its mean, summed over the event, in place of minus its log-density. */
export const squaredErrorOf = (distribution: Distribution): Distribution => ({
  ...distribution,
  logProb: (x) => neg(sum<Tensor1D>(reshape(squaredDifference(x, distribution.mean()), [x.shape[0] ?? 0, -1]), 1)),
});
