import type { DatasetInfo } from '../../../contract/datasets';
import type { Codes } from '../codes';

/** What tells the points of a scatter apart. */
export interface Colouring {
  /** `class`, or the name of a factor. */
  by: string;
  /** One a point. */
  values: Uint16Array;
  /** How many values an ordered factor has, whose colours run from the first to the last; null where each value is a thing of its own. */
  ordered: number | null;
  nameOf(value: number): string;
  /** As short as it can be where the plot itself says what it is of. */
  markOf(value: number): string;
}

export const byClass = 'class';

/** Factors of more values than this are taken for ordered: positions, sizes and angles are, shapes and colours are few. */
const mostUnordered = 4;

/** What the codes of a data set can be coloured by; factors that are the same for all examples are left out. */
export function colourings({ classes, factors }: Pick<DatasetInfo, 'classes' | 'factors'>): string[] {
  return [...(classes ? [byClass] : []), ...(factors?.names.filter((_, i) => (factors.sizes[i] ?? 0) > 1) ?? [])];
}

/** The chosen colouring, or the first that there is; null where nothing is known of the examples. */
export function colouringOf(codes: Pick<Codes, 'labels' | 'factors'>, { classes, factors }: Pick<DatasetInfo, 'classes' | 'factors'>, chosen: string | null): Colouring | null {
  const possible = colourings({ classes, factors });
  const by = chosen !== null && possible.includes(chosen) ? chosen : (possible[0] ?? byClass);
  const factor = factors?.names.indexOf(by) ?? -1;
  if (by !== byClass && factors && factor >= 0) {
    const { factors: rows } = codes;
    if (!rows) return null;
    const width = factors.names.length;
    const size = factors.sizes[factor] ?? 1;
    return { by, values: Uint16Array.from({ length: rows.length / width }, (_, i) => rows[i * width + factor] ?? 0), ordered: size > mostUnordered ? size : null, nameOf: (value) => `${by} ${value}`, markOf: String };
  }
  const nameOf = (value: number): string => classes?.[value] ?? String(value);
  return codes.labels && { by: byClass, values: codes.labels, ordered: null, nameOf, markOf: nameOf };
}
