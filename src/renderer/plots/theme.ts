import { useSyncExternalStore } from 'react';

/** The values of the design tokens that drawings need as literals. */
export interface PlotTheme {
  font: string;
  ink: string;
  label: string;
  axis: string;
  grid: string;
  surface: string;
  text: string;
  runs: readonly string[];
  classes: readonly string[];
  /** An ordered setting from its smallest value to its largest. */
  ordered: readonly string[];
  /** From the ground away, for what is nought or more: each step stands out more than the one before. */
  ramp: readonly string[];
  /** Below, about and above nought. */
  diverging: readonly [string, string, string];
}

const count = (prefix: string, from: number, n: number, value: (name: string) => string): string[] => Array.from({ length: n }, (_, i) => value(`${prefix}${from + i}`));

function readTheme(): PlotTheme {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string): string => style.getPropertyValue(name).trim() || '#808080';
  return {
    font: value('--font-ui'),
    ink: value('--plot-ink'),
    label: value('--plot-label'),
    axis: value('--plot-axis'),
    grid: value('--plot-grid'),
    surface: value('--surface-panel'),
    text: value('--text-1'),
    runs: count('--run-', 1, 7, value),
    classes: count('--class-', 0, 10, value),
    ordered: count('--seq-', 1, 5, value),
    ramp: rampFrom(value('--surface-panel'), count('--seq-', 1, 5, value)),
    diverging: [value('--div-low'), value('--div-mid'), value('--div-high')],
  };
}

function rampFrom(ground: string, steps: readonly string[]): string[] {
  const distance = (colour: string): number => Math.abs(lightness(colour) - lightness(ground));
  return [ground, ...[...steps].sort((a, b) => distance(a) - distance(b))];
}

const lightness = (colour: string): number => {
  const [red, green, blue] = channels(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

/** Red, green and blue, 0 to 255. The build writes `#4477aa` as `#47a`. */
export function channels(colour: string): [number, number, number] {
  const digits = colour.length === 4 ? colour.replace(/\w/g, '$&$&') : colour;
  return [1, 3, 5].map((at) => parseInt(digits.slice(at, at + 2), 16)) as [number, number, number];
}

/** The colour at `share`, 0 to 1, of the way along evenly spaced ones. */
export function colourAlong(colours: readonly string[], share: number): string {
  const at = share * (colours.length - 1);
  const [from, to] = [Math.floor(at), Math.ceil(at)].map((index) => channels(colours[index] ?? '#808080'));
  return `#${(from ?? []).map((channel, i) => Math.round(channel + ((to?.[i] ?? channel) - channel) * (at % 1)).toString(16).padStart(2, '0')).join('')}`;
}

let current: PlotTheme | null = null;
let watchers = 0;

function onThemeChange(changed: () => void): () => void {
  // While nothing was drawn nobody saw whether the theme changed.
  if (watchers++ === 0) current = null;
  const again = (): void => {
    current = null;
    changed();
  };
  const observer = new MutationObserver(again);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] });
  return () => {
    watchers -= 1;
    observer.disconnect();
  };
}

/** The tokens as they are now; changes when the theme does. */
export const usePlotTheme = (): PlotTheme => useSyncExternalStore(onThemeChange, () => (current ??= readTheme()));

/** A literal colour with an opacity, for marks that lie over each other. */
export const faded = (colour: string, opacity: number): string => `rgba(${channels(colour).join(', ')}, ${opacity})`;
