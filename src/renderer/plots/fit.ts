import type { Size } from './size';

/** The size of each picture of a grid, and what lies between two, in CSS pixels. */
export interface Cells extends Size {
  gap: number;
}

/** Between pictures that have nothing to do with each other. */
export const pictureGap = 2;

/** The largest cells, in half pixels, with which `columns` x `rows` pictures of this aspect (width over height) fit, `gap` apart. */
export function fitCells(free: Size, columns: number, rows: number, aspect: number, gap = pictureGap): Cells {
  const [width, height] = [(free.width - (columns - 1) * gap) / columns, (free.height - (rows - 1) * gap) / rows];
  const fitted = Math.max(1, Math.floor(Math.min(width / aspect, height) * 2) / 2);
  return { width: Math.max(1, fitted * aspect), height: fitted, gap };
}

/** How large `columns` x `rows` cells are together. */
export const wholeOf = ({ width, height, gap }: Cells, columns: number, rows: number): Size => ({ width: columns * (width + gap) - gap, height: rows * (height + gap) - gap });

/** Where a cell lies, and how large it is: for what is drawn over its picture. */
export const placeOf = ({ width, height, gap }: Cells, column: number, row: number): Size & { left: number; top: number } => ({ left: column * (width + gap), top: row * (height + gap), width, height });

/** The column and the row of the cell at a point; of the gap after a cell that cell's. */
export const cellAt = ({ width, height, gap }: Cells, left: number, top: number): { column: number; row: number } => ({ column: Math.floor(left / (width + gap)), row: Math.floor(top / (height + gap)) });
