import { rowCount, squaredDistance, type Features } from './features';

/** The squared distance of each row to its k-th nearest other row. */
function radii(set: Features, k: number): Float64Array {
  const n = rowCount(set);
  const distances = new Float64Array(n);
  return Float64Array.from({ length: n }, (_, i) => {
    for (let j = 0; j < n; j += 1) distances[j] = i === j ? Infinity : squaredDistance(set, i, set, j);
    return Float64Array.from(distances).sort()[k - 1] ?? Infinity;
  });
}

export interface Fidelity {
  /** The share of generated rows within the k-th neighbour's distance of some real one, and the other way round (Kynkaanniemi et al. 2019, k = 3). */
  precision: number;
  recall: number;
  /** The mean number of real rows that a generated one is that near to, over k; and the share of real rows with a generated one that near (Naeem et al. 2020, k = 5). */
  density: number;
  coverage: number;
}

/** How like the real rows the generated ones are, and how many of the real ones they reach. */
export function fidelity(real: Features, generated: Features, { k = 3, kDensity = 5 } = {}): Fidelity {
  const n = rowCount(real);
  const m = rowCount(generated);
  const realRadii = radii(real, k);
  const generatedRadii = radii(generated, k);
  const densityRadii = radii(real, kDensity);
  const precise = new Uint8Array(m);
  const recalled = new Uint8Array(n);
  const covered = new Uint8Array(n);
  let near = 0;
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j < m; j += 1) {
      const distance = squaredDistance(real, i, generated, j);
      if (distance <= (realRadii[i] as number)) precise[j] = 1;
      if (distance <= (generatedRadii[j] as number)) recalled[i] = 1;
      if (distance > (densityRadii[i] as number)) continue;
      covered[i] = 1;
      near += 1;
    }
  return { precision: share(precise), recall: share(recalled), density: near / (kDensity * m), coverage: share(covered) };
}

const share = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;

/** The distance of each generated row to the nearest of the training set: 0 where a model has learned by heart. */
export const nearestDistances = (generated: Features, training: Features): Float64Array =>
  Float64Array.from({ length: rowCount(generated) }, (_, i) => {
    let nearest = Infinity;
    for (let j = 0; j < rowCount(training); j += 1) nearest = Math.min(nearest, squaredDistance(generated, i, training, j));
    return Math.sqrt(nearest);
  });
