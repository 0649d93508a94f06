import { useEffect, useMemo, useState, type RefObject } from 'react';
import type { Annotations, Data, Layout, Shape } from 'plotly.js';
import { useQuery } from '../../client/hooks';
import { Picture } from '../../design';
import { Plot, type Range } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, usePlotTheme } from '../../plots/theme';
import { mostTelling, useTelling, useDims } from '../dimensions';
import { useLinked, useSetLinked } from '../linked';
import { formatCode } from '../terms';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';
import { ColourScale, colourScale } from '../plot-panel';
import { apart, ellipses, fit, groups, median, project, union, withAspect, type Box, type Codes } from '../codes';
import { colouringOf, type Colouring } from './colouring';

/** Posterior means of test examples; asked for once it is known in which dimensions they are shown. */
export function useCodes(): Asked<Codes> {
  const probe = useProbe();
  const run = useScopeRun();
  useTelling();
  const dims = useDims();
  const wanted = useLinked((state) => state.codes);
  const count = Math.max(1, Math.min(wanted ?? Infinity, run.dataset?.counts.test ?? 256));
  return useAsked(canBeAsked(run) && dims ? `encode ${count}` : null, () => probe({ kind: 'encode', split: 'test', offset: 0, count }));
}

const margin = { l: 0, r: 0, t: 0, b: 0 };
/** Circles nearer to each other, in pixels, have no names: those would lie on each other. */
const legible = 20;
/** Of a class's name, pixels. */
const letter = { width: 8, height: 13 };
/** Beyond so many points WebGL draws them, where there is WebGL. */
const manyPoints = 3000;

let hasWebgl: boolean | null = null;
const webgl = (): boolean => (hasWebgl ??= document.createElement('canvas').getContext('webgl') !== null);

/** Codes coloured by class or by a factor, over the circles of the prior. */
export function ScatterPlot({ codes, size, handle }: { codes: Codes; size: Size; handle?: RefObject<HTMLDivElement | null> }) {
  const run = useScopeRun();
  const theme = usePlotTheme();
  const setLinked = useSetLinked();
  const dims = useDims() ?? mostTelling(null);
  const showEllipses = useLinked((state) => state.ellipses);
  const chosen = useLinked((state) => state.latentRange);
  const fits = useLinked((state) => state.latentFits);
  const prior = run.abilities.includes('prior');

  const points = useMemo(() => project(codes, dims), [codes, dims]);
  const own = useMemo(() => fit(points.x, points.y, prior), [points, prior]);
  useEffect(() => {
    setLinked(({ latentFits }) => (JSON.stringify(latentFits[run.id]) === JSON.stringify(own) ? {} : { latentFits: { ...latentFits, [run.id]: own } }));
  }, [setLinked, run.id, own]);
  useEffect(() => () => setLinked(({ latentFits }) => ({ latentFits: Object.fromEntries(Object.entries(latentFits).filter(([id]) => id !== run.id)) })), [setLinked, run.id]);

  const range = useMemo(() => withAspect(chosen ?? union(Object.values(fits)) ?? own, size), [chosen, fits, own, size]);
  const chosenColour = useLinked((state) => state.colourBy);
  const colouring = useMemo(() => run.dataset && colouringOf(codes, run.dataset, chosenColour), [codes, run.dataset, chosenColour]);
  const classGroups = useMemo(() => groups(points.x.length, colouring?.ordered === null ? colouring.values : null), [points, colouring]);
  const [moving, setMoving] = useState<Box | null>(null);
  const [pointer, setPointer] = useState<number | null>(null);

  const { data, layout } = useMemo(() => {
    const count = points.x.length;
    const type = count > manyPoints && webgl() ? 'scattergl' : 'scatter';
    const radius = Math.min(6.5, Math.max(2.2, 26 / count ** 0.28));
    const data: Partial<Data>[] = [];
    const annotations: Partial<Annotations>[] = [];
    const colour = (label: number | null): string => (label === null ? (theme.runs[0] ?? theme.ink) : (theme.classes[label % theme.classes.length] ?? theme.ink));
    if (showEllipses && codes.standardDeviations)
      for (const { label, indices } of classGroups) data.push({ ...ellipses(codes, points, dims, indices), type: 'scatter', mode: 'lines', line: { color: faded(colour(label), 0.4), width: 1 }, hoverinfo: 'skip' });
    for (const { label, indices } of classGroups) {
      const pick = (values: Float32Array): Float32Array => Float32Array.from(indices, (i) => values[i] ?? NaN);
      data.push({ type, mode: 'markers', x: pick(points.x), y: pick(points.y), marker: { ...(colouring?.ordered ? { color: Array.from(colouring.values), cmin: 0, cmax: colouring.ordered - 1, colorscale: colourScale(theme.ramp.slice(1)) } : { color: colour(label) }), size: radius, opacity: count > 1000 ? 0.55 : 0.8 }, hoverinfo: 'none' });
    }
    const names = classGroups.length > 24 ? [] : classGroups.flatMap(({ label, indices }) => (label === null ? [] : [{ x: median(points.x, indices), y: median(points.y, indices), text: String(colouring?.markOf(label) ?? label) }]));
    for (const { text, ...at } of apart(names, size.width / (range.x[1] - range.x[0]), letter)) annotations.push({ ...at, text: `<b>${text}</b>`, showarrow: false, font: { size: letter.height, color: theme.text } });
    const circles: Partial<Shape>[] = [];
    if (prior) {
      const deviation = size.width / (range.x[1] - range.x[0]);
      for (const sigma of [1, 2, 3]) {
        circles.push({ type: 'circle', layer: 'below', xref: 'x', yref: 'y', x0: -sigma, x1: sigma, y0: -sigma, y1: sigma, line: { color: faded(theme.axis, 0.4), width: 1 } });
        if (deviation >= legible) annotations.push({ x: 0, y: -sigma, text: `${sigma}σ`, showarrow: false, xanchor: 'left', yanchor: 'bottom', font: { size: 10, color: theme.label } });
      }
    }
    const axis = { showgrid: false, zeroline: true, zerolinecolor: theme.grid, zerolinewidth: 1, ticks: '', showticklabels: !prior, ticklabelposition: 'inside', nticks: 5, tickfont: { color: theme.label } } as const;
    const layout: Partial<Layout> = { xaxis: { ...axis, range: [...range.x] }, yaxis: { ...axis, range: [...range.y] }, shapes: circles, annotations, dragmode: 'pan', hovermode: 'closest', hoverdistance: 8 };
    return { data, layout };
  }, [points, codes, dims, classGroups, colouring, prior, showEllipses, range, size.width, theme]);

  const firstGroup = data.length - classGroups.length;
  const shown = moving ?? range;
  const pixel = { x: (value: number): number => ((value - shown.x[0]) / (shown.x[1] - shown.x[0])) * size.width, y: (value: number): number => size.height - ((value - shown.y[0]) / (shown.y[1] - shown.y[0])) * size.height };

  return (
    <Plot
      label={`Latent scatter of ${points.x.length} test codes, z${dims[0] + 1} across and z${dims[1] + 1} up`}
      data={data}
      layout={layout}
      size={size}
      margin={margin}
      scrollZoom
      {...(handle && { handle })}
      onRanges={({ xaxis, yaxis }, still) => {
        const next: Box = { x: xaxis ?? shown.x, y: yaxis ?? shown.y };
        setMoving(still ? next : null);
        if (!still) setLinked({ latentRange: next });
      }}
      onReset={() => setLinked({ latentRange: null })}
      onHover={(at) => {
        const index = at ? (classGroups[at.curve - firstGroup]?.indices[at.point] ?? null) : null;
        setPointer(index);
        setLinked({ example: index, code: index === null ? null : [points.x[index] ?? 0, points.y[index] ?? 0] });
      }}
    >
      {colouring?.ordered && <div className="plot-key"><ColourScale colours={theme.ramp.slice(1)} name={colouring.by} from="0" to={String(colouring.ordered - 1)} /></div>}
      <Marks points={points} pixel={pixel} size={size} />
      {pointer !== null && <PointTip index={pointer} colouring={colouring} at={[points.x[pointer] ?? 0, points.y[pointer] ?? 0]} left={pixel.x(points.x[pointer] ?? 0)} top={pixel.y(points.y[pointer] ?? 0)} size={size} />}
    </Plot>
  );
}

