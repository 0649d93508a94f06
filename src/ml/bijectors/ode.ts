import { abs, add, addN, cast, concat, div, dispose, max, maximum, mul, slice, tidy, zeros, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { loop } from '../sampling/loop';

/** A field at a time: dx/dt, the shape of `x` `[batch, size]`, and further rates `[batch, extra]` that are integrated beside it, such as the divergence. */
export type Field = (x: Tensor2D, t: Scalar | number) => { velocity: Tensor2D; rates: Tensor2D };

interface State {
  x: Tensor2D;
  /** Integrals of the rates from the start on. */
  integrals: Tensor2D;
}

const along = (state: State, h: number | Scalar, velocity: Tensor2D, rates: Tensor2D): State => ({ x: add(state.x, mul(velocity, h)), integrals: add(state.integrals, mul(rates, h)) });

/** One step of the classical Runge-Kutta method of order 4. */
function rungeKuttaStep(field: Field, state: State, t: Scalar | number, h: number): State {
  const after = (by: number): Scalar | number => (typeof t === 'number' ? t + by : add<Scalar>(t, by));
  const k1 = field(state.x, t);
  const k2 = field(add(state.x, mul(k1.velocity, h / 2)), after(h / 2));
  const k3 = field(add(state.x, mul(k2.velocity, h / 2)), after(h / 2));
  const k4 = field(add(state.x, mul(k3.velocity, h)), after(h));
  const weighted = (part: 'velocity' | 'rates'): Tensor2D => add(add(k1[part], k4[part]), mul(add(k2[part], k3[part]), 2));
  return along(state, h / 6, weighted('velocity'), weighted('rates'));
}

/** The Runge-Kutta method from `from` to `to` in `steps` equal steps, unrolled, so that gradients pass through it. */
export function rungeKutta(field: Field, start: State, { from, to, steps }: { from: number; to: number; steps: number }): State {
  const h = (to - from) / steps;
  let state = start;
  for (let i = 0; i < steps; i++) state = rungeKuttaStep(field, state, from + i * h, h);
  return state;
}

/** The same in a loop, which is one however many steps it has: for as many as one likes, and no gradients. The field's time is a tensor. */
export function rungeKuttaLoop(field: Field, { x, integrals }: State, { from, to, steps }: { from: number; to: number; steps: number }): State {
  const h = (to - from) / steps;
  const end = loop(steps, [x, integrals], (i, [x, integrals]) => {
    const next = rungeKuttaStep(field, { x: x as Tensor2D, integrals: integrals as Tensor2D }, add<Scalar>(mul(cast(i, 'float32'), h), from), h);
    return [next.x, next.integrals];
  });
  return { x: end[0] as Tensor2D, integrals: end[1] as Tensor2D };
}

// Dormand and Prince 1980: the stages' times; the weights of the second stage and on, those of the last one being the solution of order 5; and its difference from that of order 4.
const times = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const weights = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * The adaptive Dormand-Prince method of order 5(4), with one step size for the batch. It reads the error on the host at each step: for evaluations, not for a step that is compiled.
 * @param tolerance of a step: |error| <= absolute + relative |x|, in its largest component
 * @returns tensors that the caller disposes of, and how many times the field was evaluated, for the whole batch at once: once at the start and six times for each step that was
 *   tried, since a step's last stage is the next one's first
 */
export function dormandPrince(field: Field, start: State, { from, to, absolute, relative }: { from: number; to: number; absolute: number; relative: number }): State & { evaluations: number } {
  const direction = Math.sign(to - from);
  const size = start.x.shape[1];
  let evaluations = 0;
  const rate = (state: Tensor2D, at: number): Tensor2D => {
    evaluations++;
    const { velocity, rates } = field(slice(state, [0, 0], [-1, size]), at);
    return concat([velocity, rates], 1);
  };
  let state = concat([start.x, start.integrals], 1);
  let first = tidy(() => rate(state, from));
  let [t, h] = [from, (to - from) / 20];
  while ((to - t) * direction > 1e-7) {
    if ((t + h - to) * direction > 0) h = to - t;
    const { next, last, error: largest } = tidy(() => {
      const stages = [first];
      const sumOf = (coefficients: readonly number[]): Tensor2D => addN(coefficients.flatMap((c, i) => (c === 0 ? [] : [mul(stages[i] as Tensor2D, c * h)])));
      let next = state;
      times.slice(1).forEach((time, i) => {
        next = add(state, sumOf(weights[i] ?? []));
        stages.push(rate(next, t + time * h));
      });
      const bound = add(mul(maximum(abs(state), abs(next)), relative), absolute);
      return { next, last: stages[stages.length - 1] as Tensor2D, error: max(div(abs(sumOf(errorWeights)), bound)) };
    });
    const error = largest.dataSync<'float32'>()[0] ?? NaN;
    const accepted = error <= 1;
    dispose([largest, ...(accepted ? [state, first] : [next, last])]);
    if (!Number.isFinite(error) && Math.abs(h) < 1e-6) {
      dispose([state, first]);
      throw new RangeError('The field is not finite.');
    }
    if (accepted) [t, state, first] = [t + h, next, last];
    h *= Number.isFinite(error) ? Math.min(5, Math.max(0.2, 0.9 * error ** -0.2)) : 0.2;
  }
  const [x, integrals] = [slice(state, [0, 0], [-1, size]), slice(state, [0, size])];
  dispose([state, first]);
  return { x, integrals, evaluations };
}

/** The field followed by Dormand and Prince's method, with the first of its rates alone to integrate: where it ends, that integral, and the evaluations that it took. */
export function adaptively(field: Field, x: Tensor2D, { from, to }: { from: number; to: number }, tolerance: number): { y: Tensor2D; logDet: Tensor1D; evaluations: number } {
  const first: Field = (x, t) => {
    const { velocity, rates } = field(x, t);
    return { velocity, rates: slice(rates, [0, 0], [-1, 1]) };
  };
  const { x: y, integrals, evaluations } = dormandPrince(first, { x, integrals: zeros([x.shape[0], 1]) }, { from, to, absolute: tolerance, relative: tolerance });
  return { y, logDet: column(integrals, 0), evaluations };
}

/** Column `i` of `[batch, columns]`. */
export const column = (x: Tensor2D, i: number): Tensor1D => slice(x, [0, i], [-1, 1]).reshape([-1]) as Tensor1D;
