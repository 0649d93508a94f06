import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle, outputUntilKilled, start } from '../formats/testing/child';
import { readNewestCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'elbo-checkpoint-'));
});
afterEach(() => rmSync(run, { recursive: true }));

const compute = { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow 2.21.0', lowering: 'eager' } as const;
const checkpoint = (step: number, values: Float32Array = Float32Array.of(step, 1)): Checkpoint => ({ step, seed: 7, model: 'vae', compute, state: { 'encoder/kernel': { shape: [1, values.length], values } } });
const steps = (): string[] => readdirSync(join(run, 'checkpoints')).sort();
const stateOf = (step: string): string => join(run, 'checkpoints', step, 'state.safetensors');

it('a run without checkpoints has none', () => {
  expect(readNewestCheckpoint(run)).toEqual({ checkpoint: null, skipped: [] });
});

it('a checkpoint comes back to the bit: NaN payloads, -0, subnormals, scalars and empty tensors', () => {
  const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001, 0x80000000, 1, 0x7f800000, 0xff7fffff);
  const written: Checkpoint = {
    ...checkpoint(1000, new Float32Array(bits.buffer)),
    state: {
      'encoder/kernel': { shape: [7], values: new Float32Array(bits.buffer) },
      'adam/step': { shape: [], values: Float32Array.of(3) },
      none: { shape: [0, 4], values: new Float32Array() },
      __proto__x: { shape: [1], values: Float32Array.of(1) },
    },
  };
  writeCheckpoint(run, written);
  const { checkpoint: read, skipped } = readNewestCheckpoint(run);
  expect(skipped).toEqual([]);
  expect(read).toEqual(written);
  expect(Object.keys(read?.state ?? {})).toEqual(Object.keys(written.state));
  const values = read?.state['encoder/kernel']?.values;
  expect([...new Uint32Array(values?.buffer ?? new ArrayBuffer(0))]).toEqual([...bits]);
});

it('the newest two are kept, and the newest is read', () => {
  for (const step of [100, 200, 300]) writeCheckpoint(run, checkpoint(step));
  expect(steps()).toEqual(['step-00000200', 'step-00000300']);
  expect(readNewestCheckpoint(run).checkpoint?.step).toBe(300);
});

it('the same step can be written again', () => {
  writeCheckpoint(run, checkpoint(100));
  writeCheckpoint(run, checkpoint(100, Float32Array.of(5)));
  expect(readNewestCheckpoint(run).checkpoint?.state['encoder/kernel']?.values).toEqual(Float32Array.of(5));
  expect(steps()).toEqual(['step-00000100']);
});

it('a damaged checkpoint is skipped, named, and gone once the run has been there again', () => {
  writeCheckpoint(run, checkpoint(100));
  writeCheckpoint(run, checkpoint(200));
  writeFileSync(stateOf('step-00000200'), readFileSync(stateOf('step-00000200')).subarray(0, -1));
  const { checkpoint: read, skipped } = readNewestCheckpoint(run);
  expect(read?.step).toBe(100);
  expect(skipped).toMatchObject([{ code: 'damaged-checkpoint', message: expect.stringContaining('step 200'), where: stateOf('step-00000200') }]);
  writeCheckpoint(run, checkpoint(150));
  expect(steps()).toEqual(['step-00000100', 'step-00000150']);
});

it('every flipped byte and every cut of either file is noticed', () => {
  writeCheckpoint(run, checkpoint(100));
  for (const name of ['state.safetensors', 'manifest.json']) {
    const file = join(run, 'checkpoints', 'step-00000100', name);
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at++) {
      for (const damaged of [Buffer.concat([whole.subarray(0, at), Buffer.of((whole[at] ?? 0) ^ 4), whole.subarray(at + 1)]), whole.subarray(0, at)]) {
        writeFileSync(file, damaged);
        const { checkpoint: read, skipped } = readNewestCheckpoint(run);
        // A flip that only changes white space in the manifest changes nothing that is read.
        if (read) expect([name, read]).toEqual(['manifest.json', checkpoint(100)]);
        else expect(skipped).toMatchObject([{ code: 'damaged-checkpoint', where: expect.stringContaining(file) }]);
      }
    }
    writeFileSync(file, whole);
  }
  rmSync(join(run, 'checkpoints', 'step-00000100', 'manifest.json'));
  expect(readNewestCheckpoint(run)).toMatchObject({ checkpoint: null, skipped: [{ code: 'damaged-checkpoint' }] });
});

it('what a killed writer left is ignored, and cleaned by the next', () => {
  writeCheckpoint(run, checkpoint(100));
  const left = join(run, 'checkpoints', '.writing-1234');
  mkdirSync(left);
  writeFileSync(join(left, 'state.safetensors'), 'half');
  expect(readNewestCheckpoint(run)).toMatchObject({ checkpoint: { step: 100 }, skipped: [] });
  writeCheckpoint(run, checkpoint(200));
  expect(existsSync(left)).toBe(false);
});

it('values that do not fill their shape are a bug, found before anything is written', () => {
  expect(() => writeCheckpoint(run, { ...checkpoint(1), state: { a: { shape: [3], values: new Float32Array(2) } } })).toThrow(/Tensor a/);
  expect(readNewestCheckpoint(run).checkpoint).toBeNull();
});

it('killed in the middle of writing, again and again, the newest is whole and at least the last acknowledged', async () => {
  const program = await bundle(join(import.meta.dirname, 'checkpoint.child.ts'), join(run, 'program'));
  let before = 0;
  // Some kills come before a checkpoint is whole, on a busy machine many: later ones come later.
  for (let kill = 0; kill < 24 || before <= 24; kill++) {
    const output = await outputUntilKilled(start(program, [run]), (150 + ((kill * 53) % 200)) * Math.ceil((kill + 1) / 24));
    const acknowledged = Number(output.trimEnd().split('\n').filter(Boolean).at(-1) ?? before);
    const { checkpoint: read, skipped } = readNewestCheckpoint(run);
    expect(skipped).toEqual([]);
    expect(read?.step ?? 0).toBeGreaterThanOrEqual(acknowledged);
    for (const { values } of Object.values(read?.state ?? {})) expect(values.every((value) => value === read?.step)).toBe(true);
    before = read?.step ?? 0;
  }
});
