import { add, exp, mean, mul, slice, square, sub, tanh, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { denseSpec, log2pi, mlp } from './layers';
import type { Workload } from './workload';

const couplings = Array.from({ length: 8 }, (_, i) => i);
const width = 64;

/** Dinh, Sohl-Dickstein and Bengio 2017, equation 7, in the plane: the couplings transform the two coordinates in turn. */
export const realNvp = (batch = 512): Workload => ({
  id: 'W5',
  title: 'RealNVP in the plane',
  batch,
  example: [2],
  data: 'moons',
  parameters: Object.assign({}, ...couplings.map((i) => ({ ...denseSpec(`${i}a`, 1, width), ...denseSpec(`${i}b`, width, width), ...denseSpec(`${i}c`, width, 2) }))),
  constants: () => ({}),
  noise: {},
  loss(values, x) {
    const column = (of: Tensor, i: number): Tensor => slice(of, [0, i], [-1, 1]);
    const logDeterminants: Tensor[] = [];
    // The coordinate that conditions, and the one that is transformed.
    let [given, moved] = [column(x, 0), column(x, 1)];
    for (const i of couplings) {
      const out = mlp(values, [`${i}a`, `${i}b`, `${i}c`], given);
      const logScale = mul(tanh(mul(column(out, 0), 0.5)), 2);
      logDeterminants.push(logScale);
      [given, moved] = [add(mul(moved, exp(logScale)), column(out, 1)), given];
    }
    const energy = add(mul(add(square(given), square(moved)), 0.5), log2pi);
    return mean(sub(energy, logDeterminants.reduce((total, term) => add(total, term)))) as Scalar;
  },
});
