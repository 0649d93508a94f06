import { add, logSumExp, mul, reshape, softmax, square, sub, sum, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { total, type Posterior } from '../distributions/posterior';
import { scaleGradient, withoutGradient } from '../gradients';
import type { Batch } from '../model';
import type { Noise } from '../random/noise';
import { repeat, type Generative } from './elbo';

/** Of q(z|x) for every row of a batch whose examples come `count` times each. */
export interface Weighing extends Generative {
  posterior: Posterior;
  noise: Noise;
  purpose: string;
  /** Multiplies log p(z) - log q(z|x): a warm-up; 1 where it is absent. */
  klWeight?: Scalar | undefined;
}

/**
 * log w = log p(x, z) - log q(z|x) of `count` independent draws for each example, `[count, batch]`, nats (Burda, Grosse and Salakhutdinov 2016, equation 8).
 * @param posterior of each example `count` times, the repetition being the slower index
 */
export function logWeights(x: Batch, count: number, { posterior, prior, decode, noise, purpose, klWeight }: Weighing): Tensor2D {
  const { z, logQ } = posterior.draw(noise, purpose);
  return weigh(x, count, z, total(logQ), { prior, decode, klWeight });
}

function weigh(x: Batch, count: number, z: Tensor2D, logQ: Tensor1D, { prior, decode, klWeight }: Pick<Weighing, 'prior' | 'decode' | 'klWeight'>): Tensor2D {
  const minusKl = sub(total(prior.logDensity(z)), logQ);
  const logW = add(decode(z).logProb(repeat(x, count)), klWeight ? mul(minusKl, klWeight) : minusKl);
  return reshape(logW, [count, x.shape[0]]);
}

/** log 1/K sum_k w_k of each example, `[batch]`: a lower bound on log p(x) in expectation, that grows with K. Its gradient weights each log w_k by w_k / sum w. */
export const importanceBound = (logW: Tensor2D): Tensor1D => sub(logSumExp(logW, 0), Math.log(logW.shape[0])) as Tensor1D;

/** (sum w)^2 / sum w^2 of each example, `[batch]`, from 1 to K. */
export function effectiveSampleSize(logW: Tensor2D): Tensor1D {
  const normalised = softmax(logW.transpose() as Tensor2D);
  return sum<Tensor1D>(square(normalised), 1).reciprocal();
}

/**
 * The same weights with the doubly reparameterised gradient (Tucker et al. 2019, equation 8) for `importanceBound`: the encoder's is the sum of (w_k / sum w)^2
 * d log w_k / d z_k, without the score of log q; its signal does not fade as K grows. A first pass without gradient has the weights.
 * @param fixed the same posterior, with constants for parameters
 */
export function doublyReparameterised(x: Batch, count: number, fixed: Posterior, { posterior, prior, decode, noise, purpose, klWeight }: Weighing): Tensor2D {
  const { z, logQ } = posterior.draw(noise, purpose);
  const batch = x.shape[0];
  const shares = withoutGradient(() => {
    const byExample = softmax(weigh(x, count, z, total(logQ), { prior, decode, klWeight }).transpose() as Tensor2D);
    return reshape(byExample.transpose(), [count * batch, 1]);
  });
  const scaled = scaleGradient(z, shares);
  return weigh(x, count, scaled, fixed.logProb(scaled) as Tensor1D, { prior, decode, klWeight });
}
