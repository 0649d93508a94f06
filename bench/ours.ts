import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose, scalar, tidy, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { experimentSchema } from '../src/contract/experiment';
import { loadBackend } from '../src/main/engine/backends/load';
import { compileFunction } from '../src/main/engine/compile-step/compile-function';
import { feed } from '../src/main/engine/compile-step/compile-step';
import { compiled } from '../src/main/engine/step';
import { writeSafetensors } from '../src/main/formats/safetensors';
import { openStore } from '../src/main/store/store';
import type { GradientModel } from '../src/ml/model';
import { createNoise } from '../src/ml/random/noise';
import { begin, firstRows, inputsOf, randomRows, seed, stepOf } from './inputs';
import { measure, median, type Timing } from './measure';
import { workloads, type Sampling, type Workload } from './workloads';

// One measurement of ours, in a process of its own: `node bench.js TASK WORKLOAD eager|graph|xla INPUTS SECONDS` prints one line of JSON.

export interface OursResult extends Timing {
  compileMs: number;
  /** In the graph; null for an eager step. */
  ops: number | null;
}

export interface StoreResult {
  ingestRowsPerSecond: number;
  curveQueryMs: number;
}

const [task, id = '', lowering = '', file = '', seconds = '3'] = process.argv.slice(2);

function workload(): Workload {
  const found = workloads[id];
  if (!found) throw new Error(`There is no workload ${id}.`);
  return found;
}

/** The step of a run: as it is written where `eager` is asked for, else compiled. Its first term is the loss. */
function prepare(of: Workload): { run: (step: number, rows: Int32Array) => number; compileMs: number; ops: number | null } {
  const first = (terms: Float32Array): number => terms[0] ?? NaN;
  const begun = begin(of);
  const step = stepOf(begun);
  if (lowering === 'eager') return { run: (number, rows) => first(step.run(number, rows)), compileMs: 0, ops: null };
  const began = performance.now();
  const graph = compiled(step, begun.data, of.batch, lowering === 'xla' ? 'xla' : 'graph');
  return { run: (number, rows) => first(graph.run(Int32Array.of(number), rows)), compileMs: performance.now() - began, ops: graph.report.operations };
}

function train(): OursResult {
  const of = workload();
  const { run, compileMs, ops } = prepare(of);
  let number = 0;
  return { ...measure(() => run(++number, randomRows(of)), Number(seconds)), compileMs, ops };
}

/** Five steps on the first rows with the noise of the first step. */
function check(): { losses: number[] } {
  const of = workload();
  const { run } = prepare(of);
  return { losses: Array.from({ length: 5 }, () => run(1, firstRows(of.batch))) };
}

/** As a probe of a trained model is answered: the parameters are fed, and codes or a temperature and the number of the draw. */
function sample(): OursResult {
  const { sample: sampling } = workload();
  if (!sampling) throw new Error(`${id} has no sampling.`);
  const { model } = begin(workload());
  const { inputs, body } = question(model, sampling);
  const began = performance.now();
  const { compiled: asked, results } = compileFunction([...Object.values(model.parameters), ...Object.values(model.state ?? {})], inputs(), body);
  dispose(results);
  const one = (): number => {
    const [drawn] = tidy(() => asked.call(inputs()));
    const value = drawn?.dataSync()[0] ?? NaN;
    dispose(drawn ?? []);
    return value;
  };
  one();
  const compileMs = performance.now() - began;
  return { ...measure(one, Number(seconds), 1), compileMs, ops: null };
}

function question({ abilities, latentSize }: GradientModel, { ability, count }: Sampling): { inputs: () => Tensor[]; body: (...inputs: Tensor[]) => Tensor[] } {
  const { sample: draw, decode } = abilities;
  if (ability === 'decode' && decode) {
    const codes = createNoise(seed).normal([count, latentSize ?? 0], 'codes');
    return { inputs: () => [codes], body: (z) => [decode(z as Tensor2D).mean()] };
  }
  if (!draw) throw new Error(`${id} cannot ${ability}.`);
  let number = 0;
  return { inputs: () => [scalar(1), feed(++number)], body: (temperature, at) => [draw({ count, temperature: temperature as Scalar, noise: createNoise(seed, at as Scalar) })] };
}

/** A million points of one series, stored as an engine sends them, and their curve for a panel of a thousand pixels. */
function store(): StoreResult {
  const home = mkdtempSync(join(tmpdir(), 'elbo-bench-'));
  const opened = openStore(home);
  try {
    const points = 1_000_000;
    const block = 10_000;
    const experiment = experimentSchema.parse({ model: 'vae', data: 'mnist' });
    opened.runs.insert({ id: 'bench', name: 'bench', status: 'running', experiment, recipe: null, variant: null, execution: null, full: false, createdAt: new Date().toISOString(), owner: null });
    const began = performance.now();
    for (let start = 0; start < points; start += block) {
      const steps = Float64Array.from({ length: block }, (_, i) => start + i + 1);
      opened.metrics.append('bench', { series: [{ name: 'lossNats', split: 'train', unit: 'nats' }], steps, values: steps.map((step) => 100 + Math.sin(step)), stepsPerSecond: 1 });
    }
    const ingestRowsPerSecond = points / ((performance.now() - began) / 1000);
    const queries = [1, 2, 3, 4, 5].map(() => {
      const asked = performance.now();
      opened.metrics.curves('bench', { points: 4000 });
      return performance.now() - asked;
    });
    return { ingestRowsPerSecond, curveQueryMs: median(queries) };
  } finally {
    opened.close();
    rmSync(home, { recursive: true });
  }
}

async function main(): Promise<void> {
  if (task === 'store') return print(store());
  await loadBackend('tensorflow');
  if (task === 'inputs') return writeFileSync(file, writeSafetensors(inputsOf(workload())));
  const tasks: Record<string, () => unknown> = { train, check, sample };
  print(tasks[task ?? '']?.() ?? null);
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

void main();
