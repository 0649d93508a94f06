import { getBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelDefinitions } from '../../../ml/models/registry';
import { cases, conformance } from '../../../ml/testing/conformance';
import { loadBackend } from './load';

describe.skipIf(process.env.ELBO_BACKEND === 'tensorflow')('on WebAssembly', () => {
  beforeAll(async () => {
    await loadBackend('wasm');
  });
  it('is where this runs', () => expect(getBackend()).toBe('wasm'));
  // The kernels are the backend's own, the choices are not: ELBO_LONG=1 takes them all here, too.
  for (const definition of modelDefinitions) conformance(definition, process.env.ELBO_LONG ? cases(definition) : cases(definition).slice(0, 1));
});
