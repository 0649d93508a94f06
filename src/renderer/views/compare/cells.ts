import type { Size } from '../../plots/size';

/** How many columns give `count` cells the largest square, with a title of `title` pixels over each and `gap` between. */
export function columnsFor(count: number, size: Size, title: number, gap: number): number {
  let best = 1;
  let largest = -Infinity;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min((size.width - gap * (columns - 1)) / columns, (size.height - gap * (rows - 1)) / rows - title);
    if (side > largest) [best, largest] = [columns, side];
  }
  return best;
}

export interface StripLayout {
  /** Height of a strip. */
  cell: number;
  columns: number;
  bands: number;
  /** Strips in a band. */
  rows: number;
}

export const stripGap = 3;
export const bandGap = 10;
const enough = 16;

/**
 * How `count` pictures a run are laid out as strips: bands of `rows` strips, one below the other. The largest cells that
 * show at least sixteen pictures of each run, or as many as there is room for.
 */
export function stripLayout(free: Size, rows: number, count: number): StripLayout {
  let best: StripLayout = { cell: 12, columns: 1, bands: 1, rows };
  for (let cell = 56; cell >= 12; cell--) {
    const columns = Math.max(1, Math.min(count, Math.floor(free.width / cell)));
    const band = rows * (cell + stripGap);
    const bands = Math.max(1, Math.min(Math.floor(count / columns), Math.floor((free.height + bandGap) / (band + bandGap))));
    if (band - stripGap > free.height && cell > 12) continue;
    if (columns * bands > best.columns * best.bands) best = { cell, columns, bands, rows };
    if (columns * bands >= enough) break;
  }
  return best;
}
