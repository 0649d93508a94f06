import { mul, tensor4d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { experimentSchema } from '../../../contract/experiment';
import { measurementSchema } from '../../../contract/measurements';
import { dataShape } from '../../../contract/models';
import { findModel } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import type { Link } from '../link';
import type { Session, SplitData } from '../session';
import { rowsAt, standingFor } from '../../../ml/data/shown-order';
import { dealt } from '../subset';
import { measure } from './measure';
import { tableOf } from './testing';

const total = 64;
/** In the order of two classes, as many files are: the origin and far from it. */
const sorted = (): SplitData => ({ data: tensor4d(Array.from({ length: total }, (_, i) => [i < total / 2 ? 0 : 3, 0]).flat(), [total, 1, 1, 2]), labels: Uint16Array.from({ length: total }, (_, i) => (i < total / 2 ? 0 : 1)) });

it('deals out examples with their labels, each once, always the same ones', () => {
  const all = sorted();
  const [whole, some, again] = [total, 16, 16].map((count) => dealt(all, count)) as [SplitData, SplitData, SplitData];
  const firsts = ({ data }: SplitData): number[] => Array.from(data.dataSync<'float32'>()).filter((_, i) => i % 2 === 0);
  expect(firsts(whole).sort()).toEqual(firsts(all));
  expect(firsts(some).map((x) => (x > 0 ? 1 : 0))).toEqual(Array.from(some.labels ?? []));
  expect(new Set(some.labels)).toEqual(new Set([0, 1]));
  expect(firsts(again)).toEqual(firsts(some));
  [all, whole, some, again].forEach(({ data }) => data.dispose());
});

it('deals out what a file has beside the examples in the same order; all of it as it comes', () => {
  const all = sorted();
  const some = dealt(all, 16);
  const rows = Float32Array.from(all.data.dataSync<'float32'>());
  expect(rowsAt(rows, 2, standingFor(total, 16))).toEqual(some.data.dataSync());
  expect(rowsAt(all.labels as Uint16Array, 1, standingFor(total, 16))).toEqual(some.labels);
  expect(rowsAt(rows, 2, standingFor(total, total))).toEqual(rows);
  [all, some].forEach(({ data }) => data.dispose());
});

it('a limit takes examples out of the whole split, not its first ones', async () => {
  const definition = findModel('nice');
  const dataset = { ...tableOf(2), counts: { train: total, valid: 0, test: total } };
  const settings = definition.settings.parse({ layers: 1, widths: [4] });
  const model = definition.build({ settings, data: dataShape(dataset, 'none'), noise: createNoise(1) });
  // All parameters zero: the standard normal.
  Object.values(model.parameters).forEach((variable) => variable.assign(mul(variable, 0)));
  const all = sorted();
  const session = { run: { id: 'r', experiment: experimentSchema.parse({ model: 'nice', data: 'made', settings }), folder: '', dataset, datasetFolder: '', purpose: 'answer' }, compute: { backend: 'wasm' }, model, protocol: '', split: () => all, shown: () => all } as unknown as Session;
  const sent: unknown[] = [];
  const link = { send: (message: unknown) => sent.push(message), breathe: () => Promise.resolve() } as unknown as Link;
  await measure(session, 1, measurementSchema.parse({ measure: 'likelihood', estimator: 'exact', limit: 16 }) as never, link);
  const { evaluations } = sent.at(-1) as { evaluations: { metric: string; value: number; n: number }[] };
  const [{ value, n } = { value: NaN, n: 0 }] = evaluations.filter(({ metric }) => metric === 'logProbNats');
  const shareOfFar = (-Math.log(2 * Math.PI) - value) / (9 / 2);
  expect(n).toBe(16);
  expect(shareOfFar).toBeGreaterThan(0.2);
  expect(shareOfFar).toBeLessThan(0.8);
  [all.data, ...Object.values(model.parameters)].forEach((tensor) => tensor.dispose());
});
