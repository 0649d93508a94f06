import type { Curve } from '../../../contract/runs';

/** A curve; where it is a mean over seeds, with their standard deviation at each step. */
export interface DrawnCurve extends Curve {
  deviations?: Float64Array;
}

/**
 * The curves of one experiment under several seeds as one curve a term and split: mean and standard deviation (n − 1) at
 * every step that any of them has stored and all of them have reached. Between two stored points a curve is the line
 * drawn between them.
 */
export function overSeeds(runs: readonly (readonly Curve[])[]): DrawnCurve[] {
  const alike = new Map<string, Curve[]>();
  for (const curve of runs.flat()) {
    const key = `${curve.name} ${curve.split}`;
    if (curve.steps.length > 0) alike.set(key, [...(alike.get(key) ?? []), curve]);
  }
  return [...alike.values()].flatMap((curves) => {
    const [first] = curves;
    return first ? (curves.length === 1 ? first : meanOf(first, curves)) : [];
  });
}

function meanOf(first: Curve, curves: readonly Curve[]): DrawnCurve {
  const from = Math.max(...curves.map(({ steps }) => steps[0] ?? 0));
  const to = Math.min(...curves.map(({ steps }) => steps.at(-1) ?? 0));
  const steps = Float64Array.from(new Set(curves.flatMap((curve) => Array.from(curve.steps))))
    .filter((step) => step >= from && step <= to)
    .sort();
  const all = curves.map((curve) => valuesAt(curve, steps));
  const measured = Array.from(steps, (_, i) => meanAndDeviation(all.map((values) => values[i] ?? NaN)));
  return { ...first, steps, values: Float64Array.from(measured, ({ mean }) => mean), deviations: Float64Array.from(measured, ({ deviation }) => deviation) };
}

/** The curve at ascending steps within its own. */
function valuesAt(curve: Curve, steps: Float64Array): Float64Array {
  let next = 0;
  return steps.map((step) => {
    while (next < curve.steps.length - 1 && (curve.steps[next] ?? 0) < step) next += 1;
    const [after, value] = [curve.steps[next] ?? 0, curve.values[next] ?? NaN];
    if (after === step) return value;
    const [before, last] = [curve.steps[next - 1] ?? 0, curve.values[next - 1] ?? NaN];
    return last + ((value - last) * (step - before)) / (after - before);
  });
}

/** Mean and standard deviation with n − 1; one value deviates by NaN. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)) };
}
