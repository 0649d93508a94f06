import { getBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../../../contract/errors';
import { loadBackend } from './load';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.doUnmock('@tensorflow/tfjs-node-gpu');
});

const withoutTensorFlow = () =>
  vi.doMock('@tensorflow/tfjs-node-gpu', () => {
    throw new Error('libtensorflow.so.2: cannot open shared object file\nsecond line');
  });

describe('loading a backend', () => {
  it.skipIf(process.env.ELBO_BACKEND === 'wasm')('says which TensorFlow it is, of the library and not of its JavaScript binding', async () => {
    const loaded = await loadBackend();
    expect(loaded).toMatchObject({ backend: 'tensorflow', why: null });
    expect(loaded.library).toMatch(/^TensorFlow 2\.\d+\.\d+/);
    expect(loaded.device.length).toBeGreaterThan(2);
  });

  it('gives WebAssembly when it is wanted, with nothing to explain', async () => {
    vi.stubEnv('ELBO_BACKEND', '');
    expect(await loadBackend('wasm')).toMatchObject({ backend: 'wasm', device: 'CPU', library: 'tfjs WebAssembly 4.22.0', why: null });
    expect(getBackend()).toBe('wasm');
  });

  it('lets ELBO_BACKEND go before the wish, and refuses a name that it does not know', async () => {
    vi.stubEnv('ELBO_BACKEND', 'wasm');
    expect((await loadBackend('tensorflow')).backend).toBe('wasm');
    vi.stubEnv('ELBO_BACKEND', 'webgpu');
    await expect(loadBackend()).rejects.toThrow('ELBO_BACKEND is "webgpu".');
  });

  it('falls back to WebAssembly without TensorFlow, and says why', async () => {
    vi.stubEnv('ELBO_BACKEND', '');
    withoutTensorFlow();
    const loaded = await loadBackend();
    expect(loaded.backend).toBe('wasm');
    expect(loaded.why).toMatch(/^TensorFlow could not be loaded: .+/);
    expect(loaded.why).not.toContain('second line');
  });

  it('refuses when TensorFlow is forced and missing', async () => {
    withoutTensorFlow();
    vi.stubEnv('ELBO_BACKEND', 'tensorflow');
    const refusal = await loadBackend().catch((thrown: unknown) => thrown);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).error).toMatchObject({ code: 'no-compute', repair: expect.stringContaining('ELBO_BACKEND=wasm') });
  });
});
