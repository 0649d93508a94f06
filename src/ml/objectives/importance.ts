import { add, logSumExp, mean, mul, neg, reshape, softmax, square, sub, sum, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { total, type Posterior } from '../distributions/posterior';
import { scaleGradient, withoutGradient } from '../gradients';
import type { Batch, Objective } from '../model';
import type { Noise } from '../random/noise';
import { repeat, type Generative } from './elbo';

/** Of q(z|x) for every row of a batch whose examples come `count` times each. */
export interface Weighing extends Generative {
  posterior: Posterior;
  noise: Noise;
  purpose: string;
}

/** What the weight of a draw is made of, each `[count, batch]`, nats. */
export interface WeightParts {
  /** log p(x|z). */
  reconstruction: Tensor2D;
  /** log p(z) - log q(z|x). */
  minusKl: Tensor2D;
}

/**
 * log w = log p(x, z) - log q(z|x), `[count, batch]`, nats (Burda, Grosse and Salakhutdinov 2016, equation 8).
 * @param klWeight of the second part: a warm-up, with which this bounds nothing
 */
export const logWeights = ({ reconstruction, minusKl }: WeightParts, klWeight?: Scalar): Tensor2D => add(reconstruction, klWeight ? mul(minusKl, klWeight) : minusKl);

/**
 * The weights of `count` independent draws for each example.
 * @param posterior of each example `count` times, the repetition being the slower index
 */
export function drawWeights(x: Batch, count: number, { posterior, prior, decode, noise, purpose }: Weighing): WeightParts {
  const { z, logQ } = posterior.draw(noise, purpose);
  return weigh(x, count, z, total(logQ), { prior, decode });
}

function weigh(x: Batch, count: number, z: Tensor2D, logQ: Tensor1D, { prior, decode }: Generative): WeightParts {
  const ofDraws = (values: Tensor1D): Tensor2D => reshape(values, [count, x.shape[0]]);
  return { reconstruction: ofDraws(decode(z).logProb(repeat(x, count)) as Tensor1D), minusKl: ofDraws(sub(total(prior.logDensity(z)), logQ)) };
}

/** log 1/K sum_k w_k of each example, `[batch]`: a lower bound on log p(x) in expectation, that grows with K. Its gradient weights each log w_k by w_k / sum w. */
export const importanceBound = (logW: Tensor2D): Tensor1D => sub(logSumExp(logW, 0), Math.log(logW.shape[0])) as Tensor1D;

/** (sum w)^2 / sum w^2 of each example, `[batch]`, from 1 to K. */
export function effectiveSampleSize(logW: Tensor2D): Tensor1D {
  const normalised = softmax(logW.transpose() as Tensor2D);
  return sum<Tensor1D>(square(normalised), 1).reciprocal();
}

/** Minus the importance weighted bound; while the divergence is weighted, what is minimised is that and an adjustment. */
export function importanceObjective(parts: WeightParts, klWeight?: Scalar): Objective {
  const minusBound = (logW: Tensor2D): Scalar => neg(mean<Scalar>(importanceBound(logW)));
  const logW = logWeights(parts);
  const boundNats = minusBound(logW);
  const lossNats = klWeight ? minusBound(logWeights(parts, klWeight)) : boundNats;
  return { loss: lossNats, terms: { lossNats, ...(klWeight && { boundNats, adjustmentNats: sub(lossNats, boundNats) }), effectiveSampleSize: mean<Scalar>(effectiveSampleSize(logW)) } };
}

/**
 * The same weights with the doubly reparameterised gradient (Tucker et al. 2019, equation 8) for `importanceBound`: the encoder's is the sum of (w_k / sum w)^2
 * d log w_k / d z_k, without the score of log q; its signal does not fade as K grows. In a warm-up log q counts b times and its score, too: with r = w_k / sum w,
 * r - b (r - r^2) takes the place of r^2. A first pass without gradient has the weights.
 * @param fixed the same posterior, with constants for parameters
 */
export function doublyReparameterised(x: Batch, count: number, fixed: Posterior, { posterior, prior, decode, noise, purpose }: Weighing, klWeight?: Scalar): WeightParts {
  const { z, logQ } = posterior.draw(noise, purpose);
  const batch = x.shape[0];
  const factor = withoutGradient(() => {
    const shares = softmax(logWeights(weigh(x, count, z, total(logQ), { prior, decode }), klWeight).transpose() as Tensor2D);
    const byDraw = reshape(shares.transpose(), [count * batch, 1]);
    return klWeight ? sub(1, mul(klWeight, sub(1, byDraw))) : byDraw;
  });
  const scaled = scaleGradient(z, factor);
  return weigh(x, count, scaled, fixed.logProb(scaled) as Tensor1D, { prior, decode });
}
