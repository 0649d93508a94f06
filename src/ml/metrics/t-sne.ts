import { philoxNormals } from '../random/philox';
import { rowCount, squaredDistance, type Features } from './features';

const size = 2;
const iterations = 500;
/** Until this iteration affinities are exaggerated, and the momentum is small. */
const early = 150;
const exaggeration = 12;

/**
 * A two-dimensional embedding by t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008), exact, with the learning rate max(n / 12, 50) and exaggeration
 * of Belkina et al. 2019. Takes n^2 numbers of memory. Yields after each iteration; the last yield is the embedding.
 * @param perplexity at most (n - 1) / 3
 */
export function* tSne(data: Features, { perplexity = 30, seed = 0 } = {}): Generator<Features, void> {
  const n = rowCount(data);
  const affinities = symmetricAffinities(data, perplexity);
  const values = Float64Array.from(philoxNormals(n * size, seed, 0), (value) => value * 1e-4);
  const velocity = new Float64Array(n * size);
  const gains = new Float64Array(n * size).fill(1);
  const rate = Math.max(n / exaggeration, 50);
  const kernel = new Float64Array(n * n);
  const gradient = new Float64Array(n * size);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const [factor, momentum] = iteration < early ? [exaggeration, 0.5] : [1, 0.8];
    let total = 0;
    for (let i = 0; i < n; i += 1)
      for (let j = 0; j < i; j += 1) {
        const value = 1 / (1 + ((values[2 * i] as number) - (values[2 * j] as number)) ** 2 + ((values[2 * i + 1] as number) - (values[2 * j + 1] as number)) ** 2);
        kernel[i * n + j] = value;
        total += 2 * value;
      }
    gradient.fill(0);
    for (let i = 0; i < n; i += 1)
      for (let j = 0; j < i; j += 1) {
        const value = kernel[i * n + j] as number;
        const pull = 4 * (factor * (affinities[i * n + j] as number) - value / total) * value;
        for (let d = 0; d < size; d += 1) {
          const along = pull * ((values[2 * i + d] as number) - (values[2 * j + d] as number));
          gradient[2 * i + d] = (gradient[2 * i + d] as number) + along;
          gradient[2 * j + d] = (gradient[2 * j + d] as number) - along;
        }
      }
    for (let at = 0; at < n * size; at += 1) {
      const same = Math.sign(gradient[at] as number) === Math.sign(velocity[at] as number);
      gains[at] = Math.max(0.01, same ? (gains[at] as number) * 0.8 : (gains[at] as number) + 0.2);
      velocity[at] = momentum * (velocity[at] as number) - rate * (gains[at] as number) * (gradient[at] as number);
      values[at] = (values[at] as number) + (velocity[at] as number);
    }
    yield { values, size };
  }
}

/** (p(j|i) + p(i|j)) / 2n, row-major, of normals around each row whose entropy is that of `perplexity` equal shares. */
export function symmetricAffinities(data: Features, perplexity: number): Float64Array {
  const n = rowCount(data);
  const affinities = new Float64Array(n * n);
  const distances = new Float64Array(n);
  const shares = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    let nearest = Infinity;
    for (let j = 0; j < n; j += 1) {
      distances[j] = i === j ? Infinity : squaredDistance(data, i, data, j);
      nearest = Math.min(nearest, distances[j] as number);
    }
    let [low, high, precision] = [0, Infinity, 1 / (nearest || 1)];
    for (let halving = 0; halving < 60; halving += 1) {
      let sum = 0;
      let weighted = 0;
      for (let j = 0; j < n; j += 1) {
        const excess = (distances[j] as number) - nearest;
        const share = i === j ? 0 : Math.exp(-precision * excess);
        shares[j] = share;
        sum += share;
        if (share > 0) weighted += share * excess;
      }
      const entropy = Math.log(sum) + (precision * weighted) / sum;
      for (let j = 0; j < n; j += 1) shares[j] = (shares[j] as number) / sum;
      if (Math.abs(entropy - Math.log(perplexity)) < 1e-5) break;
      if (entropy > Math.log(perplexity)) low = precision;
      else high = precision;
      precision = high === Infinity ? precision * 2 : (low + high) / 2;
    }
    for (let j = 0; j < n; j += 1) {
      const share = (shares[j] as number) / (2 * n);
      affinities[i * n + j] = (affinities[i * n + j] as number) + share;
      affinities[j * n + i] = (affinities[j * n + i] as number) + share;
    }
  }
  return affinities;
}
