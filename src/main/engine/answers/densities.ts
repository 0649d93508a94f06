import { concat, scalar, slice, tensor2d, tensor4d, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import type { DensityGap } from '../../../contract/probes';
import { findDensity, logDensities } from '../../../ml/data/densities';
import { logDensitiesMapped, mappedUniforms } from '../../../ml/data/uniforms';
import { holeBelow, logAggregate } from '../../../ml/metrics/aggregate-posterior';
import { Sample } from '../../../ml/metrics/sample';
import type { Batch } from '../../../ml/model';
import { joined } from '../../../ml/joined';
import { askModel } from '../ask';
import type { Session } from '../session';
import type { Answerer } from './answer';
import { posteriorsOf } from './codes';
import { chunks, largestError, need, needTable, noiseOf, portions, rangeOf, whole } from './examples';

type Axis = readonly [number, number];

/** The middles of the cells of a grid, `resolution`^2 x 2, rows from the smallest y up. */
export function gridPoints(x: Axis, y: Axis, resolution: number): Float32Array {
  const middle = ([from, to]: Axis, i: number): number => from + ((i + 0.5) / resolution) * (to - from);
  return Float32Array.from({ length: 2 * resolution ** 2 }, (_, i) => {
    const cell = i >> 1;
    return i % 2 === 0 ? middle(x, cell % resolution) : middle(y, Math.floor(cell / resolution));
  });
}

/** Points of a plane in one question: the first of its kind keeps every step of a solver in memory. */
export const pointsAtOnce = 1000;
/** Of an integral further below 1 it is asked how much of the mass lies outside of the grid. */
const nearlyWhole = 0.995;
const drawnAtMost = 4000;

export const density: Answerer<'density'> = (session, { x, y, resolution, seed }) => {
  const ability = need(session, 'logProb');
  needTable(session);
  const { channels } = session.run.dataset;
  if (channels > 2) refuse('bad-request', `A density is drawn over one or two columns, and these data have ${channels}.`, { where: 'probe.kind' });
  if ((channels === 2) !== (y !== undefined)) refuse('bad-request', `The data have ${channels} column${channels > 1 ? 's' : ''}, and the grid has ${y ? 2 : 1}.`, { where: 'probe.y' });
  const grid = y ? gridPoints(x, y, resolution) : middles(x, resolution);
  const logDensity = joined(
    chunks(0, grid.length / channels, pointsAtOnce).map(([first, rows]) =>
      askModel(session, 'density', [tensor4d(grid.slice(channels * first, channels * (first + rows)), [rows, 1, 1, channels]), whole(seed)], (points, drawn: Scalar) => ({ log: ability(points, noiseOf(drawn)) })).log,
    ),
  );
  const cell = [x, ...(y ? [y] : [])].reduce((size, [from, to]) => (size * (to - from)) / resolution, 1);
  const integral = session.model.onSurface ? null : cell * logDensity.reduce((sum, log) => sum + Math.exp(log), 0);
  return {
    logDensity,
    trueLogDensity: truthAt(session, grid),
    integral,
    inside: integral !== null && integral < nearlyWhole ? shareInside(session, y ? [x, y] : [x], seed) : null,
    gap: gapToTruth(session, seed),
  };
};

const middles = ([from, to]: Axis, resolution: number): Float32Array => Float32Array.from({ length: resolution }, (_, i) => from + ((i + 0.5) / resolution) * (to - from));

/** How many of the model's samples have every number within its axis. */
function shareInside(session: Session, axes: readonly Axis[], seed: number): { share: number; samples: number } | null {
  const values = ownPoints(session, drawnAtMost, seed);
  if (!values) return null;
  const inside = Array.from({ length: drawnAtMost }, (_, i) => axes.every(([from, to], j) => (values[i * axes.length + j] ?? NaN) >= from && (values[i * axes.length + j] ?? NaN) <= to));
  return { share: inside.filter(Boolean).length / drawnAtMost, samples: drawnAtMost };
}

/** Rows that the model draws from its density, `count` x columns; null of a model that cannot. */
export function ownPoints(session: Session, count: number, seed: number): Float32Array | null {
  const { sample } = session.model.abilities;
  if (!sample || session.model.samplesAreMeans) return null;
  return joined(
    chunks(0, count, pointsAtOnce).map(
      ([, rows], part) => askModel(session, `points ${rows}`, [scalar(1), whole(seed + part)], (heat: Scalar, drawn: Scalar) => ({ values: sample({ count: rows, temperature: heat, noise: noiseOf(drawn) }) })).values,
    ),
  );
}

const truths = new WeakMap<Session, Map<string, Float32Array>>();

/** The log-density of the data set itself at points, where it is known; computed once for the same points. */
function truthAt(session: Session, points: Float32Array): Float32Array | null {
  const { id, builtIn } = session.run.dataset;
  const [plane, mapped] = builtIn ? [findDensity(id), mappedUniforms.find((uniform) => uniform.id === id)] : [];
  if (!plane && !mapped) return null;
  const known = truths.get(session) ?? new Map<string, Float32Array>();
  truths.set(session, known);
  const key = `${points.length} ${points[0]} ${points[1]} ${points.at(-2)} ${points.at(-1)}`;
  const logs = known.get(key) ?? Float32Array.from(plane ? logDensities(plane, points) : mapped ? logDensitiesMapped(mapped, points) : []);
  known.set(key, logs);
  return logs;
}

const gapAtMost = 1000;

/** Mean of log p*(x) - log p(x) over the first test rows. */
function gapToTruth(session: Session, seed: number): DensityGap | null {
  const ability = need(session, 'logProb');
  const { at, count } = rangeOf(session, { split: 'test', offset: 0, count: gapAtMost });
  const rows = at(0, count);
  const truth = truthAt(session, rows.dataSync<'float32'>());
  if (!truth) {
    rows.dispose();
    return null;
  }
  const { log } = askModel(session, 'density', [rows, whole(seed)], (points, drawn: Scalar) => ({ log: ability(points, noiseOf(drawn)) }));
  const gap = new Sample();
  gap.add(Float64Array.from(truth, (value, i) => value - (log[i] ?? NaN)));
  const { value: nats, standardError, n: examples } = gap.summary();
  return { nats, standardError: standardError ?? NaN, examples };
}

export const stages: Answerer<'stages'> = (session, { points, seed, ...range }) => {
  const ability = need(session, 'stages');
  const { at, count } = rangeOf(session, range);
  const { height, width, channels } = session.run.dataset;
  const columns = height * width * channels;
  if (points.length % columns !== 0) refuse('bad-request', `Points of ${columns} numbers are not ${points.length} numbers.`, { where: 'probe.points' });
  const further = tensor4d(points, [points.length / columns, height, width, channels]);
  const named = askModel(session, 'stages', [at(0, count), further, whole(seed)], (examples: Batch, others: Batch, drawn: Scalar) => {
    const x = others.shape[0] > 0 ? concat([examples, others]) : examples;
    const all = ability(x, noiseOf(drawn));
    const ofExamples = all.map((stage) => ({ ...stage, values: slice(stage.values, 0, count) }));
    const results: Record<string, Tensor> = { 'round trip': largestError(ofExamples) };
    all.forEach(({ name, values, logDet, shapes = null }, i) => {
      results[`values ${i} ${JSON.stringify(shapes)} ${name}`] = values;
      results[`log-det ${i} ${name}`] = logDet;
      if (i > 0) results[`residual ${i} ${name}`] = largestError(ofExamples.slice(i - 1, i + 1));
    });
    return results;
  });
  const rows = count + points.length / columns;
  const list = Object.entries(named).flatMap(([key, values]) => {
    const [, at, shapes, name] = /^values (\d+) (\S+) (.*)$/.exec(key) ?? [];
    if (at === undefined || shapes === undefined || name === undefined) return [];
    return [
      {
        name,
        size: values.length / rows,
        values,
        logDet: named[`log-det ${at} ${name}`] ?? new Float32Array(rows),
        residual: named[`residual ${at} ${name}`]?.[0] ?? null,
        shapes: JSON.parse(shapes) as [number, number, number][] | null,
      },
    ];
  });
  return { stages: list, count, roundTrip: named['round trip']?.[0] ?? NaN };
};

const priorDraws = 1000;

export const aggregate: Answerer<'aggregate'> = (session, { x, y, resolution, seed, ...range }) => {
  const prior = need(session, 'prior');
  const encode = need(session, 'encode');
  const examples = rangeOf(session, range);
  const { at, count } = examples;
  const posteriors = posteriorsOf(session, examples);
  const { size } = posteriors;

  const drawn = askModel(session, 'prior codes', [whole(seed)], (step: Scalar) => {
    const codes = prior(priorDraws).sample(noiseOf(step), 'prior');
    return { codes, log: prior(priorDraws).logProb(codes) };
  });
  const aggregated = portions(session, count).map(([first, rows], part) => askModel(session, 'posterior codes', [at(first, rows), whole(seed + part)], (rows, step: Scalar) => ({ codes: encode(rows).sample(noiseOf(step), 'posterior') })).codes);
  /** log q(z) - log p(z). */
  const ratio = (codes: Float32Array, logPrior: Float32Array): Float32Array => Float32Array.from(logAggregate(posteriors, codes), (log, i) => log - (logPrior[i] ?? NaN));
  const priorRatio = ratio(drawn.codes, drawn.log);

  let logRatio: Float32Array | null = null;
  let logPrior: Float32Array | null = null;
  if (size === 2) {
    const grid = gridPoints(x, y, resolution);
    logPrior = askModel(session, `prior density ${resolution}`, [tensor2d(grid, [resolution ** 2, 2])], (z) => ({ log: prior(resolution ** 2).logProb(z) })).log;
    logRatio = ratio(grid, logPrior);
  }
  return { latentSize: size, examples: count, holes: priorRatio.filter((log) => log < holeBelow).length / priorDraws, logRatio, logPrior, prior: drawn.codes, priorRatio, aggregate: joined(aggregated) };
};
