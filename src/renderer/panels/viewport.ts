import { normalCdf, normalQuantile } from './normal';

/**
 * What the grid shows, in grid coordinates: 0 to 1 across everything there is. With a prior N(0, I) they are its
 * quantiles, so that equal areas of the picture hold equal shares of the prior; dragging and zooming happen there too and
 * stay inside (0, 1), because beyond it there is no prior left. Without a prior they run linearly across the box of the
 * codes, and may leave it.
 */
export interface Viewport {
  x: readonly [number, number];
  y: readonly [number, number];
}

export const wholeViewport: Viewport = { x: [0, 1], y: [0, 1] };

/** How grid coordinates become codes. `box`: smallest and largest code per shown dimension. */
export type Scale = { kind: 'quantile' } | { kind: 'linear'; box: readonly [readonly [number, number], readonly [number, number]] };

const narrowest = 0.002;
const widest = 4;

type Span = readonly [number, number];

/** Moves a span inside 0 and 1 without changing its width. */
const inside = ([from, to]: Span): Span => {
  const shift = Math.max(0, -from) - Math.max(0, to - 1);
  return [from + shift, to + shift];
};

const kept = (span: Span, scale: Scale): Span => (scale.kind === 'quantile' ? inside(span) : span);

/** Moves the view by parts of its own width and height; positive moves right and up. */
export const panned = (view: Viewport, scale: Scale, right: number, up: number): Viewport => ({
  x: kept(moved(view.x, right), scale),
  y: kept(moved(view.y, up), scale),
});

const moved = ([from, to]: Span, part: number): Span => [from + part * (to - from), to + part * (to - from)];

/** Scales the view by `factor` (below 1 zooms in) about the point at `right`, `up` (0 to 1 across the view), which stays. */
export function zoomed(view: Viewport, scale: Scale, factor: number, right = 0.5, up = 0.5): Viewport {
  const limit = scale.kind === 'quantile' ? 1 : widest;
  const about = ([from, to]: Span, part: number): Span => {
    const width = Math.min(limit, Math.max(narrowest, (to - from) * factor));
    const fixed = from + part * (to - from);
    return kept([fixed - part * width, fixed + (1 - part) * width], scale);
  };
  return { x: about(view.x, right), y: about(view.y, up) };
}

/** The code's value at a grid coordinate along dimension `axis` (0: across, 1: up). */
export function codeAt(scale: Scale, axis: 0 | 1, coordinate: number): number {
  if (scale.kind === 'quantile') return normalQuantile(coordinate);
  const [low, high] = scale.box[axis];
  return low + coordinate * (high - low);
}

/** The inverse of {@link codeAt}. */
export function coordinateOf(scale: Scale, axis: 0 | 1, code: number): number {
  if (scale.kind === 'quantile') return normalCdf(code);
  const [low, high] = scale.box[axis];
  return (code - low) / (high - low);
}

/** Codes along one axis of the grid, at the middles of its `size` cells; dimension 1 from the top down, as rows are drawn. */
export function cellCodes(view: Viewport, scale: Scale, size: number, axis: 0 | 1): number[] {
  const [from, to] = axis === 0 ? view.x : view.y;
  return Array.from({ length: size }, (_, i) => {
    const part = (i + 0.5) / size;
    return codeAt(scale, axis, from + (axis === 0 ? part : 1 - part) * (to - from));
  });
}

/** Every code of the grid, `size * size` x `latentSize`, rows from the top; dimensions that are not shown hold `rest`. */
export function gridCodes(view: Viewport, scale: Scale, size: number, dims: readonly [number, number], rest: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const latentSize = rest.length;
  const across = cellCodes(view, scale, size, 0);
  const down = cellCodes(view, scale, size, 1);
  const codes = new Float32Array(size * size * latentSize);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const start = (row * size + column) * latentSize;
      codes.set(rest, start);
      codes[start + dims[0]] = across[column] ?? 0;
      if (latentSize > 1) codes[start + dims[1]] = down[row] ?? 0;
    }
  }
  return codes;
}

/** The cell that holds a code, or null when the code lies outside the view. */
export function cellOf(view: Viewport, scale: Scale, size: number, code: readonly [number, number]): { column: number; row: number } | null {
  const part = (axis: 0 | 1): number => {
    const [from, to] = axis === 0 ? view.x : view.y;
    return (coordinateOf(scale, axis, code[axis]) - from) / (to - from);
  };
  const column = Math.floor(part(0) * size);
  const row = Math.floor((1 - part(1)) * size);
  return column >= 0 && column < size && row >= 0 && row < size ? { column, row } : null;
}
