import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Split } from '../../contract/datasets';
import { refuse } from '../../contract/errors';
import { cancelled } from './cancelled';
import { MersenneTwister } from './mersenne-twister';

// The filters of the five tables of Papamakarios, Pavlakou and Murray 2017 ("Masked Autoregressive Flow", appendix D), as the code that
// was published with it has them, for likelihoods that compare with the literature's.

/** rows x columns, row-major. */
export interface Table {
  columns: string[];
  values: Float64Array;
}

export interface SplitTable {
  columns: string[];
  splits: Record<Split, Float32Array>;
}

/** NumPy's seed wherever something is drawn. */
const seed = 42;

const rowsOf = ({ columns, values }: Table): number => values.length / columns.length;

/**
 * POWER: active and reactive power, voltage, intensity, three meters and the time, in this order. Shuffled; reactive power and intensity
 * dropped; uniform noise as wide as the instruments' last digit; standardised by the training and validation rows.
 */
export function power(table: Table): SplitTable {
  if (table.columns.length !== 8) refuse('bad-file', `POWER has 8 columns, not ${table.columns.length}.`);
  const random = new MersenneTwister(seed);
  const kept = [0, 2, 4, 5, 6, 7];
  const order = random.shuffled(rowsOf(table));
  const values = new Float64Array(order.length * kept.length);
  order.forEach((row, i) => kept.forEach((column, j) => (values[i * kept.length + j] = table.values[row * 8 + column] ?? 0)));
  const noise = (columns: number[], width: number): void => {
    for (let row = 0; row < order.length; row++) for (const column of columns) values[row * kept.length + column] = (values[row * kept.length + column] ?? 0) + width * random.uniform();
  };
  noise([1], 0.01);
  noise([0], 0.001);
  noise([2, 3, 4], 1);
  const filtered = { columns: ['active power', 'voltage', 'kitchen', 'laundry', 'heater', 'time'], values };
  return split(filtered, { fitted: 'train and valid', ddof: 0 });
}

/** GAS: concentrations and time dropped, then the first column that correlates above 0.98 with another, until there is none; standardised by all rows, the test rows too. */
export function gas(table: Table): SplitTable {
  let kept = drop(table, ['Time', 'Meth', 'Eth']);
  for (;;) {
    const correlated = firstCorrelated(kept, 0.98);
    if (correlated === undefined) break;
    kept = drop(kept, [correlated]);
  }
  return split(kept, { fitted: 'all', ddof: 1 });
}

/**
 * HEPMASS, the files of mass 1000: rows of the signal class (first column 1), without that column. Columns whose smallest training value comes
 * more than five times are dropped; standardised by the training rows, of which the last tenth is the validation split. Columns that
 * only the test file has are passed over.
 */
export function hepmass(training: Table, testing: Table): SplitTable {
  const signal = ({ columns, values }: Table): Table => {
    const rows: number[] = [];
    for (let row = 0; row < values.length / columns.length; row++) if (values[row * columns.length] === 1) rows.push(row);
    return take({ columns, values }, rows, columns.map((_, i) => i).slice(1));
  };
  const train = dropRepeated(signal(training));
  const test = keep(signal(testing), train.columns);
  standardise(momentsOf(train, rowsOf(train), 1), train.values, test.values);
  const valid = Math.floor(0.1 * rowsOf(train)) * train.columns.length;
  const { columns, values } = train;
  return { columns, splits: { train: Float32Array.from(values.subarray(0, values.length - valid)), valid: Float32Array.from(values.subarray(values.length - valid)), test: Float32Array.from(test.values) } };
}

/** MINIBOONE's signal rows as UCI has them, 50 columns: outliers (first column below -100) and columns of repeated values dropped. */
export const minibooneFilter = (table: Table): Table => {
  const width = table.columns.length;
  const rows = Array.from({ length: rowsOf(table) }, (_, row) => row).filter((row) => (table.values[row * width] ?? 0) >= -100);
  return dropRepeated(take(table, rows, table.columns.map((_, i) => i)));
};

