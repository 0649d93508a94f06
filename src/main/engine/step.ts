import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Scalar, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { lowerings, type ComputeInfo, type Lowering } from '../../contract/runs';
import type { EagerTrainStep } from '../../ml/train-step';
import { compileStep, feed, type CompiledStep } from './compile-step/compile-step';
import { xlaPays } from './compile-step/lowering';
import type { Session } from './session';

/** The seam between a model's training step and the way it is run: op by op, or as one native call. */
export interface TrainStep {
  /** Names of the values that `run` returns, in order. */
  readonly terms: readonly string[];
  /** Takes one optimiser step on the examples at `indices` (rows of the training set) and returns the terms. */
  run(step: number, indices: Int32Array): Float32Array;
  /** Brings the model's variables to the step that was taken last. */
  settle(): void;
}

/** What is compared on resume, and what a checkpoint says it was made with. */
export const computeOf = ({ compute: { backend, device, library, lowering } }: Session): Omit<ComputeInfo, 'compilation'> => ({ backend, device, library, lowering });

/**
 * The step in the lowering that the run was begun with, or else in the one that its experiment asks for; says in `session.compute` which that is.
 * @throws Refusal `cannot-compile`
 */
export function lowered(session: Session, eager: EagerTrainStep, { data, batch }: { data: Tensor4D; batch: number }): TrainStep {
  const { compute, run } = session;
  const asked = compute.backend === 'wasm' ? 'off' : run.experiment.training.compile;
  const wanted = run.compute?.lowering ?? (asked === 'off' ? 'eager' : asked);
  if (wanted === 'eager') return { ...eager, settle: () => undefined };
  const compile = (lowering: 'graph' | 'xla'): CompiledStep => compiled(eager, data, batch, lowering);
  const { step, stepMilliseconds } = wanted === 'auto' ? faster(session, compile, batch) : { step: compile(wanted), stepMilliseconds: undefined };
  const { lowering, operations, recordMs, loadMs, firstMs } = step.report;
  session.compute = { ...compute, lowering, compilation: { operations, milliseconds: recordMs + loadMs + firstMs, ...(stepMilliseconds && { stepMilliseconds }) } };
  let behind = false;
  return {
    terms: eager.terms,
    run(number, indices) {
      behind = true;
      return step.run(Int32Array.of(number), indices);
    },
    settle() {
      if (behind) step.store();
      behind = false;
    },
  };
}

/** The step in one lowering. @throws Refusal `cannot-compile` */
export function compiled({ state, body }: EagerTrainStep, data: Tensor4D, batch: number, lowering: 'graph' | 'xla'): CompiledStep {
  const [count] = data.shape;
  const rows = (step: number): Int32Array => Int32Array.from({ length: batch }, (_, i) => (step * batch + i) % count);
  const examples = [1, 2].map((step) => [feed(step), feed(rows(step))]);
  try {
    return compileStep({ state, resident: { data }, examples: [examples[0] ?? [], examples[1] ?? []], body: (step, indices) => body(step as Scalar, indices as Tensor1D) }, { lowering });
  } finally {
    examples.flat().forEach((example) => example.dispose());
  }
}

const choicesSchema = z.record(z.string(), z.partialRecord(z.enum(lowerings), z.number()));

/** The graph, or XLA where that pays; timed once for a model's shapes on a machine, then remembered. */
function faster(session: Session, compile: (lowering: 'graph' | 'xla') => CompiledStep, batch: number): { step: CompiledStep; stepMilliseconds: Partial<Record<Lowering, number>> } {
  const { compute, run, model } = session;
  const file = run.loweringsFile;
  const known = remembered(file);
  const shapes = Object.entries(model.parameters).map(([name, { shape }]) => `${name} ${shape}`);
  const { model: id, settings, binarisation } = run.experiment;
  const key = createHash('sha256').update(JSON.stringify([compute.device, compute.library, id, settings, binarisation, batch, shapes])).digest('hex').slice(0, 24);
  const before = known[key];
  if (before) return { step: compile(better(before)), stepMilliseconds: before };
  const steps = { graph: compile('graph'), xla: compile('xla') };
  const times = timed(steps, batch);
  const beside = `${file}.writing-${process.pid}`;
  writeFileSync(beside, JSON.stringify({ ...remembered(file), [key]: times }, null, 2));
  renameSync(beside, file);
  const chosen = better(times);
  steps[chosen === 'xla' ? 'graph' : 'xla'].dispose();
  // The steps that were timed moved its state.
  steps[chosen].load();
  return { step: steps[chosen], stepMilliseconds: times };
}

/** The choices that were made before; none when the file cannot be understood, and they are made again. */
function remembered(file: string): z.output<typeof choicesSchema> {
  if (!existsSync(file)) return {};
  try {
    return choicesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

const better = ({ graph = 0, xla = Infinity }: Partial<Record<Lowering, number>>): 'graph' | 'xla' => (xlaPays(graph, xla) ? 'xla' : 'graph');

/** Median milliseconds of a step of each, after warming up. They take turns, so that a machine that gets slower gets slower for both. */
function timed(steps: Record<'graph' | 'xla', CompiledStep>, batch: number): Record<'graph' | 'xla', number> {
  const rows = Int32Array.from({ length: batch }, (_, i) => i);
  const one = (step: CompiledStep, number: number): number => {
    const began = performance.now();
    step.run(Int32Array.of(number), rows);
    return performance.now() - began;
  };
  const turns = Array.from({ length: 31 }, (_, i) => ({ graph: one(steps.graph, i + 1), xla: one(steps.xla, i + 1) })).slice(6);
  const median = (lowering: 'graph' | 'xla'): number => turns.map((turn) => turn[lowering]).sort((a, b) => a - b)[12] ?? NaN;
  return { graph: median('graph'), xla: median('xla') };
}
