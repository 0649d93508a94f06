import { useMemo, type PointerEvent, type ReactNode, type RefObject } from 'react';
import { Segmented, Select } from '../../design';
import { formatCount, formatValue } from '../../format';
import { Plot } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { useLinked, useSetLinked } from '../linked';
import { colourOf, figure, heightFor, marginOf, pixelOfStep, pixelOfValue, placeRows, stepOfPixel, type Margin, type PlacedRow } from './figure';
import { leadingLines, pointAt, rowsOf, spread, stepsOf, type DrawnRun } from './rows';

/** Small multiples, one row a named term, over one axis of steps that every curve of the page shares. Of `terms`, where they are given, only. */
export function CurvesPlot({ runs, size: free, many = false, terms, handle }: { runs: readonly DrawnRun[]; size: Size; many?: boolean; terms?: readonly string[]; handle?: RefObject<HTMLDivElement | null> }) {
  const theme = usePlotTheme();
  const setLinked = useSetLinked();
  const chosen = useLinked((state) => state.steps);
  const logY = useLinked((state) => state.logY);
  const smoothing = useLinked((state) => state.smoothing);
  const rows = useMemo(() => rowsOf(runs).filter(({ term }) => terms?.includes(term) ?? true), [runs, terms]);
  const size = useMemo(() => ({ width: free.width, height: heightFor(rows, free, { many }) }), [rows, free, many]);
  const steps = useMemo(() => chosen ?? stepsOf(rows), [chosen, rows]);
  const options = useMemo(() => ({ logY, smoothing, zoomed: chosen !== null, many }), [logY, smoothing, chosen, many]);
  const placed = useMemo(() => placeRows(rows, size, steps, options), [rows, size, steps, options]);
  const margin = useMemo(() => marginOf(placed, size, options), [placed, size, options]);
  const drawn = useMemo(() => figure(placed, size, margin, steps, options, theme), [placed, size, margin, steps, options, theme]);

  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const step = stepOfPixel(event.clientX - event.currentTarget.getBoundingClientRect().left, steps, size, margin);
    setLinked({ step: step >= steps[0] && step <= steps[1] ? Math.round(step) : null });
  };
  const summary = rows.map((row) => `${row.title}: ${leadingLines(row).map((line) => formatValue(line.curve.values.at(-1) ?? NaN)).join(', ')} ${row.unit}`).join('; ');

  return (
    <div onPointerMove={point} onPointerLeave={() => setLinked({ step: null })}>
      <Plot
        label={`Loss curves. Last values: ${summary}`}
        {...drawn}
        size={size}
        margin={margin}
        {...(handle && { handle })}
        onRanges={({ xaxis }, moving) => xaxis && !moving && setLinked({ steps: [Math.max(0, xaxis[0]), xaxis[1]] })}
        onReset={() => setLinked({ steps: null })}
      >
        <Crosshair placed={placed} steps={steps} size={size} margin={margin} logY={logY} many={many} />
      </Plot>
    </div>
  );
}

/** The step under the pointer in every row; moves without a redraw of the plot. */
function Crosshair({ placed, steps, size, margin, logY, many }: { placed: readonly PlacedRow[]; steps: readonly [number, number]; size: Size; margin: Margin; logY: boolean; many: boolean }) {
  const theme = usePlotTheme();
  const step = useLinked((state) => state.step);
  if (step === null || step < steps[0] || step > steps[1]) return null;
  const x = pixelOfStep(step, steps, size, margin);
  const bottom = size.height - margin.b;
  const label = formatCount(step);
  const half = label.length * 3 + 7;
  const before = x > size.width - margin.r - 48;
  return (
    <svg className="plot-overlay" width={size.width} height={size.height} aria-hidden="true">
      <path className="crosshair" d={`M${x} ${margin.t}V${bottom}`} />
      {placed.map((row, i) => {
        const points = leadingLines(row.row).flatMap((line) => {
          const { value = NaN } = pointAt(line.curve, step) ?? {};
          const y = pixelOfValue(value, row, logY);
          return y >= row.top - 1 && y <= row.bottom + 1 ? [{ line, value, y }] : [];
        });
        const labels = spread(points.map(({ y }) => y - 6), 11, [row.top, row.bottom]);
        return points.map(({ line, value, y }, at) => (
          <g key={`${row.row.term} ${line.run.id}`}>
            <circle className="crosshair-dot" cx={x} cy={y} r={many ? 2.5 : 3} style={{ stroke: colourOf(line, i, theme) }} />
            {many && <path d={`M${before ? x - 6 : x + 6} ${(labels[at] ?? y) - 3}h${before ? -8 : 8}`} stroke={colourOf(line, i, theme)} strokeWidth={2} />}
            <text className="ink halo" x={x + (before ? -1 : 1) * (many ? 18 : 6)} y={labels[at]} textAnchor={before ? 'end' : 'start'}>
              {formatValue(value)}
            </text>
          </g>
        ));
      })}
      <g transform={`translate(${Math.min(size.width - half, Math.max(half, x))}, ${bottom + 10})`}>
        <rect className="step-flag" x={-half} y={-8} width={2 * half} height={15} rx={3} />
        <text className="step-flag-text" textAnchor="middle" y={3.5}>
          {label}
        </text>
      </g>
    </svg>
  );
}

const lives = [0, 20, 100, 500, 2000];

/** Legend, what else there is to choose, smoothing and scale. */
export function CurvesBar({ heldOut, children }: { heldOut: string | null; children?: ReactNode }) {
  const setLinked = useSetLinked();
  const logY = useLinked((state) => state.logY);
  const smoothing = useLinked((state) => state.smoothing);
  return (
    <>
      <span className="legend">
        {heldOut && (
          <span>
            <svg aria-hidden="true">
              <path d="M0 4h18" stroke="var(--plot-ink)" strokeWidth="1.5" />
            </svg>
            {heldOut}
          </span>
        )}
        <span>
          <svg aria-hidden="true">
            <path d="M0 4h18" stroke="var(--plot-ink)" strokeOpacity={heldOut ? 0.38 : 1} />
          </svg>
          train
        </span>
      </span>
      <span className="spacer" />
      {children}
      <Select
        label="Smoothing: mean life in steps"
        variant="quiet"
        value={String(smoothing)}
        options={lives.map((life) => ({ value: String(life), label: life === 0 ? 'raw' : `smooth ${formatCount(life)}` }))}
        onChange={(life) => setLinked({ smoothing: Number(life) })}
      />
      <Segmented
        label="Scale of the values"
        value={logY ? 'log' : 'lin'}
        options={[
          { value: 'lin', label: 'lin' },
          { value: 'log', label: 'log y' },
        ]}
        onChange={(scale) => setLinked({ logY: scale === 'log' })}
      />
    </>
  );
}

/** Points to ask for: two a pixel, in hundreds so that a resize by a pixel asks nothing. */
export const pointsFor = (width: number): number => Math.max(200, Math.ceil(width / 50) * 100);
