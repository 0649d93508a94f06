import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { splits, type DatasetInfo, type Split } from '../../contract/datasets';
import { installDataset, isInstalled, type SplitArrays } from './dataset-folder';

/** A data set that is computed: `rows` gives any of its examples. */
interface Generated {
  info: DatasetInfo;
  version: number;
  rows(split: Split, first: number, count: number): SplitArrays;
}

const rowsAtOnce = 500;

/**
 * Makes the folder of a generated set below `parent`, unless it is there in this version or a person imported a set of that id. Safe when two
 * processes do it at once.
 * @param onProgress how many of its examples are made
 */
export async function ensureGenerated({ info, version, rows }: Generated, parent: string, onProgress: (done: number, total: number) => void = () => undefined): Promise<void> {
  const madeFrom = `generator ${version}`;
  if (isInstalled(join(parent, info.id), madeFrom)) return;
  const arrays: Partial<Record<Split, SplitArrays>> = {};
  const total = splits.reduce((sum, split) => sum + info.counts[split], 0);
  let done = 0;
  for (const split of splits) {
    const parts: SplitArrays[] = [];
    for (let first = 0; first < info.counts[split]; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, info.counts[split] - first);
      parts.push(rows(split, first, count));
      onProgress((done += count), total);
      await setImmediate();
    }
    arrays[split] = joined(parts);
  }
  await installDataset(parent, info, arrays, madeFrom);
}

function joined(parts: SplitArrays[]): SplitArrays {
  const labels = parts.flatMap((part) => part.labels ?? []);
  const factors = parts.flatMap((part) => part.factors ?? []);
  const floats = parts.flatMap(({ values }) => (values instanceof Float32Array ? values : []));
  const bytes = parts.flatMap(({ values }) => (values instanceof Float32Array ? [] : values));
  return {
    values: floats.length > 0 ? concatenated(floats, Float32Array) : concatenated(bytes, Uint8Array),
    labels: labels.length > 0 ? concatenated(labels, Uint16Array) : null,
    factors: factors.length > 0 ? concatenated(factors, Uint16Array) : null,
  };
}

function concatenated<A extends Uint8Array | Uint16Array | Float32Array>(parts: A[], make: new (length: number) => A): A {
  const whole = new make(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
