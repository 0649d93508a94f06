import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FromEngine } from '../../contract/engine';
import { experimentSchema } from '../../contract/experiment';
import { dataShape } from '../../contract/models';
import { findModel } from '../../ml/models/registry';
import { createNoise } from '../../ml/random/noise';
import { philoxNormals } from '../../ml/random/philox';
import { Link, type Request } from './link';
import { tableOf } from './measurements/testing';
import type { Session } from './session';
import { train } from './train-loop';

const rows = 1200;

/** Trains for a step, and asks for something when the last checkpoint is written. @returns what was sent */
async function trained(folder: string, ...asked: Request[]): Promise<{ sent: FromEngine[]; end: number | null }> {
  const dataset = { ...tableOf(2), counts: { train: rows, valid: 0, test: rows } };
  const experiment = experimentSchema.parse({ model: 'ffjord', data: 'made', settings: { layers: 1, solverSteps: 2, widths: [4] }, training: { steps: 1, batch: 10, compile: 'off' } });
  const definition = findModel('ffjord');
  const model = definition.build({ settings: definition.settings.parse(experiment.settings), data: dataShape(dataset, 'none'), noise: createNoise(1) });
  const all = { data: tensor4d(philoxNormals(2 * rows, 1, 0), [rows, 1, 1, 2]), labels: null };
  const session = { run: { id: 'r', experiment, folder, dataset, datasetFolder: '', purpose: 'train', compute: null }, compute: { backend: 'wasm', device: 'CPU', library: '', lowering: 'eager' }, model, protocol: '', split: () => all, shown: () => all } as unknown as Session;
  const sent: FromEngine[] = [];
  const link: Link = new Link((message: FromEngine) => {
    sent.push(message);
    if (message.type === 'metrics') link.receive({ type: 'stored', step: 1 });
    if (message.type === 'checkpoint') for (const request of asked) link.receive(request);
    if (message.type === 'paused') link.receive({ type: 'continue' });
  });
  const end = await train(session, link);
  dispose([all.data, ...Object.values(model.parameters)]);
  return { sent, end };
}

it('a run can be stopped while it is evaluated at its end, and a resumed one is evaluated from its checkpoint; a flow by a solver is gated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elbo-final-'));
  const stopped = await trained(folder, { type: 'stop' });
  expect(stopped.end).toBeNull();
  expect(stopped.sent.at(-1)).toEqual({ type: 'stopped', step: 1 });
  const { sent, end } = await trained(folder);
  const last = sent.at(-1);
  expect([end, sent.find(({ type }) => type === 'opened')]).toMatchObject([1, { step: 1 }]);
  const metrics = last?.type === 'done' ? last.evaluations.map(({ metric, split, n }) => `${metric} ${split} ${n}`) : [];
  expect(metrics).toEqual(expect.arrayContaining(['logProbNats test 1200', 'logProbNats train 1200', 'solverGapNats test 300', 'roughIntegral test 10000']));
  rmSync(folder, { recursive: true });
});

it('a run answers while it is evaluated at its end, and pauses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elbo-final-'));
  const { sent } = await trained(folder, { type: 'probe', id: 1, probe: { kind: 'points', split: 'test', offset: 0, count: 10, temperature: 1, seed: 0 } }, { type: 'pause' });
  const order = sent.map(({ type }) => type).filter((type) => type !== 'metrics');
  expect(order.filter((type) => type !== 'progress')).toEqual(['opened', 'checkpoint', 'answer', 'paused', 'continued', 'done']);
  const told = sent.flatMap((message) => (message.type === 'progress' ? [message.done] : []));
  expect([told[0], told.at(-1)]).toEqual([0, 2 * rows]);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  rmSync(folder, { recursive: true });
});
