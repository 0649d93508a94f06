import { add, concat, engine, mean, memory, mul, randomNormal, randomUniform, reshape, scalar, slice, square, sub, sum, tensor1d, tensor2d, tidy, variable, zeros, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refusal, type ElboError } from '../../../contract/errors';
import { createAdam } from '../../../ml/optimizers/adam';
import { createNoise } from '../../../ml/random/noise';
import { tensorflow } from '../backends/tensorflow';
import { compileStep, feed, type CompiledStep, type Step } from './compile-step';
import { LoadedGraph } from './loaded-graph';

const made: { dispose(): void }[] = [];
const keepTrack = <T extends { dispose(): void }>(thing: T): T => {
  made.push(thing);
  return thing;
};
afterEach(() => made.splice(0).forEach((thing) => thing.dispose()));

const examples: Step['examples'] = [[feed(1)], [feed(2)]];
const at = (step: number): Int32Array => Int32Array.of(step);

/** A step that takes only its number. */
const stepOf = (body: (step: Tensor) => Tensor, state: Record<string, Variable> = {}, resident: Record<string, Tensor> = {}): Step => ({ state, resident, examples, body: (step) => tidy(() => reshape(body(step as Tensor), [-1])) });
const compiled = (step: Step, lowering: 'graph' | 'xla' = 'graph'): CompiledStep => keepTrack(compileStep(step, { lowering }));

function refusal(action: () => unknown): ElboError {
  try {
    action();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Refusal);
    return (thrown as Refusal).error;
  }
  throw new Error('It was not refused.');
}

/** Least squares with noise in it and Adam, the matrix large enough to be captured on the device. */
function regression(): Step & { inputs: Tensor } {
  const noise = createNoise(4);
  const inputs = keepTrack(noise.normal([64, 300], 'inputs'));
  const weights = keepTrack(variable(zeros([300, 2])));
  const adam = keepTrack(createAdam({ weights }, 0.01));
  const state = { weights, ...adam.state };
  const body = (step: Tensor): Tensor =>
    tidy(() => {
      const targets = noise.at(step as never).normal([64, 2], 'targets');
      const { value, grads } = engineGradients(() => mean(square(sub(inputs.matMul(weights as never), targets))), weights);
      adam.apply({ weights: grads });
      return reshape(value, [1]);
    });
  return { state, resident: {}, examples, body: (step) => body(step as Tensor), inputs };
}

function engineGradients(loss: () => Tensor, of: Variable): { value: Tensor; grads: Tensor } {
  const { value, grads } = engine().gradients(loss as () => never, [of]) as unknown as { value: Tensor; grads: Tensor[] };
  return { value, grads: grads[0] as Tensor };
}

function drawnByTensorFlow(): Tensor {
  const { binding } = tensorflow();
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  return tensorflow().executeSingleOutput('RandomStandardNormal', [type('dtype', binding.TF_FLOAT), type('T', binding.TF_INT32)], [tensor1d([3], 'int32')]);
}

const valuesOf = ({ state }: Step): Record<string, number[]> => Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Array.from(value.dataSync())]));
const near = (a: Record<string, number[]>, b: Record<string, number[]>): number => Math.max(...Object.entries(a).flatMap(([name, values]) => values.map((value, i) => Math.abs(value - (b[name]?.[i] ?? NaN)) / (1e-3 + Math.abs(value)))));

