import { add, addN, concat, matMul, mean, mul, scalar, slice, split, square, sub, sum, tanh, transpose, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { denseSpec, log2pi } from './layers';
import { pick, type Values, type Workload } from './workload';

const width = 64;
const solverSteps = 24;

interface Point {
  x: Tensor;
  /** The integral of the field's divergence so far, `[batch, 1]`. */
  logDensity: Tensor;
}

/** The field f(x, t), three dense layers on (x, t) with tanh between, and its divergence: exact, by its derivatives along both coordinates. */
function field(values: Values): (x: Tensor, t: number) => { velocity: Tensor; divergence: Tensor } {
  const first = pick(values, 'a.kernel');
  const [ofX, along0, along1, ofTime] = [slice(first, 0, 2), slice(first, 0, 1), slice(first, 1, 1), slice(first, 2, 1)];
  const middle = pick(values, 'b.kernel') as Tensor2D;
  const last = pick(values, 'c.kernel') as Tensor2D;
  const [to0, to1] = split(transpose(last), 2, 0) as [Tensor, Tensor];
  const one = scalar(1);
  return (x, t) => {
    const bias = add(pick(values, 'a.bias'), mul(ofTime, t));
    const h1 = tanh(add(matMul(x as Tensor2D, ofX as Tensor2D), bias));
    const h2 = tanh(add(matMul(h1 as Tensor2D, middle), pick(values, 'b.bias')));
    const slope1 = sub(one, square(h1));
    const slope2 = sub(one, square(h2));
    const [d0, d1] = split(matMul(concat([mul(slope1, along0), mul(slope1, along1)], 0) as Tensor2D, middle), 2, 0) as [Tensor, Tensor];
    return {
      velocity: add(matMul(h2 as Tensor2D, last), pick(values, 'c.bias')),
      divergence: sum(mul(slope2, add(mul(d0, to0), mul(d1, to1))), 1, true),
    };
  };
}

/** Grathwohl et al. 2019 with the exact divergence, by 24 steps of the classical Runge-Kutta method from data (t = 0) to base (t = 1). */
export const ffjord = (batch = 256): Workload => ({
  id: 'W8',
  title: 'FFJORD in the plane',
  batch,
  example: [2],
  data: 'moons',
  parameters: { ...denseSpec('a', 3, width), ...denseSpec('b', width, width), ...denseSpec('c', width, 2) },
  constants: () => ({}),
  noise: {},
  loss(values, start) {
    const f = field(values);
    const h = 1 / solverSteps;
    const weighted = (k: Tensor[]): Tensor => mul(addN([k[0], mul(add(k[1] as Tensor, k[2] as Tensor), 2), k[3]] as Tensor[]), h / 6);
    const divergences: Tensor[] = [];
    let x = start;
    for (let i = 0; i < solverSteps; i++) {
      const t = i * h;
      const k1 = f(x, t);
      const k2 = f(add(x, mul(k1.velocity, h / 2)), t + h / 2);
      const k3 = f(add(x, mul(k2.velocity, h / 2)), t + h / 2);
      const k4 = f(add(x, mul(k3.velocity, h)), t + h);
      const stages = [k1, k2, k3, k4];
      x = add(x, weighted(stages.map(({ velocity }) => velocity)));
      divergences.push(weighted(stages.map(({ divergence }) => divergence)));
    }
    const end: Point = { x, logDensity: addN(divergences) };
    return mean(sub(add(mul(sum(square(end.x), 1, true), 0.5), log2pi), end.logDensity)) as Scalar;
  },
});
