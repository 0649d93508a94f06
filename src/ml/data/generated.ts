import type { DatasetInfo, Split } from '../../contract/datasets';
import { vonMises, type CurveDensity } from './curves';
import { densities, type Density } from './densities';
import { Draws } from './draws';
import { energies } from './energies';
import { factorRows, type FactorSet } from './factors';
import { drawLinearGaussian, drawsOfLinearGaussian, linearGaussian } from './linear-gaussian';
import { portraits } from './portraits';
import { solid } from './solid';
import { sprites } from './sprites';
import { drawsPerRow, tabulars, type Tabular } from './tabular';
import { drawMapped, mappedUniforms, type MappedUniform } from './uniforms';

/** A data set that is computed and not stored: the same everywhere, by seed 0. */
export interface GeneratedSet {
  info: DatasetInfo;
  /** Another number when the generator makes other examples. */
  version: number;
  /** Examples `first` to `first + count` of a split. */
  rows(split: Split, first: number, count: number): { values: Uint8Array | Float32Array; labels: Uint16Array | null; factors?: Uint16Array };
}

type Counts = Record<Split, number>;

const common = { maximum: 1, height: 1, width: 1, licence: 'generated: free of rights', builtIn: true };
const total = (counts: Counts): number => counts.train + counts.valid + counts.test;

function ofDensity(density: Density): GeneratedSet {
  const counts = { train: 20_000, valid: 2_000, test: 20_000 };
  const { id, title, parts } = density;
  return {
    version: 1,
    info: {
      ...common, id, title, kind: 'table', columns: ['x', 'y'], channels: 2, binary: false, counts, classes: parts, factors: null,
      protocol: 'a table of 2 columns: independent points of a known density, by seed 0', source: energies.some((energy) => energy.id === id) ? 'the energies of Rezende and Mohamed 2015, within a box' : 'the generator of Grathwohl et al. 2019', bytes: total(counts) * (parts ? 10 : 8),
    },
    rows(split, first, count) {
      const points = Array.from({ length: count }, (_, i) => density.draw(new Draws(0, `${id}/${split}`, first + i)));
      return { values: Float32Array.from(points.flatMap(({ x, y }) => [x, y])), labels: parts && Uint16Array.from(points, ({ part }) => part) };
    },
  };
}

function ofCurve({ id, title, draw }: CurveDensity): GeneratedSet {
  const counts = { train: 20_000, valid: 2_000, test: 5_000 };
  return {
    version: 1,
    info: {
      ...common, id, title, kind: 'table', columns: ['x', 'y'], channels: 2, binary: false, counts, classes: null, factors: null,
      protocol: 'a table of 2 columns: independent points of a curve with a known density along it, by seed 0', source: 'as in Caterini et al. 2021', bytes: total(counts) * 8,
    },
    rows(split, first, count) {
      const points = Array.from({ length: count }, (_, i) => draw(new Draws(0, `${id}/${split}`, first + i)));
      return { values: Float32Array.from(points.flatMap(({ x, y }) => [x, y])), labels: null };
    },
  };
}

function ofTable({ id, dimensions, draw }: Tabular): GeneratedSet {
  const counts = { train: 20_000, valid: 2_000, test: 5_000 };
  return {
    version: 1,
    info: {
      ...common, id, title: `Synthetic table, ${dimensions} columns`, kind: 'table', columns: Array.from({ length: dimensions }, (_, i) => `c${i}`), channels: dimensions, binary: false, counts, classes: null, factors: null,
      protocol: `a table of ${dimensions} columns: independent rows of a known density, by seed 0`, source: 'Elbo; eight Gaussians through a nonlinearity', bytes: total(counts) * dimensions * 4,
    },
    rows(split, first, count) {
      const values = new Float32Array(count * dimensions);
      for (let i = 0; i < count; i++) values.set(draw(new Draws(0, `${id}/${split}`, first + i, drawsPerRow(dimensions))), i * dimensions);
      return { values, labels: null };
    },
  };
}

function ofLinearGaussian(): GeneratedSet {
  const counts = { train: 20_000, valid: 2_000, test: 5_000 };
  const { id, size, codes } = linearGaussian;
  return {
    version: 1,
    info: {
      ...common, id, title: 'Linear-Gaussian model', kind: 'table', columns: Array.from({ length: size }, (_, i) => `x${i + 1}`), channels: size, binary: false, counts, classes: null, factors: null,
      protocol: `a table of ${size} columns: independent rows of x = W z + m + noise, z of ${codes} dimensions, by seed 0`, source: 'Elbo; the model `linear-gaussian` is what it is drawn from', bytes: total(counts) * size * 4,
    },
    rows(split, first, count) {
      const values = new Float32Array(count * size);
      for (let i = 0; i < count; i++) values.set(drawLinearGaussian(new Draws(0, `${id}/${split}`, first + i, drawsOfLinearGaussian)), i * size);
      return { values, labels: null };
    },
  };
}

function ofUniform(of: MappedUniform): GeneratedSet {
  const counts = { train: 20_000, valid: 2_000, test: 5_000 };
  const { id, title, map } = of;
  return {
    version: 1,
    info: {
      ...common, id, title, kind: 'table', columns: map.map((_, i) => `x${i + 1}`), channels: map.length, binary: false, counts, classes: null, factors: null,
      protocol: `a table of ${map.length} ${map.length === 1 ? 'column' : 'columns'}: a linear map of independent uniform variables, by seed 0`, source: 'Elbo', bytes: total(counts) * map.length * 4,
    },
    rows: (split, first, count) => ({ values: Float32Array.from(Array.from({ length: count }, (_, i) => drawMapped(of, new Draws(0, `${id}/${split}`, first + i))).flat()), labels: null }),
  };
}

function ofFactors(set: FactorSet, counts: Counts, source: string): GeneratedSet {
  const { id, title, names, sizes, height, width, channels, maximum } = set;
  const all = sizes.reduce((product, size) => product * size, 1);
  return {
    version: 1,
    info: {
      ...common, id, title, kind: 'pictures', columns: null, height, width, channels, maximum, binary: maximum === 1, counts, classes: null, factors: { names, sizes },
      protocol: `${maximum === 1 ? 'binary: pixels 0 and 1' : `${channels === 1 ? 'grey' : 'colour'}: pixels 0 to ${maximum}`}; ${total(counts)} of ${all} combinations of factors, drawn by seed 0, none twice`,
      source, bytes: total(counts) * (height * width * channels + 2 * names.length),
    },
    rows: (split, first, count) => ({ ...factorRows(set, counts, split, first, count), labels: null }),
  };
}

export const generatedSets: readonly GeneratedSet[] = [
  ...densities.map(ofDensity),
  ofCurve(vonMises),
  ...mappedUniforms.map(ofUniform),
  ...tabulars.map(ofTable),
  ofLinearGaussian(),
  ofFactors(sprites, { train: 20_000, valid: 2_000, test: 5_000 }, 'Elbo; the factors of dSprites (Matthey et al. 2017), drawn anew'),
  ofFactors(portraits, { train: 6_000, valid: 500, test: 1_000 }, 'Elbo'),
  ofFactors(solid, { train: 3_320, valid: 400, test: 600 }, 'Elbo'),
];

export const findGenerated = (id: string): GeneratedSet | undefined => generatedSets.find(({ info }) => info.id === id);
