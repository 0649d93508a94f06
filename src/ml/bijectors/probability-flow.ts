import { add, div, exp, log, logSumExp, matMul, mul, neg, reshape, softmax, sqrt, square, sub, sum, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Bijector } from './bijector';
import type { Span } from './continuous';
import { adaptively, column, rungeKuttaLoop, type Field } from './ode';

/** A mixture of normals of independent values: `logWeights` `[components]`, the others `[components, size]`. */
export interface NormalMixture {
  logWeights: Tensor1D;
  means: Tensor2D;
  deviations: Tensor2D;
}

/** The noise of the variance-preserving diffusion at time t in [0, 1] (Song et al. 2021, appendix C), with 30 in place of 20 at its end: what is left of the means then shows in no digit. */
const [least, most] = [0.1, 30];
const beta = (t: Scalar | number): Tensor => add(mul(t, most - least), least);
/** x_t = a x_0 + sqrt(1 - a^2) noise. */
const signal = (t: Scalar | number): Tensor => exp(mul(mul(t, add(mul(t, (most - least) / 2), least)), -0.5));

/** log p_t `[batch]`, the score grad log p_t and its divergence, of the diffused mixture, all in closed form. */
export function diffused({ logWeights, means, deviations }: NormalMixture, x: Tensor2D, t: Scalar | number): { logProb: Tensor1D; score: Tensor2D; divergence: Tensor1D } {
  const size = x.shape[1];
  const a = signal(t);
  const variances = add<Tensor2D>(square(mul(a, deviations)), sub(1, square(a)));
  const centres = mul<Tensor2D>(means, a);
  const precisions = div<Tensor2D>(1, variances);
  /** sum_d w_kd (x_d - c_kd)^2 of each row and component. */
  const squares = (w: Tensor2D): Tensor2D => add(sub(matMul(square(x), w, false, true), mul(matMul(x, mul<Tensor2D>(centres, w), false, true), 2)), sum(mul(square(centres), w), 1));
  const constants = sub(logWeights, add(mul(sum(log(variances), 1), 0.5), 0.5 * size * Math.log(2 * Math.PI)));
  const logParts = add<Tensor2D>(mul(squares(precisions), -0.5), constants);
  const shares = softmax(logParts);
  // Each part's score is (c - x) / v; the mixture's is their mean by the shares, and its divergence the mean of -sum 1 / v + |score_k|^2, less |score|^2.
  const precision = matMul(shares, precisions);
  const score = sub<Tensor2D>(matMul(shares, mul<Tensor2D>(centres, precisions)), mul(x, precision));
  const divergence = sub<Tensor1D>(sub(sum(mul(shares, squares(square(precisions))), 1), sum(precision, 1)), sum(square(score), 1));
  return { logProb: logSumExp(logParts, 1) as Tensor1D, score, divergence };
}

/**
 * The probability-flow equation dx/dt = -beta/2 (x + grad log p_t) (Song et al. 2021, equation 13) of the diffused mixture with its exact score as a bijector: from time 0,
 * where it is the mixture, to 1, where it is standard normal but for a share of about 5e-4 of the means. Nothing is trained, and there is no gradient.
 */
export function probabilityFlow(mixture: () => NormalMixture, { from, to, steps }: Span): Bijector {
  const solve = (x: Tensor2D, span: Span): { end: Tensor2D; logDet: Tensor1D } => {
    const { x: end, integrals } = rungeKuttaLoop(probabilityField(mixture()), { x, integrals: zeros([x.shape[0], 1]) }, span);
    return { end, logDet: column(integrals, 0) };
  };
  return {
    forward(x) {
      const { end, logDet } = solve(x as Tensor2D, { from, to, steps });
      return { y: end, logDet };
    },
    inverse(y) {
      const { end, logDet } = solve(y as Tensor2D, { from: to, to: from, steps });
      return { x: end, logDet };
    },
    adaptively: (x, tolerance) => adaptively(probabilityField(mixture()), x as Tensor2D, { from, to }, tolerance),
  };
}

/** The field of the probability flow, with its divergence. */
const probabilityField =
  (mixture: NormalMixture): Field =>
  (x, t) => {
    const { score, divergence } = diffused(mixture, x, t);
    const half = mul(beta(t), -0.5);
    return { velocity: mul(add(x, score), half), rates: reshape(mul(add(divergence, x.shape[1]), half), [-1, 1]) as Tensor2D };
  };

/** The mixture of (x - c) / s, with c and s the mean and standard deviation of each value of the given mixture, and the map there. */
export function standardised(mixture: () => NormalMixture): { mixture: () => NormalMixture; normalise: Bijector } {
  const moments = () => {
    const { logWeights, means, deviations } = mixture();
    const weights = reshape(exp(logWeights), [1, -1]) as Tensor2D;
    const centre = matMul(weights, means);
    const scale = sqrt(add(matMul(weights, add<Tensor2D>(square(deviations), square(sub(means, centre)))), 1e-12));
    return { logWeights, means, deviations, centre, scale };
  };
  const logDet = (x: Tensor, scale: Tensor): Tensor1D => add(zeros([x.shape[0] ?? 0]), sum(log(scale)));
  return {
    mixture() {
      const { logWeights, means, deviations, centre, scale } = moments();
      return { logWeights, means: div(sub(means, centre), scale), deviations: div(deviations, scale) };
    },
    normalise: {
      forward(x) {
        const { centre, scale } = moments();
        return { y: div(sub(x, centre), scale), logDet: neg(logDet(x, scale)) };
      },
      inverse(y) {
        const { centre, scale } = moments();
        return { x: add(mul(y, scale), centre), logDet: logDet(y, scale) };
      },
    },
  };
}
