import type { CodeStatistics } from '../codes';

/** How far a traversal goes, in standard deviations. */
export const farthest = 3;

/** Position of column `i` of `columns`, in standard deviations from the mean. */
export const positionOf = (i: number, columns: number): number => -farthest + (2 * farthest * i) / (columns - 1);

/** A row of `columns` codes for each of `dims`: the code, with that one dimension going from -3 to +3 standard deviations about its mean. */
export function traversalCodes(code: ArrayLike<number>, dims: readonly number[], columns: number, { mean, deviation }: CodeStatistics): Float32Array<ArrayBuffer> {
  const size = code.length;
  const codes = new Float32Array(dims.length * columns * size);
  dims.forEach((dim, row) => {
    for (let column = 0; column < columns; column++) {
      const start = (row * columns + column) * size;
      codes.set(code, start);
      codes[start + dim] = (mean[dim] ?? 0) + positionOf(column, columns) * (deviation[dim] ?? 0);
    }
  });
  return codes;
}
