import type { Draws } from './draws';
import { energies, energyBox, wallWidth, walled, walledLogNormaliser, type Energy } from './energies';
import { gaussLegendre, integrateSquare, normalBetween } from './quadrature';

/** A distribution over the plane of which everything is known: the best possible likelihood is minus its entropy. */
export interface Density {
  id: string;
  title: string;
  /** Names of the parts that a point can come from with equal probability, or null for one part. */
  parts: string[] | null;
  draw(draws: Draws): { x: number; y: number; part: number };
  /** Nats; -Infinity where the density is zero or too small for a double. */
  logDensity(x: number, y: number): number;
  /** All but a negligible part of the mass lies in [-extent, extent]^2. */
  extent: number;
}

// The generators are those of the code of Grathwohl et al. 2019 (FFJORD), without the reordering of points. A curve's points are
// independent and uniform in its parameter.

/** Points on a curve, and the weight of each in a quadrature along it. */
interface Nodes {
  x: Float64Array;
  y: Float64Array;
  /** Sum to 1. */
  weight: Float64Array;
}

const nodesOf = (list: { x: number; y: number; weight: number }[]): Nodes => ({
  x: Float64Array.from(list, ({ x }) => x),
  y: Float64Array.from(list, ({ y }) => y),
  weight: Float64Array.from(list, ({ weight }) => weight),
});

/** log sum_i w_i N((x, y); node_i, sigma^2 I). */
function logMixture({ x: nodeX, y: nodeY, weight }: Nodes, sigma: number, x: number, y: number): number {
  let nearest = Infinity;
  for (let i = 0; i < nodeX.length; i++) nearest = Math.min(nearest, ((nodeX[i] ?? 0) - x) ** 2 + ((nodeY[i] ?? 0) - y) ** 2);
  let sum = 0;
  for (let i = 0; i < nodeX.length; i++) {
    const exponent = (nearest - ((nodeX[i] ?? 0) - x) ** 2 - ((nodeY[i] ?? 0) - y) ** 2) / (2 * sigma * sigma);
    if (exponent > -40) sum += (weight[i] ?? 0) * Math.exp(exponent);
  }
  return Math.log(sum) - nearest / (2 * sigma * sigma) - Math.log(2 * Math.PI * sigma * sigma);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** A circle by the trapezoidal rule, which on a periodic function converges faster than any power; nodes nearer than sigma / 1.25. */
function circleNodes(radius: number, sigma: number, weight: number): { x: number; y: number; weight: number }[] {
  const n = Math.ceil((2 * Math.PI * radius * 1.25) / sigma);
  return Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * i) / n;
    return { x: radius * Math.cos(angle), y: radius * Math.sin(angle), weight: weight / n };
  });
}

function gaussians(): Density {
  const sigma = 0.5 / 1.414;
  const centres = Array.from({ length: 8 }, (_, k) => ({ x: (4 * Math.cos((k * Math.PI) / 4)) / 1.414, y: (4 * Math.sin((k * Math.PI) / 4)) / 1.414, weight: 1 / 8 }));
  const nodes = nodesOf(centres);
  return {
    id: '8gaussians',
    title: 'Eight Gaussians',
    parts: centres.map((_, k) => `${45 * k}°`),
    draw(draws) {
      const part = draws.integer(8);
      const centre = centres[part] ?? { x: 0, y: 0 };
      return { x: centre.x + sigma * draws.normal(), y: centre.y + sigma * draws.normal(), part };
    },
    logDensity: (x, y) => logMixture(nodes, sigma, x, y),
    extent: 5,
  };
}

/** make_moons(noise = 0.1) * 2 + (-1, -0.2): two half circles. */
function moons(): Density {
  const at = (part: number, t: number): { x: number; y: number } =>
    part === 0 ? { x: 2 * Math.cos(t) - 1, y: 2 * Math.sin(t) - 0.2 } : { x: 2 * (1 - Math.cos(t)) - 1, y: 2 * (0.5 - Math.sin(t)) - 0.2 };
  const sigma = 0.2;
  const nodes = once(() => nodesOf(gaussLegendre(120, 0, Math.PI).flatMap(({ node, weight }) => [0, 1].map((part) => ({ ...at(part, node), weight: weight / (2 * Math.PI) })))));
  return {
    id: 'moons',
    title: 'Two moons',
    parts: ['upper', 'lower'],
    draw(draws) {
      const part = draws.integer(2);
      const { x, y } = at(part, Math.PI * draws.uniform());
      return { x: x + sigma * draws.normal(), y: y + sigma * draws.normal(), part };
    },
    logDensity: (x, y) => logMixture(nodes(), sigma, x, y),
    extent: 4.5,
  };
}

