import { memory, scalar, tensor1d, tidy, variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createAverage } from './average';
import { asked } from './state-names';

it('follows the parameters with a decay that rises to its own, and forgets what was there before the first step', () => {
  const before = memory().numTensors;
  const x = tidy(() => variable(tensor1d([100, 100])));
  const average = createAverage({ x }, 0.5);
  const [kept] = Object.values(average.state);
  let expected = 0;
  for (let n = 1; n <= 30; n += 1) {
    tidy(() => x.assign(tensor1d([Math.sin(n), 0])));
    tidy(() => average.follow(scalar(n, 'int32')));
    const decay = Math.min(0.5, (n - 1) / (n + 9));
    expected = decay * expected + (1 - decay) * Math.sin(n);
    expect(kept?.dataSync()[0]).toBeCloseTo(expected, 5);
    expect(kept?.dataSync()[1]).toBe(0);
  }
  // What is asked in its place finds it, and the parameters come back, whatever happens.
  expect(average.inPlace(() => x.dataSync()[0])).toBeCloseTo(expected, 5);
  expect(() => average.inPlace(() => { throw new Error('broke off'); })).toThrow('broke off');
  expect(x.dataSync()[0]).toBeCloseTo(Math.sin(30), 6);
  average.dispose();
  x.dispose();
  expect(memory().numTensors).toBe(before);
});

it('a checkpoint is read with the best or the averages in place of the parameters, and without the optimiser', () => {
  const state = { 'encoder/kernel': 1, 'average/encoder/kernel': 2, beta: 3, 'adam/beta1-power': 4 };
  expect(asked(state)).toEqual({ 'encoder/kernel': 2, beta: 3 });
  expect(asked({ ...state, 'best/encoder/kernel': 5, 'best/beta': 6 })).toEqual({ 'encoder/kernel': 5, beta: 6 });
});
