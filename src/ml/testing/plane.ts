import { tensor4d } from '@tensorflow/tfjs-core';
import type { DataShape } from '../../contract/models';
import type { Model } from '../model';
import { createNoise } from '../random/noise';
import { readValues } from '../read';

// Densities of the plane, looked at by the tests of flows.

/** A table of two columns. */
export const plane = (examples: number): DataShape => ({ kind: 'table', levels: null, examples, height: 1, width: 1, channels: 2, binary: false });

/** log p of points `[n, 2]`, a few thousand at a time. */
export function logProbs({ abilities: { logProb } }: Model, points: Float32Array): Float32Array {
  if (!logProb) throw new Error('The model has no density.');
  const n = points.length / 2;
  const logs = new Float32Array(n);
  for (let from = 0; from < n; from += 4000) {
    const some = Math.min(4000, n - from);
    logs.set(readValues(() => ({ log: logProb(tensor4d(points.slice(2 * from, 2 * (from + some)), [some, 1, 1, 2]), createNoise(4)) })).log, from);
  }
  return logs;
}

/** The integral of the density over a square of 12 to each side of the origin, by the middles of `side`^2 cells. */
export function integral(model: Model, side: number): number {
  const extent = 12;
  const cell = (2 * extent) / side;
  const points = Float32Array.from({ length: 2 * side * side }, (_, i) => -extent + cell * (0.5 + (i % 2 === 0 ? (i >> 1) % side : Math.floor((i >> 1) / side))));
  return cell * cell * logProbs(model, points).reduce((sum, log) => sum + Math.exp(log), 0);
}

/** The mean of log p*(x) - log p(x) over points `[n, 2]`, drawn from p*, and its standard error. */
export function gap(model: Model, points: Float32Array, truth: ArrayLike<number>): { nats: number; standardError: number } {
  const logs = logProbs(model, points);
  const differences = Array.from(truth, (log, i) => log - (logs[i] ?? NaN));
  const n = differences.length;
  const nats = differences.reduce((sum, value) => sum + value, 0) / n;
  return { nats, standardError: Math.sqrt(differences.reduce((sum, value) => sum + (value - nats) ** 2, 0)) / n };
}
