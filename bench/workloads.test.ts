import { scalar, slice, tensor, tidy, type Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { StoredTensor } from '../src/main/formats/safetensors';
import type { Noise } from '../src/ml/random/noise';
import { begin, firstRows, inputsOf, stepOf } from './inputs';
import { workloads, type Workload } from './workloads';

/** On few examples, in small batches, the solver in few steps. */
function small(id: string): Workload {
  const workload = workloads[id];
  if (!workload) throw new Error(`There is no workload ${id}.`);
  const settings = id === 'W8' ? { ...workload.settings, solverSteps: 1 } : workload.settings;
  return { ...workload, settings, batch: 2, data: { ...workload.data, examples: 16 } };
}

describe.each([
  ['W1', 1_082_680],
  ['W2', 726_467],
  ['W3', 1_082_680],
  ['W4', 1_569_784],
  ['W5', 35_376],
  ['W6', 166_432],
  ['W7', 121_889],
  ['W8', 4_876],
  ['W9', 324_321],
])('%s', (id, count) => {
  it('has the parameters that the page counts, each of which changes the loss; and its loss falls on a batch that stays the same', () => {
    const workload = small(id);
    const begun = begin(workload);
    expect(Object.values(begun.model.parameters).reduce((sum, { size }) => sum + size, 0)).toBe(count);
    const step = stepOf(begun);
    const run = (): number => step.run(1, firstRows(workload.batch))[0] ?? NaN;
    const first = run();
    const unused = Object.keys(begun.model.parameters).filter((name) => step.state[`adam/first-moment/${name}`]?.dataSync().every((value) => value === 0));
    expect(unused).toEqual([]);
    expect(run()).toBeLessThan(first);
    step.dispose();
  });
});

describe('the file of inputs', () => {
  /** Gives out what the file has, and a zero for a single number. */
  const fromFile = (file: Record<string, StoredTensor>): Noise => {
    const given = (kind: string) => (shape: number[], purpose: string) => (shape.length === 0 ? scalar(0) : tensor(file[`${kind}/${purpose}`]?.values as Float32Array, shape));
    return { normal: given('normal'), uniform: given('uniform'), at: () => fromFile(file) };
  };

  it.each(['W3', 'W4', 'W6', 'W9'])('of %s has all that its first loss is made of', (id) => {
    const workload = small(id);
    const file = inputsOf(workload);
    const begun = begin(workload);
    const first = stepOf(begun).run(1, firstRows(workload.batch))[0] as number;
    const { model, data } = begin(workload);
    for (const [prefix, variables] of [['parameter', model.parameters], ['constant', model.state ?? {}]] as const)
      for (const [name, variable] of Object.entries(variables)) tidy(() => variable.assign(tensor(file[`${prefix}/${name}`]?.values as Float32Array, variable.shape)));
    const again = tidy(() => model.objective(slice(data, 0, workload.batch), { noise: fromFile(file), step: scalar(1, 'int32'), rows: tensor(firstRows(workload.batch)) as Tensor1D }).loss.dataSync()[0]);
    expect(again).toBeCloseTo(first, 3);
    expect(file['data']?.shape).toEqual(data.shape);
  });
});
