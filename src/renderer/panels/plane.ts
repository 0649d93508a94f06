import type { Data } from 'plotly.js';
import type { PlotTheme } from '../plots/theme';
import type { Range } from '../plots/plot';
import { groups, type Box } from './codes';

/** Two columns of row-major points. */
export function columnsOf(values: ArrayLike<number>, columns: number, dims: readonly [number, number]): { x: Float32Array; y: Float32Array } {
  const along = (dim: number): Float32Array => Float32Array.from({ length: values.length / columns }, (_, i) => values[i * columns + dim] ?? NaN);
  return { x: along(dims[0]), y: along(dims[1]) };
}

/** Rows as points, coloured by label where there are labels. */
export function pointTraces(values: ArrayLike<number>, columns: number, dims: readonly [number, number], labels: Uint16Array | null, theme: PlotTheme, colour: string): Partial<Data>[] {
  const { x, y } = columnsOf(values, columns, dims);
  const pick = (from: Float32Array, indices: Int32Array): Float32Array => Float32Array.from(indices, (i) => from[i] ?? NaN);
  return groups(x.length, labels).map(({ label, indices }) => ({
    type: 'scatter',
    mode: 'markers',
    x: pick(x, indices),
    y: pick(y, indices),
    hoverinfo: 'skip',
    marker: { size: x.length > 1000 ? 2.5 : 3.5, opacity: 0.6, color: label === null ? colour : (theme.classes[label % theme.classes.length] ?? colour) },
  }));
}

/** From the smallest to the largest value, a tenth wider on each side. */
export function spanOf(values: Float32Array, margin = 0.1): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low < high)) return Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
  return [low - margin * (high - low), high + margin * (high - low)];
}

/** The box of all points of two columns, a tenth wider on each side. */
export function boxOf(values: ArrayLike<number>, columns: number, dims: readonly [number, number], margin = 0.1): Box {
  const { x, y } = columnsOf(values, columns, dims);
  return { x: spanOf(x, margin), y: spanOf(y, margin) };
}
