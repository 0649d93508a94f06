import { expect, it } from 'vitest';
import { philoxNormals } from '../random/philox';
import type { Features } from './features';
import { symmetricAffinities, tSne } from './t-sne';

const n = 60;
/** Two clouds, ten deviations apart. */
const clouds: Features = { values: philoxNormals(n * 3, 2, 0).map((value, i) => value + (i % 6 < 3 ? 0 : 10)), size: 3 };

it('affinities are symmetric and sum to one; of equally far rows they are equal', () => {
  const affinities = symmetricAffinities(clouds, 10);
  expect(affinities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
  expect(affinities[3 * n + 7]).toBe(affinities[7 * n + 3]);
  const corners = symmetricAffinities({ values: [1, 0, 0, 0, 1, 0, 0, 0, 1], size: 3 }, 2);
  expect(Array.from(corners)).toEqual([0, 1, 1, 1, 0, 1, 1, 1, 0].map((flag) => expect.closeTo(flag / 6, 9)));
});

it('has the perplexity that is asked for', () => {
  // Rows so far from a third that it takes no share: of 20 near rows 10 are as good as counted.
  const shares = symmetricAffinities(clouds, 10);
  const own = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_unused, j) => (shares[i * n + j] ?? 0) * n));
  const perplexities = own.map((row) => Math.exp(-row.reduce((sum, share) => sum + (share > 0 ? share * Math.log(share) : 0), 0)));
  expect(perplexities.reduce((sum, value) => sum + value, 0) / n).toBeGreaterThan(8);
  expect(perplexities.reduce((sum, value) => sum + value, 0) / n).toBeLessThan(16);
});

it('comes to a smaller divergence than that of the clouds drawn at their own first coordinates, and keeps them apart', () => {
  let embedded = clouds;
  for (embedded of tSne(clouds, { perplexity: 10, seed: 1 })) continue;
  const divergence = (plane: Features): number => {
    const p = symmetricAffinities(clouds, 10);
    const kernel = Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return i === j ? 0 : 1 / (1 + [0, 1].reduce((sum, d) => sum + ((plane.values[i * plane.size + d] ?? 0) - (plane.values[j * plane.size + d] ?? 0)) ** 2, 0));
    });
    const total = kernel.reduce((sum, value) => sum + value, 0);
    return p.reduce((sum, value, at) => sum + (value > 0 ? value * Math.log((value * total) / (kernel[at] ?? NaN)) : 0), 0);
  };
  expect(divergence(embedded)).toBeLessThan(0.8 * divergence(clouds));
  const side = (i: number): number => embedded.values[2 * i] ?? NaN;
  const distance = (i: number, j: number): number => Math.hypot(side(i) - side(j), (embedded.values[2 * i + 1] ?? NaN) - (embedded.values[2 * j + 1] ?? NaN));
  for (let i = 0; i < n; i += 1) {
    const others = Array.from({ length: n }, (_, j) => j).filter((j) => j !== i);
    expect(others.reduce((best, j) => (distance(i, j) < distance(i, best) ? j : best)) % 2).toBe(i % 2);
  }
});
