import type { DatasetInfo, DatasetPage, Split } from '../../contract/datasets';

export interface SplitArrays {
  /** count x height x width x channels, row-major, 0 to `info.maximum`. */
  pixels: Uint8Array;
  /** One per example, or null for a set without labels. */
  labels: Uint16Array | null;
}

/** What `dataset.json` says. @throws Refusal `not-found`, `bad-file` */
export function readDatasetInfo(folder: string): DatasetInfo {
  throw new Error(`not yet: ${folder}`);
}

/** The whole of a split, with its sums checked. @throws Refusal `not-found` when the set has no such split, `bad-file` when an array is damaged */
export function readSplit(folder: string, info: DatasetInfo, split: Split): SplitArrays {
  throw new Error(`not yet: ${folder} ${info.id} ${split}`);
}

/** Examples `offset` to `offset + count` of a split (fewer at its end), for display. Reads only these. */
export function readPage(folder: string, info: DatasetInfo, split: Split, offset: number, count: number): DatasetPage {
  throw new Error(`not yet: ${folder} ${info.id} ${split} ${offset} ${count}`);
}

/** Every readable set below `parent`, by id; and why the others cannot be read. A missing `parent` holds none. */
export function listDatasets(parent: string): DatasetInfo[] {
  throw new Error(`not yet: ${parent}`);
}

/** @throws Refusal `not-found`; `conflict` for a set that comes with Elbo */
export async function removeDataset(parent: string, id: string): Promise<void> {
  throw new Error(`not yet: ${parent} ${id}`);
}
