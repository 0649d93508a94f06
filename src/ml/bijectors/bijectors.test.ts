import { add, div, exp, eye, grad, log, mean, memory, mul, neg, oneHot, range, reshape, slice, sub, sum, tensor1d, tensor2d, tidy, tile, variableGrads, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { standardNormal } from '../distributions/gaussian';
import type { Construction } from '../nets/dense';
import { createAdam } from '../optimizers/adam';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { actnorm } from './actnorm';
import { gatedAutoregressive, iaf, inOrder, maf, reversed } from './autoregressive';
import { chain, invert, onFirst, type Bijector } from './bijector';
import { concatsquash, continuous } from './continuous';
import { additiveCoupling, affineCoupling } from './coupling';
import { householder, marginalMixtures, rotation } from './gaussianization';
import { pushingActnorm, pushingChain, pushingCoupling } from './injective';
import { maskedInvertible } from './masked-invertible';
import { mixtureAutoregressive } from './mixture';
import { freeConvolution, pluConvolution } from './channel-mixing';
import { channelCoupling, checkerboardCoupling, conditionalPrior, flippedChannelCoupling, parted, topPrior } from './picture-layers';
import { deinterleave, squeeze } from './permute';
import { planar } from './planar';
import { probabilityFlow, standardised, type NormalMixture } from './probability-flow';
import { radial } from './radial';
import { diagonalScale } from './scale';
import { splineCoupling } from './spline';

const noise = createNoise(3);
const net = { widths: [16, 16], activation: 'tanh' as const };
const batch = 256;
const long = Boolean(process.env.ELBO_LONG);

/** What 32-bit floats allow: 1e-6 of the start, 1e-4 of the inverse and the log-determinant. Subjects that are allowed more say why. */
const exact = { identity: 1e-6, inverse: 1e-4, logDet: 1e-4 };

interface Subject {
  name: string;
  /** Shape of an example. */
  shape: number[];
  /** Starts as the identity. */
  identity?: boolean;
  /** Has nothing to train, or keeps every distance, so that a standard normal base cannot tell it from the identity. */
  fixed?: boolean;
  /** Steps of training: 200 where they take no time, and everywhere with ELBO_LONG. */
  steps?: number;
  within?: Partial<typeof exact>;
  /** Its slope comes near zero between the parts of the data, where values of x far apart have the same y in 32-bit floats: there what has to come back is y. */
  flat?: boolean;
  /** The Jacobian by differences, of a loop, which has no gradient. */
  differences?: boolean;
  make(construction: Construction): Bijector;
}

const context = (): Tensor2D => tile(tensor2d([[0.5, -1]]), [batch, 1]);
const subjects: Subject[] = [
  { name: 'planar', shape: [3], make: (c) => planar(c, 'p', 3) },
  { name: 'radial', shape: [3], make: (c) => radial(c, 'r', 3) },
  { name: 'affine coupling', shape: [5], identity: true, make: (c) => affineCoupling(c, 'a', 5, { ...net, flip: false }) },
  { name: 'affine coupling, flipped', shape: [5], identity: true, make: (c) => affineCoupling(c, 'a', 5, { ...net, flip: true }) },
  { name: 'additive coupling', steps: 200, shape: [4], make: (c) => additiveCoupling(c, 'a', 4, { ...net, flip: true }) },
  { name: 'diagonal scale', steps: 200, shape: [4], identity: true, make: (c) => diagonalScale(c, 's', 4) },
  { name: 'actnorm', steps: 200, shape: [4], identity: true, make: (c) => actnorm(c, 'n', 4) },
  { name: 'actnorm of pictures', steps: 200, shape: [2, 2, 2], identity: true, make: (c) => actnorm(c, 'n', 2) },
  { name: 'spline coupling', flat: true, shape: [4], identity: true, make: (c) => splineCoupling(c, 's', 4, { ...net, flip: false, bins: 5, bound: 3 }) },
  { name: 'masked autoregressive', shape: [5], identity: true, make: (c) => maf(c, 'm', 5, { ...net, order: [3, 0, 4, 1, 2] }) },
  { name: 'inverse autoregressive', shape: [4], identity: true, make: (c) => iaf(c, 'i', 4, { ...net, order: reversed(4) }) },
  { name: 'gated autoregressive', shape: [3], make: (c) => { const step = gatedAutoregressive(c, 'g', 3, 2, { ...net, order: inOrder(3) }); return { forward: (x) => step(context()).forward(x), inverse: (y) => step(context()).inverse(y) }; } },
  { name: 'mixture autoregressive', flat: true, shape: [3], make: (c) => mixtureAutoregressive(c, 'm', 3, 4, { ...net, order: inOrder(3) }) },
  { name: 'channel coupling', shape: [1, 2, 3], make: (c) => channelCoupling(c, 'c', 3, { width: 6, kind: 'affine' }) },
  { name: 'channel coupling, normalised net', shape: [1, 2, 3], make: (c) => channelCoupling(c, 'c', 3, { width: 6, kind: 'affine', normalised: true }) },
  { name: 'channel coupling, exponential', shape: [1, 2, 3], identity: true, make: (c) => channelCoupling(c, 'c', 3, { width: 6, kind: 'exponential' }) },
  { name: 'channel coupling, additive', shape: [2, 1, 3], identity: true, make: (c) => channelCoupling(c, 'c', 3, { width: 6, kind: 'additive' }) },
  { name: 'channel coupling, flipped', shape: [1, 2, 2], make: (c) => flippedChannelCoupling(c, 'c', 2, { width: 6, kind: 'affine' }) },
  { name: 'checkerboard coupling', shape: [3, 2, 1], identity: true, make: (c) => checkerboardCoupling(c, 'c', [3, 2, 1], { width: 6, odd: false }) },
  { name: 'checkerboard coupling, the other colour', shape: [1, 3, 2], identity: true, make: (c) => checkerboardCoupling(c, 'c', [1, 3, 2], { width: 6, odd: true }) },
  { name: 'conditional prior', steps: 200, shape: [1, 2, 3], identity: true, make: (c) => conditionalPrior(c, 'p', 3) },
  { name: 'channel mixing by P L U', steps: 200, shape: [1, 2, 4], make: (c) => pluConvolution({ ...c, state: {} }, 'w', 4) },
  { name: 'channel mixing by a free matrix', shape: [2, 1, 4], make: (c) => freeConvolution(c, 'w', 4) },
  { name: 'top prior', steps: 200, shape: [2, 1, 3], identity: true, make: (c) => topPrior(c, 't', 3) },
  { name: 'half of the channels leaving', shape: [2, 1, 3], fixed: true, make: () => parted([2, 1, 3]).bijector },
  { name: 'reflections', shape: [4], fixed: true, make: (c) => householder(c, 'h', 4, 3) },
  { name: 'rotation by a matrix', shape: [4], fixed: true, make: ({ noise }) => rotation(householder({ parameters: {}, noise }, 'h', 4, 4).forward(eye(4)).y as Tensor2D) },
  { name: 'marginal mixtures', flat: true, shape: [3], make: (c) => marginalMixtures(c, 'm', 3, 6) },
  { name: 'masked invertible convolutions', shape: [2, 2, 2], within: { inverse: 1e-3 }, make: (c) => maskedInvertible(c, 'm', [2, 2, 2], { filters: 3, iterations: 60 }) },
  // The integral of the divergence is the log-determinant of the exact solution, and the Jacobian that of the solver's steps.
  { name: 'continuous', shape: [2], identity: true, steps: 4, within: { logDet: 1e-3 }, make: (c) => continuous(concatsquash(c, 'f', 2, [8]), { from: 0, to: 1, steps: 16 }) },
  { name: 'probability flow', shape: [2], fixed: true, differences: true, within: { inverse: 1e-3, logDet: 5e-3 }, make: () => probabilityFlow(mixture, { from: 0, to: 0.3, steps: 8 }) },
  { name: 'standardised mixture', shape: [2], fixed: true, make: () => standardised(mixture).normalise },
  { name: 'pushing layers', shape: [4], identity: true, make: (c) => pushingChain([pushingActnorm(c, 'n', 4), pushingCoupling(c, 'a', 4, { ...net, flip: false }), pushingCoupling(c, 'b', 4, { ...net, flip: true })]) },
  { name: 'a squeeze, and a coupling of some of its channels', shape: [8], make: (c) => chain([onFirst([2, 4, 1], squeeze([2, 4, 1]).bijector), deinterleave(8), onFirst([5], affineCoupling(c, 'a', 5, { ...net, flip: false }))]) },
  { name: 'a chain', shape: [3], make: (c) => chain([affineCoupling(c, 'a', 3, { ...net, flip: false }), invert(maf(c, 'm', 3, { ...net, order: inOrder(3) })), planar(c, 'p', 3)]) },
];

/** A mixture of two normals. */
const mixture = (): NormalMixture => ({ logWeights: log(tensor1d([0.4, 0.6])), means: tensor2d([[-1, 0.5], [1, 0]]), deviations: tensor2d([[0.7, 1], [0.9, 0.6]]) });

/** Bent data of some width, with correlations. */
const examples = (shape: number[]): Tensor =>
  tidy(() => {
    const size = shape.reduce((product, n) => product * n, 1);
    const z = noise.normal([batch, size], 'examples');
    return reshape(add(mul(z, 0.7), mul(slice(z, [0, 0], [-1, 1]).square(), 0.4)), [batch, ...shape]);
  });

const rowsOf = (x: Tensor): Tensor2D => reshape(x, [x.shape[0] ?? 0, -1]);

/** log|det| by elimination with pivoting, in double precision. */
function logAbsDet(matrix: readonly number[][]): number {
  const m = matrix.map((row) => [...row]);
  let total = 0;
  for (let k = 0; k < m.length; k++) {
    const pivot = m.reduce((best, row, i) => (i >= k && Math.abs(row[k] ?? 0) > Math.abs(m[best]?.[k] ?? 0) ? i : best), k);
    [m[k], m[pivot]] = [m[pivot] ?? [], m[k] ?? []];
    const top = m[k] ?? [];
    total += Math.log(Math.abs(top[k] ?? 0));
    for (let i = k + 1; i < m.length; i++) {
      const factor = (m[i]?.[k] ?? 0) / (top[k] ?? 1);
      m[i] = (m[i] ?? []).map((value, j) => value - factor * (top[j] ?? 0));
    }
  }
  return total;
}

/** The whole Jacobian of the rows for each example, by reverse mode or by differences of the map. */
function jacobiansOf(map: (x: Tensor) => Tensor, x: Tensor, differences = false): number[][][] {
  const size = x.size / batch;
  const h = 0.01;
  const along = (i: number): Tensor => reshape(mul(oneHot([i], size), h), [1, ...x.shape.slice(1)]);
  const rows = Array.from({ length: size }, (_, i) =>
    differences
      ? readValues(() => ({ row: div(sub(map(add(x, along(i))), map(sub(x, along(i)))), 2 * h) })).row
      : readValues(() => ({ row: grad((v: Tensor) => sum(slice(rowsOf(map(v)), [0, i], [-1, 1])))(x) })).row,
  );
  return Array.from({ length: batch }, (_, b) => rows.map((row) => Array.from(row.subarray(b * size, (b + 1) * size))));
}

/** Whether no value of the example has a slope below a twentieth: then x, too, has to come back. Of triangular Jacobians. */
const isSteep = (jacobian: readonly number[][]): boolean => jacobian.every((row, i) => Math.abs(row[i] ?? NaN) > 0.05);

const largest = (values: Iterable<number>): number => [...values].reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0);

