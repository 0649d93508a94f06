import type { Annotations, Dash, Data, Layout, PlotData, Shape } from 'plotly.js';
import { formatValue } from '../../format';
import type { Range } from '../../plots/plot';
import type { Size } from '../../plots/size';
import { faded, type PlotTheme } from '../../plots/theme';
import { leadingLines, roundTicks, smoothed, spikesOf, spread, tickTexts, valuesOf, type Line, type Row, type Spike } from './rows';

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
  /** What lies beyond the values. */
  spikes: Spike[];
}

export interface Margin {
  l: number;
  r: number;
  t: number;
  b: number;
}

const top = 4;
const bottom = 20;
const gap = 16;
const titleHeight = 16;
/** Between the labels of a row. */
const labelHeight = 12;
/** A title over its value. */
const twoLines = 26;
/** Of a bold letter at the size of the labels of several runs, and of one. */
const letter = { many: 5.9, one: 5.7 };
/** From the end of the lines to the text of a label: the mark of its run lies there. */
const labelIndent = { many: 24, one: 8 };

/** Line styles as they are told apart on a mark as long as a few letters. Lengths, which Plotly takes and its types do not know. */
const markDashes: Record<Line['run']['dash'], string> = { solid: 'solid', dash: '4px,2px', dot: '1.5px,2px', dashdot: '5px,1.5px,1.5px,1.5px' };

/** As high as the plot must be so that every row has room for its labels; of one run, as high as there is. */
export const heightFor = (rows: readonly Row[], size: Size, { many }: Pick<Options, 'many'>): number =>
  many ? Math.max(size.height, top + bottom - gap + rows.reduce((sum, row) => sum + titleHeight + gap + Math.max(84, leadingLines(row).length * labelHeight), 0)) : size.height;

/** Left as much as the ticks need, right as much as the labels do, up to two fifths of the width. */
export function marginOf(rows: readonly PlacedRow[], size: Size, options: Options): Margin {
  const ticks = rows.flatMap((row) => ticksOf(row, options).ticktext ?? []);
  const labels = rows.flatMap(({ row }) => (options.many ? leadingLines(row).map((line) => `${line.run.name} ${formatValue(line.curve.values.at(-1) ?? NaN)}`) : [row.title]));
  const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const kind = options.many ? 'many' : 'one';
  return { l: Math.max(40, 10 + 5.6 * longest(ticks)), r: Math.min(Math.max(92, labelIndent[kind] + 4 + Math.ceil(letter[kind] * longest(labels))), Math.max(92, Math.floor(0.4 * size.width))), t: top, b: bottom };
}

/** Where the rows lie: the first of one run, which is the loss, is half again as high as the others. */
export function placeRows(rows: readonly Row[], size: Size, steps: Range, options: Options): PlacedRow[] {
  const title = options.many ? titleHeight : 0;
  const free = size.height - top - bottom - gap * (rows.length - 1) - title * rows.length;
  const share = free / (rows.length + (options.many ? 0 : 0.5));
  let from = top;
  return rows.map((row, i) => {
    from += title;
    const to = from + share * (i === 0 && !options.many ? (rows.length === 1 ? rows.length + 0.5 : 1.5) : 1);
    const far = spikesOf(row, steps, options);
    const values = valuesOf(row, steps, options, far);
    // Where a curve ends far off, those that come no further are inside after all.
    const spikes = far.filter((spike) => valueOf(spike) < values[0] || valueOf(spike) > values[1]);
    const placed = { row, top: from, bottom: to, values, spikes };
    from = to + gap;
    return placed;
  });
}

export const pixelOfStep = (step: number, steps: Range, size: Size, margin: Margin): number => margin.l + ((step - steps[0]) / (steps[1] - steps[0])) * (size.width - margin.l - margin.r);
export const stepOfPixel = (pixel: number, steps: Range, size: Size, margin: Margin): number => steps[0] + ((pixel - margin.l) / (size.width - margin.l - margin.r)) * (steps[1] - steps[0]);

export function pixelOfValue(value: number, { top, bottom, values }: PlacedRow, logY: boolean): number {
  const on = logY ? Math.log : (x: number) => x;
  return bottom - ((on(value) - on(values[0])) / (on(values[1]) - on(values[0]))) * (bottom - top);
}

