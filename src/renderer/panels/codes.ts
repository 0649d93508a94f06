import type { Range } from '../plots/plot';
import type { Size } from '../plots/size';

export interface Box {
  x: Range;
  y: Range;
}

export interface Codes {
  latentSize: number;
  means: Float32Array;
  standardDeviations: Float32Array | null;
  labels: Uint16Array | null;
  /** `count` x factors of the data set. */
  factors: Uint16Array | null;
}

/** The codes in two of their dimensions. A code of one dimension lies on the line y = 0. */
export function project({ means, latentSize }: Pick<Codes, 'means' | 'latentSize'>, dims: readonly [number, number]): { x: Float32Array; y: Float32Array } {
  const count = latentSize > 0 ? means.length / latentSize : 0;
  const along = (dim: number): Float32Array => Float32Array.from({ length: count }, (_, i) => (dim < latentSize ? (means[i * latentSize + dim] ?? 0) : 0));
  return { x: along(dims[0]), y: along(dims[1]) };
}

/** Indices of the points of each class; one group where there are no labels. */
export function groups(count: number, labels: Uint16Array | null): { label: number | null; indices: Int32Array }[] {
  if (!labels) return [{ label: null, indices: Int32Array.from({ length: count }, (_, i) => i) }];
  const byLabel = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const label = labels[i] ?? 0;
    const known = byLabel.get(label);
    if (known) known.push(i);
    else byLabel.set(label, [i]);
  }
  return [...byLabel].sort(([a], [b]) => a - b).map(([label, indices]) => ({ label, indices: Int32Array.from(indices) }));
}

export interface CodeStatistics {
  /** Of the aggregate posterior, by dimension. */
  mean: Float64Array;
  deviation: Float64Array;
  /** Variance of the posterior's mean: what the dimension tells of the examples. */
  meanVariance: Float64Array;
}

/** How many test codes say where codes lie. */
export const statisticsFrom = 256;

/** Moments of q(z) = 1/n sum q(z|x_i) from the posteriors of n examples. */
export function codeStatistics({ means, standardDeviations, latentSize }: Omit<Codes, 'labels' | 'factors'>): CodeStatistics {
  const count = means.length / latentSize;
  const mean = new Float64Array(latentSize);
  const meanVariance = new Float64Array(latentSize);
  const within = new Float64Array(latentSize);
  for (let i = 0; i < means.length; i++) mean[i % latentSize] = (mean[i % latentSize] ?? 0) + (means[i] ?? 0) / count;
  for (let i = 0; i < means.length; i++) {
    const d = i % latentSize;
    meanVariance[d] = (meanVariance[d] ?? 0) + ((means[i] ?? 0) - (mean[d] ?? 0)) ** 2 / count;
    within[d] = (within[d] ?? 0) + (standardDeviations?.[i] ?? 0) ** 2 / count;
  }
  return { mean, meanVariance, deviation: meanVariance.map((variance, d) => Math.sqrt(variance + (within[d] ?? 0))) };
}

/** Indices from the largest value to the smallest. */
export const ranked = (values: ArrayLike<number>): number[] => Array.from({ length: values.length }, (_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));

export function median(values: ArrayLike<number>, indices: ArrayLike<number>): number {
  const sorted = Float64Array.from(indices, (i) => values[i] ?? NaN).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const outside = 0.002;

function quantileRange(values: Float32Array): Range {
  const sorted = Float32Array.from(values).filter(Number.isFinite).sort();
  const last = sorted.length - 1;
  return last < 0 ? [0, 0] : [sorted[Math.floor(outside * last)] ?? 0, sorted[Math.ceil((1 - outside) * last)] ?? 0];
}

/**
 * The box that the codes need, in steps, so that axes rest while the codes move a little. With a prior it is centred on it
 * and holds its three circles; one code in 500 on either side may lie outside.
 */
export function fit(x: Float32Array, y: Float32Array, prior: boolean): Box {
  const [across, up] = [quantileRange(x), quantileRange(y)];
  if (prior) {
    const needed = Math.max(3.3, 1.06 * Math.max(...across.map(Math.abs), ...up.map(Math.abs)));
    const half = 3.3 * 1.25 ** Math.ceil(Math.log(needed / 3.3) / Math.log(1.25) - 1e-9);
    return { x: [-half, half], y: [-half, half] };
  }
  const span = Math.max(across[1] - across[0], up[1] - up[0], 1e-6);
  const step = 2 ** Math.ceil(Math.log2(span)) / 8;
  const rounded = ([low, high]: Range): Range => [Math.floor((low - 0.04 * span) / step) * step, Math.ceil((high + 0.04 * span) / step) * step];
  return { x: rounded(across), y: rounded(up) };
}

export function union(boxes: readonly Box[]): Box | null {
  if (boxes.length === 0) return null;
  const along = (axis: 'x' | 'y'): Range => [Math.min(...boxes.map((box) => box[axis][0])), Math.max(...boxes.map((box) => box[axis][1]))];
  return { x: along('x'), y: along('y') };
}

/** The box widened so that a unit is as long across as up. */
export function withAspect({ x, y }: Box, { width, height }: Size): Box {
  const unit = Math.max((x[1] - x[0]) / width, (y[1] - y[0]) / height);
  const about = ([low, high]: Range, pixels: number): Range => {
    const middle = (low + high) / 2;
    return [middle - (unit * pixels) / 2, middle + (unit * pixels) / 2];
  };
  return { x: about(x, width), y: about(y, height) };
}

export interface Name {
  x: number;
  y: number;
  text: string;
}

/** The names that lie on no other before them, when a unit is `unit` pixels and a letter as large as `letter`. */
export function apart(names: readonly Name[], unit: number, letter: Size): Name[] {
  const kept: Name[] = [];
  for (const name of names) {
    const lies = ({ x, y, text }: Name): boolean => Math.abs(x - name.x) * unit < (letter.width * (text.length + name.text.length)) / 2 && Math.abs(y - name.y) * unit < letter.height;
    if (!kept.some(lies)) kept.push(name);
  }
  return kept;
}

const corners = 24;

/** One-sigma ellipses of the posteriors at `indices` as one broken line (NaN between two). */
export function ellipses(codes: Codes, points: { x: Float32Array; y: Float32Array }, dims: readonly [number, number], indices: Int32Array): { x: Float32Array; y: Float32Array } {
  const x = new Float32Array(indices.length * (corners + 2)).fill(NaN);
  const y = new Float32Array(indices.length * (corners + 2)).fill(NaN);
  const deviation = (i: number, dim: number): number => (dim < codes.latentSize ? (codes.standardDeviations?.[i * codes.latentSize + dim] ?? 0) : 0);
  indices.forEach((i, e) => {
    for (let c = 0; c <= corners; c++) {
      const angle = (2 * Math.PI * c) / corners;
      x[e * (corners + 2) + c] = (points.x[i] ?? 0) + deviation(i, dims[0]) * Math.cos(angle);
      y[e * (corners + 2) + c] = (points.y[i] ?? 0) + deviation(i, dims[1]) * Math.sin(angle);
    }
  });
  return { x, y };
}
