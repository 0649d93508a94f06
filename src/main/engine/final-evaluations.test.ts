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
import { Link } from './link';
import { tableOf } from './measurements/testing';
import type { Session } from './session';
import { train } from './train-loop';

const rows = 1200;

/** Trains for a step, and says stop when the last checkpoint is written. @returns what was sent */
async function trained(stop: boolean, folder: string): Promise<{ sent: FromEngine[]; end: number | null }> {
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
    if (stop && message.type === 'checkpoint') link.receive({ type: 'stop' });
  });
  const end = await train(session, link);
  dispose([all.data, ...Object.values(model.parameters)]);
  return { sent, end };
}

it('a run can be stopped while it is evaluated at its end, and a resumed one is evaluated from its checkpoint; a flow by a solver is gated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'elbo-final-'));
  const stopped = await trained(true, folder);
  expect(stopped.end).toBeNull();
  expect(stopped.sent.at(-1)).toEqual({ type: 'stopped', step: 1 });
  const { sent, end } = await trained(false, folder);
  const last = sent.at(-1);
  expect([end, sent.find(({ type }) => type === 'opened')]).toMatchObject([1, { step: 1 }]);
  const metrics = last?.type === 'done' ? last.evaluations.map(({ metric, split, n }) => `${metric} ${split} ${n}`) : [];
  expect(metrics).toEqual(expect.arrayContaining(['logProbNats test 1200', 'logProbNats train 1200', 'solverGapNats test 300', 'roughIntegral test 10000']));
  rmSync(folder, { recursive: true });
});
