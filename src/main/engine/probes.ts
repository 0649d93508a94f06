import { clipByValue, mul, scalar, slice, tensor2d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Pictures, Split } from '../../contract/datasets';
import type { ToEngine } from '../../contract/engine';
import { errorFrom, refuse } from '../../contract/errors';
import type { Ability } from '../../contract/models';
import type { Probe, ProbeAnswer } from '../../contract/probes';
import type { Distribution } from '../../ml/distributions/distribution';
import type { Gaussian } from '../../ml/distributions/gaussian';
import type { Abilities } from '../../ml/model';
import { classKept, nearestNeighbours, type Classifier } from '../../ml/metrics/class-kept';
import { createNoise, under } from '../../ml/random/noise';
import { readValues } from '../../ml/read';
import type { Link } from './link';
import type { Session } from './session';

const rowsAtOnce = 500;
const classifierAtMost = 10_000;

/** Answers a question to the model as it stands, or says why not. */
export function answerProbe(session: Session, step: number, { id, probe }: Extract<ToEngine, { type: 'probe' }>, link: Link): void {
  const began = performance.now();
  try {
    const answer = answerTo(session, probe);
    link.send({ type: 'answer', id, answer: { ...answer, step, milliseconds: performance.now() - began } });
  } catch (thrown) {
    link.send({ type: 'refused', id, error: errorFrom(thrown) });
  }
}

type Answer = ProbeAnswer extends infer A ? (A extends ProbeAnswer ? Omit<A, 'step' | 'milliseconds'> : never) : never;

function answerTo(session: Session, probe: Probe): Answer {
  switch (probe.kind) {
    case 'encode':
      return encode(session, probe);
    case 'decode':
      return decode(session, probe);
    case 'reconstruct':
      return reconstruct(session, probe);
    case 'sample':
      return sample(session, probe);
  }
}

type Asked<K extends Probe['kind']> = Extract<Probe, { kind: K }>;

function encode(session: Session, probe: Asked<'encode'>): Answer {
  const ability = need(session, 'encode');
  const { data, labels, from, count } = rangeOf(session, probe);
  const parts = chunks(from, count).map(([first, rows]) =>
    readValues(() => {
      const posterior: Distribution & Partial<Pick<Gaussian, 'standardDeviation'>> = ability(rowsOf(data, first, rows));
      const standardDeviation = posterior.standardDeviation?.();
      return { mean: posterior.mean(), ...(standardDeviation && { standardDeviation }) };
    }),
  );
  const latentSize = session.model.latentSize ?? 0;
  const means = joined(parts.map(({ mean }) => mean));
  const deviations = parts.flatMap(({ standardDeviation }) => standardDeviation ?? []);
  return { kind: 'encode', latentSize, means, standardDeviations: deviations.length > 0 ? joined(deviations) : null, labels: labels?.slice(from, from + count) ?? null };
}

function decode(session: Session, { codes, count }: Asked<'decode'>): Answer {
  const ability = need(session, 'decode');
  const size = session.model.latentSize ?? 0;
  if (codes.length !== count * size) refuse('bad-request', `${count} codes of ${size} numbers are ${count * size} numbers, not ${codes.length}.`, { where: 'probe.codes' });
  if (!codes.every(Number.isFinite)) refuse('bad-request', 'A code has a number that is not finite.', { where: 'probe.codes' });
  const parts = chunks(0, count).map(([first, rows]) =>
    readValues(() => ({ pixels: bytes(ability(tensor2d(codes.slice(first * size, (first + rows) * size), [rows, size])).mean()) })),
  );
  return { kind: 'decode', pictures: picturesOf(session, parts.map(({ pixels }) => pixels)) };
}

function reconstruct(session: Session, probe: Asked<'reconstruct'>): Answer {
  const ability = need(session, 'reconstruct');
  const { data, labels, from, count } = rangeOf(session, probe);
  const classifier = classifierOf(session);
  const keptClass = classifier && labels ? new Uint8Array(count) : null;
  const parts = chunks(from, count).map(([first, rows]) =>
    readValues(() => {
      const inputs = rowsOf(data, first, rows);
      const outputs = ability(inputs);
      if (classifier && labels) keptClass?.set(classKept(classifier, outputs, labels.slice(first, first + rows)).kept, first - from);
      return { inputs: bytes(inputs), outputs: bytes(outputs) };
    }),
  );
  return {
    kind: 'reconstruct',
    inputs: picturesOf(session, parts.map(({ inputs }) => inputs)),
    outputs: picturesOf(session, parts.map(({ outputs }) => outputs)),
    labels: labels?.slice(from, from + count) ?? null,
    keptClass,
    classifier: keptClass && classifier ? classifier.name : null,
  };
}

function sample(session: Session, { count, temperature, seed }: Asked<'sample'>): Answer {
  const ability = need(session, 'sample');
  const { pixels } = readValues(() => ({ pixels: bytes(ability({ count, temperature: scalar(temperature), noise: under('probe', createNoise(seed)) })) }));
  return { kind: 'sample', pictures: picturesOf(session, [pixels]) };
}

function need<A extends Ability>({ model, run }: Session, ability: A): NonNullable<Abilities[A]> {
  return model.abilities[ability] ?? refuse('bad-request', `The model "${run.experiment.model}" cannot ${ability}.`, { where: 'probe.kind' });
}

/** The examples asked for; fewer where the split ends. */
function rangeOf(session: Session, { split, offset, count }: { split: Split; offset: number; count: number }) {
  const { id, counts } = session.run.dataset;
  if (offset >= counts[split]) refuse('not-found', `The ${split} split of ${id} has ${counts[split]} examples; there is none at ${offset}.`, { where: 'probe.offset' });
  return { ...session.shown(split), from: offset, count: Math.min(count, counts[split] - offset) };
}

const classifiers = new WeakMap<Session, Classifier>();

/** Judges classes by the training set's pictures, at most 10,000; undefined without labels. Made once. */
export function classifierOf(session: Session): Classifier | undefined {
  const { data, labels } = session.shown('train');
  const known = classifiers.get(session);
  if (known || !labels) return known;
  const rows = Math.min(classifierAtMost, labels.length);
  const classifier = nearestNeighbours(rowsOf(data, 0, rows), labels.slice(0, rows));
  classifiers.set(session, classifier);
  return classifier;
}

const rowsOf = (data: Tensor4D, first: number, rows: number): Tensor4D => slice(data, [first, 0, 0, 0], [rows, ...data.shape.slice(1)]);

/** `[first row, rows]` of pieces that fit into memory side by side. */
function chunks(from: number, count: number): [number, number][] {
  const list: [number, number][] = [];
  for (let first = from; first < from + count; first += rowsAtOnce) list.push([first, Math.min(rowsAtOnce, from + count - first)]);
  return list;
}

/** Values in [0, 1] scaled to 0 to 255. */
const bytes = (pictures: Tensor): Tensor => mul(clipByValue(pictures, 0, 1), 255);

function picturesOf({ run: { dataset } }: Session, parts: Float32Array[]): Pictures {
  const { height, width, channels } = dataset;
  const pixels = Uint8Array.from(joined(parts), Math.round);
  return { count: pixels.length / (height * width * channels), height, width, channels, pixels };
}

function joined(parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
