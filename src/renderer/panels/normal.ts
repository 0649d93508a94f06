// Coefficients of the rational approximations of P. J. Acklam, "An algorithm for computing the inverse normal cumulative
// distribution function" (2003): relative error below 1.15e-9 before refinement.
const central = {
  above: [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239],
  below: [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1],
};
const tail = {
  above: [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783],
  below: [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1],
};
const tailBelow = 0.02425;

const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/**
 * Φ(x), by the series of G. Marsaglia, "Evaluating the Normal Distribution" (2004): 1/2 + φ(x) (x + x³/3 + x⁵/15 + …).
 * Absolute error near 1e-16; 0 and 1 beyond ±8.
 */
export function normalCdf(x: number): number {
  if (x < -8) return 0;
  if (x > 8) return 1;
  let sum = x;
  let term = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Φ⁻¹(p): a rational approximation and one step of Halley's method. ∓Infinity at 0 and 1, NaN outside. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return -Infinity;
  const r = Math.sqrt(-2 * Math.log(p));
  const q = p - 0.5;
  const x = p < tailBelow ? polynomial(tail.above, r) / polynomial(tail.below, r) : (polynomial(central.above, q * q) * q) / polynomial(central.below, q * q);
  const step = (normalCdf(x) - p) * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2);
  return x - step / (1 + (x * step) / 2);
}
