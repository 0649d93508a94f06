import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { GradientModel } from '../../../ml/model';
import { modelDefinitions } from '../../../ml/models/registry';
import { createNoise } from '../../../ml/random/noise';
import { cases, disposeOf, pictures } from '../../../ml/testing/conformance';
import { createTrainStep, type State } from '../../../ml/train-step';
import { compileStep, feed, type CompiledStep } from './compile-step';

const rows = (step: number): Int32Array => Int32Array.from({ length: 16 }, (_, i) => (step * 16 + i * 7) % 48);
const gradientsIn = (state: State): [string, Float32Array][] => Object.entries(state).flatMap(([name, { values }]) => (name.startsWith('adam/first-moment/') ? [[name, values]] : []));

/** Relative to the largest of each tensor: the rounding of sums in another order. */
const gradientTolerance = 1e-4;

describe.skipIf(process.env.ELBO_BACKEND === 'wasm').each(modelDefinitions.filter(({ trainedBy }) => trainedBy === 'gradient').map((definition) => ({ id: definition.id, definition })))('$id, compiled,', ({ definition }) => {
  // ELBO_LONG=1: each choice of each setting, compiled anew for the second time.
  it.each(process.env.ELBO_LONG ? cases(definition) : cases(definition).slice(0, 1))('$name: has the gradients of the eager step, and the same bits twice', ({ settings, data }) => {
    const batch = pictures(data);
    const model = definition.build({ settings, data, noise: createNoise(1) }) as GradientModel;
    model.initialise?.(batch, createNoise(2));
    const step = createTrainStep({ model, learningRate: 1e-3, data: batch, binarisation: data.binary ? 'dynamic' : 'none', seed: 5 });
    const start = step.read();
    step.run(1, rows(1));
    const eager = step.read();

    const compile = (): CompiledStep => compileStep({ state: step.state, resident: { data: batch }, examples: [[feed(3), feed(rows(3))], [feed(4), feed(rows(4))]], body: (n, at) => step.body(n as Scalar, at as Tensor1D) }, { lowering: 'graph' });
    const runOf = (compiled: CompiledStep): { first: State; last: State; terms: Float32Array[] } => {
      step.write(start);
      compiled.load();
      const terms = [compiled.run(Int32Array.of(1), rows(1))];
      compiled.store();
      const first = step.read();
      terms.push(...[2, 3, 4].map((n) => compiled.run(Int32Array.of(n), rows(n))));
      compiled.store();
      return { first, last: step.read(), terms };
    };
    const compiled = compile();
    const one = runOf(compiled);
    for (const [name, gradient] of gradientsIn(eager)) {
      const found = one.first[name]?.values ?? new Float32Array();
      const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-6);
      const error = gradient.reduce((max, value, i) => Math.max(max, Math.abs(value - (found[i] ?? NaN))), 0);
      expect(error / largest, name).toBeLessThan(gradientTolerance);
    }
    expect(runOf(compiled)).toEqual(one);
    compiled.dispose();
    if (process.env.ELBO_LONG) {
      const anew = compile();
      expect(runOf(anew)).toEqual(one);
      anew.dispose();
    }
    step.dispose();
    disposeOf(model);
    batch.dispose();
  });
});
