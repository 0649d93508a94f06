import { useEffect, useRef, type ReactNode, type RefObject } from 'react';
import type * as PlotlyModule from 'plotly.js';
import type { Config, Data, Layout, PlotlyHTMLElement, PlotMouseEvent, PlotRelayoutEvent } from 'plotly.js';
import { saveFile } from './save';
import type { Size } from './size';
import { usePlotTheme } from './theme';

type Plotly = typeof PlotlyModule;

let library: Promise<Plotly> | null = null;
const loadPlotly = (): Promise<Plotly> => (library ??= import('plotly.js').then((module) => ('default' in module ? (module.default as Plotly) : module)));

const config: Partial<Config> = { displayModeBar: false, doubleClick: false, showTips: false, responsive: false };

export type Range = readonly [number, number];

export interface PlotProps {
  /** What is to be seen, for those who do not see it. */
  label: string;
  data: readonly Partial<Data>[];
  /** Axes, annotations and shapes. Size, font, colours and margins are the plot's own business. */
  layout: Partial<Layout>;
  size: Size;
  margin: { l: number; r: number; t: number; b: number };
  scrollZoom?: boolean;
  /** The person moved or zoomed the axes: new ranges by axis name (`xaxis`, `yaxis`); `moving` while the hand is still on them. */
  onRanges?: (ranges: Record<string, Range>, moving: boolean) => void;
  /** The point under the pointer, or null. */
  onHover?: (point: { curve: number; point: number } | null) => void;
  /** The point that was clicked. */
  onClick?: (point: { curve: number; point: number }) => void;
  onReset?: () => void;
  /** The element that {@link savePlot} takes. */
  handle?: RefObject<HTMLDivElement | null>;
  /** Drawn over the plot: what moves faster than a plot is redrawn. */
  children?: ReactNode;
}

/** Plotly, wrapped once: the theme read live from the tokens, no mode bar, redrawn by `react`, purged at the end. */
export function Plot({ label, data, layout, size, margin, scrollZoom = false, onRanges, onHover, onClick, onReset, handle, children }: PlotProps) {
  const own = useRef<HTMLDivElement>(null);
  const element = handle ?? own;
  const theme = usePlotTheme();
  const handlers = useRef({ onRanges, onHover, onClick, onReset });
  useEffect(() => {
    handlers.current = { onRanges, onHover, onClick, onReset };
  });

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    let current = true;
    void loadPlotly().then((plotly) => {
      if (!current) return;
      const fresh = !target.classList.contains('js-plotly-plot');
      const whole: Partial<Layout> = {
        ...layout,
        width: size.width,
        height: size.height,
        margin: { ...margin, pad: 0 },
        font: { family: theme.font, size: 10, color: theme.label },
        paper_bgcolor: 'rgba(0,0,0,0)',
        plot_bgcolor: 'rgba(0,0,0,0)',
        showlegend: false,
        autosize: false,
      };
      void plotly.react(target, [...data] as Data[], whole, { ...config, scrollZoom });
      if (fresh) listen(target as unknown as PlotlyHTMLElement, handlers);
    });
    return () => {
      current = false;
    };
  }, [element, data, layout, size.width, size.height, margin, scrollZoom, theme]);

  useEffect(() => {
    const target = element.current;
    return () => {
      if (target) void loadPlotly().then((plotly) => plotly.purge(target));
    };
  }, [element]);

  return (
    <div className="plot" role="img" aria-label={label} style={{ width: size.width, height: size.height }}>
      <div ref={element} />
      {children}
    </div>
  );
}

type Handlers = RefObject<{ [K in 'onRanges' | 'onHover' | 'onClick' | 'onReset']: PlotProps[K] | undefined }>;

function listen(target: PlotlyHTMLElement, handlers: Handlers): void {
  const ranges = (moving: boolean) => (event: PlotRelayoutEvent) => {
    const found = rangesOf(event as Record<string, unknown>);
    if (Object.keys(found).length > 0) handlers.current.onRanges?.(found, moving);
  };
  const first = (event: Readonly<PlotMouseEvent>): { curve: number; point: number } | null => {
    const [point] = event.points;
    return point ? { curve: point.curveNumber, point: point.pointNumber } : null;
  };
  target.on('plotly_relayout', ranges(false));
  target.on('plotly_relayouting', ranges(true));
  target.on('plotly_hover', (event) => handlers.current.onHover?.(first(event)));
  target.on('plotly_click', (event) => {
    const point = first(event);
    if (point) handlers.current.onClick?.(point);
  });
  target.on('plotly_unhover', () => handlers.current.onHover?.(null));
  target.on('plotly_doubleclick', () => handlers.current.onReset?.());
}

/** `{ 'xaxis.range[0]': 1, 'xaxis.range[1]': 2 }`, or `{ 'xaxis.range': [1, 2] }`, as `{ xaxis: [1, 2] }`. */
export function rangesOf(event: Record<string, unknown>): Record<string, Range> {
  const found: Record<string, Range> = {};
  for (const key of Object.keys(event)) {
    const axis = /^([xy]axis\d*)\.range/.exec(key)?.[1];
    if (!axis) continue;
    const whole = event[`${axis}.range`] as unknown[] | undefined;
    const from = Number(whole ? whole[0] : event[`${axis}.range[0]`]);
    const to = Number(whole ? whole[1] : event[`${axis}.range[1]`]);
    if (Number.isFinite(from) && Number.isFinite(to)) found[axis] = [from, to];
  }
  return found;
}

/** Saves what the plot shows: PNG at twice the size, or SVG. */
export async function savePlot(element: HTMLDivElement | null, name: string, format: 'png' | 'svg'): Promise<void> {
  if (!element) return;
  const plotly = await loadPlotly();
  const box = element.getBoundingClientRect();
  // On the page the panel is the ground; a file needs one of its own.
  const { data, layout } = element as unknown as PlotlyHTMLElement;
  const ground = getComputedStyle(document.documentElement).getPropertyValue('--surface-panel').trim();
  const address = await plotly.toImage({ data, layout: { ...layout, paper_bgcolor: ground } }, { format, width: box.width, height: box.height, scale: format === 'png' ? 2 : 1 });
  const comma = address.indexOf(',');
  const body = address.slice(comma + 1);
  const text = address.slice(0, comma).includes('base64') ? atob(body) : decodeURIComponent(body);
  const bytes = format === 'svg' ? new TextEncoder().encode(text) : Uint8Array.from(text, (character) => character.charCodeAt(0));
  saveFile(name, new Blob([bytes], { type: format === 'svg' ? 'image/svg+xml' : 'image/png' }));
}