const eagerly = (step: Step, n: number): number => tidy(() => step.body(feed(n)).dataSync()[0] ?? NaN);

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('a compiled step', () => {
  it.each(['graph', 'xla'] as const)('(%s) computes what the step computes, and leaves the variables as they were until it is asked', (lowering) => {
    const step = regression();
    const start = valuesOf(step);
    const replay = compiled(step, lowering);
    expect(valuesOf(step)).toEqual(start);
    const losses = [1, 2, 3, 4, 5].map((n) => replay.run(at(n))[0] ?? NaN);
    expect(valuesOf(step)).toEqual(start);
    replay.store();
    const reached = valuesOf(step);
    Object.entries(step.state).forEach(([name, value]) => tidy(() => value.assign(reshape(tensor1d(start[name] ?? []), value.shape))));
    const eager = [1, 2, 3, 4, 5].map((n) => eagerly(step, n));
    losses.forEach((loss, i) => expect(loss).toBeCloseTo(eager[i] ?? NaN, 4));
    expect(near(valuesOf(step), reached)).toBeLessThan(1e-3);
    expect(losses[0]).not.toBe(losses[1]);
  });

  it.each(['graph', 'xla'] as const)('(%s) gives the same bits each time, and goes on to the bit from what was stored', (lowering) => {
    const [one, other] = [regression(), regression()];
    const [first, second] = [compiled(one, lowering), compiled(other, lowering)];
    const run = (replay: CompiledStep, from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => replay.run(at(from + i))[0] ?? NaN);
    const whole = run(first, 1, 9);
    const half = run(second, 1, 5);
    second.store();
    const resumed = compiled(other, lowering);
    expect([...half, ...run(resumed, 5, 9)]).toEqual(whole);
    first.store();
    resumed.store();
    expect(valuesOf(other)).toEqual(valuesOf(one));
  });

  it.each(['graph', 'xla'] as const)('(%s) draws the same noise to the bit as the step itself', (lowering) => {
    const noise = createNoise(11);
    const step = stepOf((n) => concat([noise.at(n as never).uniform([50], 'u'), noise.at(n as never).normal([50], 'n')]));
    const replay = compiled(step, lowering);
    for (const n of [1, 7, 1000]) expect(Array.from(replay.run(at(n)))).toEqual(tidy(() => Array.from(step.body(feed(n)).dataSync())));
  });

  it('reads a parameter after its update in the same step, as a running mean of parameters does', () => {
    const parameter = keepTrack(variable(tensor1d([1, 2])));
    const average = keepTrack(variable(tensor1d([1, 2])));
    const adam = keepTrack(createAdam({ parameter }, 0.1));
    const step = stepOf(
      () => {
        adam.apply({ parameter: parameter.clone() });
        average.assign(add(mul(average, 0.5), mul(parameter, 0.5)));
        return sum(parameter);
      },
      { parameter, average, ...adam.state },
    );
    const replay = compiled(step);
    replay.run(at(1));
    replay.store();
    expect(Array.from(parameter.dataSync()).map((value) => Math.round(value * 1e4) / 1e4)).toEqual([0.9, 1.9]);
    expect(Array.from(average.dataSync()).map((value) => Math.round(value * 1e4) / 1e4)).toEqual([0.95, 1.95]);
  });

  it('takes over variables that were changed outside, when it is told to', () => {
    const counter = keepTrack(variable(scalar(0)));
    const replay = compiled(stepOf(() => tidy(() => (counter.assign(add(counter, 1)), counter.clone())), { counter }));
    expect(replay.run(at(1))[0]).toBe(1);
    tidy(() => counter.assign(scalar(40)));
    expect(replay.run(at(2))[0]).toBe(2);
    replay.load();
    expect(replay.run(at(3))[0]).toBe(41);
  });

  it('keeps the data on the device, and takes rows by their numbers', () => {
    const data = keepTrack(tensor2d(Array.from({ length: 40_000 }, (_, i) => i), [20_000, 2]));
    const replay = keepTrack(compileStep({ state: {}, resident: { data }, examples: [[feed(Int32Array.of(1, 2))], [feed(Int32Array.of(0, 5))]], body: (rows) => tidy(() => reshape(data.gather(rows as never), [-1])) }, { lowering: 'graph' }));
    expect(Array.from(replay.run(Int32Array.of(19_999, 3)))).toEqual([39_998, 39_999, 6, 7]);
  });

  it('computes what is made of constants alone once, however large', () => {
    const numbers = Float32Array.from({ length: 40_000 }, (_, i) => i % 7);
    const plain = compiled(stepOf((n) => sum(mul(n, tensor1d(numbers.map((value) => value * value + 1))))));
    const made = compiled(stepOf((n) => sum(mul(n, add(square(tensor1d(numbers)), tensor1d(numbers.map(() => 1)))))));
    expect(made.report.operations).toBe(plain.report.operations);
    for (const n of [1, 5]) expect(made.run(at(n))).toEqual(plain.run(at(n)));
  });

  it('leaves no tensor behind in 1,000 steps', () => {
    const replay = compiled(regression());
    replay.run(at(1));
    const { binding } = tensorflow() as unknown as { binding: { getNumOfTensors(): number } };
    const before = [memory().numTensors, binding.getNumOfTensors()];
    for (let n = 2; n < 1002; n++) replay.run(at(n));
    expect([memory().numTensors, binding.getNumOfTensors()]).toEqual(before);
  });
});

