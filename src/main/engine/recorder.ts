import type { Split } from '../../contract/datasets';
import type { FromEngine } from '../../contract/engine';
import type { SeriesInfo } from '../../contract/runs';

const flushEveryMs = 200;
const rateOverMs = 3000;

/** Gathers the terms of steps and sends them as blocks, a few times a second. */
export class Recorder {
  /** The last step that was sent; 0 when none was. */
  sentStep = 0;
  private series: SeriesInfo[] = [];
  private steps: number[] = [];
  private rows: number[][] = [];
  private lastFlush = performance.now();
  /** When which step was flushed, over the last seconds. */
  private pace: { at: number; step: number }[] = [];

  constructor(private readonly send: (message: FromEngine) => void) {}

  /** Terms of `step` by name, on `split`. Several splits of one step share a row. */
  record(step: number, split: Split, terms: Record<string, number>): void {
    if (this.steps.at(-1) !== step) {
      this.steps.push(step);
      this.rows.push([]);
    }
    const row = this.rows.at(-1) ?? [];
    for (const [name, value] of Object.entries(terms)) row[this.column(name, split)] = value;
  }

  flushIfDue(): void {
    if (performance.now() - this.lastFlush >= flushEveryMs) this.flush();
  }

  flush(): void {
    const now = performance.now();
    this.lastFlush = now;
    const { series, steps, rows } = this;
    const last = steps.at(-1);
    if (last === undefined) return;
    this.steps = [];
    this.rows = [];
    this.pace = [...this.pace.filter(({ at }) => now - at < rateOverMs), { at: now, step: last }];
    const [first] = this.pace;
    const stepsPerSecond = first && now > first.at ? ((last - first.step) * 1000) / (now - first.at) : 0;
    const values = new Float64Array(steps.length * series.length).fill(NaN);
    rows.forEach((row, i) => row.forEach((value, j) => (values[i * series.length + j] = value)));
    this.sentStep = last;
    this.send({ type: 'metrics', block: { series: [...series], steps: Float64Array.from(steps), values, stepsPerSecond } });
  }

  /** At the start and after a pause: the time before was not spent on steps. */
  restartClock(step: number): void {
    this.pace = [{ at: performance.now(), step }];
  }

  private column(name: string, split: Split): number {
    const at = this.series.findIndex((series) => series.name === name && series.split === split);
    return at >= 0 ? at : this.series.push({ name, split, unit: unitOf(name) }) - 1;
  }
}

/** A term's name says its unit. */
export const unitOf = (name: string): string => (name.endsWith('Nats') ? 'nats' : name === 'squaredError' ? 'squared error' : '');