/** Steps of Adam on the likelihood of the examples under a standard normal base. */
function train(bijector: Bijector, parameters: Record<string, Variable>, x: Tensor, steps: number): void {
  const adam = createAdam(parameters, 0.02);
  for (let i = 0; i < steps; i++)
    tidy(() => {
      const { grads } = variableGrads(() => {
        const { y, logDet } = bijector.forward(x);
        const rows = rowsOf(y);
        return neg(mean(add(standardNormal(batch, rows.shape[1]).logProb(rows), logDet)));
      }, Object.values(parameters));
      adam.apply(Object.fromEntries(Object.entries(parameters).map(([name, variable]) => [name, grads[variable.name]])));
    });
  adam.dispose();
}

describe.each(subjects)('$name', ({ shape, identity, fixed, steps = 30, within, flat, differences, make }) => {
  const construction: Construction = { parameters: {}, noise: createNoise(11) };
  const bijector = make(construction);
  const variables = Object.entries(construction.parameters);
  const x = examples(shape);
  const allowed = { ...exact, ...within };

  if (identity)
    it('starts as the identity', () => {
      const { difference, logDet } = readValues(() => {
        const { y, logDet } = bijector.forward(x);
        return { difference: y.sub(x), logDet };
      });
      expect(largest(difference)).toBeLessThan(allowed.identity);
      expect(largest(logDet)).toBeLessThan(allowed.identity);
    });

  const isSound = (): void => {
    const far = noise.normal([batch, ...shape], 'elsewhere').mul(1.5);
    for (const from of [x, far]) {
      const tensors = memory().numTensors;
      const { inX, inY, undone, claimed } = readValues(() => {
        const { y, logDet } = bijector.forward(from);
        const back = bijector.inverse(y);
        const again = bijector.forward(back.x);
        return { inX: back.x.sub(from), inY: again.y.sub(y), undone: back.logDet.add(again.logDet), claimed: logDet };
      });
      expect(memory().numTensors).toBe(tensors);
      expect(largest(undone)).toBeLessThan(allowed.logDet);
      const jacobians = jacobiansOf((v) => bijector.forward(v).y, from, differences);
      expect(largest(jacobians.map((jacobian, i) => logAbsDet(jacobian) - (claimed[i] ?? NaN)))).toBeLessThan(allowed.logDet);
      const compared = jacobians.map((jacobian) => !flat || isSteep(jacobian));
      if (flat) expect(largest(inY)).toBeLessThan(allowed.inverse);
      const size = inX.length / batch;
      expect(largest(inX.filter((_, i) => compared[Math.floor(i / size)]))).toBeLessThan(allowed.inverse);
      expect(compared.filter(Boolean).length).toBeGreaterThan(batch / 2);
    }
    far.dispose();
  };

  it('undoes itself, and its log-determinant is that of its Jacobian, at weights away from the start', () => {
    tidy(() => variables.forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.3)))));
    isSound();
  });

  it.skipIf(fixed)('does so after training, which raises the likelihood of the data', { timeout: 600_000 }, () => {
    const likelihood = () => readValues(() => {
      const { y, logDet } = bijector.forward(x);
      const rows = rowsOf(y);
      return { value: mean(add(standardNormal(batch, rows.shape[1]).logProb(rows) as Tensor1D, logDet)) };
    }).value[0] ?? NaN;
    const before = likelihood();
    train(bijector, construction.parameters, x, long ? 200 : steps);
    expect(likelihood()).toBeGreaterThan(before);
    isSound();
  });
});

