import type { Annotations, Data, Layout } from 'plotly.js';
import { formatValue, withMinus } from '../../format';
import type { Range } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, type PlotTheme } from '../../plots/theme';
import { leadingLines, roundTicks, smoothed, spread, valuesOf, type Line, type Row } from './rows';

export interface Options {
  logY: boolean;
  smoothing: number;
  zoomed: boolean;
  /** Several runs: rows are titled, lines are named by their run. */
  many: boolean;
}

/** A row as it lies in the picture; pixels from the top of the plot. */
export interface PlacedRow {
  row: Row;
  top: number;
  bottom: number;
  values: Range;
}

export const margin = { l: 40, r: 92, t: 4, b: 20 };
const gap = 16;
const titleHeight = 16;

/** Where the rows lie: the first, which is the loss, is half again as high as the others. */
export function placeRows(rows: readonly Row[], size: Size, steps: Range, options: Options): PlacedRow[] {
  const title = options.many ? titleHeight : 0;
  const free = size.height - margin.t - margin.b - gap * (rows.length - 1) - title * rows.length;
  const share = free / (rows.length + 0.5);
  let top = margin.t;
  return rows.map((row, i) => {
    top += title;
    const bottom = top + share * (i === 0 ? (rows.length === 1 ? rows.length + 0.5 : 1.5) : 1);
    const placed = { row, top, bottom, values: valuesOf(row, steps, options) };
    top = bottom + gap;
    return placed;
  });
}

export const pixelOfStep = (step: number, steps: Range, size: Size): number => margin.l + ((step - steps[0]) / (steps[1] - steps[0])) * (size.width - margin.l - margin.r);
export const stepOfPixel = (pixel: number, steps: Range, size: Size): number => steps[0] + ((pixel - margin.l) / (size.width - margin.l - margin.r)) * (steps[1] - steps[0]);

export function pixelOfValue(value: number, { top, bottom, values }: PlacedRow, logY: boolean): number {
  const on = logY ? Math.log : (x: number) => x;
  return bottom - ((on(value) - on(values[0])) / (on(values[1]) - on(values[0]))) * (bottom - top);
}

/** The loss in ink, then the terms' own cycle; a comparison has the colours of its runs. */
export const colourOf = (line: Line, rowIndex: number, theme: PlotTheme): string => line.run.colour ?? (rowIndex === 0 ? theme.ink : (theme.runs[(rowIndex - 1) % theme.runs.length] ?? theme.ink));

