import { add, fill, logSumExp, matMul, mul, reshape, softmax, square, sub, sum, tensor1d, tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { standardNormal } from '../distributions/gaussian';
import { rungeKutta, column, type Field } from './ode';

/** A mixture of normals in any number of dimensions, each with the same variance in all directions. */
export interface SphericalMixture {
  weights: number[];
  means: number[][];
  deviations: number[];
}

/** The noise of the variance-preserving diffusion at time t in [0, 1] (Song et al. 2021, appendix C), with 30 in place of 20 at its end: what is left of the means then shows in no digit. */
const [least, most] = [0.1, 30];
const beta = (t: number): number => least + t * (most - least);
/** x_t = a x_0 + sqrt(1 - a^2) noise. */
const signal = (t: number): number => Math.exp(-0.5 * (least * t + 0.5 * t * t * (most - least)));

/** log p_t `[batch]`, the score grad log p_t and its divergence, of the diffused mixture, all in closed form. */
export function diffused({ weights, means, deviations }: SphericalMixture, x: Tensor2D, t: number): { logProb: Tensor1D; score: Tensor2D; divergence: Tensor1D } {
  const size = x.shape[1];
  const a = signal(t);
  const variances = deviations.map((deviation) => (a * deviation) ** 2 + 1 - a * a);
  const centres = mul<Tensor2D>(tensor2d(means), a);
  const inverse = tensor1d(variances.map((variance) => 1 / variance));
  const distances = add(sub(sum(square(x), 1, true), mul(matMul(x, centres, false, true), 2)), sum(square(centres), 1));
  const logParts = add(mul(mul(distances, inverse), -0.5), tensor1d(variances.map((variance, k) => Math.log(weights[k] ?? 0) - 0.5 * size * Math.log(2 * Math.PI * variance))));
  const shares = mul<Tensor2D>(softmax(logParts), inverse);
  const total = sum(shares, 1, true);
  // Each part's score is (m - x) / v; the mixture's is their mean by the shares, and its divergence the mean of -D / v + |score_k|^2, less |score|^2.
  const score = sub<Tensor2D>(matMul(shares, centres), mul(x, total));
  const squares = sum(mul(mul(shares, inverse), distances), 1);
  const divergence = sub(add(mul(reshape(total, [-1]), -size), squares), sum(square(score), 1)) as Tensor1D;
  return { logProb: logSumExp(logParts, 1) as Tensor1D, score, divergence };
}

/**
 * The probability-flow equation dx/dt = -beta/2 (x + grad log p_t) (Song et al. 2021, equation 13) of the diffused mixture with its exact score: log p_0 as a continuous
 * flow gives it, `[batch]`, nats, and the end points at time 1, which are nearly standard normal. Nothing is trained.
 */
export function probabilityFlow(mixture: SphericalMixture, x: Tensor2D, steps: number): { z: Tensor2D; logProb: Tensor1D } {
  const field = probabilityField(mixture);
  const { x: z, integrals } = rungeKutta(field, { x, integrals: fill([x.shape[0], 1], 0) as Tensor2D }, { from: 0, to: 1, steps });
  return { z, logProb: add(standardNormal(...z.shape).logProb(z) as Tensor1D, column(integrals, 0)) };
}

/** The field of the probability flow, with its divergence. Its time is a number. */
export const probabilityField =
  (mixture: SphericalMixture): Field =>
  (x, t) => {
    const time = t as number;
    const { score, divergence } = diffused(mixture, x, time);
    const half = -0.5 * beta(time);
    return { velocity: mul(add(x, score), half), rates: reshape(mul(add(divergence, x.shape[1]), half), [-1, 1]) as Tensor2D };
  };