/** The loss in ink, then the terms' own cycle; a comparison has the colours of its runs. */
export const colourOf = (line: Line, rowIndex: number, theme: PlotTheme): string => line.run.colour ?? (rowIndex === 0 ? theme.ink : (theme.runs[(rowIndex - 1) % theme.runs.length] ?? theme.ink));

/** Traces and layout for Plotly: one y axis a row over one x axis, values at line ends. */
export function figure(rows: readonly PlacedRow[], size: Size, margin: Margin, steps: Range, options: Options, theme: PlotTheme): { data: Partial<Data>[]; layout: Partial<Layout> } {
  const data: Partial<Data>[] = [];
  const annotations: Partial<Annotations>[] = [];
  const shapes: Partial<Shape>[] = [];
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
      ...ticksOf(placed, options),
      gridcolor: theme.grid,
      zeroline: false,
      tickcolor: 'rgba(0,0,0,0)',
      ticklen: 4,
      anchor: 'x',
      exponentformat: 'power',
    };
    const axis = { xaxis: 'x', yaxis: `y${number}` } as const;
    const leading = leadingLines(row);
    const smooth = options.smoothing > 0;
    const shown = new Map(row.lines.map((line) => [line, smooth ? smoothed(line.curve.steps, withoutSpikes(placed, line), options.smoothing) : line.curve.values]));
    for (const line of row.lines) {
      const colour = colourOf(line, i, theme);
      const { steps: x, values: y } = line.curve;
      const leads = leading.includes(line);
      const strong = line.heldOut || leads;
      // Where several runs lie over each other, the train lines step back behind the ones that carry the values.
      const width = strong ? (options.many && line.heldOut ? 2 : 1.5) : 1;
      const dash = leads ? line.run.dash : 'solid';
      const raw = { ...axis, x, y, type: 'scatter', mode: 'lines', hoverinfo: 'skip' } as const;
      if (leads && line.curve.deviations) data.push(...bandOf(placed, line, options.smoothing).map((edge) => ({ ...raw, ...edge, line: { width: 0 }, fillcolor: faded(colour, 0.2) })));
      data.push({ ...raw, line: { color: faded(colour, smooth ? 0.28 : strong ? 1 : 0.32), width: smooth ? 1 : width, dash: smooth ? 'solid' : dash } });
      if (smooth) data.push({ ...raw, y: shown.get(line) ?? y, line: { color: strong ? colour : faded(colour, 0.6), width, dash } });
    }

    if (placed.spikes.length > 0) data.push({ ...axis, ...marksOf(placed, (line) => colourOf(line, i, theme)) });
    for (const { step, value, above } of furthestOf(placed)) {
      const before = step > (steps[0] + steps[1]) / 2;
      annotations.push({ xref: 'x', yref: 'paper', x: step, y: 1 - ((above ? top + 5 : bottom - 5) - margin.t) / height, xanchor: before ? 'right' : 'left', yanchor: 'middle', xshift: before ? -6 : 6, showarrow: false, text: formatValue(value), font: { color: theme.text, size: 10 } });
    }

    const ends = leading.flatMap((line) => {
      const last = lastWithin(line.curve.steps, shown.get(line) ?? line.curve.values, steps);
      return last ? [{ line, ...last, pixel: Math.min(bottom, Math.max(top, pixelOfValue(last.value, placed, options.logY))) }] : [];
    });
    // Two lines of one run stay beside their own row: those of the next begin where it does.
    const inset = options.many ? 4 : Math.min(twoLines / 2, (bottom - top) / 2);
    const pixels = spread(ends.map(({ pixel }) => pixel), options.many ? labelHeight : twoLines, [top + inset, bottom - inset]);
    ends.forEach(({ line, step, value, pixel }, e) => {
      const colour = colourOf(line, i, theme);
      const y = 1 - ((pixels[e] ?? pixel) - margin.t) / height;
      data.push({ ...axis, x: [step], y: [value], type: 'scatter', mode: 'markers', marker: { color: colour, size: 5 }, hoverinfo: 'skip', cliponaxis: false });
      const letters = Math.floor((margin.r - labelIndent[options.many ? 'many' : 'one'] - 4) / letter[options.many ? 'many' : 'one']);
      const text = options.many ? labelOf(line.run.name, value, letters, theme) : `<b>${escaped(cut(row.title, letters))}</b><br><span style="color:${theme.ink}">${formatValue(value)}</span>`;
      if (options.many) shapes.push({ type: 'line', xref: 'paper', xsizemode: 'pixel', xanchor: 1, x0: 7, x1: 20, yref: 'paper', y0: y, y1: y, line: { color: colour, width: 2, dash: markDashes[line.run.dash] as Dash } });
      annotations.push({ xref: 'paper', yref: 'paper', x: 1, y, xanchor: 'left', yanchor: 'middle', xshift: labelIndent[options.many ? 'many' : 'one'], showarrow: false, align: 'left', text, font: { color: options.many ? theme.text : colour, size: options.many ? 10 : 11 } });
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
    shapes,
    dragmode: 'zoom',
    hovermode: false,
  } as Partial<Layout>;
  return { data, layout };
}

