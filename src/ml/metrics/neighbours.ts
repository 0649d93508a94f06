import { argMin, cast, gather, matMul, min, mul, reshape, slice, sqrt, square, squaredDifference, sub, sum, tensor1d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Progress } from '../estimators/log-likelihood';
import { readValues } from '../read';
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

const distancesAtOnce = 1e7;

/**
 * The distance of each row to the nearest of the training set: 0 where a model has learned by heart. Which one is nearest is found by a product of matrices, in pieces of bounded
 * memory; the distance to it is then that of the two rows themselves.
 * @param queries `[count, ...]`, not disposed of
 * @param training `[n, ...]` of as many values each, not disposed of
 */
export function* nearestDistances(queries: Tensor, training: Tensor): Generator<Progress, Float32Array> {
  const [count = 0] = queries.shape;
  const [n = 0] = training.shape;
  const flat = (x: Tensor): Tensor2D => reshape(x, [x.shape[0] ?? 0, -1]);
  const best = new Float32Array(count).fill(Infinity);
  const nearest = new Int32Array(count);
  const rows = Math.max(1, Math.min(n, Math.floor(distancesAtOnce / count)));
  for (let first = 0; first < n; first += rows) {
    const some = Math.min(rows, n - first);
    // |y|^2 - 2 x.y, about one place: |x|^2 does not matter for the order, and what is far from 0 would lose its digits.
    const { least, at } = readValues(() => {
      const centre = slice(flat(training), [0, 0], [1, -1]);
      const piece = sub(flat(slice(training, [first, ...training.shape.slice(1).fill(0)], [some, ...training.shape.slice(1)])), centre);
      const squares = sub(sum(square(piece), 1), mul(matMul(sub(flat(queries), centre), piece, false, true), 2));
      return { least: min(squares, 1), at: cast(argMin(squares, 1), 'float32') };
    });
    least.forEach((value, i) => {
      if (value >= (best[i] as number)) return;
      best[i] = value;
      nearest[i] = first + (at[i] as number);
    });
    yield { done: first + some, total: n };
  }
  return readValues(() => ({ distances: sqrt(sum(squaredDifference(flat(queries), gather(flat(training), tensor1d(nearest, 'int32'))), 1)) })).distances;
}
