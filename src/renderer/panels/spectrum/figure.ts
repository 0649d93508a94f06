import type { Data, Layout } from 'plotly.js';
import type { PlotTheme } from '../../plots/theme';
import { axisOf } from '../plot-panel';

/** Above this, the variance of the posterior's mean or nats of divergence, a dimension carries something. */
export const activeAbove = 0.01;

const smallest = 1e-5;

/** Beyond so many bars the inactive ones at the end are left out. */
const mostBars = 40;

/** Which of the values in the order of `order` have bars: all active ones, and forty at least. */
export const shownOf = (order: readonly number[], active: ((index: number) => boolean) | null): number[] => order.slice(0, active ? Math.max(mostBars, order.findLastIndex(active) + 1) : undefined);

export interface SpectrumStyle {
  name: (index: number) => string;
  logY: boolean;
  /** Null where there is no such thing: all bars are alike, and no threshold is drawn. */
  active: ((index: number) => boolean) | null;
  /** These have an outline. */
  chosen: readonly number[];
  /** So many names fit under the axis. */
  names: number;
}

/** Bars of `values` in the order of `order`; inactive ones are faint. Each has its name under the pointer, and as many as fit have it under the axis. */
export function spectrumFigure(values: ArrayLike<number>, order: readonly number[], { name, logY, active, chosen, names }: SpectrumStyle, theme: PlotTheme): { data: Partial<Data>[]; layout: Partial<Layout> } {
  const shown = shownOf(order, active);
  const heights = shown.map((index) => values[index] ?? 0);
  const most = Math.max(...heights, active ? 2 * activeAbove : smallest);
  const named = shown.map((_, rank) => rank).filter((rank) => rank % Math.ceil(shown.length / Math.max(1, names)) === 0);
  const left = order.length - shown.length;
  const data: Partial<Data>[] = [
    {
      type: 'bar',
      x: shown.map((_, rank) => rank),
      y: logY ? heights.map((height) => Math.max(height, smallest)) : heights,
      text: shown.map((index, rank) => `${name(index)}: ${(heights[rank] ?? 0).toPrecision(3)} nats`),
      textposition: 'none',
      hovertemplate: '%{text}<extra></extra>',
      marker: { color: shown.map((index) => (!active || active(index) ? (theme.runs[0] ?? theme.ink) : theme.axis)), line: { color: theme.ink, width: shown.map((index) => (chosen.includes(index) ? 2 : 0)) } },
    },
  ];
  const small = { size: 10, color: theme.label };
  const layout: Partial<Layout> = {
    bargap: 0.25,
    xaxis: axisOf(theme, '', { showgrid: false, range: [-0.6, shown.length - 0.4], tickmode: 'array', tickvals: named, ticktext: named.map((rank) => name(shown[rank] ?? 0)) }),
    yaxis: axisOf(theme, 'nats', logY ? { type: 'log', range: [Math.log10(smallest), Math.log10(most) + 0.1], dtick: 1, exponentformat: 'power' } : { range: [0, 1.06 * most] }),
    shapes: active ? [{ type: 'line', xref: 'paper', x0: 0, x1: 1, y0: activeAbove, y1: activeAbove, line: { color: theme.ink, width: 1, dash: 'dot' } }] : [],
    annotations: [
      ...(left > 0 ? [{ xref: 'paper' as const, yref: 'paper' as const, x: 1, y: 1, xanchor: 'right' as const, yanchor: 'top' as const, text: `the first ${shown.length} of ${order.length}`, showarrow: false, font: small }] : []),
      ...(active && logY ? [{ xref: 'paper' as const, x: 1, y: Math.log10(activeAbove), xanchor: 'right' as const, yanchor: 'bottom' as const, text: '0.01 nats', showarrow: false, font: { ...small, color: theme.ink } }] : []),
    ],
    // A bar one pixel high is met by pointing anywhere over it.
    hovermode: 'x',
  };
  return { data, layout };
}
