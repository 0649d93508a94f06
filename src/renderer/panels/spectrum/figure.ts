import type { Data, Layout } from 'plotly.js';
import type { PlotTheme } from '../../plots/theme';
import { axisOf } from '../plot-panel';

/** Above this, nats, a dimension carries something. */
export const activeAbove = 0.01;

const smallest = 1e-5;

/** Bars of `values` in the order of `order`; those at or below the threshold are faint, and the threshold is drawn. */
export function spectrumFigure(values: ArrayLike<number>, order: readonly number[], name: (index: number) => string, logY: boolean, threshold: boolean, theme: PlotTheme): { data: Partial<Data>[]; layout: Partial<Layout> } {
  const heights = order.map((index) => values[index] ?? 0);
  const most = Math.max(...heights, threshold ? 2 * activeAbove : smallest);
  const named = order.length <= 40;
  const data: Partial<Data>[] = [
    {
      type: 'bar',
      x: order.map((_, rank) => rank),
      y: logY ? heights.map((height) => Math.max(height, smallest)) : heights,
      text: order.map((index, rank) => `${name(index)}: ${(heights[rank] ?? 0).toPrecision(3)} nats`),
      textposition: 'none',
      hovertemplate: '%{text}<extra></extra>',
      marker: { color: heights.map((height) => (!threshold || height > activeAbove ? (theme.runs[0] ?? theme.ink) : theme.axis)) },
    },
  ];
  const layout: Partial<Layout> = {
    bargap: 0.25,
    xaxis: axisOf(theme, '', { showgrid: false, range: [-0.6, order.length - 0.4], ...(named ? { tickmode: 'array', tickvals: order.map((_, rank) => rank), ticktext: order.map(name) } : { title: { text: 'rank', standoff: 4, font: { size: 10, color: theme.label } } }) }),
    yaxis: axisOf(theme, 'nats', logY ? { type: 'log', range: [Math.log10(smallest), Math.log10(most) + 0.1], dtick: 1, exponentformat: 'power' } : { range: [0, 1.06 * most] }),
    shapes: threshold ? [{ type: 'line', xref: 'paper', x0: 0, x1: 1, y0: activeAbove, y1: activeAbove, line: { color: theme.ink, width: 1, dash: 'dot' } }] : [],
    annotations: threshold && logY ? [{ xref: 'paper', x: 1, y: Math.log10(activeAbove), xanchor: 'right', yanchor: 'bottom', text: 'active above 0.01', showarrow: false, font: { size: 10, color: theme.ink } }] : [],
    hovermode: 'closest',
  };
  return { data, layout };
}
