import type { Size } from './size';

/** The largest cells, in half pixels, with which `columns` x `rows` pictures of this aspect (width over height) fit. */
export function fitCells(free: Size, columns: number, rows: number, aspect: number): { width: number; height: number } {
  const height = Math.max(1, Math.floor(Math.min(free.width / columns / aspect, free.height / rows) * 2) / 2);
  return { width: Math.max(1, height * aspect), height };
}
