import { tensor4d, type Scalar } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { findDensity, logDensities } from '../../../ml/data/densities';
import { gridPoints, ownPoints, pointsAtOnce } from '../answers/densities';
import { chunks, need, needTable, noiseOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { valuesOf } from './examples';
import { meanOf, type Measuring } from './measurement';

/** Cells a side. */
const resolution = 400;
/** The square's half side over the largest value of an example. */
const margin = 1.5;
const drawn = 10_000;
/** Of the model's own samples, those that the square holds: with all of them a single one far out would make the cells too coarse. */
const held = 0.999;

/** `integral` by the midpoint rule over a square around the examples and, where the model can draw them, its samples; `gapNats`, the mean of log p*(x) - log p(x), where p* is known. */
export const density: Measuring<'density'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  need(session, 'logProb');
  needTable(session);
  const { dataset } = session.run;
  if (dataset.channels !== 2) refuse('bad-request', `A density is integrated over two columns, and these data have ${dataset.channels}.`, { where: 'measure' });
  const examples = valuesOf(session.shown(split).data, count);
  const total = resolution ** 2 + count;
  const around = aroundExamples(examples);
  const samples = ownPoints(session, drawn, seed);
  const square = samples ? { half: Math.max(around.half, halfOf(samples)), name: `${around.name} and ${100 * held} % of ${drawn} samples of the model` } : around;
  const measures = [yield* integralOf(session, square, { cells: resolution, seed, total })];
  const truth = dataset.builtIn ? findDensity(dataset.id) : undefined;
  if (!truth) return measures;
  const model = yield* logsOf(session, examples, { seed, from: resolution ** 2, total });
  const gaps = logDensities(truth, examples).map((log, i) => log - (model[i] ?? NaN));
  return [...measures, meanOf(gaps, { metric: 'gapNats', unit: 'nats', estimator: 'mean of log p*(x) - log p(x), p* the density that made the data: KL(p* || p)' })];
};

/** A square around the origin. */
export interface Square {
  half: number;
  /** What it is around. */
  name: string;
}

export const aroundExamples = (examples: Float32Array): Square => ({ half: margin * examples.reduce((most, value) => Math.max(most, Math.abs(value)), 0), name: 'examples' });

/** Half the side of the square that holds all but a few of points of two columns. */
function halfOf(points: Float32Array): number {
  const distances = Float32Array.from({ length: points.length / 2 }, (_, i) => Math.max(Math.abs(points[2 * i] ?? NaN), Math.abs(points[2 * i + 1] ?? NaN))).sort();
  return distances[Math.ceil(held * distances.length) - 1] ?? NaN;
}

/** `integral`, on `cells` x `cells` cells of a square, of a model of two columns. */
export function* integralOf(session: Session, { half, name }: Square, { cells, seed, total = cells ** 2 }: { cells: number; seed: number; total?: number }): Generator<Progress, Measure> {
  const grid = yield* logsOf(session, gridPoints([-half, half], [-half, half], cells), { seed, from: 0, total });
  const value = (2 * half / cells) ** 2 * grid.reduce((sum, log) => sum + Math.exp(log), 0);
  const over = `midpoint rule on ${cells} x ${cells} cells over a square of side ${(2 * half).toPrecision(3)} around ${name}`;
  return { metric: 'integral', value, standardError: null, unit: 'probability', estimator: `integral of p(x), ${over}`, k: null, n: cells ** 2 };
}

/** log p(x) of points of two columns. @param from how much of `total` was done before */
function* logsOf(session: Session, points: Float32Array, { seed, from, total }: { seed: number; from: number; total: number }): Generator<Progress, Float32Array> {
  const logProb = need(session, 'logProb');
  const all = new Float32Array(points.length / 2);
  for (const [first, some] of chunks(0, all.length, pointsAtOnce)) {
    const part = tensor4d(points.slice(2 * first, 2 * (first + some)), [some, 1, 1, 2]);
    all.set(askModel(session, 'density', [part, whole(seed)], (x, drawn: Scalar) => ({ log: logProb(x, noiseOf(drawn)) })).log, first);
    yield { done: from + first + some, total };
  }
  return all;
}
