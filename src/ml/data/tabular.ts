import { logSumExp } from '../log-sum-exp';
import { Draws } from './draws';

/**
 * A stand-in for a table of measurements whose density is known: eight Gaussians in `dimensions` dimensions, bent by a shear that keeps
 * volumes (the second half of the columns moves by a sine of the first half) and stretched, x = sinh(1.2 y) / 1.2 on every third column.
 */
export interface Tabular {
  id: string;
  dimensions: number;
  draw(draws: Draws): Float32Array;
  /** Nats. */
  logDensity(row: ArrayLike<number>): number;
}

const parts = 8;
const stretch = 1.2;

/** Numbers that a row takes at the most. */
export const drawsPerRow = (dimensions: number): number => 1 + 2 * dimensions;

export function tabular(dimensions: number): Tabular {
  const constants = new Draws(0, `tabular-d${dimensions}`, 0, 2 * parts * dimensions + parts * dimensions + 4 * dimensions);
  const means = Array.from({ length: parts }, () => Array.from({ length: dimensions }, () => 0.8 * constants.normal()));
  const deviations = Array.from({ length: parts }, () => Array.from({ length: dimensions }, () => 0.25 + 0.35 * constants.uniform()));
  const half = Math.floor(dimensions / 2);
  const frequencies = Array.from({ length: dimensions }, () => 1 + 2 * constants.uniform());
  const isStretched = (column: number): boolean => column % 3 === 2;
  /** By how much the shear moves a column of the second half. */
  const shift = (row: ArrayLike<number>, column: number): number => (half === 0 ? 0 : 0.8 * Math.sin((frequencies[column] ?? 0) * (row[(column - half) % half] ?? 0)));

  return {
    id: `tabular-d${dimensions}`,
    dimensions,
    draw(draws) {
      const part = draws.integer(parts);
      const row = Float64Array.from({ length: dimensions }, (_, i) => (means[part]?.[i] ?? 0) + (deviations[part]?.[i] ?? 0) * draws.normal());
      for (let column = half; column < dimensions; column++) row[column] = (row[column] ?? 0) + shift(row, column);
      return Float32Array.from(row, (value, column) => (isStretched(column) ? Math.sinh(stretch * value) / stretch : value));
    },
    logDensity(given) {
      let logDet = 0;
      const row = Float64Array.from({ length: dimensions }, (_, column) => {
        const value = given[column] ?? NaN;
        if (!isStretched(column)) return value;
        logDet -= 0.5 * Math.log1p((stretch * value) ** 2); // d asinh(s x) / s dx = 1 / sqrt(1 + (s x)^2)
        return Math.asinh(stretch * value) / stretch;
      });
      for (let column = half; column < dimensions; column++) row[column] = (row[column] ?? 0) - shift(row, column);
      const logs = means.map((mean, part) =>
        mean.reduce((sum, centre, i) => {
          const sigma = deviations[part]?.[i] ?? 1;
          return sum - 0.5 * (((row[i] ?? 0) - centre) / sigma) ** 2 - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI);
        }, 0),
      );
      return logDet + logSumExp(logs) - Math.log(parts);
    },
  };
}

/** With the column counts of the tables of Papamakarios et al. 2017, and none of their data. */
export const tabulars: readonly Tabular[] = [6, 8, 21, 43, 63].map(tabular);
export const findTabular = (id: string): Tabular | undefined => tabulars.find((table) => table.id === id);
