import { add, sum, tensor4d, type Scalar, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { logNormalDensity } from '../../../ml/bijectors/normal';
import { findDensity, logDensities } from '../../../ml/data/densities';
import { findTabular } from '../../../ml/data/tabular';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { Sample } from '../../../ml/metrics/sample';
import { chunks, largestError, need, noiseOf, rowsOf, whole } from '../answers/examples';
import { askModel } from '../ask';
import type { Session } from '../session';
import { standingRows } from '../subset';
import { valuesAt } from './examples';
import type { Measuring } from './measurement';

const rowsAtOnce = 500;

/**
 * A flow layer by layer, for each of which: `layerLogDet`, its largest |log|det||; and, where the density of the data is known, `divergenceFromNormalNats`, that of its values
 * from independent standard normals. After 1, 2, 4, ... layers and the last one also `inversionError`, how far examples (500 that are dealt out, where there are more) come back
 * from their values there through the inverses of all layers before.
 */
export const layers: Measuring<'layers'> = function* (session, { split, seed }, count): Generator<Progress, Measure[]> {
  const stages = need(session, 'stages');
  const { data } = session.shown(split);
  const names: string[] = [];
  const logDets: number[] = [];
  const divergences: Sample[] = [];
  for (const [first, rows] of chunks(0, count, rowsAtOnce)) {
    const x = rowsOf(data, first, rows);
    const truth = truthOf(session, x.dataSync<'float32'>());
    const named = askModel(session, 'layers', [x, whole(seed)], (examples, drawn: Scalar) => {
      const all = stages(examples, noiseOf(drawn));
      return Object.fromEntries(
        all.flatMap(({ name, values, logDet }, i): [string, Tensor][] => [
          [`name ${i} ${name}`, logDet],
          [`normal ${i}`, add<Tensor1D>(logDet, sum(logNormalDensity(values), 1))],
        ]),
      );
    });
    let before: Float32Array | undefined;
    Object.entries(named).filter(([key]) => key.startsWith('name')).forEach(([key, logDet], i) => {
      names[i] = key.replace(/^name \d+ /, '');
      logDets[i] = logDet.reduce((most, value, row) => Math.max(most, Math.abs(value - (before?.[row] ?? value))), logDets[i] ?? 0);
      if (truth) (divergences[i] ??= new Sample()).add(Array.from(named[`normal ${i}`] ?? [], (log, row) => (truth[row] ?? NaN) - log));
      before = logDet;
    });
    yield { done: first + rows, total: count };
  }
  const inverted = Math.min(count, rowsAtOnce);
  const examples = tensor4d(valuesAt(data, standingRows(session, split, inverted)), [inverted, ...data.shape.slice(1)] as Tensor4D['shape']);
  const errors = askModel(session, 'layers and back', [examples, whole(seed)], (x, drawn: Scalar) => {
    const all = stages(x, noiseOf(drawn));
    const to = all.map((_, i) => i).filter((i) => i === all.length - 1 || Number.isInteger(Math.log2(i)));
    return Object.fromEntries(to.map((i) => [i, largestError(all.slice(0, i + 1))]));
  });
  return names.flatMap((name, i): Measure[] => {
    const after = `layer ${i} of ${names.length - 1}, ${name}`;
    const one = { standardError: null, k: null, n: count };
    const [[error] = [], divergence] = [errors[i], divergences[i]];
    return [
      ...(i === 0 ? [] : [{ ...one, metric: 'layerLogDet', unit: 'nats', value: logDets[i] ?? NaN, estimator: `largest |log|det J|| of any example, ${after}` }]),
      ...(i === 0 || error === undefined ? [] : [{ ...one, n: inverted, metric: 'inversionError', unit: "the data's", value: error, estimator: `largest |x - g(f(x))| of any value through all layers to ${after}` }]),
      ...(divergence ? [{ metric: 'divergenceFromNormalNats', unit: 'nats', estimator: `KL(p(z) || N(0, I)), by the density of the data, z after ${after}`, ...divergence.summary(), k: null }] : []),
    ];
  });
};

/** The log-density of the data at rows, where it is known. */
function truthOf({ run: { dataset } }: Session, rows: Float32Array): Float64Array | undefined {
  const density = dataset.builtIn ? findDensity(dataset.id) : undefined;
  if (density) return logDensities(density, rows);
  const table = dataset.builtIn ? findTabular(dataset.id) : undefined;
  return table && Float64Array.from({ length: rows.length / table.dimensions }, (_, i) => table.logDensity(rows.subarray(i * table.dimensions, (i + 1) * table.dimensions)));
}