/** Circles of equal probability, with Gaussian noise. */
function concentric(id: string, title: string, radii: number[], sigma: number): Density {
  const nodes = once(() => nodesOf(radii.flatMap((radius) => circleNodes(radius, sigma, 1 / radii.length))));
  return {
    id,
    title,
    parts: radii.map((radius) => `radius ${radius}`),
    draw(draws) {
      const part = draws.integer(radii.length);
      const angle = 2 * Math.PI * draws.uniform();
      const radius = radii[part] ?? 0;
      return { x: radius * Math.cos(angle) + sigma * draws.normal(), y: radius * Math.sin(angle) + sigma * draws.normal(), part };
    },
    logDensity: (x, y) => logMixture(nodes(), sigma, x, y),
    extent: 4.6,
  };
}

/** make_swiss_roll(noise = 1)[:, (0, 2)] / 5: the spiral r = t, t uniform in [1.5 pi, 4.5 pi]. */
function swissroll(): Density {
  const sigma = 1 / 5;
  const at = (t: number): { x: number; y: number } => ({ x: (t * Math.cos(t)) / 5, y: (t * Math.sin(t)) / 5 });
  const nodes = once(() => nodesOf(gaussLegendre(400, 1.5 * Math.PI, 4.5 * Math.PI).map(({ node, weight }) => ({ ...at(node), weight: weight / (3 * Math.PI) }))));
  return {
    id: 'swissroll',
    title: 'Swiss roll',
    parts: null,
    draw(draws) {
      const { x, y } = at(1.5 * Math.PI * (1 + 2 * draws.uniform()));
      return { x: x + sigma * draws.normal(), y: y + sigma * draws.normal(), part: 0 };
    },
    logDensity: (x, y) => logMixture(nodes(), sigma, x, y),
    extent: 4.2,
  };
}

/** n = 3 pi sqrt(U); +-(-n cos n + U / 2, n sin n + U / 2) / 3 + 0.1 N: each point of a spiral carries a uniform square, blurred. */
function spirals(): Density {
  const [sigma, side] = [0.1, 1 / 6];
  const corner = (n: number): { x: number; y: number } => ({ x: (-n * Math.cos(n)) / 3, y: (n * Math.sin(n)) / 3 });
  // n has density 2 n / (3 pi)^2.
  const nodes = once(() => nodesOf(gaussLegendre(600, 0, 3 * Math.PI).map(({ node, weight }) => ({ ...corner(node), weight: (weight * 2 * node) / (3 * Math.PI) ** 2 }))));
  const reach = side + 39 * sigma; // a double is zero beyond
  const blurred = (offset: number): number => normalBetween((offset - side) / sigma, offset / sigma) / side;
  const arm = (x: number, y: number): number => {
    const { x: cornerX, y: cornerY, weight } = nodes();
    let sum = 0;
    let nearest = Infinity;
    const distance = (i: number): number => Math.max(Math.abs(x - (cornerX[i] ?? 0) - side / 2), Math.abs(y - (cornerY[i] ?? 0) - side / 2));
    for (let i = 0; i < weight.length; i++) nearest = Math.min(nearest, distance(i));
    if (nearest > reach) return 0;
    for (let i = 0; i < weight.length; i++)
      if (distance(i) < 1.42 * nearest + 12 * sigma) sum += (weight[i] ?? 0) * blurred(x - (cornerX[i] ?? 0)) * blurred(y - (cornerY[i] ?? 0));
    return sum;
  };
  return {
    id: '2spirals',
    title: 'Two spirals',
    parts: ['one', 'other'],
    draw(draws) {
      const part = draws.integer(2);
      const sign = part === 0 ? 1 : -1;
      const { x, y } = corner(3 * Math.PI * Math.sqrt(draws.uniform()));
      return { x: sign * (x + side * draws.uniform()) + sigma * draws.normal(), y: sign * (y + side * draws.uniform()) + sigma * draws.normal(), part };
    },
    logDensity: (x, y) => Math.log((arm(x, y) + arm(-x, -y)) / 2),
    extent: 4.6,
  };
}

/** Uniform on eight of sixteen squares of side 2. */
function checkerboard(): Density {
  const shift = (x: number): number => ((Math.floor(x) % 2) + 2) % 2;
  return {
    id: 'checkerboard',
    title: 'Checkerboard',
    parts: null,
    draw(draws) {
      const x = 4 * draws.uniform() - 2;
      const y = draws.uniform() - 2 * draws.integer(2) + shift(x);
      return { x: 2 * x, y: 2 * y, part: 0 };
    },
    logDensity(x, y) {
      const above = y / 2 - shift(x / 2);
      const inside = Math.abs(x) <= 4 && ((above >= 0 && above < 1) || (above >= -2 && above < -1));
      return inside ? -Math.log(32) : -Infinity;
    },
    extent: 4,
  };
}

