import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose, tensor, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { experimentSchema } from '../src/contract/experiment';
import { loadBackend } from '../src/main/engine/backends/load';
import { compileFunction } from '../src/main/engine/compile-step/compile-function';
import { compileStep, feed, type Step } from '../src/main/engine/compile-step/compile-step';
import type { Lowering } from '../src/main/engine/compile-step/lowering';
import { readSafetensors, writeSafetensors } from '../src/main/formats/safetensors';
import { openStore } from '../src/main/store/store';
import { createNoise } from '../src/ml/random/noise';
import { dataOf, draw, fromInputs, initialParameters, inputsOf, randomRows } from './inputs';
import { measure, median, type Timing } from './measure';
import { stepOf } from './step';
import { workloads } from './workloads';
import type { Workload } from './workloads/workload';

// One measurement of ours, in a process of its own: `node bench.js TASK WORKLOAD LOWERING|eager INPUTS SECONDS` prints one line of JSON.

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
  return found();
}

/** As the step itself is written where `eager` is asked for, else compiled. */
function prepare(step: Step): { run: (...feeds: Int32Array[]) => number; compileMs: number; ops: number | null } {
  const first = (values: ArrayLike<number>): number => values[0] ?? NaN;
  if (lowering === 'eager')
    return { run: (...feeds) => first(tidy(() => step.body(...feeds.map((values, i) => tensor(values, step.examples[0][i]?.shape, 'int32'))).dataSync())), compileMs: 0, ops: null };
  const began = performance.now();
  const compiled = compileStep(step, { lowering: lowering as Lowering });
  const compileMs = performance.now() - began;
  return { run: (...feeds) => first(compiled.run(...feeds)), compileMs, ops: compiled.report.operations };
}

function train(): OursResult {
  const of = workload();
  const { run, compileMs, ops } = prepare(stepOf(of, { parameters: initialParameters(of), constants: of.constants(), data: dataOf(of) }));
  let number = 0;
  return { ...measure(() => run(Int32Array.of(++number), randomRows(of.batch)), Number(seconds)), compileMs, ops };
}

function check(): { losses: number[] } {
  const of = workload();
  const { run } = prepare(stepOf(of, fromInputs(readSafetensors(readFileSync(file), file))));
  return { losses: [1, 2, 3, 4, 5].map((number) => run(Int32Array.of(number), randomRows(of.batch))) };
}

/** As a probe of a trained model is answered: parameters and codes are fed, noise is drawn inside. */
function sample(): OursResult {
  const of = workload();
  const { sample: sampling } = of;
  if (!sampling) throw new Error(`${id} has no sampling.`);
  const parameters = initialParameters(of);
  const values = { ...parameters, ...of.constants() };
  const given = sampling.given ? draw(sampling.noise, createNoise(1)) : {};
  const body = (number: Tensor, ...codes: Tensor[]): Tensor[] => {
    const fed = Object.fromEntries(Object.keys(given).map((name, i) => [name, codes[i] as Tensor]));
    return [sampling.run(values, sampling.given ? fed : draw(sampling.noise, createNoise(1).at(number as Scalar)))];
  };
  let number = 0;
  const inputs = (): Tensor[] => [feed(++number), ...Object.values(given)];
  const began = performance.now();
  const { compiled, results } = compileFunction(Object.values(parameters), inputs(), body);
  dispose(results);
  const one = (): number =>
    tidy(() => {
      const [drawn] = compiled.call(inputs());
      return drawn?.dataSync()[0] ?? NaN;
    });
  one();
  const compileMs = performance.now() - began;
  return { ...measure(one, Number(seconds), 1), compileMs, ops: null };
}

/** A million points of one series, stored as an engine sends them, and their curve for a panel of a thousand pixels. */
function store(): StoreResult {
  const home = mkdtempSync(join(tmpdir(), 'elbo-bench-'));
  const opened = openStore(home);
  try {
    const points = 1_000_000;
    const block = 10_000;
    const experiment = experimentSchema.parse({ model: 'vae', data: 'mnist' });
    opened.runs.insert({ id: 'bench', name: 'bench', status: 'running', experiment, recipe: null, variant: null, execution: null, createdAt: new Date().toISOString(), owner: null });
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
