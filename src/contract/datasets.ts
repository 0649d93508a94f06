import { z } from 'zod';

export const splits = ['train', 'valid', 'test'] as const;
export type Split = (typeof splits)[number];

/** What is known to have made each example: `sizes[i]` values of `names[i]`, numbered from 0. */
export interface Factors {
  names: string[];
  sizes: number[];
}

export interface DatasetInfo {
  id: string;
  title: string;
  /** A table's row is an example of 1 x 1 x columns float32 numbers. */
  kind: 'pictures' | 'table';
  /** Names of a table's columns; null for pictures. */
  columns: string[] | null;
  height: number;
  width: number;
  channels: number;
  /** The largest value a pixel can have: 255, 16 or 1. Pixels are stored as bytes and divided by this. A table's numbers are taken as they are; 1. */
  maximum: number;
  /** True when the stored pixels are already 0 and 1 (see `protocolOf`). */
  binary: boolean;
  /** Number of examples in each split; 0 where there is none. */
  counts: Record<Split, number>;
  /** Class names by label, or null for a set without labels. */
  classes: string[] | null;
  /** Ground-truth factors of every example, or null where they are not known. */
  factors: Factors | null;
  /** How the split and the pixels came about, in a sentence. */
  protocol: string;
  licence: string;
  source: string;
  bytes: number;
  builtIn: boolean;
}

/** Row-major pictures, bytes 0 to 255 for display, `count` x height x width x channels. */
export interface Pictures {
  count: number;
  height: number;
  width: number;
  channels: number;
  pixels: Uint8Array;
}

/** Rows of a table: `count` x `columns.length` numbers, row-major. */
export interface Rows {
  count: number;
  columns: string[];
  values: Float32Array;
}

/** Labels: one each, or null. */
export type DatasetPage = { kind: 'pictures'; pictures: Pictures; labels: Uint16Array | null } | { kind: 'table'; rows: Rows; labels: Uint16Array | null };

const path = z.string().min(1).max(4096);

/** Where the data to import lies. What it is is seen from its name and first bytes. */
export const importSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, 63 at most'),
  title: z.string().trim().min(1).max(120).optional(),
  /** A folder of IDX files, of CIFAR-10's binary files or of pictures; or a file, IDX, NPY, NPZ or CSV, which is then split. */
  path,
  /** IDX file of labels for `path` when that is a file. */
  labels: path.optional(),
  /** How many examples to hold out where the source has no such split; drawn by seed 0. Omitted: see the source's split. */
  holdOut: z.strictObject({ valid: z.int().min(0).default(0), test: z.int().min(0).default(0) }).optional(),
  /** Folders of pictures: resize to this many pixels; needed when the pictures differ in size. */
  height: z.int().min(1).max(512).optional(),
  width: z.int().min(1).max(512).optional(),
  grey: z.boolean().default(false),
  /** NumPy arrays: take only this many examples of each split, drawn by seed 0. */
  draw: z.int().min(1).optional(),
  /** Tables: subtract each column's mean and divide by its standard deviation, both of the training rows. */
  standardise: z.boolean().default(false),
  licence: z.string().max(2000).default('not stated'),
  source: z.string().max(2000).default('imported by hand'),
});
export type ImportRequest = z.output<typeof importSchema>;

/** What an import would give: shown before anything is written. */
export interface ImportPreview {
  kind: 'idx' | 'pictures' | 'cifar' | 'arrays' | 'csv';
  info: DatasetInfo;
  /** The files that would be read, with what each was taken for. */
  files: { path: string; role: string }[];
  first: DatasetPage;
}

/** A data set that is published on the web, and that Elbo knows how to get and read. */
export interface PublicSet {
  id: string;
  title: string;
  licence: string;
  /** Who published it. */
  source: string;
  /** What is downloaded: bytes (about), the first url that answers, and the sum (`sha256:…` or `md5:…`) that it is checked by; null where none is known. */
  files: { name: string; bytes: number; urls: string[]; sum: string | null }[];
  /** How to get the files, where Elbo cannot; null where it can. */
  byHand: string | null;
}

export const fetchSchema = z.strictObject({
  id: importSchema.shape.id,
  /** A folder in which the files lie already, which is read in place of the web. */
  from: path.optional(),
  /** Of sets that are larger than one needs: how many examples of each split, drawn by seed 0. */
  draw: z.int().min(1).optional(),
});
export type FetchRequest = z.output<typeof fetchSchema>;
