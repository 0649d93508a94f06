import { permutation, philoxWords, streamKey } from '../../random/philox';
import type { Features } from '../features';

/** Codes (posterior means) of examples, with the factors that made them: row-major, `n x factors`, each the index of a value from 0. Scores take factors of two values and more. */
export interface FactorCodes extends Features {
  factors: ArrayLike<number>;
  /** How many values each factor has. */
  sizes: readonly number[];
}

/** Codes of `values.length` examples: of each the factor has its value, and the other factors are drawn uniformly. */
export type DrawCodes = (factor: number, values: ArrayLike<number>) => Features;

/**
 * Without the factors that are the same for all examples, of which there is nothing to know (the colour of dSprites, which disentanglement_lib leaves out too). Values of the
 * others are numbered anew by those that occur, so that each value has an example. `kept`: the columns that remain.
 */
export function varying(data: FactorCodes): { data: FactorCodes; kept: number[] } {
  const columns = data.sizes.map((_, k) => factorColumn(data, k));
  const present = columns.map((column) => Array.from(new Set(column)).sort((a, b) => a - b));
  const kept = Array.from(columns.keys()).filter((k) => (present[k]?.length ?? 0) > 1);
  const numbered = kept.map((k) => {
    const index = new Map(present[k]?.map((value, i) => [value, i]));
    return columns[k]?.map((value) => index.get(value) ?? 0) ?? new Int32Array();
  });
  const factors = Int32Array.from({ length: (data.values.length / data.size) * kept.length }, (_, i) => numbered[i % kept.length]?.[Math.floor(i / kept.length)] ?? 0);
  return { data: { ...data, factors, sizes: kept.map((k) => present[k]?.length ?? 0) }, kept };
}

/** Draws, with replacement, among the examples of `data` that have the value; every value has one ({@link varying}). */
export function drawFrom(data: FactorCodes, seed: number): DrawCodes {
  const { values: codes, size } = data;
  const rowsWith = data.sizes.map((count, k) => {
    const rows: number[][] = Array.from({ length: count }, () => []);
    factorColumn(data, k).forEach((value, row) => rows[value]?.push(row));
    return rows;
  });
  const key = streamKey(seed, 'held');
  let draws = 0;
  return (factor, held) => {
    const drawn = new Float32Array(held.length * size);
    const words = philoxWords(held.length, key, draws++);
    for (let i = 0; i < held.length; i += 1) {
      const rows = rowsWith[factor]?.[held[i] as number] ?? [];
      const start = (rows[Math.floor(((words[i] as number) / 2 ** 32) * rows.length)] as number) * size;
      for (let j = 0; j < size; j += 1) drawn[i * size + j] = codes[start + j] as number;
    }
    return { values: drawn, size };
  };
}

/** The same codes dealt out to the examples at random: what codes that say nothing of the factors look like. */
export function dealtOut<F extends Features>(data: F, seed: number): F {
  const { values, size } = data;
  const order = permutation(values.length / size, seed, 0);
  return { ...data, values: Float32Array.from({ length: values.length }, (_, i) => values[(order[Math.floor(i / size)] as number) * size + (i % size)] as number) };
}

/** Each column of the codes in an order of its own: what independent codes look like. */
export function dealtOutByColumn<F extends Features>(data: F, seed: number): F {
  const { values, size } = data;
  const orders = Array.from({ length: size }, (_, j) => permutation(values.length / size, seed, j));
  return { ...data, values: Float32Array.from({ length: values.length }, (_, i) => values[(orders[i % size]?.[Math.floor(i / size)] as number) * size + (i % size)] as number) };
}

export const codeColumn = ({ values, size }: Features, j: number): Float64Array => Float64Array.from({ length: values.length / size }, (_, row) => values[row * size + j] as number);

export const factorColumn = ({ factors, sizes }: FactorCodes, k: number): Int32Array => Int32Array.from({ length: factors.length / sizes.length }, (_, row) => factors[row * sizes.length + k] as number);

export const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Some rows. */
export const rowsOf = ({ values, size, factors, sizes }: FactorCodes, rows: Int32Array): FactorCodes => ({
  values: Float64Array.from({ length: rows.length * size }, (_, i) => values[(rows[Math.floor(i / size)] as number) * size + (i % size)] as number),
  size,
  factors: Int32Array.from({ length: rows.length * sizes.length }, (_, i) => factors[(rows[Math.floor(i / sizes.length)] as number) * sizes.length + (i % sizes.length)] as number),
  sizes,
});

/** The column of the largest value of a row of scores. */
export function argMax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}