/** MINIBOONE after {@link minibooneFilter}: standardised by the training and validation rows. */
export const miniboone = (table: Table): SplitTable => split(table, { fitted: 'train and valid', ddof: 0 });

/** BSDS300: patches of 8 x 8 bytes become (k + u) / 256, lose their mean, and then their last pixel, which the others determine. Each split has noise of its own. */
export function patches(bytes: Partial<Record<Split, Uint8Array>>): SplitTable {
  const pixels = 64;
  const filtered = (values: Uint8Array, stream: number): Float32Array => {
    const random = new MersenneTwister(seed + stream);
    const rows = new Float32Array((values.length / pixels) * (pixels - 1));
    const patch = new Float64Array(pixels);
    for (let row = 0; row < values.length / pixels; row++) {
      for (let i = 0; i < pixels; i++) patch[i] = ((values[row * pixels + i] ?? 0) + random.uniform()) / 256;
      const mean = patch.reduce((sum, value) => sum + value, 0) / pixels;
      for (let i = 0; i < pixels - 1; i++) rows[row * (pixels - 1) + i] = (patch[i] ?? 0) - mean;
    }
    return rows;
  };
  const of = (name: Split, stream: number): Float32Array => filtered(bytes[name] ?? refuse('bad-file', `There are no ${name} patches.`), stream);
  return { columns: Array.from({ length: pixels - 1 }, (_, i) => `pixel ${i}`), splits: { train: of('train', 0), valid: of('valid', 1), test: of('test', 2) } };
}

/** The last tenth is the test split, the last tenth of the others the validation split; standardised by the moments of the rows that are `fitted`. */
function split(table: Table, { fitted, ddof }: { fitted: 'train and valid' | 'all'; ddof: number }): SplitTable {
  const { columns, values } = table;
  const rows = rowsOf(table);
  const test = Math.floor(0.1 * rows);
  const valid = Math.floor(0.1 * (rows - test));
  standardise(momentsOf(table, fitted === 'all' ? rows : rows - test, ddof), values);
  const part = (from: number, to: number): Float32Array => Float32Array.from(values.subarray(from * columns.length, to * columns.length));
  return { columns, splits: { train: part(0, rows - test - valid), valid: part(rows - test - valid, rows - test), test: part(rows - test, rows) } };
}

interface Moments {
  mean: Float64Array;
  deviation: Float64Array;
}

/** Of the first `rows`; the deviation's divisor is their number less `ddof`. */
function momentsOf({ columns, values }: Table, rows: number, ddof: number): Moments {
  const width = columns.length;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let at = 0; at < rows * width; at++) mean[at % width] = (mean[at % width] ?? 0) + (values[at] ?? 0) / rows;
  for (let at = 0; at < rows * width; at++) deviation[at % width] = (deviation[at % width] ?? 0) + ((values[at] ?? 0) - (mean[at % width] ?? 0)) ** 2 / (rows - ddof);
  columns.forEach((name, i) => {
    if (!((deviation[i] ?? 0) > 0)) refuse('bad-file', `The column ${name} has one value only.`);
    deviation[i] = Math.sqrt(deviation[i] ?? 0);
  });
  return { mean, deviation };
}

/** In place. */
function standardise({ mean, deviation }: Moments, ...arrays: Float64Array[]): void {
  const width = mean.length;
  for (const array of arrays) for (let at = 0; at < array.length; at++) array[at] = ((array[at] ?? 0) - (mean[at % width] ?? 0)) / (deviation[at % width] ?? 1);
}