describe.skipIf(process.env.ELBO_BACKEND === 'wasm')('what cannot be compiled is refused with the op and the line:', () => {
  const line = /compile-step\.test\.ts:\d+/;

  it('a value that is read on the host', () => {
    const error = refusal(() => compiled(stepOf((n) => (mul(n, 2).dataSync()[0] === 2 ? scalar(1) : scalar(2)))));
    expect(error).toMatchObject({ code: 'cannot-compile', message: expect.stringMatching(/^The value of Mul is read on the host/) });
    expect(error.where).toMatch(line);
  });

  it.each([
    ['without a seed', () => randomNormal([2])],
    ['with a seed', () => randomNormal([2], 0, 1, 'float32', 5)],
    ['uniform, with a seed', () => randomUniform([2], 0, 1, 'float32', 5)],
  ])('noise of tfjs, %s', (_, draw) => {
    const error = refusal(() => compiled(stepOf(() => draw())));
    expect(error.message).toMatch(/random/);
    expect(error.where).toMatch(line);
  });

  it("JavaScript's own random numbers", () => expect(refusal(() => compiled(stepOf((n) => mul(n, Math.random())))).message).toMatch(/^Math\.random/));

  it('an op that draws from a state of its own', () => expect(refusal(() => compiled(stepOf(() => drawnByTensorFlow()))).message).toMatch(/^RandomStandardNormal draws/));

  it('a number that changes in JavaScript', () => {
    let rate = 1;
    const error = refusal(() => compiled(stepOf((n) => mul(n.toFloat(), (rate *= 0.9)))));
    expect(error.message).toMatch(/^Mul is not the same in two steps/);
    expect(error.where).toMatch(line);
  });

  it('a shape that changes', () => {
    let size = 2;
    expect(refusal(() => compiled(stepOf(() => sum(slice(tensor1d([1, 2, 3, 4, 5]), 0, size++))))).message).toMatch(/not the same in two steps/);
  });

  it('a variable that is not in the state', () => {
    const forgotten = keepTrack(variable(scalar(3), true, 'forgotten'));
    const error = refusal(() => compiled(stepOf((n) => mul(forgotten, n.toFloat()))));
    expect(error.message).toMatch(/^The variable forgotten is used in the step and is not in its state/);
    expect(error.where).toMatch(line);
  });

  it('two states that are one tensor', () => {
    const value = scalar(1);
    const [a, b] = [keepTrack(variable(value)), keepTrack(variable(value))];
    expect(refusal(() => compiled(stepOf(() => add(a, b), { a, b }))).message).toMatch(/^b is the same tensor/);
  });

  it('a graph that computes something else', () => {
    const { run } = LoadedGraph.prototype;
    vi.spyOn(LoadedGraph.prototype, 'run').mockImplementation(function (this: LoadedGraph, names, feeds, outputs) {
      const results = run.call(this, names, feeds, outputs);
      return outputs === 'output-0:0' ? tensorflow().binding.executeOp('Neg', [], [results[0]?.id ?? -1], 1) : results;
    });
    expect(() => compiled(stepOf((n) => add(n.toFloat(), 5)))).toThrow(/computes something else than the step itself: term 0/);
    vi.restoreAllMocks();
  });

  it('and leaves binding, random numbers and variables as they were', () => {
    const counter = keepTrack(variable(scalar(0)));
    const { random } = Math;
    const { binding } = tensorflow();
    refusal(() => compiled(stepOf(() => (counter.assign(add(counter, 1)), counter.dataSync(), scalar(1)), { counter })));
    expect(counter.dataSync()[0]).toBe(0);
    expect(Math.random).toBe(random);
    expect(tensorflow().binding).toBe(binding);
  });
});
