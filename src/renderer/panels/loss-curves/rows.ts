import type { Curve } from '../../../contract/runs';
import { widened, withMinus } from '../../format';
import type { Range } from '../../plots/plot';
import { termTitle } from '../terms';
import type { DrawnCurve } from './seeds';

/** The curves of a run and how it is drawn. */
export interface DrawnRun {
  id: string;
  name: string;
  /** A literal colour, or null to give every term its own. */
  colour: string | null;
  dash: 'solid' | 'dash' | 'dot' | 'dashdot';
  curves: readonly DrawnCurve[];
}

export interface Line {
  run: DrawnRun;
  heldOut: boolean;
  curve: DrawnCurve;
}

/** One small multiple: a named term of all runs. */
export interface Row {
  term: string;
  title: string;
  unit: string;
  lines: Line[];
}

/** One row a term in the order of the first run that has it; train behind held-out. Of two held-out splits the validation one is drawn. */
export function rowsOf(runs: readonly DrawnRun[]): Row[] {
  const rows = new Map<string, Row>();
  for (const run of runs) {
    const validated = run.curves.some((curve) => curve.split === 'valid');
    for (const curve of run.curves) {
      if (curve.split === 'test' && validated) continue;
      const row = rows.get(curve.name) ?? { term: curve.name, title: termTitle(curve.name), unit: curve.unit, lines: [] };
      row.lines.push({ run, heldOut: curve.split !== 'train', curve });
      rows.set(curve.name, row);
    }
  }
  for (const row of rows.values()) row.lines.sort((a, b) => Number(a.heldOut) - Number(b.heldOut));
  return [...rows.values()];
}

/** Two losses where not all runs have the same one; else the loss and the most telling term beside it: how much the code tells, which the loss hides, else what is rebuilt. */
export function tellingTerms(rows: readonly Row[]): string[] {
  const losses = [...new Set(rows.flatMap(({ lines }) => lines.map(({ run }) => run.curves[0]?.name)))];
  if (losses.length > 1) return rows.map(({ term }) => term).filter((term) => losses.includes(term)).slice(0, 2);
  const [loss, ...others] = rows.map(({ term }) => term);
  const second = ['klNats', 'reconstructionNats'].find((term) => others.includes(term)) ?? others[0];
  return [loss, second].filter((term) => term !== undefined);
}

/** The line of each run that carries its value: held-out where there is one. */
export function leadingLines(row: Row): Line[] {
  const leading = new Map<string, Line>();
  for (const line of row.lines) leading.set(line.run.id, line);
  return [...leading.values()];
}

/**
 * An exponential moving average over steps that need not be evenly spaced: a value `life` steps back counts e times less
 * (the "previous point" form of Müller, "Specially weighted moving averages", 1991). Values that are not finite are left out.
 */
export function smoothed(steps: Float64Array, values: Float64Array, life: number): Float64Array {
  const result = new Float64Array(values.length);
  let mean = NaN;
  let before = 0;
  values.forEach((value, i) => {
    const step = steps[i] ?? 0;
    if (Number.isFinite(value)) {
      const kept = Number.isNaN(mean) ? 0 : Math.exp(-(step - before) / life);
      mean = kept === 0 ? value : kept * mean + (1 - kept) * value;
      before = step;
    }
    result[i] = mean;
  });
  return result;
}

/** The steps of all lines, from 0. */
export function stepsOf(rows: readonly Row[]): Range {
  let last = 1;
  for (const row of rows) for (const { curve } of row.lines) last = Math.max(last, curve.steps.at(-1) ?? 0);
  return [0, last];
}

export interface Spike {
  line: Line;
  /** Of the curve's points. */
  index: number;
}

/**
 * The points that would flatten all others on a linear scale: more than ten times as far from the middle 96 % of a row's points as those reach. What a curve ends with is none: it may
 * be where the curve now goes. None of fewer than 50 points, zoomed, or on a log scale, which shows them whole.
 */
export function spikesOf(row: Row, steps: Range, options: { logY: boolean; zoomed: boolean }): Spike[] {
  if (options.logY || options.zoomed) return [];
  const from = firstShown(steps, options);
  const finite = row.lines.map(({ curve }) => Array.from(curve.steps.keys()).filter((i) => (curve.steps[i] ?? 0) >= from && (curve.steps[i] ?? 0) <= steps[1] && Number.isFinite(curve.values[i])));
  const sorted = Float64Array.from(row.lines.flatMap(({ curve }, l) => (finite[l] ?? []).map((i) => curve.values[i] ?? NaN))).sort();
  if (sorted.length < 50) return [];
  const [low = NaN, high = NaN] = [0.02, 0.98].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
  const reach = 10 * (high - low);
  if (reach === 0) return [];
  const far = (value = NaN): boolean => value < low - reach || value > high + reach;
  return row.lines.flatMap((line, l) => {
    const own = finite[l] ?? [];
    const last = own.findLastIndex((i) => !far(line.curve.values[i]));
    return own.slice(0, last + 1).flatMap((index) => (far(line.curve.values[index]) ? [{ line, index }] : []));
  });
}

