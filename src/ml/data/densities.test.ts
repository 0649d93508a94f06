import { describe, expect, it } from 'vitest';
import { densities, entropy, logDensities } from './densities';
import { Draws } from './draws';
import { energies, energyBox, logNormaliser } from './energies';
import { erfc, gaussLegendre, integrateSquare, normalBetween } from './quadrature';

/** Entropies estimated by other means, and their standard errors; the checkerboard's is exact. */
const estimated: Record<string, [number, number]> = {
  '8gaussians': [2.8327, 0.0015], moons: [2.388, 0.004], circles: [3.261, 0.004], rings: [2.615, 0.004],
  swissroll: [2.67, 0.004], '2spirals': [2.641, 0.005], checkerboard: [Math.log(32), 1e-9], pinwheel: [2.31, 0.007],
  // By the midpoint rule on 700 x 700 cells in another language.
  u1: [2.66001, 1e-4], u2: [2.62813, 1e-4], u3: [2.66734, 1e-4], u4: [2.82988, 1e-4],
};

describe.each(densities.map((density) => [density.id, density] as const))('%s', (id, density) => {
  const points = Array.from({ length: 4000 }, (_, i) => density.draw(new Draws(1, id, i)));

  it('integrates to 1, and in each quarter of the plane to the share of points that are drawn there', () => {
    const quarters = [0, 0, 0, 0];
    const quarterOf = (x: number, y: number): number => (x > 0 ? 1 : 0) + (y > 0 ? 2 : 0);
    const step = density.extent / 64;
    integrateSquare((x, y) => (quarters[quarterOf(x, y)] = (quarters[quarterOf(x, y)] ?? 0) + step * step * Math.exp(density.logDensity(x, y))), density.extent, step);
    expect(quarters.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 3);
    for (const [quarter, expected] of quarters.entries()) {
      const share = points.filter(({ x, y }) => quarterOf(x, y) === quarter).length / points.length;
      expect(Math.abs(share - expected)).toBeLessThan(4.5 * Math.sqrt((expected * (1 - expected)) / points.length) + 1e-3);
    }
  });

  it('has the entropy that others estimated, and that its own points have', () => {
    const [value = NaN, error = 0] = estimated[id] ?? [];
    const found = entropy(density);
    expect(Math.abs(found - value)).toBeLessThan(4 * error);
    const logs = logDensities(density, Float32Array.from(points.flatMap(({ x, y }) => [x, y])));
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    const standardError = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0)) / logs.length;
    expect(Math.abs(-mean - found)).toBeLessThan(4 * standardError + 1e-9);
  });

  it('draws its parts equally often', () => {
    const parts = density.parts?.length ?? 1;
    for (let part = 0; part < parts; part++) {
      const share = points.filter((point) => point.part === part).length / points.length;
      expect(Math.abs(share - 1 / parts)).toBeLessThan(4.5 * Math.sqrt(0.25 / points.length));
    }
  });
});

it('a pinwheel’s density is that of a point which is turned by hand, where one only leads there', () => {
  // f = (1, 0) on arm 0: radius 2, density of f divided by 4.
  const a = 0.25 * Math.E;
  const pinwheel = densities.find(({ id }) => id === 'pinwheel');
  expect(pinwheel?.logDensity(2 * Math.cos(a), -2 * Math.sin(a))).toBeCloseTo(-Math.log(5 * 4 * 2 * Math.PI * 0.3 * 0.1), 6);
});

describe('energies', () => {
  it('are the published ones at points worked out by hand', () => {
    const at = (id: string, z1: number, z2: number): number | undefined => energies.find((energy) => energy.id === id)?.energy(z1, z2);
    expect(at('u1', 2, 0)).toBeCloseTo(-Math.log1p(Math.exp(-0.5 * (4 / 0.6) ** 2)), 12);
    expect(at('u2', 1, 1.4)).toBeCloseTo(0.5, 12);
    expect(at('u3', 1, 1)).toBeCloseTo(-Math.log1p(Math.exp(-0.5 * (3 / 0.35) ** 2)), 12);
    expect(at('u4', 1, 1)).toBeCloseTo(-Math.log1p(Math.exp(-0.5 * (1.5 / 0.35) ** 2)), 12);
  });

  it('are divided by what makes them integrate to 1 over the box', () => {
    // U2 is Gaussian in z2 and its wave stays far from the border: the box is 8 wide.
    const wave = energies.find(({ id }) => id === 'u2');
    expect(wave && logNormaliser(wave)).toBeCloseTo(Math.log(8 * 0.4 * Math.sqrt(2 * Math.PI)), 6);
    for (const energy of energies) {
      const log = logNormaliser(energy);
      expect(integrateSquare((x, y) => Math.exp(-energy.energy(x, y) - log), energyBox, 0.05)).toBeCloseTo(1, 3);
    }
  });
});

describe('quadrature', () => {
  it('by Gauss and Legendre is exact for polynomials of degree 2 n - 1', () => {
    expect(gaussLegendre(5, -1, 3).reduce((sum, { node, weight }) => sum + weight * node ** 9, 0)).toBeCloseTo((3 ** 10 - 1) / 10, 6);
    expect(gaussLegendre(600, 0, Math.PI).reduce((sum, { node, weight }) => sum + weight * Math.sin(node), 0)).toBeCloseTo(2, 12);
  });

  it('gives probabilities of intervals in the tails too', () => {
    expect(erfc(0)).toBeCloseTo(1, 6);
    expect(erfc(1)).toBeCloseTo(0.15729920705, 7);
    expect(normalBetween(-1.96, 1.96)).toBeCloseTo(0.9500042097, 6);
    expect(normalBetween(9, 10) / (1.1285884059538e-19 - 7.61985302416e-24)).toBeCloseTo(1, 6);
    expect(normalBetween(-10, -9)).toBe(normalBetween(9, 10));
  });
});

it('draws are a function of seed, purpose and example, uniform and normal', () => {
  const uniforms = Array.from({ length: 4000 }, (_, i) => new Draws(3, 'a', i).uniform());
  expect(new Draws(3, 'a', 7).uniform()).toBe(uniforms[7]);
  expect(new Draws(4, 'a', 7).uniform()).not.toBe(uniforms[7]);
  expect(new Draws(3, 'b', 7).uniform()).not.toBe(uniforms[7]);
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(Math.abs(mean(uniforms) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 4000));
  const normals = Array.from({ length: 4000 }, (_, i) => new Draws(3, 'a', i).normal());
  expect(Math.abs(mean(normals))).toBeLessThan(4 / Math.sqrt(4000));
  expect(Math.abs(mean(normals.map((value) => value * value)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 4000));
  expect(() => { const draws = new Draws(0, 'a', 0, 4); for (let i = 0; i < 5; i++) draws.uniform(); }).toThrow(RangeError);
});
