import { abs, clipByValue, gather, max, mul, scalar, slice, sub, tensor1d, tidy, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Pictures, Split } from '../../../contract/datasets';
import { refuse } from '../../../contract/errors';
import type { Ability } from '../../../contract/models';
import { rowsAtOnce } from '../../../ml/evaluate';
import { joined } from '../../../ml/joined';
import type { Abilities, Stage } from '../../../ml/model';
import { findModel } from '../../../ml/models/registry';
import { createNoise, under, type Noise } from '../../../ml/random/noise';
import { rowsAt, shownOrder } from '../../../ml/data/shown-order';
import { readFactors } from '../../formats/dataset-folder';
import type { Session } from '../session';

const deeds: Record<Ability, string> = {
  encode: 'encode',
  decode: 'decode',
  prior: 'draw codes',
  sample: 'sample',
  reconstruct: 'reconstruct',
  elbo: 'bound log p(x)',
  importance: 'weight samples of its posterior',
  logProb: 'give log p(x)',
  stages: 'show its layers',
  levels: 'sample level by level',
  conditionals: 'give its conditionals',
  complete: 'complete a part',
};

/** @throws Refusal where the model lacks the ability */
export function need<A extends Ability>({ model, run }: Session, ability: A): NonNullable<Abilities[A]> {
  const given = model.abilities[ability];
  if (given) return given;
  const { title, abilities } = findModel(run.experiment.model);
  const lost = abilities.includes(ability);
  return refuse('bad-request', `The model "${run.experiment.model}" cannot ${deeds[ability]}${lost ? ' with the settings of this run' : ''}.`, {
    ...(lost && { repair: `The settings of ${title} say which of them takes that away.` }),
  });
}

interface Range {
  split: Split;
  offset: number;
  count: number;
}

/** The examples asked for, in the order in which people see them; fewer where the split ends. */
export interface Examples {
  count: number;
  labels: Uint16Array | null;
  /** Their rows in the split. */
  rows: Int32Array;
  /** Some of them, copied: to be disposed of. */
  at(first: number, count: number): Tensor4D;
}

export function rangeOf(session: Session, { split, offset, count }: Range): Examples {
  const { dataset } = session.run;
  if (offset >= dataset.counts[split]) refuse('not-found', `The ${split} split of ${dataset.id} has ${dataset.counts[split]} examples; there is none at ${offset}.`, { where: 'probe.offset' });
  const { data, labels } = session.shown(split);
  const rows = shownOrder(dataset, split).subarray(offset, offset + count);
  return {
    count: rows.length,
    labels: labels && rowsAt(labels, 1, rows),
    rows,
    at: (first, some) => tidy(() => gather(data, tensor1d(rows.subarray(first, first + some), 'int32'))),
  };
}

/** All of a tensor's rows, as they come. */
export const examplesOf = (data: Tensor4D, count: number): Pick<Examples, 'count' | 'at'> => ({ count, at: (first, some) => rowsOf(data, first, some) });

export const rowsOf = (data: Tensor4D, first: number, rows: number): Tensor4D => slice(data, [first, 0, 0, 0], [rows, ...data.shape.slice(1)]);

/** `[first row, rows]` of pieces that fit into memory side by side. */
export function chunks(from: number, count: number, rows: number): [number, number][] {
  const list: [number, number][] = [];
  for (let first = from; first < from + count; first += rows) list.push([first, Math.min(rows, from + count - first)]);
  return list;
}

/** The same of examples. */
export const portions = ({ run: { dataset } }: Session, count: number): [number, number][] => chunks(0, count, rowsAtOnce(dataset.height * dataset.width * dataset.channels));

/** A seed, or any other whole number that a question varies, as an input of `askModel`. */
export const whole = (value: number): Scalar => scalar(value, 'int32');

/** The noise of a question, by its seed as a tensor. */
export const noiseOf = (seed: Scalar): Noise => under('probe', createNoise(0).at(seed));

/** The largest |x - g(f(x))| of any value, x those of the first of some consecutive stages of a flow, f the layers of the others. */
export function largestError([first, ...others]: readonly Stage[]): Scalar {
  const x = first?.values as Tensor;
  const back = others.reduceRight((z, { layer }) => layer?.inverse(z).x ?? z, others.at(-1)?.values ?? x);
  return max(abs(sub(back, x)));
}

export const isTable = ({ run: { dataset } }: Session): boolean => dataset.kind === 'table';

export function needPictures(session: Session): void {
  if (isTable(session)) refuse('bad-request', 'This run\'s data are rows of a table, not pictures.', { repair: 'Look at its points and its density.' });
}

export function needTable(session: Session): void {
  if (!isTable(session)) refuse('bad-request', 'This run\'s data are pictures, not rows of a table.');
}

/** Values in [0, 1] scaled to 0 to 255. */
export const bytes = (pictures: Tensor): Tensor => mul(clipByValue(pictures, 0, 1), 255);

export function picturesOf({ run: { dataset } }: Session, parts: Float32Array[]): Pictures {
  const { height, width, channels } = dataset;
  const { buffer, length } = Uint8ClampedArray.from(joined(parts)); // rounds, and a hundred times as fast as Math.round for each
  return { count: length / (height * width * channels), height, width, channels, pixels: new Uint8Array(buffer) };
}

const read = new WeakMap<Session, Map<string, Uint16Array>>();

/** The factors of all examples of a split, row-major; only for data that have factors. */
export function factorsOf(session: Session, split: Split): Uint16Array {
  const { dataset, datasetFolder } = session.run;
  const all = read.get(session) ?? new Map<string, Uint16Array>();
  read.set(session, all);
  const rows = all.get(split) ?? readFactors(datasetFolder, dataset, split);
  all.set(split, rows);
  return rows;
}
