import type { Draws } from './draws';

/** A distribution on a closed curve in the plane: it has a density along the curve, and none over the plane. */
export interface CurveDensity {
  id: string;
  title: string;
  draw(draws: Draws): { x: number; y: number };
  /** A point of the curve by its angle, in radians. */
  at(angle: number): { x: number; y: number };
  /** Log-density per unit of length at the point of that angle, nats. */
  logDensity(angle: number): number;
  /** -E[log p] along the curve, nats. */
  entropy: number;
}

/** The von Mises distribution, p proportional to e^(kappa cos(angle)), on a circle around the origin. */
function vonMisesCircle(radius: number, kappa: number): CurveDensity {
  // Sums over a period converge faster than any power of their step.
  const steps = 4096;
  const weights = Float64Array.from({ length: steps }, (_, i) => Math.exp(kappa * Math.cos((2 * Math.PI * (i + 0.5)) / steps - Math.PI)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const meanCosine = weights.reduce((sum, weight, i) => sum + weight * Math.cos((2 * Math.PI * (i + 0.5)) / steps - Math.PI), 0) / total;
  const logNormaliser = Math.log((2 * Math.PI * radius * total) / steps);
  const below = new Float64Array(steps + 1);
  weights.forEach((weight, i) => (below[i + 1] = (below[i] ?? 0) + weight / total));
  /** The angle below which the probability `u` lies, its density taken as constant in each of the steps. */
  const quantile = (u: number): number => {
    let [low, high] = [0, steps];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((below[middle] ?? 0) <= u) low = middle;
      else high = middle;
    }
    const [from = 0, to = 1] = [below[low], below[high]];
    return (2 * Math.PI * (low + (u - from) / (to - from))) / steps - Math.PI;
  };
  const at = (angle: number) => ({ x: radius * Math.cos(angle), y: radius * Math.sin(angle) });
  return {
    id: 'von-mises-circle',
    title: 'Von Mises on a circle',
    draw: (draws) => at(quantile(draws.uniform())),
    at,
    logDensity: (angle) => kappa * Math.cos(angle) - logNormaliser,
    entropy: logNormaliser - kappa * meanCosine,
  };
}

export const vonMises = vonMisesCircle(2, 2);
