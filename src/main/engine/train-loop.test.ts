import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose, tensor4d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FromEngine } from '../../contract/engine';
import { experimentSchema, type CompileMode } from '../../contract/experiment';
import { dataShape } from '../../contract/models';
import type { Evaluation } from '../../contract/runs';
import { findModel } from '../../ml/models/registry';
import { createNoise } from '../../ml/random/noise';
import { readNewestCheckpoint } from './checkpoint';
import { Link } from './link';
import { tableOf } from './measurements/testing';
import { restoreParameters, type Session } from './session';
import { train } from './train-loop';

const counts = { train: 60, valid: 200, test: 100 };

/** A normal number, its square with some noise, and their sum with some noise. */
function bent(count: number, purpose: string): number[] {
  const noise = createNoise(2).normal([count, 3], purpose).dataSync();
  return Array.from({ length: count }, (_, i) => noise.slice(3 * i, 3 * i + 3)).flatMap(([a = 0, b = 0, c = 0]) => [a, a * a + 0.5 * b, a + a * a + 0.5 * c]);
}

/** A flow with far more parameters than 60 rows can teach. */
function overfitting(folder: string, compile: CompileMode, more: { averaging?: number; patience?: number } = {}): Session {
  const settings = { layers: 1, widths: [24] };
  const training = { steps: 300, batch: 20, learningRate: 0.04, evaluateEvery: 5, keepBest: true, patience: 4, weightDecay: 1e-3, compile, ...more };
  const experiment = experimentSchema.parse({ model: 'maf', data: 'made', settings, training });
  const dataset = { ...tableOf(3), counts };
  const definition = findModel('maf');
  const model = definition.build({ settings: definition.settings.parse(settings), data: dataShape(dataset, 'none'), noise: createNoise(1) });
  const data = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, tensor4d(bent(count, name), [count, 1, 1, 3])]));
  const split = (name: string) => ({ data: data[name], labels: null });
  const run = { id: 'r', experiment, folder, dataset, datasetFolder: '', loweringsFile: join(folder, 'lowerings.json'), purpose: 'train', compute: null };
  return { run, compute: { backend: process.env.ELBO_BACKEND === 'wasm' ? 'wasm' : 'tensorflow', device: 'CPU', library: '', lowering: 'eager' }, model, protocol: 'table', split, shown: split } as unknown as Session;
}

interface Trained {
  /** The loss on the validation split by step. */
  curve: Map<number, number>;
  evaluations: Evaluation[];
  end: number | null;
}

/** Trains until the end, or until it is told to stop once `stopAt` is recorded. */
async function trained(session: Session, stopAt = Infinity): Promise<Trained> {
  const result: Trained = { curve: new Map(), evaluations: [], end: null };
  const hear = (message: FromEngine): void => {
    if (message.type === 'done') result.evaluations = message.evaluations;
    if (message.type !== 'metrics') return;
    const { series, steps, values } = message.block;
    const column = series.findIndex(({ name, split }) => name === 'lossNats' && split === 'valid');
    steps.forEach((step, i) => {
      const value = values[i * series.length + column];
      if (column >= 0 && value !== undefined && !Number.isNaN(value)) result.curve.set(step, value);
    });
    const last = steps.at(-1) ?? 0;
    link.receive({ type: 'stored', step: last });
    if (last >= stopAt) link.receive({ type: 'stop' });
  };
  const link = new Link(hear);
  result.end = await train(session, link);
  return result;
}

const newest = (folder: string): Buffer => readFileSync(join(folder, 'checkpoints', readdirSync(join(folder, 'checkpoints')).sort().at(-1) ?? '', 'state.safetensors'));

const lossOn = (evaluations: Evaluation[], split: string): number => -(evaluations.find((each) => each.metric === 'logProbNats' && each.split === split)?.value ?? NaN);

const end = ({ model, split }: Session): void => dispose([...Object.values(model.parameters), ...(['train', 'valid', 'test'] as const).map((name) => split(name).data)]);

const compiles: CompileMode[] = process.env.ELBO_BACKEND === 'wasm' ? ['off'] : ['graph', 'off'];

describe.each(compiles)('a run that keeps the best, compile %s', (compile) => {
  it.each(compile === 'off' ? [{ averaging: 0 }] : [{ averaging: 0 }, { averaging: 0.9 }])('ends when patience does, with the parameters of the smallest loss on the validation split, and says of which step they are; averaging %o', async (more) => {
    const folder = mkdtempSync(join(tmpdir(), 'elbo-best-'));
    const session = overfitting(folder, compile, more);
    const { curve, evaluations, end: at } = await trained(session);
    const steps = [...curve.keys()];
    const best = steps.reduce((least, step) => ((curve.get(step) ?? NaN) < (curve.get(least) ?? NaN) ? step : least));
    // It overfits: the smallest loss is neither the first nor the last, and four evaluations later nothing is hoped for.
    expect(best).toBeGreaterThan(5);
    expect(steps.at(-1)).toBe(best + 20);
    expect(at).toBe(best);
    expect(evaluations.every(({ step }) => step === best)).toBe(true);
    expect([...new Set(evaluations.map(({ split }) => split))]).toEqual(['test', 'valid', 'train']);
    expect(lossOn(evaluations, 'valid')).toBeCloseTo(curve.get(best) ?? NaN, 5);
    expect(curve.get(best + 20)).toBeGreaterThan((curve.get(best) ?? NaN) + 1e-3);

    // Whoever loads the checkpoint asks the same model.
    const { checkpoint } = readNewestCheckpoint(folder);
    expect(checkpoint).toMatchObject({ step: best + 20, best: { step: best, loss: curve.get(best) } });
    const values = () => Object.values(session.model.parameters).map((variable) => variable.dataSync().slice());
    const before = values();
    restoreParameters(session.model, checkpoint?.state ?? {});
    expect(values()).toEqual(before);
    end(session);
    rmSync(folder, { recursive: true });
  });

  it.runIf(compile === compiles[0])('goes on to the bit when it was stopped after the best, and where it had ended', { timeout: 180_000 }, async () => {
    const whole = mkdtempSync(join(tmpdir(), 'elbo-best-'));
    const session = overfitting(whole, compile);
    const { end: best, curve } = await trained(session);
    end(session);
    const last = Math.max(...curve.keys());
    for (const stopAt of [(best ?? NaN) + 8, last]) {
      const folder = mkdtempSync(join(tmpdir(), 'elbo-best-'));
      const first = overfitting(folder, compile);
      const { end: at } = await trained(first, stopAt);
      end(first);
      const again = overfitting(folder, compile);
      const resumed = await trained(again);
      expect(resumed.end).toBe(best);
      if (at === null) expect(readNewestCheckpoint(folder).checkpoint?.step).toBe(last);
      expect(newest(folder).equals(newest(whole))).toBe(true);
      end(again);
      rmSync(folder, { recursive: true });
    }
    rmSync(whole, { recursive: true });
  });
});