/** The first column, in their order, that correlates with another above `limit`. */
function firstCorrelated(table: Table, limit: number): string | undefined {
  const { columns, values } = table;
  const width = columns.length;
  const rows = rowsOf(table);
  const { mean, deviation } = momentsOf(table, rows, 0);
  const covariance = new Float64Array(width * width);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) {
      const own = (values[row * width + i] ?? 0) - (mean[i] ?? 0);
      for (let j = i + 1; j < width; j++) covariance[i * width + j] = (covariance[i * width + j] ?? 0) + (own * ((values[row * width + j] ?? 0) - (mean[j] ?? 0))) / rows;
    }
  const correlation = (i: number, j: number): number => (covariance[Math.min(i, j) * width + Math.max(i, j)] ?? 0) / ((deviation[i] ?? 1) * (deviation[j] ?? 1));
  return columns.find((_, i) => columns.some((__, j) => i !== j && correlation(i, j) > limit));
}

/** Without columns whose smallest value comes more than five times. */
function dropRepeated(table: Table): Table {
  const width = table.columns.length;
  const repeated = table.columns.filter((_, column) => {
    let [smallest, count] = [Infinity, 0];
    for (let at = column; at < table.values.length; at += width) {
      const value = table.values[at] ?? 0;
      if (value < smallest) [smallest, count] = [value, 1];
      else if (value === smallest) count += 1;
    }
    return count > 5;
  });
  return drop(table, repeated);
}

const drop = (table: Table, names: string[]): Table => {
  for (const name of names) if (!table.columns.includes(name)) refuse('bad-file', `There is no column ${name}.`);
  return keep(table, table.columns.filter((name) => !names.includes(name)));
};

const keep = (table: Table, names: string[]): Table =>
  take(
    table,
    null,
    names.map((name) => (table.columns.includes(name) ? table.columns.indexOf(name) : refuse('bad-file', `There is no column ${name}.`))),
  );

/** Some columns of some rows, or of all where `rows` is null. */
function take(table: Table, rows: number[] | null, kept: number[]): Table {
  const width = table.columns.length;
  const count = rows?.length ?? rowsOf(table);
  const values = new Float64Array(count * kept.length);
  for (let i = 0; i < count; i++) kept.forEach((column, j) => (values[i * kept.length + j] = table.values[(rows?.[i] ?? i) * width + column] ?? 0));
  return { columns: kept.map((column) => table.columns[column] ?? ''), values };
}

/**
 * A large text table, read line by line: fields separated by commas or spaces. Of the first line, which is no row, `columnsOf` makes the
 * columns' names. Fields beyond them are passed over.
 * @throws Refusal `bad-file` with the line, `cancelled`
 */
export async function readLines(path: string, columnsOf: (firstLine: string[]) => string[], signal: AbortSignal): Promise<Table & { firstLine: string[] }> {
  const chunks: Float64Array[] = [];
  let columns: string[] | undefined;
  let firstLine: string[] = [];
  let [filled, line] = [0, 0];
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    line += 1;
    if (line % 1000 === 0 && signal.aborted) cancelled();
    const fields = text.trim().split(/\s*,\s*|\s+/);
    if (!columns) {
      firstLine = fields;
      columns = columnsOf(fields);
      continue;
    }
    if (text.trim() === '') continue;
    let chunk = chunks.at(-1);
    const rowsAtOnce = 16_384;
    if (!chunk || filled === chunk.length) {
      chunk = new Float64Array(rowsAtOnce * columns.length);
      chunks.push(chunk);
      filled = 0;
    }
    for (const i of columns.keys()) {
      const field = fields[i];
      const value = Number(field || NaN);
      if (!Number.isFinite(value)) refuse('bad-file', field ? `"${field.slice(0, 40)}" is no number.` : `There are ${fields.length} numbers, ${columns.length} are expected.`, { where: `${path}, line ${line}` });
      chunk[filled++] = value;
    }
  }
  if (!columns || chunks.length === 0) return refuse('bad-file', 'There are no rows of numbers.', { where: path });
  const whole = new Float64Array(chunks.slice(0, -1).reduce((sum, chunk) => sum + chunk.length, filled));
  let at = 0;
  for (const [i, chunk] of chunks.entries()) {
    whole.set(i === chunks.length - 1 ? chunk.subarray(0, filled) : chunk, at);
    at += chunk.length;
  }
  return { columns, values: whole, firstLine };
}
