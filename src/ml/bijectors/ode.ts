import { abs, add, cast, concat, div, dispose, keep, max, maximum, mul, slice, tidy, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
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

// Dormand and Prince 1980: the stages' times and weights, the solution of order 5, and its difference from that of order 4.
const times = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const weights = [[], [1 / 5], [3 / 40, 9 / 40], [44 / 45, -56 / 15, 32 / 9], [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729], [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656], [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]];
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * The adaptive Dormand-Prince method of order 5(4), with one step size for the batch. It reads the error on the host at each step: for evaluations, not for a step that is compiled.
 * @param tolerance of a step: |error| <= absolute + relative |x|, in its largest component
 * @returns tensors that the caller disposes of, and how many times the field was evaluated
 */
export function dormandPrince(field: Field, start: State, { from, to, absolute, relative }: { from: number; to: number; absolute: number; relative: number }): State & { evaluations: number } {
  const direction = Math.sign(to - from);
  const size = start.x.shape[1];
  let state = keep(concat([start.x, start.integrals], 1));
  let [t, h, evaluations] = [from, (to - from) / 20, 0];
  while ((to - t) * direction > 1e-7) {
    if ((t + h - to) * direction > 0) h = to - t;
    const attempt = tidy(() => {
      const stages: Tensor2D[] = [];
      const rate = (x: Tensor2D, at: number): Tensor2D => {
        const { velocity, rates } = field(slice(x, [0, 0], [-1, size]), at);
        return concat([velocity, rates], 1);
      };
      const sumOf = (coefficients: readonly number[]): Tensor2D => coefficients.reduce<Tensor2D | undefined>((sum, c, i) => (c === 0 ? sum : sum ? add(sum, mul(stages[i] as Tensor2D, c)) : mul(stages[i] as Tensor2D, c)), undefined) ?? mul(state, 0);
      let next: Tensor2D = state;
      times.forEach((time, stage) => {
        if (stage > 0) next = add(state, mul(sumOf(weights[stage] ?? []), h));
        stages.push(rate(next, t + time * h));
      });
      const bound = add(mul(maximum(abs(state), abs(next)), relative), absolute);
      return { next, error: max(div(abs(mul(sumOf(errorWeights), h)), bound)) };
    });
    evaluations += times.length;
    const error = attempt.error.dataSync()[0] ?? NaN;
    if (!Number.isFinite(error) && Math.abs(h) < 1e-6) throw new RangeError('The field is not finite.');
    if (error <= 1) {
      t += h;
      state.dispose();
      state = keep(attempt.next);
      dispose(attempt.error);
    } else dispose(attempt);
    h *= Number.isFinite(error) ? Math.min(5, Math.max(0.2, 0.9 * error ** -0.2)) : 0.2;
  }
  const [x, integrals] = [slice(state, [0, 0], [-1, size]), slice(state, [0, size])];
  state.dispose();
  return { x, integrals, evaluations };
}

/** Column `i` of `[batch, columns]`. */
export const column = (x: Tensor2D, i: number): Tensor1D => slice(x, [0, i], [-1, 1]).reshape([-1]) as Tensor1D;