/** Traces and layout for Plotly: one y axis a row over one x axis, values at line ends. */
export function figure(rows: readonly PlacedRow[], size: Size, steps: Range, options: Options, theme: PlotTheme): { data: Partial<Data>[]; layout: Partial<Layout> } {
  const data: Partial<Data>[] = [];
  const annotations: Partial<Annotations>[] = [];
  const axes: Record<string, unknown> = {};
  const height = size.height - margin.t - margin.b;

  rows.forEach((placed, i) => {
    const { row, top, bottom, values } = placed;
    const number = i === 0 ? '' : String(i + 1);
    axes[`yaxis${number}`] = {
      domain: [1 - (bottom - margin.t) / height, 1 - (top - margin.t) / height],
      type: options.logY ? 'log' : 'linear',
      range: options.logY ? values.map(Math.log10) : [...values],
      fixedrange: true,
      ...ticks(values, Math.floor((bottom - top) / 26), options.logY),
      gridcolor: theme.grid,
      zeroline: false,
      tickcolor: 'rgba(0,0,0,0)',
      ticklen: 4,
      anchor: 'x',
      exponentformat: 'power',
    };
    const axis = { xaxis: 'x', yaxis: `y${number}` } as const;
    for (const line of row.lines) {
      const colour = colourOf(line, i, theme);
      const { steps: x, values: y } = line.curve;
      const smooth = options.smoothing > 0;
      const strong = line.heldOut || leadingLines(row).includes(line);
      const raw = { ...axis, x, y, type: 'scatter', mode: 'lines', hoverinfo: 'skip' } as const;
      data.push({ ...raw, line: { color: faded(colour, smooth ? 0.28 : strong ? 1 : 0.32), width: smooth || !strong ? 1 : 1.5, dash: line.run.dash } });
      if (smooth) data.push({ ...raw, y: smoothed(x, y, options.smoothing), line: { color: strong ? colour : faded(colour, 0.6), width: strong ? 1.5 : 1, dash: line.run.dash } });
    }

    const ends = leadingLines(row).flatMap((line) => {
      const { steps: x, values: y } = line.curve;
      const shown = options.smoothing > 0 ? smoothed(x, y, options.smoothing) : y;
      const last = lastWithin(x, shown, steps);
      return last ? [{ line, ...last, pixel: Math.min(bottom, Math.max(top, pixelOfValue(last.value, placed, options.logY))) }] : [];
    });
    const pixels = spread(ends.map(({ pixel }) => pixel), options.many ? 13 : 26, options.many ? [top + 4, bottom - 4] : [top, bottom]);
    ends.forEach(({ line, step, value, pixel }, e) => {
      const colour = colourOf(line, i, theme);
      data.push({ ...axis, x: [step], y: [value], type: 'scatter', mode: 'markers', marker: { color: colour, size: 5 }, hoverinfo: 'skip', cliponaxis: false });
      const text = options.many ? `<b>${escaped(shortened(line.run.name))}</b> <span style="color:${theme.ink}">${formatValue(value)}</span>` : `<b>${escaped(row.title)}</b><br><span style="color:${theme.ink}">${formatValue(value)}</span>`;
      annotations.push({ xref: 'paper', yref: 'paper', x: 1, y: 1 - ((pixels[e] ?? pixel) - margin.t) / height, xanchor: 'left', yanchor: 'middle', xshift: 8, showarrow: false, align: 'left', text, font: { color: colour, size: options.many ? 10 : 11 } });
    });
    if (options.many) {
      const text = `<b>${escaped(row.title)}</b> <span style="color:${theme.label}">${escaped(row.unit)}</span>`;
      annotations.push({ xref: 'paper', yref: 'paper', x: 0, y: 1 - (top - margin.t) / height, xanchor: 'left', yanchor: 'bottom', xshift: -margin.l, showarrow: false, text, font: { color: theme.text, size: 11 } });
    }
  });
  annotations.push({ xref: 'paper', yref: 'paper', x: 1, y: 0, xanchor: 'left', yanchor: 'top', xshift: 26, yshift: -3, showarrow: false, text: 'step', font: { color: theme.label } });

  const layout = {
    ...axes,
    xaxis: { range: [...steps], gridcolor: theme.grid, showgrid: false, zeroline: false, nticks: 5, anchor: `y${rows.length > 1 ? rows.length : ''}`, separatethousands: true, exponentformat: 'none', ticks: 'outside', ticklen: 4, tickcolor: theme.axis },
    annotations,
    dragmode: 'zoom',
    hovermode: false,
  } as Partial<Layout>;
  return { data, layout };
}

/** A log axis over less than a decade and a half has ticks as a linear one has. */
function ticks(values: Range, count: number, logY: boolean): object {
  if (logY && values[1] / values[0] > 30) return { dtick: 1 };
  const tickvals = roundTicks(values, count);
  return { tickmode: 'array', tickvals, ticktext: tickvals.map((value) => withMinus(value.toLocaleString('en', { maximumSignificantDigits: 6 }))) };
}

function lastWithin(x: Float64Array, y: Float64Array, steps: Range): { step: number; value: number } | null {
  for (let i = x.length - 1; i >= 0; i--) {
    const [step = 0, value = NaN] = [x[i], y[i]];
    if (step <= steps[1] && step >= steps[0] && Number.isFinite(value)) return { step, value };
  }
  return null;
}

/** Plotly reads a small HTML in its texts. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const shortened = (name: string): string => (name.length > 9 ? `…${name.slice(-8)}` : name);