const valueOf = ({ line, index }: Spike): number => line.curve.values[index] ?? NaN;
const stepOf = ({ line, index }: Spike): number => line.curve.steps[index] ?? NaN;

/** The values of a line for an average, which after a spike would be beyond the picture for many lives. */
function withoutSpikes({ spikes }: PlacedRow, line: Line): Float64Array {
  const values = line.curve.values.slice();
  for (const spike of spikes) if (spike.line === line) values[spike.index] = NaN;
  return values;
}

/** A triangle at the edge of the row for each spike. */
function marksOf({ top, bottom, values: [low, high], spikes }: PlacedRow, colour: (line: Line) => string): Partial<PlotData> {
  const inset = (5 / (bottom - top)) * (high - low);
  const values = spikes.map(valueOf);
  return {
    type: 'scatter',
    mode: 'markers',
    x: spikes.map(stepOf),
    y: values.map((value) => (value > high ? high - inset : low + inset)),
    marker: { symbol: values.map((value) => (value > high ? 'triangle-up' : 'triangle-down')), size: 7, color: spikes.map(({ line }) => colour(line)) },
    hoverinfo: 'skip',
    cliponaxis: false,
  };
}

/** The furthest of the spikes above, and of those below, by their values. */
function furthestOf({ values: [low, high], spikes }: PlacedRow): { step: number; value: number; above: boolean }[] {
  const points = spikes.map((spike) => ({ step: stepOf(spike), value: valueOf(spike) })).sort((a, b) => a.value - b.value);
  const [lowest, highest] = [points[0], points.at(-1)];
  return [...(lowest && lowest.value < low ? [{ ...lowest, above: false }] : []), ...(highest && highest.value > high ? [{ ...highest, above: true }] : [])];
}

/** Ticks at round values; a log axis over more than a decade and a half has its decades. */
function ticksOf({ top, bottom, values }: PlacedRow, { logY }: Options): { dtick?: number; tickmode?: 'array'; tickvals?: number[]; ticktext?: string[] } {
  if (logY && values[1] / values[0] > 30) return { dtick: 1 };
  const tickvals = roundTicks(values, Math.floor((bottom - top) / 26));
  return { tickmode: 'array', tickvals, ticktext: tickTexts(tickvals) };
}

/** The lower and the upper edge of a band of one standard deviation about the mean, the second filled down to the first. */
function bandOf(placed: PlacedRow, line: Line, life: number): { y: Float64Array; fill: 'none' | 'tonexty' }[] {
  const { steps, deviations } = line.curve;
  const values = life > 0 ? withoutSpikes(placed, line) : line.curve.values;
  return [-1, 1].map((side) => {
    const edge = values.map((value, i) => value + side * (deviations?.[i] ?? 0));
    return { y: life > 0 ? smoothed(steps, edge, life) : edge, fill: side < 0 ? 'none' : 'tonexty' };
  });
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

/** The name of a run, where it has one, and its value in at most so many letters: the middle of the name goes first, then the value. */
function labelOf(name: string, value: number, letters: number, theme: PlotTheme): string {
  const shown = formatValue(value);
  const room = letters - shown.length - 1;
  return room < Math.min(10, name.length) ? `<b>${escaped(cut(name, letters))}</b>` : `<b>${escaped(cut(name, room))}</b> <span style="color:${theme.label}">${shown}</span>`;
}

/** A text without its middle where it is too long. */
function cut(text: string, letters: number): string {
  if (text.length <= letters) return text;
  const end = Math.floor((letters - 1) / 2);
  return `${text.slice(0, letters - 1 - end).trimEnd()}…${text.slice(text.length - end).trimStart()}`;
}
