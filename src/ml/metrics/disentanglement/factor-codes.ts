import type { Features } from '../features';

/** Codes (posterior means) of examples, with the factors that made them: row-major, `n x factors`, each the index of a value from 0. */
export interface FactorCodes extends Features {
  factors: ArrayLike<number>;
  /** How many values each factor has. */
  sizes: readonly number[];
}

/** Examples whose factors were drawn uniformly, but for the one that is held at a value. Codes `count x size`. */
export type DrawCodes = (count: number, held: { factor: number; value: number }) => Features;

export const codeColumn = ({ values, size }: Features, j: number): Float64Array => Float64Array.from({ length: values.length / size }, (_, row) => values[row * size + j] as number);

export const factorColumn = ({ factors, sizes }: FactorCodes, k: number): Int32Array => Int32Array.from({ length: factors.length / sizes.length }, (_, row) => factors[row * sizes.length + k] as number);

export const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** Rows `from` to `to` (exclusive). */
export const rowsOf = ({ values, size, factors, sizes }: FactorCodes, from: number, to: number): FactorCodes => ({
  values: Float64Array.from({ length: (to - from) * size }, (_, i) => values[from * size + i] as number),
  size,
  factors: Int32Array.from({ length: (to - from) * sizes.length }, (_, i) => factors[from * sizes.length + i] as number),
  sizes,
});

/** The column of the largest value of a row of scores. */
export function argMax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}