/** On a linear scale the first twentieth of a whole curve may run out of the picture, where a loss falls from far above. */
const firstShown = (steps: Range, { logY, zoomed }: { logY: boolean; zoomed: boolean }): number => (logY || zoomed ? steps[0] : steps[0] + (steps[1] - steps[0]) / 20);

/** The values to show: of everything from the first step shown on, but for the spikes. */
export function valuesOf(row: Row, steps: Range, options: { logY: boolean; zoomed: boolean }, spikes: readonly Spike[] = []): Range {
  const from = firstShown(steps, options);
  let low = Infinity;
  let high = -Infinity;
  const include = (value: number): void => {
    if (!Number.isFinite(value) || (options.logY && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const line of row.lines) {
    const { curve } = line;
    const left = new Set(spikes.flatMap((spike) => (spike.line === line ? [spike.index] : [])));
    curve.values.forEach((value, i) => {
      const step = curve.steps[i] ?? 0;
      if (step < from || step > steps[1] || left.has(i)) return;
      const deviation = curve.deviations?.[i] ?? 0;
      include(value - deviation);
      include(value + deviation);
    });
    if (low === Infinity) curve.values.forEach(include);
  }
  if (low === Infinity) return options.logY ? [0.1, 1] : [0, 1];
  [low, high] = widened(low, high);
  if (options.logY) return [low / (high / low) ** 0.06, high * (high / low) ** 0.06];
  const room = (high - low) * 0.08;
  return [low - room, high + room];
}

/** Round values inside a range, in steps of 1, 2 or 5 times a power of ten: about `count` of them, two at least where that is possible. */
export function roundTicks([low, high]: Range, count: number): number[] {
  const ticks = (step: number): number[] => {
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  };
  const decade = 10 ** Math.floor(Math.log10((high - low) / Math.max(1, count)));
  const steps = [10, 5, 2, 1, 0.5].map((factor) => factor * decade);
  return ticks(steps.find((step) => (high - low) / step >= Math.max(2, count * 0.6)) ?? decade);
}

/** Texts of evenly spaced ticks, all with as many digits as tell them apart. */
export function tickTexts(ticks: readonly number[]): string[] {
  const step = Math.abs((ticks[1] ?? ticks[0] ?? 1) - (ticks[0] ?? 0)) || 1;
  const largest = Math.max(...ticks.map(Math.abs));
  const order = Math.floor(Math.log10(step) + 1e-9);
  if (largest > 0 && (largest < 1e-4 || largest >= 1e7)) return ticks.map((tick) => withMinus(tick.toExponential(Math.max(0, Math.floor(Math.log10(largest)) - order))));
  const digits = Math.max(0, -order);
  return ticks.map((tick) => withMinus(tick.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })));
}

/** The stored point nearest to `step`, or null where the curve is empty. */
export function pointAt(curve: Pick<Curve, 'steps' | 'values'>, step: number): { step: number; value: number } | null {
  const { steps, values } = curve;
  if (steps.length === 0) return null;
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  const after = steps[low] ?? 0;
  const before = steps[low - 1] ?? -Infinity;
  const index = step - before < after - step ? low - 1 : low;
  return { step: steps[index] ?? 0, value: values[index] ?? NaN };
}

/** Moves labels apart: the nearest positions at least `gap` from each other, in the same order, inside the range where they fit. */
export function spread(positions: readonly number[], gap: number, [from, to]: Range): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  // Groups of labels that touch share their mean displacement.
  let groups: { start: number; members: number[] }[] = [];
  for (const index of order) {
    groups.push({ start: positions[index] ?? 0, members: [index] });
    for (;;) {
      const last = groups.at(-1);
      const previous = groups.at(-2);
      if (!last || !previous || last.start >= previous.start + previous.members.length * gap) break;
      const members = [...previous.members, ...last.members];
      const start = members.reduce((sum, member, i) => sum + (positions[member] ?? 0) - i * gap, 0) / members.length;
      groups = [...groups.slice(0, -2), { start, members }];
    }
  }
  const placed: number[] = [];
  let floor = from;
  for (const group of groups) {
    const length = (group.members.length - 1) * gap;
    const start = Math.max(floor, Math.min(group.start, to - length));
    group.members.forEach((member, i) => (placed[member] = start + i * gap));
    floor = start + length + gap;
  }
  return placed;
}