it('pushing a basis through a layer gives the columns of its inverse Jacobian, whose determinant undoes its own', () => {
  const construction: Construction = { parameters: {}, noise: createNoise(12) };
  const layer = pushingChain([pushingActnorm(construction, 'n', 4), pushingCoupling(construction, 'a', 4, { ...net, flip: false }), pushingCoupling(construction, 'b', 4, { ...net, flip: true })]);
  tidy(() => Object.entries(construction.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.3)))));
  const { products, claimed } = readValues(() => {
    const y = noise.normal([batch, 4], 'y') as Tensor2D;
    return { products: layer.push(y, reshape(tile(reshape(eye(4), [4, 1, 4]), [1, batch, 1]), [4 * batch, 4])).products, claimed: layer.inverse(y).logDet };
  });
  const found = Array.from({ length: batch }, (_, b) => logAbsDet([0, 1, 2, 3].map((i) => Array.from(products.subarray((i * batch + b) * 4, (i * batch + b) * 4 + 4)))));
  expect(largest(found.map((value, i) => value - (claimed[i] ?? NaN)))).toBeLessThan(exact.logDet);
});

it.each([12, 48])('the log-determinant of a free matrix of %i channels is that of double precision, near a rotation and far from one', (channels) => {
  const construction: Construction = { parameters: {}, noise: createNoise(13) };
  const layer = freeConvolution(construction, 'w', channels);
  const weights = construction.parameters['w/weights'] as Variable;
  const x = noise.normal([1, 1, 1, channels], 'pixel');
  for (const spread of [0, 0.02, 0.3]) {
    // Its singular values, too, are spread: over four orders of magnitude.
    tidy(() => weights.assign(mul(add(weights, mul(noise.normal(weights.shape, 'away'), spread)), exp(mul(range(0, channels), (spread * -30) / channels)))));
    const rows = Array.from({ length: channels }, (_, i) => Array.from(weights.dataSync().subarray(i * channels, (i + 1) * channels)));
    const { logDet, inverse } = readValues(() => ({ logDet: layer.forward(x).logDet, inverse: layer.inverse(x).logDet }));
    expect(Math.abs((logDet[0] ?? NaN) - logAbsDet(rows))).toBeLessThan(1e-4);
    expect(logDet[0]).toBe(-(inverse[0] ?? NaN));
  }
  x.dispose();
});
