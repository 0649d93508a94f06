import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorFrom, Refusal, refuse, type ElboError } from '../../contract/errors';
import { parse } from '../../contract/parse';
import { lowerings, type ComputeInfo } from '../../contract/runs';
import { readSafetensors, writeSafetensors } from '../formats/safetensors';

/** All that a run needs to go on: noise and batches are functions of the seed and the step. */
export interface Checkpoint {
  step: number;
  seed: number;
  /** Model id. */
  model: string;
  compute: Omit<ComputeInfo, 'compilation'>;
  /** Parameters and optimiser state by name, as `TrainStep.read` gives them; of a run that keeps the best, that too. */
  state: Record<string, { shape: number[]; values: Float32Array }>;
  /** The evaluation that the best are of. */
  best?: { step: number; loss: number };
}

/** The step whose parameters a model is asked with that was loaded from the checkpoint. */
export const askedStep = ({ best, step }: Pick<Checkpoint, 'best' | 'step'>): number => best?.step ?? step;

const stateFile = 'state.safetensors';
const manifestFile = 'manifest.json';
const temporary = '.writing-';
const kept = 2;
const stepName = /^step-(\d{8,15})$/;

const contentSchema = z.strictObject({
  format: z.literal(1),
  step: z.int().min(0),
  seed: z.int().min(0),
  model: z.string(),
  compute: z.strictObject({ backend: z.enum(['tensorflow', 'wasm']), device: z.string(), library: z.string(), lowering: z.enum(lowerings) }),
  best: z.strictObject({ step: z.int().min(0), loss: z.number() }).optional(),
  files: z.strictObject({ [stateFile]: z.strictObject({ bytes: z.int().min(0), sha256: z.string() }) }),
});
/** `sha256`: of the content as `JSON.stringify` gives it, so that the manifest vouches for itself. */
const manifestSchema = z.strictObject({ content: contentSchema, sha256: z.string() });

const folderOf = (runFolder: string): string => join(runFolder, 'checkpoints');
const nameOf = (step: number): string => `step-${String(step).padStart(8, '0')}`;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Steps of the checkpoints in the run's folder, whole or damaged, newest first. */
function stepsIn(folder: string): number[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => stepName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

/**
 * Writes `checkpoints/step-00001000/` in the run's folder: beside under another name, fsynced, renamed. When it returns, the
 * checkpoint survives a power cut; a process killed in the middle leaves the ones before as they were. Keeps the newest two;
 * later steps, which the run went back behind, go. Only one process may write checkpoints of a run.
 */
export function writeCheckpoint(runFolder: string, { step, seed, model, compute, state, best }: Checkpoint): void {
  const folder = folderOf(runFolder);
  mkdirSync(folder, { recursive: true });
  remove(folder, (name) => name.startsWith(temporary));

  const bytes = writeSafetensors(state);
  const content = contentSchema.parse({ format: 1, step, seed, model, compute, ...(best && { best }), files: { [stateFile]: { bytes: bytes.length, sha256: sha256(bytes) } } });
  const beside = join(folder, temporary + randomUUID());
  mkdirSync(beside);
  writeDurably(join(beside, stateFile), bytes);
  writeDurably(join(beside, manifestFile), Buffer.from(JSON.stringify({ content, sha256: sha256(JSON.stringify(content)) }, null, 2)));
  fsyncFolder(beside);

  const target = join(folder, nameOf(step));
  if (existsSync(target)) renameSync(target, join(folder, temporary + randomUUID()));
  renameSync(beside, target);
  fsyncFolder(folder);

  const keep = stepsIn(folder).filter((other) => other <= step).slice(0, kept).map(nameOf);
  remove(folder, (name) => name.startsWith(temporary) || (stepName.test(name) && !keep.includes(name)));
}

function remove(folder: string, which: (name: string) => boolean): void {
  for (const name of readdirSync(folder).filter(which)) rmSync(join(folder, name), { recursive: true });
}

/**
 * The newest checkpoint in the run's folder whose sums are right, or null; and why each newer one was skipped. Null with
 * something skipped means that the run's state is lost: starting from step 0 is the person's decision.
 */
export function readNewestCheckpoint(runFolder: string): { checkpoint: Checkpoint | null; skipped: ElboError[] } {
  const folder = folderOf(runFolder);
  const skipped: ElboError[] = [];
  for (const step of stepsIn(folder)) {
    try {
      return { checkpoint: readCheckpoint(join(folder, nameOf(step)), step), skipped };
    } catch (thrown) {
      const { code, message, where } = errorFrom(thrown);
      if (!(thrown instanceof Refusal) && code !== 'not-found') throw thrown;
      skipped.push({ code: 'damaged-checkpoint', message: `The checkpoint of step ${step} is damaged: ${message}`, where: where ?? join(folder, nameOf(step)) });
    }
  }
  return { checkpoint: null, skipped };
}

function readCheckpoint(folder: string, step: number): Checkpoint {
  const manifestPath = join(folder, manifestFile);
  const raw = json(readFileSync(manifestPath, 'utf8'), manifestPath);
  const { content, sha256: sum } = parse(manifestSchema, raw, manifestPath, 'damaged-checkpoint');
  if (sha256(JSON.stringify((raw as { content: unknown }).content)) !== sum || content.step !== step)
    refuse('damaged-checkpoint', 'Its manifest was changed.', { where: manifestPath });

  const statePath = join(folder, stateFile);
  const bytes = readFileSync(statePath);
  const expected = content.files[stateFile];
  if (bytes.length !== expected.bytes) refuse('damaged-checkpoint', `It has ${bytes.length} bytes, its manifest says ${expected.bytes}.`, { where: statePath });
  if (sha256(bytes) !== expected.sha256) refuse('damaged-checkpoint', 'Its bytes are not those that were written.', { where: statePath });

  const { seed, model, compute, best } = content;
  const state = Object.entries(readSafetensors(bytes, statePath)).map(([name, { shape, values }]) => {
    if (!(values instanceof Float32Array)) return refuse('damaged-checkpoint', 'Its state is not float32.', { where: `${statePath}, ${name}` });
    return [name, { shape, values }] as const;
  });
  return { step, seed, model, compute, state: Object.fromEntries(state), ...(best && { best }) };
}

function json(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse('damaged-checkpoint', 'It is not JSON.', { where: file });
  }
}

function writeDurably(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'wx');
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename in the folder durable. Windows has no such call and needs none. */
function fsyncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