/** The example or the code that is pointed at anywhere on the page. */
function Marks({ points, pixel, size }: { points: { x: Float32Array; y: Float32Array }; pixel: { x(value: number): number; y(value: number): number }; size: Size }) {
  const example = useLinked((state) => state.example);
  const code = useLinked((state) => state.code);
  const known = example !== null && example < points.x.length;
  const at: Range | null = known ? [points.x[example] ?? 0, points.y[example] ?? 0] : code;
  if (!at) return null;
  const [x, y] = [pixel.x(at[0]), pixel.y(at[1])];
  return (
    <svg className="plot-overlay" width={size.width} height={size.height} aria-hidden="true">
      {!known && <path className="crosshair" d={`M${x} 0V${size.height}M0 ${y}H${size.width}`} />}
      <circle cx={x} cy={y} r={known ? 5.5 : 4.5} fill="none" stroke={known ? 'var(--text-1)' : 'var(--accent)'} strokeWidth={known ? 1.5 : 2} />
    </svg>
  );
}

const pageSize = 250;

/** The picture of the point under the pointer, and what it is. */
function PointTip({ index, colouring, at, left, top, size }: { index: number; colouring: Colouring | null; at: Range; left: number; top: number; size: Size }) {
  const { dataset } = useScopeRun();
  const offset = Math.floor(index / pageSize) * pageSize;
  const count = Math.min(pageSize, (dataset?.counts.test ?? 0) - offset);
  const { data } = useQuery('datasets.page', dataset && count > 0 ? { id: dataset.id, split: 'test', offset, count } : null);
  const value = colouring?.values[index];
  return (
    <div className="tip" style={{ ...(left > size.width / 2 ? { right: size.width - left + 10 } : { left: left + 10 }), top: Math.min(size.height - 58, Math.max(0, top - 26)) }}>
      {data?.kind === 'pictures' && <div className="tip-picture">{<Picture pictures={data.pictures} first={index - offset} columns={1} rows={1} scale={42 / Math.max(data.pictures.height, data.pictures.width)} label={`Test example ${index}`} />}</div>}
      <span>
        <b className="strong">test {index}</b>
        {colouring && value !== undefined && ` · ${colouring.nameOf(value)}`}
        <br />
        <span className="faint">
          {formatCode(at[0])}, {formatCode(at[1])}
        </span>
      </span>
    </div>
  );
}
