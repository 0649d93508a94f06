import { getBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelDefinitions } from '../../../ml/models/registry';
import { conformance } from '../../../ml/testing/conformance';
import { loadBackend } from './load';

describe.skipIf(process.env.ELBO_BACKEND === 'tensorflow')('on WebAssembly', () => {
  beforeAll(async () => {
    await loadBackend('wasm');
  });
  it('is where this runs', () => expect(getBackend()).toBe('wasm'));
  // The kernels are the backend's own, the choices are not: those are for the long run.
  modelDefinitions.forEach((definition) => conformance(definition, { everyChoice: Boolean(process.env.ELBO_LONG) }));
});
