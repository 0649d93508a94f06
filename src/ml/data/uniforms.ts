import type { Draws } from './draws';

/** Uniform variables Z on a box led through a linear map: X = A Z has the density 1 / (volume of the box * |det A|) wherever it has any (change of variables). */
export interface MappedUniform {
  id: string;
  title: string;
  /** Of the box [0, side]^n. */
  side: number;
  /** A, row by row, `n` x `n`. */
  map: readonly (readonly number[])[];
  density: number;
}

const mapped = (id: string, title: string, side: number, map: number[][], determinant: number): MappedUniform => ({ id, title, side, map, density: 1 / (side ** map.length * Math.abs(determinant)) });

export const mappedUniforms: readonly MappedUniform[] = [
  mapped('uniform-4z', 'X = 4 Z, Z uniform on [0, 2]', 2, [[4]], 4),
  mapped('uniform-parallelogram', 'A parallelogram, X = A Z', 1, [[2, 1], [0.5, 1.5]], 2.5),
  mapped('uniform-mapped', 'X = (Z1 + Z2, 2 Z1)', 1, [[1, 1], [2, 0]], -2),
];

/** ln of the density of each of row-major `points`, nats; -Infinity outside. Of maps of one or two dimensions; what lies on an edge but for rounding is inside. */
export function logDensitiesMapped({ side, map, density }: MappedUniform, points: ArrayLike<number>): Float64Array {
  const [[a = 1, b = 0] = [], [c = 0, d = 1] = []] = map;
  const rounding = 1e-6 * side;
  const isInside = (z: number): boolean => z >= -rounding && z <= side + rounding;
  return Float64Array.from({ length: points.length / map.length }, (_, i) => {
    const [x = 0, y = 0] = Array.from({ length: map.length }, (_, j) => points[i * map.length + j] ?? NaN);
    const determinant = a * d - b * c;
    return isInside((d * x - b * y) / determinant) && isInside((a * y - c * x) / determinant) ? Math.log(density) : -Infinity;
  });
}

export function drawMapped({ side, map }: MappedUniform, draws: Draws): number[] {
  const z = map.map(() => side * draws.uniform());
  return map.map((row) => row.reduce((sum, a, j) => sum + a * (z[j] ?? 0), 0));
}
