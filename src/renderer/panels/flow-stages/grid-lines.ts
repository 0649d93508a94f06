import type { ProbeAnswers } from '../../../contract/probes';
import type { Box } from '../codes';

/** `lines` upright and `lines` level lines across a box, `along` points each: row-major points of two numbers, line after line. */
export function gridLines({ x, y }: Box, lines: number, along: number): Float32Array<ArrayBuffer> {
  const points = new Float32Array(2 * lines * along * 2);
  const place = ([from, to]: readonly [number, number], i: number, of: number): number => from + (i / (of - 1)) * (to - from);
  let at = 0;
  for (const upright of [true, false]) {
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < along; i++) {
        points[at++] = upright ? place(x, line, lines) : place(x, i, along);
        points[at++] = upright ? place(y, i, along) : place(y, line, lines);
      }
    }
  }
  return points;
}

/** Points of a plane as rows of a table: their two numbers in the columns `dims`, the mean of the given rows in all others. */
export function inColumns(points: Float32Array, rows: ArrayLike<number>, columns: number, dims: readonly [number, number]): Float32Array<ArrayBuffer> {
  const means = new Float64Array(columns);
  for (let i = 0; i < rows.length; i++) means[i % columns] = (means[i % columns] ?? 0) + ((rows[i] ?? 0) * columns) / rows.length;
  return Float32Array.from({ length: (points.length / 2) * columns }, (_, i) => {
    const place = dims.indexOf(i % columns);
    return place < 0 ? (means[i % columns] ?? 0) : (points[2 * Math.floor(i / columns) + place] ?? 0);
  });
}

/** Directions of points from the origin, in two of their numbers. */
export const angles = (values: ArrayLike<number>, size: number, [x, y]: readonly [number, number]): Float32Array =>
  Float32Array.from({ length: values.length / size }, (_, i) => Math.atan2(values[i * size + y] ?? 0, values[i * size + x] ?? 0));

/** Mean over the examples of log|det| of all layers up to each stage. */
export const meanLogDet = ({ stages, count }: Pick<ProbeAnswers['stages'], 'stages' | 'count'>): number[] => stages.map(({ logDet }) => logDet.subarray(0, count).reduce((sum, value) => sum + value, 0) / count);

/** A small error with one digit: 3e−7; 0. */
export const shortly = (error: number): string => (error === 0 ? '0' : error.toExponential(0).replace('-', '−'));

/** The values that a share of all are beneath, and above. */
export function quantiles(values: Float32Array, share: number): [number, number] {
  const sorted = Float32Array.from(values).sort();
  const place = Math.floor(share * (sorted.length - 1));
  return [sorted[place] ?? 0, sorted[sorted.length - 1 - place] ?? 0];
}
