import { constants, deflateRawSync } from 'node:zlib';

/** PNG's filters (PNG specification, section 9): what is taken off a byte, by the bytes left of it, above it, and above left. */
const filters: ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  (left, up, corner) => {
    const [byLeft, byUp, byCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
    return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
  },
];

/**
 * Bytes that a general compressor needs for one picture: those of PNG's own stream (a filter, then deflate), without a file's headers, by
 * whichever filter gives fewest.
 * @param rows the picture's bytes, row by row
 * @param step bytes between a value and its left neighbour
 */
export function compressedBytes(rows: Uint8Array, width: number, step: number): number {
  const sizes = filters.map((predicted) => {
    const at = (i: number, column: number): number => (i < 0 || column < 0 ? 0 : (rows[i] ?? 0));
    const rest = rows.map((value, i) => {
      const column = i % width;
      return value - predicted(at(i - step, column - step), at(i - width, column), at(i - width - step, column - step));
    });
    return deflateRawSync(rest, { level: constants.Z_BEST_COMPRESSION }).length;
  });
  return Math.min(...sizes);
}

/** Zeros and ones, eight to a byte, each row beginning a new byte. */
export function packedBits(values: Uint8Array, width: number): Uint8Array {
  const bytes = Math.ceil(width / 8);
  const packed = new Uint8Array((values.length / width) * bytes);
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    if (value > 0) packed[row * bytes + (column >> 3)] = (packed[row * bytes + (column >> 3)] ?? 0) | (128 >> (column & 7));
  });
  return packed;
}
