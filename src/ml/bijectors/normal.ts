import { abs, add, clipByValue, customGrad, div, exp, greater, log, log1p, logicalNot, mul, neg, sqrt, square, sub, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core';

const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** ln phi(z) of the standard normal. */
export const logNormalDensity = (z: Tensor): Tensor => sub(mul(square(z), -0.5), halfLogTwoPi);

/** Coefficients of Numerical Recipes' fit ln(erfc(x) / t) + x^2 as a polynomial in t = 1 / (1 + x/2), x >= 0; of relative error 1.2e-7 in erfc. */
const fit = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];

/** ln Phi(-z) for z >= 0, of relative error below 1e-6 in the far tail too. */
function logTail(z: Tensor): Tensor {
  const t = div(1, add(mul(z, 0.5 * Math.SQRT1_2), 1));
  const polynomial = fit.slice(0, -1).reduceRight<Tensor>((sum, c) => add(mul(sum, t), c), mul(zerosLike(t), 0).add(fit.at(-1) ?? 0));
  return add(sub(add(log(t), polynomial), mul(square(z), 0.5)), -Math.LN2);
}

/** ln Phi(z) and ln Phi(-z), both of relative error below 1e-6, up to where the one next to zero underflows (|z| about 13); without a gradient of their own, see `logNormalCdf`. */
function logTails(z: Tensor): { below: Tensor; above: Tensor } {
  const small = logTail(abs(z));
  const large = log1p(neg(exp(small)));
  const right = greater(z, 0);
  return { below: where(right, large, small), above: where(right, small, large) };
}

/** ln Phi(z), of relative error below 1e-6 in both tails; its gradient is phi(z) / Phi(z). */
export const logNormalCdf = (x: Tensor): Tensor =>
  customGrad((z, save) => {
    const value = logTails(z as Tensor).below;
    (save as (tensors: Tensor[]) => void)([z as Tensor, value]);
    return { value, gradFunc: (dy, [z, value]) => mul(dy, exp(sub(logNormalDensity(z as Tensor), value as Tensor))) };
  })(x);

/**
 * The z with ln Phi(z) = `below` and ln Phi(-z) = `above`, from whichever is the smaller, so that neither tail loses digits: Hastings' rational fit (Abramowitz and
 * Stegun 26.2.23) and one step of Newton's method on ln Phi. Its gradient is that of the quantile, P dlnP / phi(z).
 */
export const normalQuantile = (below: Tensor, above: Tensor): Tensor =>
  customGrad((lower, upper, save) => {
    const [lnF, lnS] = [lower as Tensor, upper as Tensor];
    const right = greater(lnF, lnS);
    const small = where(right, lnS, lnF);
    const t = sqrt(mul(clipByValue(small, -1e30, -Math.LN2), -2));
    const numerator = add(mul(add(mul(t, 0.010328), 0.802853), t), 2.515517);
    const denominator = add(mul(add(mul(add(mul(t, 0.001308), 0.189269), t), 1.432788), t), 1);
    const start = sub(t, div(numerator, denominator));
    // ln Phi(-z) falls with slope phi(z) / Phi(-z).
    const tail = logTail(start);
    const z = add(start, div(sub(tail, small), exp(sub(logNormalDensity(start), tail))));
    const value = where(right, z, neg(z));
    (save as (tensors: Tensor[]) => void)([lnF, lnS, value]);
    return {
      value,
      gradFunc: (dy, saved) => {
        const [lnF, lnS, z] = saved as [Tensor, Tensor, Tensor];
        const right = greater(lnF, lnS);
        const slope = mul(dy, exp(sub(where(right, lnS, lnF), logNormalDensity(z))));
        const none = zerosLike(slope);
        return [where(logicalNot(right), slope, none), where(right, neg(slope), none)];
      },
    };
  })(below, above);
