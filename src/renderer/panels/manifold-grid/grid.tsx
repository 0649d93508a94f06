import { useEffect, useRef, type KeyboardEvent, type PointerEvent, type RefObject } from 'react';
import type { Pictures } from '../../../contract/datasets';
import { withMinus } from '../../format';
import { fitCells, placeOf, wholeOf, type Cells } from '../../plots/fit';
import { LivePictures } from '../../plots/live-pictures';
import type { Size } from '../../plots/size';
import { median, project, statisticsFrom } from '../codes';
import { useTelling, useDims } from '../dimensions';
import { useLinked, useSetLinked } from '../linked';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { cellOf, cellCodes, codeAt, gridCodes, panned, wholeViewport, zoomed, type Scale, type Viewport } from '../viewport';

export interface Grid {
  pictures: Pictures;
  viewport: Viewport;
  scale: Scale;
  size: number;
}

/**
 * The decoded grid of the linked viewport. With a prior it runs over its quantiles, other dimensions at 0. Without one it
 * runs over the box of the test codes, asked for anew each time because it moves while the model trains; other dimensions rest at their medians.
 */
export function useGrid(): Asked<Grid> {
  const probe = useProbe();
  const run = useScopeRun();
  const viewport = useLinked((state) => state.viewport);
  const size = useLinked((state) => state.gridSize);
  useTelling();
  const dims = useDims();
  const latentSize = run.latentSize ?? 2;
  return useAsked(canBeAsked(run) && dims ? JSON.stringify([viewport, size, dims]) : null, async () => {
    if (!dims) throw new Error('The grid is not asked for before its dimensions are known.');
    let milliseconds = 0;
    let scale: Scale = { kind: 'quantile' };
    let rest = new Float64Array(latentSize);
    if (!run.abilities.includes('prior') && run.abilities.includes('encode')) {
      const answer = await probe({ kind: 'encode', split: 'test', offset: 0, count: statisticsFrom });
      milliseconds = answer.milliseconds;
      const codes = answer.value;
      const along = (dim: number): Float32Array => project(codes, [dim, dim]).x;
      const box = (dim: number): [number, number] => {
        const values = along(dim);
        return [Math.min(...values), Math.max(...values)];
      };
      scale = { kind: 'linear', box: [box(dims[0]), box(dims[1])] };
      rest = Float64Array.from({ length: latentSize }, (_, dim) => median(along(dim), Int32Array.from({ length: codes.means.length / latentSize }, (_, i) => i)));
    }
    const codes = gridCodes(viewport, scale, size, dims, rest);
    const answer = await probe({ kind: 'decode', count: size * size, codes });
    return { value: { pictures: answer.value.pictures, viewport, scale, size }, step: answer.step, milliseconds: milliseconds + answer.milliseconds };
  });
}

/** Between neighbours, which together are one picture of the plane. */
const hairline = 1;
const axisRoom = { left: 16, bottom: 14 };
const wheelRate = 0.0015;

/**
 * Drag to move, wheel to zoom about the pointer, double-click to see all; arrows, + and − do the same, 0 sees all. The
 * picture follows the hand at once and is replaced when the decoder has answered.
 */
