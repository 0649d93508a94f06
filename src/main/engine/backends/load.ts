import { readdirSync, readFileSync } from 'node:fs';
import util from 'node:util';
import { engine, ready, setBackend, version_core } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { refuse } from '../../../contract/errors';
import type { ComputeInfo } from '../../../contract/runs';
import { registerTensorFlowKernels } from './tensorflow-kernels';
import { registerWasmKernels } from './wasm-kernels';

export type Backend = ComputeInfo['backend'];

export interface LoadedBackend extends Omit<ComputeInfo, 'lowering'> {
  /** Why it is not TensorFlow, in a sentence; null when it is, or when WebAssembly was asked for. */
  why: string | null;
}

/**
 * Loads a compute library and makes it the one that tensors live in.
 * @param wanted this one or none; left out, TensorFlow or else WebAssembly. The environment's ELBO_BACKEND goes before it.
 * @throws Refusal `no-compute` when the wanted library, or without a wish any library, cannot be loaded
 */
export async function loadBackend(wanted?: Backend): Promise<LoadedBackend> {
  const forced = fromEnvironment() ?? wanted;
  if (forced === 'wasm') return loadWasm(null);
  try {
    return await loadTensorFlow();
  } catch (thrown) {
    const why = `TensorFlow could not be loaded: ${firstLine(thrown)}`;
    if (forced) return refuse('no-compute', why, { where: 'backend tensorflow', repair: 'Run "elbo doctor" to see where it looked, or set ELBO_BACKEND=wasm.' });
    return loadWasm(why);
  }
}

function fromEnvironment(): Backend | undefined {
  const value = process.env.ELBO_BACKEND;
  if (!value || value === 'tensorflow' || value === 'wasm') return value ? (value as Backend) : undefined;
  return refuse('bad-request', `ELBO_BACKEND is "${value}".`, { where: 'environment', repair: 'Set it to tensorflow or wasm, or not at all.' });
}

async function loadTensorFlow(): Promise<LoadedBackend> {
  // Read when the library loads: warnings only, and no more of a GPU's memory than is needed.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Node 23 took this function away; tfjs-node still calls it.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === undefined || value === null });
  await import('@tensorflow/tfjs-node-gpu');
  await setBackend('tensorflow');
  const { binding, isUsingGpuDevice } = engine().backend as NodeJSKernelBackend;
  registerTensorFlowKernels();
  return { backend: 'tensorflow', device: isUsingGpuDevice ? gpuName() : 'CPU', library: `TensorFlow ${binding.TF_Version}`, why: null };
}

async function loadWasm(why: string | null): Promise<LoadedBackend> {
  try {
    // Registers the gradients, which tfjs-core by itself leaves out.
    await import('@tensorflow/tfjs');
    await import('@tensorflow/tfjs-backend-wasm');
    await setBackend('wasm');
    await ready();
  } catch (thrown) {
    return refuse('no-compute', [why, `WebAssembly could not be loaded: ${firstLine(thrown)}`].filter(Boolean).join(' '), {
      where: 'backend wasm',
      repair: 'Run npm ci again, then "elbo doctor".',
    });
  }
  registerWasmKernels();
  return { backend: 'wasm', device: 'CPU', library: `tfjs WebAssembly ${version_core}`, why };
}

/** The driver's name of the GPU. TensorFlow's binding tells only that there is one, so with several different ones all are named. */
function gpuName(): string {
  const drivers = '/proc/driver/nvidia/gpus';
  try {
    const names = readdirSync(drivers).map((gpu) => /^Model:\s*(.+)$/m.exec(readFileSync(`${drivers}/${gpu}/information`, 'utf8'))?.[1] ?? 'GPU');
    return [...new Set(names)].join(' or ') || 'GPU';
  } catch {
    return 'GPU';
  }
}

const firstLine = (thrown: unknown): string => String(thrown instanceof Error ? thrown.message : thrown).split('\n')[0] ?? '';
