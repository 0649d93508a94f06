import type { Split } from '../../contract/datasets';
import type { MetricBlock } from '../../contract/engine';
import type { Curve, SeriesInfo } from '../../contract/runs';
import type { Db } from './open';
import { noSuchRun } from './runs';

export interface MetricRow {
  step: number;
  series: string;
  split: Split;
  value: number;
}

export interface Metrics {
  /**
   * Stores a block in one transaction: rows, series, latest values and the run's `step`. When it returns, all of it is
   * there; when it throws, none. NaN cells are skipped. The same (series, step) again overwrites.
   * @throws Refusal `not-found` when there is no such run
   */
  append(runId: string, block: MetricBlock): void;
  /** Every series of the run; `points` at most each, `from` and `to` are steps, inclusive. */
  curves(runId: string, range: { points: number; from?: number | undefined; to?: number | undefined }): Curve[];
  /** In the order in which they were first stored. */
  series(runId: string): SeriesInfo[];
  /** Value at the greatest stored step of each series, by {@link latestKey}. */
  latest(runId: string): Record<string, number>;
  /** Series by series, each in step order. */
  rows(runId: string): Iterable<MetricRow>;
}

/** Key of a series in `latest`: its name for the training split, else `name (valid)`, `name (test)`. */
export const latestKey = ({ name, split }: Pick<SeriesInfo, 'name' | 'split'>): string => (split === 'train' ? name : `${name} (${split})`);

const inRange = 'FROM metrics WHERE seriesId = @series AND step BETWEEN @from AND @to';
/** SQLite gives the other columns of the row that holds the min or the max (lang_select, "bare columns"). */
export const metricSql = {
  advance: 'UPDATE runs SET step = max(step, @step) WHERE id = @runId',
  series: `INSERT INTO series (runId, name, split, unit, latestStep, latestValue) VALUES (@runId, @name, @split, @unit, @step, @value)
    ON CONFLICT (runId, name, split) DO UPDATE SET unit = excluded.unit,
      latestValue = iif(excluded.latestStep >= latestStep, excluded.latestValue, latestValue), latestStep = max(latestStep, excluded.latestStep)
    RETURNING id`,
  insert: 'INSERT INTO metrics VALUES (@series, @step, @value) ON CONFLICT DO UPDATE SET value = excluded.value',
  seriesOfRun: 'SELECT id, name, split, unit, latestStep, latestValue FROM series WHERE runId = ? ORDER BY id',
  points: `SELECT step, value ${inRange} ORDER BY step LIMIT @limit`,
  lastStep: `SELECT step ${inRange} ORDER BY step DESC LIMIT 1`,
  smallest: `SELECT step, min(value) AS value ${inRange}`,
  largest: `SELECT step, max(value) AS value ${inRange}`,
} as const;

interface Point {
  step: number;
  value: number;
}
interface Range {
  series: number;
  from: number;
  to: number;
}
type SeriesRow = SeriesInfo & { id: number; latestStep: number; latestValue: number };

const chunk = 10_000;

export function metricsOf(db: Db): Metrics {
  const advance = db.prepare(metricSql.advance);
  const upsertSeries = db.prepare<[SeriesInfo & Point & { runId: string }], number>(metricSql.series).pluck();
  const insert = db.prepare(metricSql.insert);
  const seriesOfRun = db.prepare<[string], SeriesRow>(metricSql.seriesOfRun);
  const points = db.prepare<[Range & { limit: number }], Point>(metricSql.points);
  const lastStep = db.prepare<[Range], number>(metricSql.lastStep).pluck();
  const extremes = [db.prepare<[Range], Point | { step: null }>(metricSql.smallest), db.prepare<[Range], Point | { step: null }>(metricSql.largest)];

  /** The smallest and the largest point of each of `count` equal ranges of steps. */
  function thin(range: Range, first: number, count: number): Point[] {
    const last = lastStep.get(range) ?? first;
    const width = Math.max(1, Math.ceil((last - first + 1) / count));
    const thinned: Point[] = [];
    for (let from = first; from <= last; from += width) {
      const bucket = { series: range.series, from, to: Math.min(from + width - 1, last) };
      const found = extremes.map((statement) => statement.get(bucket)).filter((point): point is Point => typeof point?.step === 'number');
      found.sort((a, b) => a.step - b.step);
      thinned.push(...(found[0]?.step === found[1]?.step ? found.slice(1) : found));
    }
    return thinned;
  }

  return {
    append: db.transaction((runId: string, { series, steps, values }: MetricBlock) => {
      const last = steps.at(-1) ?? 0;
      if (advance.run({ runId, step: last }).changes === 0) noSuchRun(runId);
      series.forEach((info, column) => {
        const valueAt = (row: number): number => values[row * series.length + column] ?? NaN;
        let latest = steps.length - 1;
        while (latest >= 0 && Number.isNaN(valueAt(latest))) latest--;
        if (latest < 0) return;
        const id = upsertSeries.get({ ...info, runId, step: steps[latest] ?? 0, value: valueAt(latest) });
        steps.forEach((step, row) => {
          const value = valueAt(row);
          if (!Number.isNaN(value)) insert.run({ series: id, step, value });
        });
      });
    }),

    curves: db.transaction((runId: string, { points: wanted, from = 0, to = Number.MAX_SAFE_INTEGER }: Parameters<Metrics['curves']>[1]) =>
      seriesOfRun.all(runId).map(({ id, name, split, unit }) => {
        const range = { series: id, from, to };
        const some = points.all({ ...range, limit: wanted + 1 });
        const complete = some.length <= wanted;
        const shown = complete ? some : thin(range, some[0]?.step ?? from, Math.floor(wanted / 2));
        return { name, split, unit, complete, steps: Float64Array.from(shown, (point) => point.step), values: Float64Array.from(shown, (point) => point.value) };
      }),
    ),

    series: (runId) => seriesOfRun.all(runId).map(({ name, split, unit }) => ({ name, split, unit })),
    latest: (runId) => Object.fromEntries(seriesOfRun.all(runId).map((row) => [latestKey(row), row.latestValue])),

    // A chunk at a time: a statement that stays open would keep the connection from writing.
    *rows(runId) {
      for (const { id, name, split } of seriesOfRun.all(runId)) {
        let some: Point[];
        let from = 0;
        do {
          some = points.all({ series: id, from, to: Number.MAX_SAFE_INTEGER, limit: chunk });
          for (const { step, value } of some) yield { step, series: name, split, value };
          from = (some.at(-1)?.step ?? 0) + 1;
        } while (some.length === chunk);
      }
    },
  };
}