export function GridPicture({ grid, size, axes = true, handle }: { grid: Grid; size: Size; axes?: boolean; handle?: RefObject<HTMLCanvasElement | null> }) {
  const setLinked = useSetLinked();
  const viewport = useLinked((state) => state.viewport);
  const area = useRef<HTMLDivElement>(null);
  const drag = useRef<{ x: number; y: number } | null>(null);
  const { pictures, scale } = grid;
  const cells = fitCells({ width: size.width - (axes ? axisRoom.left : 0), height: size.height - (axes ? axisRoom.bottom : 0) }, grid.size, grid.size, pictures.width / pictures.height, hairline);
  const { width, height } = wholeOf(cells, grid.size, grid.size);

  const move = (change: (view: Viewport) => Viewport): void => setLinked((state) => ({ viewport: change(state.viewport) }));
  const zoomAt = useRef<(event: WheelEvent) => void>(() => undefined);
  useEffect(() => {
    zoomAt.current = (event) => {
      const box = area.current?.getBoundingClientRect();
      if (box) move((view) => zoomed(view, scale, Math.exp(event.deltaY * wheelRate), (event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height));
    };
  });
  useEffect(() => {
    const target = area.current;
    // React listens to the wheel passively; the page must not scroll under the grid.
    const listener = (event: WheelEvent): void => {
      event.preventDefault();
      zoomAt.current(event);
    };
    target?.addEventListener('wheel', listener, { passive: false });
    return () => target?.removeEventListener('wheel', listener);
  }, []);

  const pointed = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    if (drag.current) {
      const [dx, dy] = [event.clientX - drag.current.x, event.clientY - drag.current.y];
      drag.current = { x: event.clientX, y: event.clientY };
      move((view) => panned(view, scale, -dx / box.width, dy / box.height));
      return;
    }
    const column = Math.min(grid.size - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * grid.size)));
    const row = Math.min(grid.size - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * grid.size)));
    setLinked({ example: null, code: [cellCodes(viewport, scale, grid.size, 0)[column] ?? 0, cellCodes(viewport, scale, grid.size, 1)[row] ?? 0] });
  };
  const key = (event: KeyboardEvent): void => {
    const pan: Record<string, [number, number]> = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    const step = pan[event.key];
    if (step) move((view) => panned(view, scale, ...step));
    else if (event.key === '+' || event.key === '=') move((view) => zoomed(view, scale, 0.8));
    else if (event.key === '-') move((view) => zoomed(view, scale, 1.25));
    else if (event.key === '0') setLinked({ viewport: wholeViewport });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  // Where the answered viewport lies in the wished-for one.
  const place = (axis: 'x' | 'y'): { from: number; part: number } => {
    const wished = viewport[axis];
    const answered = grid.viewport[axis];
    return { from: (answered[0] - wished[0]) / (wished[1] - wished[0]), part: (answered[1] - answered[0]) / (wished[1] - wished[0]) };
  };
  const [across, up] = [place('x'), place('y')];

  return (
    <div className="grid-frame" style={{ gridTemplateColumns: `${axes ? axisRoom.left : 0}px ${width}px`, gridTemplateRows: `${height}px ${axes ? axisRoom.bottom : 0}px` }}>
      {axes && <Ticks viewport={viewport} scale={scale} size={grid.size} axis={1} />}
      <div
        ref={area}
        className="grid-area"
        role="group"
        tabIndex={0}
        aria-label="Manifold grid. Arrows move, plus and minus zoom, 0 shows all."
        style={{ width, height }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          drag.current = { x: event.clientX, y: event.clientY };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
        onPointerMove={pointed}
        onPointerLeave={() => setLinked({ code: null })}
        onDoubleClick={() => setLinked({ viewport: wholeViewport })}
        onKeyDown={key}
      >
        <div style={{ transformOrigin: '0 0', transform: `translate(${across.from * width}px, ${(1 - up.from - up.part) * height}px) scale(${across.part}, ${up.part})` }}>
          <LivePictures pictures={pictures} label={`${grid.size} by ${grid.size} decoded codes`} columns={grid.size} rows={grid.size} width={width} height={height} gap={cells.gap} place={grid.viewport} {...(handle && { handle })} />
        </div>
        <CodeMark viewport={viewport} scale={scale} size={grid.size} cells={cells} />
      </div>
      {axes && <span />}
      {axes && <Ticks viewport={viewport} scale={scale} size={grid.size} axis={0} />}
    </div>
  );
}

/** The cell that holds the code pointed at, anywhere on the page. */
function CodeMark({ viewport, scale, size, cells }: { viewport: Viewport; scale: Scale; size: number; cells: Cells }) {
  const code = useLinked((state) => state.code);
  const at = code && cellOf(viewport, scale, size, code);
  return at && <i className="mark" style={placeOf(cells, at.column, at.row)} />;
}

/** First, middle and last: quantiles of the prior, or codes. */
function Ticks({ viewport, scale, size, axis }: { viewport: Viewport; scale: Scale; size: number; axis: 0 | 1 }) {
  const [from, to] = axis === 0 ? viewport.x : viewport.y;
  const half = 0.5 / size;
  const texts = [half, 0.5, 1 - half].map((part) => {
    const coordinate = from + part * (to - from);
    if (scale.kind === 'linear') return withMinus(codeAt(scale, axis, coordinate).toPrecision(3));
    const digits = Math.max(0, Math.ceil(-Math.log10((to - from) * 25)) + 1);
    return `${(100 * coordinate).toFixed(to - from > 0.6 ? 0 : digits)} %`;
  });
  return (
    <div className={axis === 0 ? 'ticks across' : 'ticks up'}>
      {texts.map((text, i) => (
        <span key={i}>{text}</span>
      ))}
    </div>
  );
}
