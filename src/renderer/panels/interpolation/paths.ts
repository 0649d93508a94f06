export const ways = ['linear', 'spherical', 'surface'] as const;
export type Way = (typeof ways)[number];
type Path = Exclude<Way, 'surface'>;

/**
 * The code at `t` (0 to 1) between two. Spherical: along the great circle, so that the norm does not dip in the middle, where a prior
 * N(0, I) of many dimensions has next to no mass (White 2016, section 2.1). Parallel codes are joined by a line.
 */
export function between(a: ArrayLike<number>, b: ArrayLike<number>, t: number, way: Path): Float64Array {
  let [wa, wb] = [1 - t, t];
  if (way === 'spherical') {
    const angle = angleBetween(a, b);
    if (Math.sin(angle) > 1e-6) [wa, wb] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  }
  return Float64Array.from({ length: a.length }, (_, d) => wa * (a[d] ?? 0) + wb * (b[d] ?? 0));
}

function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) {
    const [x, y] = [a[d] ?? 0, b[d] ?? 0];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return Math.acos(Math.min(1, Math.max(-1, dot / Math.sqrt(aa * bb))));
}

/** A row of `columns` codes for each pair of rows of `from` and `to`. */
export function paths(from: Float32Array, to: Float32Array, size: number, columns: number, way: Path): Float32Array<ArrayBuffer> {
  const rows = from.length / size;
  const codes = new Float32Array(rows * columns * size);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [from, to].map((codes) => codes.subarray(row * size, (row + 1) * size)) as [Float32Array, Float32Array];
    for (let column = 0; column < columns; column++) codes.set(between(a, b, column / (columns - 1), way), (row * columns + column) * size);
  }
  return codes;
}

/**
 * `columns` x `columns` codes on the surface with the first two rows of `from` at its left corners and those of `to` at its right ones: cos φ (cos φ' z1 + sin φ' z2) + sin φ (cos φ' z3 +
 * sin φ' z4), φ across and φ' down, a quarter of a turn each (Dinh, Sohl-Dickstein and Bengio 2017, equation 19). Codes at right angles, as in many dimensions they nearly are, keep their norm.
 */
export function surface(from: Float32Array, to: Float32Array, size: number, columns: number): Float32Array<ArrayBuffer> {
  const corners = [from, to].flatMap((codes) => [codes.subarray(0, size), codes.subarray(size, 2 * size)]);
  const result = new Float32Array(columns * columns * size);
  const angle = (place: number): number => (place / (columns - 1)) * (Math.PI / 2);
  for (let row = 0; row < columns; row++)
    for (let column = 0; column < columns; column++) {
      const weights = [angle(column)].flatMap((phi) => [Math.cos(phi), Math.sin(phi)]).flatMap((across) => [across * Math.cos(angle(row)), across * Math.sin(angle(row))]);
      const code = result.subarray((row * columns + column) * size, (row * columns + column + 1) * size);
      corners.forEach((corner, i) => corner.forEach((value, d) => (code[d] = (code[d] ?? 0) + (weights[i] ?? 0) * value)));
    }
  return result;
}
