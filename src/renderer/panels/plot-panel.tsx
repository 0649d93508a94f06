import type { RefObject } from 'react';
import { ChartSpline, FileText, ImageDown } from 'lucide-react';
import type { LayoutAxis } from 'plotly.js';
import type { MenuAction } from '../design';
import { savePlot } from '../plots/plot';
import { csv, fileName, saveFile } from '../plots/save';
import type { PlotTheme } from '../plots/theme';

/** Saves a plot as PNG or SVG, and its numbers where `table` gives them. */
export function usePlotActions(run: string, what: string, plot: RefObject<HTMLDivElement | null>, table?: { head: readonly string[]; rows: Iterable<readonly (string | number)[]> } | null): MenuAction[] {
  const actions: MenuAction[] = [
    { id: 'png', label: 'Save as PNG', icon: <ImageDown aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run, what, 'png'), 'png') },
    { id: 'svg', label: 'Save as SVG', icon: <ChartSpline aria-hidden size={14} />, onAction: () => void savePlot(plot.current, fileName(run, what, 'svg'), 'svg') },
  ];
  if (table !== undefined)
    actions.push({ id: 'csv', label: 'Save the numbers as CSV', icon: <FileText aria-hidden size={14} />, isDisabled: table === null, onAction: () => table && saveFile(fileName(run, what, 'csv'), csv(table.head, table.rows)) });
  return actions;
}

/** An axis with a title and few light lines. */
export const axisOf = (theme: PlotTheme, title: string, more: Partial<LayoutAxis> = {}): Partial<LayoutAxis> => ({
  title: { text: title, standoff: 4, font: { size: 10, color: theme.label } },
  color: theme.label,
  gridcolor: theme.grid,
  zeroline: false,
  showline: true,
  linecolor: theme.grid,
  ticks: '',
  nticks: 6,
  tickfont: { size: 10, color: theme.label },
  fixedrange: true,
  ...more,
});

/** An axis of `pixels` whose numbers lie within and have no marks, which would read as minus signs, for planes in which the shapes matter and fill the panel. */
export const bareAxis = (theme: PlotTheme, range: readonly [number, number], pixels: number, more: Partial<LayoutAxis> = {}): Partial<LayoutAxis> => ({
  range: [...range],
  showgrid: false,
  zeroline: false,
  ticks: '',
  nticks: Math.max(2, Math.min(9, Math.floor(pixels / 24))),
  tickangle: 0,
  ticklabelposition: 'inside',
  tickfont: { size: 10, color: theme.label },
  fixedrange: true,
  ...more,
});

/** What the colours of a map mean. */
export const ColourScale = ({ colours, from, to, name, title }: { colours: readonly string[]; from: string; to: string; name?: string; title?: string }) => (
  <span className="colour-scale" title={title}>
    {name && <span>{name}</span>}
    <span>{from}</span>
    <i style={{ background: `linear-gradient(to right, ${colours.join(', ')})` }} />
    <span>{to}</span>
  </span>
);

/** Evenly spaced colours as Plotly takes them. */
export const colourScale = (colours: readonly string[]): [number, string][] => colours.map((colour, i) => [i / (colours.length - 1), colour]);