/** Five arms: f = (1 + 0.3 N, 0.1 N) turned by 2 pi k / 5 + e^(f1) / 4, times 2. Where arms overlap the density sums over every f that leads there. */
function pinwheel(): Density {
  const [arms, rate, cells] = [5, 0.25, 256];
  const logNormal = (value: number, mean: number, sigma: number): number => -0.5 * ((value - mean) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);
  return {
    id: 'pinwheel',
    title: 'Pinwheel',
    parts: Array.from({ length: arms }, (_, k) => `arm ${k}`),
    draw(draws) {
      const part = draws.integer(arms);
      const f1 = 1 + 0.3 * draws.normal();
      const f2 = 0.1 * draws.normal();
      const a = (2 * Math.PI * part) / arms + rate * Math.exp(f1);
      return { x: 2 * (f1 * Math.cos(a) + f2 * Math.sin(a)), y: 2 * (-f1 * Math.sin(a) + f2 * Math.cos(a)), part };
    },
    logDensity(x, y) {
      // With f = rho (cos theta, sin theta) a point at the angle phi has theta - e^(rho cos theta) / 4 = phi modulo 2 pi / 5.
      const [rho, phi] = [Math.hypot(x, y) / 2, Math.atan2(y, x)];
      const turned = (theta: number): number => (theta - rate * Math.exp(rho * Math.cos(theta)) - phi) / ((2 * Math.PI) / arms);
      let density = 0;
      for (let cell = 0; cell < cells; cell++) {
        const [from, to] = [-Math.PI + (2 * Math.PI * cell) / cells, -Math.PI + (2 * Math.PI * (cell + 1)) / cells];
        if (rho * Math.max(Math.cos(from), Math.cos(to)) > 12) continue; // f1 = 12 is 36 standard deviations away
        const [before, after] = [turned(from), turned(to)];
        for (let target = Math.ceil(Math.min(before, after)); target < Math.max(before, after); target++) {
          let [low, high] = [from, to];
          for (let halving = 0; halving < 45; halving++) {
            const middle = (low + high) / 2;
            if (turned(middle) < target === before < after) low = middle;
            else high = middle;
          }
          const [f1, f2] = [rho * Math.cos(low), rho * Math.sin(low)];
          density += Math.exp(logNormal(f1, 1, 0.3) + logNormal(f2, 0, 0.1)) / (arms * 4 * Math.abs(1 + rate * Math.exp(f1) * f2));
        }
      }
      return Math.log(density);
    },
    extent: 5.6,
  };
}

/**
 * e^-U within walls, normalised. Its points are drawn in two strokes, a cell of a fine grid and a place in it, so that they are those of a density that is the same all over
 * a cell; that differs from this one by less than 1e-3 of it.
 */
function ofEnergy(of: Energy): Density {
  const energy = walled(of);
  const logNormaliser = once(() => walledLogNormaliser(of));
  const extent = energyBox + 8 * wallWidth;
  const side = 600;
  const cell = (2 * extent) / side;
  const logDensity = (x: number, y: number): number => -energy(x, y) - logNormaliser();
  const cumulated = once(() => {
    let sum = 0;
    return Float64Array.from({ length: side ** 2 }, (_, i) => (sum += Math.exp(logDensity(-extent + cell * ((i % side) + 0.5), -extent + cell * (Math.floor(i / side) + 0.5)))));
  });
  return {
    id: of.id,
    title: `Energy ${of.title}`,
    parts: null,
    draw(draws) {
      const table = cumulated();
      const wanted = draws.uniform() * (table.at(-1) ?? 0);
      let [low, high] = [0, table.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((table[middle] ?? 0) > wanted) high = middle;
        else low = middle + 1;
      }
      return { x: -extent + cell * ((low % side) + draws.uniform()), y: -extent + cell * (Math.floor(low / side) + draws.uniform()), part: 0 };
    },
    logDensity,
    extent,
  };
}

export const densities: readonly Density[] = [
  gaussians(),
  moons(),
  concentric('circles', 'Two circles', [3, 1.5], 0.24),
  concentric('rings', 'Four rings', [3, 2.25, 1.5, 0.75], 0.08),
  swissroll(),
  spirals(),
  checkerboard(),
  pinwheel(),
  ...energies.map(ofEnergy),
];

export const findDensity = (id: string): Density | undefined => densities.find((density) => density.id === id);

/** log p of `[count, 2]` points, nats. */
export const logDensities = (density: Density, points: Float32Array): Float64Array => Float64Array.from({ length: points.length / 2 }, (_, i) => density.logDensity(points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN));

const entropies = new Map<string, number>();

/** -E[log p], nats, by quadrature over the density's square: the best negative log-likelihood that a model can have. Takes a second, once. */
export function entropy(density: Density): number {
  const known = entropies.get(density.id);
  if (known !== undefined) return known;
  const value = integrateSquare(
    (x, y) => {
      const log = density.logDensity(x, y);
      return log > -700 ? -log * Math.exp(log) : 0;
    },
    density.extent,
    density.extent / 96,
  );
  entropies.set(density.id, value);
  return value;
}
