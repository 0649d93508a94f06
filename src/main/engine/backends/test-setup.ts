import { loadBackend } from './load';

// Test files run side by side, and their tensors are small: more threads only wait for each other.
process.env.TF_NUM_INTRAOP_THREADS ??= '1';
process.env.TF_NUM_INTEROP_THREADS ??= '1';
await loadBackend('tensorflow');
