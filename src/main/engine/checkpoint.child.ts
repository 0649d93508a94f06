// Writes checkpoints of the run folder argv[2] until it is killed, printing each step once it is acknowledged.
import { writeSync } from 'node:fs';
import { readNewestCheckpoint, writeCheckpoint } from './checkpoint';

const folder = process.argv[2] ?? '';
const compute = { backend: 'tensorflow', device: 'CPU', library: 'TensorFlow 2.21.0', lowering: 'eager' } as const;
for (let step = (readNewestCheckpoint(folder).checkpoint?.step ?? 0) + 1; ; step++) {
  const values = new Float32Array(200_000).fill(step);
  writeCheckpoint(folder, { step, seed: 0, model: 'vae', compute, state: { a: { shape: [200, 1000], values }, b: { shape: [200_000], values } } });
  writeSync(1, `${step}\n`);
}
