import { dispose, memory, tensor4d } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { DatasetInfo } from '../../../contract/datasets';
import { experimentSchema } from '../../../contract/experiment';
import { measurementSchema, type MeasurementKind } from '../../../contract/measurements';
import { dataShape } from '../../../contract/models';
import { holdsWords } from '../../../contract/terms';
import type { Measure } from '../../../ml/evaluate';
import { finished } from '../../../ml/finished';
import { findModel } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import type { Session } from '../session';
import type { Asked, Measuring } from './measurement';

const info: DatasetInfo = {
  id: 'made', title: 'Made', kind: 'pictures', columns: null, height: 2, width: 2, channels: 1, maximum: 1, binary: true, counts: { train: 0, valid: 0, test: 0 },
  classes: null, factors: null, protocol: '', licence: '', source: '', bytes: 0, builtIn: true,
};
export const tableOf = (columns: number, id = 'made'): DatasetInfo => ({ ...info, id, kind: 'table', columns: Array.from({ length: columns }, (_, i) => `x${i}`), height: 1, width: 1, channels: columns, binary: false });
export const picturesOf = (height: number, width: number, maximum = 1): DatasetInfo => ({ ...info, height, width, maximum, binary: maximum === 1 });

/** What a measurement finds of a new model of the registry whose parameters `change` may set, on rows of a test split. Expects it to leave no tensor behind. */
export function measured<K extends MeasurementKind>(
  measuring: Measuring<K>,
  { model: id, settings = {}, data, rows, asked, change }: { model: string; settings?: Record<string, unknown>; data: DatasetInfo; rows: number[][]; asked: { measure: K } & Record<string, unknown>; change?: (session: Session) => void },
): Measure[] {
  const count = rows.length;
  const dataset = { ...data, counts: { train: count, valid: 0, test: count } };
  const experiment = experimentSchema.parse({ model: id, data: data.id, settings });
  const definition = findModel(id);
  const model = definition.build({ settings: definition.settings.parse(settings), data: dataShape(dataset, 'none'), noise: createNoise(1) });
  const values = tensor4d(rows.flat(), [count, data.height, data.width, data.channels]);
  const split = () => ({ data: values, labels: null });
  const session = { run: { id: 'r', experiment, folder: '', dataset, datasetFolder: '', purpose: 'answer' }, compute: { backend: 'wasm' }, model, protocol: '', split, shown: split } as unknown as Session;
  change?.(session);
  const before = memory().numTensors;
  const measures = finished(measuring(session, measurementSchema.parse(asked) as Asked<K>, count));
  expect(memory().numTensors).toBe(before);
  dispose([values, ...Object.values(model.parameters), ...Object.values(('state' in model && model.state) || {})]);
  return measures;
}

export const valueOf = (measures: readonly Measure[], metric: string, estimator = ''): number => {
  const found = measures.find((measure) => measure.metric === metric && holdsWords(measure.estimator, estimator));
  if (!found) throw new Error(`No ${metric} among ${measures.map((measure) => `${measure.metric}: ${measure.estimator}`).join('\n')}`);
  return found.value;
};
