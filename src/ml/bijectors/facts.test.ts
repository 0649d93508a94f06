import { add, conv2d, exp, grad, moments, neg, reshape, scalar, sum, tensor1d, tensor2d, tidy, transpose, variableGrads, zerosLike, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Construction } from '../nets/dense';
import { hiddenDegrees } from '../nets/made';
import { createNoise } from '../random/noise';
import { readValues } from '../read';
import { affineAutoregressive, dual, gatedAutoregressive, inOrder, iaf, madeConditioner, maf } from './autoregressive';
import { chain, sameLogDet, type Bijector } from './bijector';
import { actnorm } from './actnorm';
import { affineCoupling } from './coupling';
import { householder, marginalMixtures } from './gaussianization';
import { fromGaussian, gaussianise, logisticComponent, normalComponent, type Mixtures } from './mixture';
import { logNormalCdf, logNormalDensity, normalQuantile } from './normal';
import { deinterleave, squeeze } from './permute';
import { channelCoupling } from './picture-layers';
import { planar, planarWith } from './planar';
import { radialWith } from './radial';
import { splineCoupling } from './spline';

const noise = createNoise(4);
const construction = (seed = 1): Construction => ({ parameters: {}, noise: createNoise(seed) });
/** Moves every variable away from the start, where flows are the identity. */
const moved = (own: Construction): Construction => {
  tidy(() => Object.entries(own.parameters).forEach(([name, variable]) => variable.assign(variable.add(noise.normal(variable.shape, name).mul(0.3)))));
  return own;
};
const values = (make: () => Tensor): number[] => Array.from(readValues(() => ({ values: make() })).values);
const largest = (numbers: readonly number[]): number => numbers.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0);

/** x to x matrix, rows from the left. */
const linear = (rows: number[][], determinant: number, inverse: number[][]): Bijector => ({
  forward: (x) => ({ y: (x as Tensor2D).matMul(transpose(tensor2d(rows))), logDet: sameLogDet(x, scalar(Math.log(Math.abs(determinant)))) }),
  inverse: (y) => ({ x: (y as Tensor2D).matMul(transpose(tensor2d(inverse))), logDet: sameLogDet(y, scalar(-Math.log(Math.abs(determinant)))) }),
});

describe('a change of variables', () => {
  it('gives X = 4 Z, Z uniform on [0, 2], the density 1/8', () => {
    const toZ = linear([[0.25]], 0.25, [[4]]);
    const density = values(() => exp(toZ.forward(tensor2d([[4]])).logDet).mul(1 / 2));
    expect(density[0]).toBeCloseTo(1 / 8, 7);
  });

  it('has |-2| for f(z) = (z1 + z2, 2 z1), whose inverse has Jacobian [[0, 1/2], [1, -1/2]]', () => {
    const f = linear([[1, 1], [2, 0]], -2, [[0, 0.5], [1, -0.5]]);
    expect(values(() => f.forward(tensor2d([[3, 5]])).y)).toEqual([8, 6]);
    expect(values(() => f.inverse(tensor2d([[8, 6]])).x)).toEqual([3, 5]);
    expect(values(() => f.inverse(tensor2d([[8, 6]])).logDet)[0]).toBeCloseTo(-Math.log(2), 6);
  });

  it('takes the size of the slope of a decreasing map', () => {
    expect(values(() => chain([linear([[-3]], -3, [[-1 / 3]]), linear([[-2]], -2, [[-0.5]])]).forward(tensor2d([[1]])).logDet)[0]).toBeCloseTo(Math.log(6), 6);
  });
});

describe('the normal distribution', () => {
  // From 30-digit arithmetic.
  const known: [number, number][] = [[-30, -454.32124395634320], [-10, -53.231285151070590], [-5, -15.064998393988726], [-1, -1.8410216450092636], [0, -0.69314718055994531], [1, -0.17275377902344986], [3, -1.3508099647481876e-3], [5, -2.8665161296376427e-07], [6, -9.865876455243787e-10], [10, -7.619853024160593e-24]];

  it('has its logarithmic distribution function in both tails', () => {
    const found = values(() => logNormalCdf(tensor1d(known.map(([z]) => z))));
    known.forEach(([, logF], i) => expect(Math.abs((found[i] ?? NaN) - logF)).toBeLessThan(1e-6 * Math.abs(logF)));
  });

  it('has the quantile that undoes it, in both tails, and without a jump anywhere', () => {
    const z = Array.from({ length: 601 }, (_, i) => -30 + i / 10);
    const back = values(() => {
      const at = tensor1d(z);
      return normalQuantile(logNormalCdf(at), logNormalCdf(neg(at)));
    });
    expect(largest(back.map((value, i) => value - (z[i] ?? NaN)))).toBeLessThan(1e-5);
  });

  it('has the gradients of both', () => {
    const z = [-20, -3, -0.4, 0.3, 2, 20];
    const slope = values(() => grad((x: Tensor) => sum(logNormalCdf(x)))(tensor1d(z)));
    const expected = values(() => exp(logNormalDensity(tensor1d(z)).sub(logNormalCdf(tensor1d(z)))));
    slope.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
    const one = values(() => grad((x: Tensor) => sum(normalQuantile(logNormalCdf(x), logNormalCdf(neg(x)))))(tensor1d(z)));
    one.forEach((value) => expect(value).toBeCloseTo(1, 3));
  });
});

describe('Gaussianisation by a mixture', () => {
  const mixtures = (): Mixtures => ({ logits: reshape(tensor1d([0.3, -0.5, 0.1]), [1, 1, 3]), means: reshape(tensor1d([-1, 0.5, 2]), [1, 1, 3]), logScales: reshape(tensor1d([-0.5, 0.2, -1]), [1, 1, 3]) });

  it.each([['logistic', logisticComponent], ['normal', normalComponent]] as const)('by %s components has the log-density of the mixture far into its tails', (_, component) => {
    const x = tensor2d([[-30], [-8], [-1], [0], [0.7], [5], [30]]);
    const { density, y, slope } = readValues(() => {
      const { y, logDet } = gaussianise(x, mixtures(), component);
      return { density: logDet.add(logNormalDensity(y).reshape([7])), y, slope: grad((v: Tensor) => sum(gaussianise(v, mixtures(), component).y))(x).log() };
    });
    const weights = [0.3, -0.5, 0.1].map(Math.exp);
    const total = weights.reduce((a, b) => a + b);
    const logDensity = (x: number): number => {
      const parts = weights.map((weight, k) => {
        const h = Math.exp([-0.5, 0.2, -1][k] ?? 0);
        const u = Math.abs((x - ([-1, 0.5, 2][k] ?? 0)) / h);
        return Math.log(weight / total / h) + (component === normalComponent ? -0.5 * u * u - 0.5 * Math.log(2 * Math.PI) : -u - 2 * Math.log1p(Math.exp(-u)));
      });
      const most = Math.max(...parts);
      return most + Math.log(parts.reduce((sum, part) => sum + Math.exp(part - most), 0));
    };
    [-30, -8, -1, 0, 0.7, 5, 30].forEach((at, i) => expect(Math.abs((density[i] ?? NaN) - logDensity(at))).toBeLessThan(2e-6 * Math.abs(logDensity(at)) + 1e-5));
    // The log-determinant is the slope's, at 30 standard deviations too.
    const logDet = values(() => gaussianise(x, mixtures(), component).logDet);
    slope.forEach((value, i) => expect(value).toBeCloseTo(logDet[i] ?? NaN, 3));
    const back = values(() => fromGaussian(tensor2d(Array.from(y, (value) => [value])), mixtures(), component));
    [-30, -8, -1, 0, 0.7, 5, 30].forEach((at, i) => expect(Math.abs((back[i] ?? NaN) - at)).toBeLessThan(1e-4));
    x.dispose();
  });

  it('starts on the quantiles of the data, and makes independent values nearly normal at once', () => {
    const own = construction();
    const layer = marginalMixtures(own, 'm', 2, 40);
    const { y } = readValues(() => {
      const z = noise.normal([2000, 2], 'skewed');
      const x = z.add(z.square().mul(0.15)).mul(5).add(7);
      layer.initialise?.(x);
      return { y: layer.forward(x).y };
    });
    for (const column of [0, 1]) {
      const sorted = Array.from(y).filter((_, i) => i % 2 === column).sort((a, b) => a - b);
      const cdf = values(() => exp(logNormalCdf(tensor1d(sorted))));
      const distance = Math.max(...cdf.map((value, i) => Math.abs(value - (i + 0.5) / sorted.length)));
      expect(distance).toBeLessThan(0.05);
    }
  });

  it('turns by an orthogonal matrix', () => {
    const turn = householder(construction(), 'h', 5, 5);
    const q = () => turn.forward(tensor2d(Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0)), [5, 5])).y as Tensor2D;
    values(() => q().matMul(q(), false, true)).forEach((value, i) => expect(value).toBeCloseTo(i % 6 === 0 ? 1 : 0, 5));
  });
});

describe('autoregressive layers', () => {
  const size = 6;
  const options = { widths: [20], activation: 'tanh' as const, order: inOrder(size) };

  it('are two readings of one net: sampling an IAF with mu\' = -mu exp(-alpha), alpha\' = -alpha is encoding by the MAF', () => {
    const own = construction();
    const { conditioner } = madeConditioner(own, 'net', size, options);
    moved(own);
    const { forward, sampled } = readValues(() => {
      const x = noise.normal([50, size], 'x') as Tensor2D;
      const { mean, logScale } = dual(conditioner)(x);
      return { forward: affineAutoregressive(conditioner).forward(x).y, sampled: x.mul(exp(logScale)).add(mean) };
    });
    expect(largest(Array.from(forward, (value, i) => value - (sampled[i] ?? NaN)))).toBeLessThan(1e-6);
    expect(largest(Array.from(forward))).toBeGreaterThan(0.1);
  });

  it('let each output depend on its own and the earlier inputs of the order alone, and on each of them', () => {
    const order = [2, 0, 1, 3];
    const own = construction();
    const layer = maf(own, 'm', 4, { widths: [16], activation: 'tanh', order });
    moved(own);
    const at = noise.normal([1, 4], 'at');
    order.forEach((output, place) => {
      const slopes = values(() => grad((x: Tensor) => sum(layer.forward(x).y.slice([0, output], [1, 1])))(at));
      order.forEach((input, other) => (other <= place ? expect(Math.abs(slopes[input] ?? 0)).toBeGreaterThan(1e-6) : expect(slopes[input]).toBe(0)));
    });
    at.dispose();
  });

  it('are a normal distribution at one value', () => {
    const own = construction();
    const layer = maf(own, 'm', 1, { widths: [8], activation: 'tanh', order: [0] });
    moved(own);
    const logDets = values(() => layer.forward(tensor2d([[-3], [0], [5]])).logDet);
    expect(new Set(logDets).size).toBe(1);
  });

  it('give the density of an IAF\'s own samples by inverting it as the one kept while sampling', () => {
    const own = construction();
    const layer = iaf(own, 'i', size, options);
    moved(own);
    const { kept, inverted } = readValues(() => {
      const z = noise.normal([40, size], 'z');
      const { x, logDet } = layer.inverse(z);
      return { kept: neg(logDet), inverted: layer.forward(x).logDet };
    });
    expect(largest(Array.from(kept, (value, i) => value - (inverted[i] ?? NaN)))).toBeLessThan(1e-4);
  });

  it('as a posterior\'s step show all hidden units the whole context, and of z what the units of a net over z alone see', () => {
    const [size, width] = [32, 320];
    const own = construction();
    const step = gatedAutoregressive(own, 'g', size, size, { widths: [width], activation: 'tanh', order: inOrder(size) });
    const { grads } = tidy(() => variableGrads(() => sum<Scalar>(step(noise.normal([8, size], 'context') as Tensor2D).forward(noise.normal([8, size], 'z')).y.square()), Object.values(own.parameters)));
    const seen = (name: string): boolean[][] => {
      const all = values(() => (grads[own.parameters[name]?.name ?? ''] ?? scalar(NaN)).clone());
      return Array.from({ length: size }, (_, input) => all.slice(input * width, (input + 1) * width).map((slope) => slope !== 0));
    };
    expect(seen('g/context/kernel').flat().every(Boolean)).toBe(true);
    const degrees = hiddenDegrees(width, size);
    expect(seen('g/dense-0/kernel')).toEqual(Array.from({ length: size }, (_, input) => degrees.map((degree) => degree > input)));
  });

  it('undo themselves in a loop, when a row is long', () => {
    const own = construction();
    const long = maf(own, 'm', 20, { widths: [30], activation: 'tanh', order: inOrder(20) });
    moved(own);
    const difference = values(() => {
      const x = noise.normal([8, 20], 'x');
      return long.inverse(long.forward(x).y).x.sub(x);
    });
    expect(largest(difference)).toBeLessThan(1e-4);
  });
});

describe('layers with a promise of their own', () => {
  it('actnorm starts with channels of mean 0 and variance 1', () => {
    const layer = actnorm(construction(), 'n', 3);
    const { mean, deviation } = readValues(() => {
      const x = noise.normal([32, 4, 4, 3], 'x').mul(tensor1d([0.1, 2, 30])).add(tensor1d([5, -1, 100]));
      layer.initialise?.(x);
      const { y } = layer.forward(x);
      const mean = y.mean([0, 1, 2]);
      return { mean, deviation: y.sub(mean).square().mean([0, 1, 2]).sqrt() };
    });
    mean.forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-4));
    deviation.forEach((value) => expect(Math.abs(value - 1)).toBeLessThan(1e-3));
  });

  it.each([1, 2, 9])('planar layers of %d values keep volume at the start, and move what is across their kink', (size) => {
    const layer = planar(construction(), 'p', size);
    const x = noise.normal([100, size], 'x').mul(2);
    expect(largest(values(() => layer.forward(x).logDet))).toBeLessThan(1e-5);
    const moved = largest(values(() => layer.forward(x).y.sub(x)));
    if (size > 1) expect(moved).toBeGreaterThan(0.1);
    else expect(moved).toBeLessThan(1e-5);
  });

  it('planar layers stay invertible whatever their weights: w.u\' > -1, so that the determinant is positive', () => {
    for (let seed = 0; seed < 20; seed++) {
      const own = construction(seed);
      const layer = planar(own, 'p', 2);
      tidy(() => Object.values(own.parameters).forEach((variable) => variable.assign(createNoise(seed).normal(variable.shape, variable.name).mul(3))));
      const { smallest, difference } = readValues(() => {
        const x = noise.normal([100, 2], 'x').mul(2);
        const { y, logDet } = layer.forward(x);
        return { smallest: logDet.min(), difference: layer.inverse(y).x.sub(x).abs().mul(exp(logDet.minimum(0)).reshape([100, 1])) };
      });
      expect(Number.isFinite(smallest[0])).toBe(true);
      // A determinant near zero loses as many digits of x as it has.
      expect(largest(Array.from(difference))).toBeLessThan(1e-4);
    }
  });

  it('squeezing halves each even side, and reordering comes back', () => {
    const { bijector, shape } = squeeze([5, 4, 3]);
    expect(shape).toEqual([5, 2, 6]);
    const { same, rows } = readValues(() => {
      const x = noise.normal([2, 5, 4, 3], 'x');
      const r = tensor2d([[0, 1, 2, 3, 4, 5]]);
      return { same: bijector.inverse(bijector.forward(x).y).x.sub(x).abs().max(), rows: deinterleave(6).forward(r).y };
    });
    expect(same[0]).toBe(0);
    expect(Array.from(rows)).toEqual([0, 2, 4, 1, 3, 5]);
  });

  it('a spline comes back next to knots of nearly no slope, where rounding may leave no root', () => {
    const own = construction();
    const layer = splineCoupling(own, 's', 2, { widths: [], activation: 'none', flip: false, bins: 5, bound: 3 });
    for (let draw = 0; draw < 60; draw++) {
      const raw = values(() => noise.at(draw).normal([14], 'raw').mul(4));
      tidy(() => own.parameters['s/output/bias']?.assign(tensor1d(raw)));
      const heights = raw.slice(5, 10).map(Math.exp);
      const total = heights.reduce((a, b) => a + b);
      let knot = -3;
      const near = heights.slice(0, 4).flatMap((height) => {
        knot += 6 * (1e-3 + (1 - 5e-3) * (height / total));
        return Array.from({ length: 41 }, (_, i) => [0, knot + (i - 20) * 2.4e-7 * Math.max(Math.abs(knot) / 2, 0.05)]);
      });
      const { x, logDet } = readValues(() => layer.inverse(tensor2d(near)));
      expect(x.every(Number.isFinite) && logDet.every(Number.isFinite), `draw ${draw}`).toBe(true);
    }
  });
});

describe('an affine coupling of rows', () => {
  it('starts with each hidden unit at zero for an example of its own, of the half that it sees, and still as the identity', () => {
    const own = construction();
    const coupling = affineCoupling(own, 'c', 2, { widths: [16, 16], activation: 'relu', flip: true });
    const x = noise.normal([50, 2], 'far').mul(3).add(5);
    coupling.initialise?.(x);
    const [rows = [], kernel = [], bias = []] = [x, ...['kernel', 'bias'].map((part) => own.parameters[`c/dense-0/${part}`] as Tensor)].map((tensor) => values(() => tensor.clone()));
    bias.forEach((b, unit) => expect((kernel[unit] ?? NaN) * (rows[2 * unit + 1] ?? NaN) + b).toBeCloseTo(0, 4));
    expect(values(() => coupling.forward(x).y)).toEqual(rows);
  });
});

describe('an affine coupling of channels', () => {
  it('with a normalised net starts with hidden sums of mean zero and variance one over a batch, and as the same coupling', () => {
    const own = construction();
    const coupling = channelCoupling(own, 'c', 4, { width: 3, kind: 'affine', normalised: true });
    const x = noise.normal([64, 3, 3, 4], 'x').mul(2).add(1) as Tensor4D;
    const before = values(() => coupling.forward(x).y);
    coupling.initialise?.(x);
    expect(values(() => coupling.forward(x).y)).toEqual(before);
    const after = (part: string, sums: Tensor): Tensor => sums.add(own.parameters[`c/${part}/actnorm/bias`] as Tensor).mul((own.parameters[`c/${part}/actnorm/log-scale`] as Tensor).mul(3).exp());
    const kernel = (part: string): Tensor4D => own.parameters[`c/${part}/kernel`] as unknown as Tensor4D;
    const first = (): Tensor => after('first', conv2d(x.slice([0, 0, 0, 0], [64, 3, 3, 2]), kernel('first'), 1, 'same'));
    for (const hidden of [first, () => after('second', conv2d(first().relu() as Tensor4D, kernel('second'), 1, 'same'))])
      for (let unit = 0; unit < 3; unit++) {
        const { mean, variance } = tidy(() => moments(hidden().slice([0, 0, 0, unit], [64, 3, 3, 1])));
        expect(mean.dataSync()[0]).toBeCloseTo(0, 4);
        expect(variance.dataSync()[0]).toBeCloseTo(1, 3);
      }
  });

  it('comes back from the smallest scale that its net can ask for', () => {
    const own = construction();
    const coupling = channelCoupling(own, 'c', 4, { width: 4, kind: 'affine' });
    own.parameters['c/last/bias']?.assign(tensor1d([0, 0, -300, -300]));
    const x = noise.normal([2, 2, 2, 4], 'x');
    const back = values(() => coupling.inverse(coupling.forward(x).y).x.sub(x));
    expect(largest(back)).toBeLessThan(1e-5);
    expect(values(() => coupling.forward(x).logDet)[0]).toBeCloseTo(8 * Math.log(1e-3), 3);
  });
});

describe('layers that nearly fold space have the log-determinant of 64-bit arithmetic, and gradients,', () => {
  const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  /** Expects of `layer` of these numbers at x the log-determinant, and the gradients of it and of y to be finite. */
  function expectAt(layer: (...given: Tensor2D[]) => Bijector, x: number[], given: readonly number[][], logDet: number): void {
    const all = [x, ...given].map((row) => tensor2d([row]));
    const at = (...[from, ...rest]: Tensor[]) => layer(...(rest as Tensor2D[])).forward(from as Tensor2D);
    const [found = NaN] = values(() => at(...all).logDet);
    expect(Math.abs(found - logDet), `${given.join('; ')} at ${x.join()}: ${found} for ${logDet}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(logDet)));
    all.forEach((_, i) => {
      const slopes = values(() => grad((moving: Tensor) => {
        const { y, logDet } = at(...all.map((tensor, j) => (i === j ? moving : tensor)));
        return add(sum(logDet), sum(y));
      })(all[i] as Tensor));
      expect(slopes.every(Number.isFinite), `gradient ${i} of ${given.join('; ')} at ${x.join()}`).toBe(true);
    });
    all.forEach((tensor) => tensor.dispose());
  }

  it.each([-10, -17, -18, -30, -60])('planar ones with w.u = %f', (wu) => {
    for (const x of [1e-4, 0.3, 4]) {
      const bend = Math.tanh(x) ** 2;
      expectAt((u, w, b) => planarWith({ u, w, b }), [x, 0.7], [[wu, 0.4], [1, 0], [0]], Math.log(1 + (softplus(wu) - 1) * (1 - bend)));
    }
  });

  it.each([[50, -20], [3, -18], [50, -60], [0.5, 2]])('radial ones with a = %f and beta = %f', (a, beta) => {
    for (const distance of [0, 1e-6, 1e-3, 2]) {
      // A square below which the layer takes no radius.
      const r = Math.sqrt(2 * distance ** 2 + 1e-12);
      const [b, h] = [softplus(beta) - a, 1 / (a + r)];
      const logDet = Math.log(1 + b * h) + Math.log(1 + b * h - b * h * h * r);
      expectAt((centre, alpha, given) => radialWith({ centre, alpha, beta: given }), [distance, -distance], [[0, 0], [Math.log(Math.expm1(a - 1e-3))], [beta]], logDet);
    }
  });

  it.each([0, -30, -90, -300])('gated ones with s = %f, which then give m', (s) => {
    const own = construction();
    const step = gatedAutoregressive(own, 'g', 2, 1, { widths: [6], activation: 'tanh', order: inOrder(2) });
    const [kernel, bias] = ['kernel', 'bias'].map((part) => own.parameters[`g/output/${part}`]);
    tidy(() => kernel?.assign(zerosLike(kernel)));
    bias?.assign(tensor1d([0.7, s, -0.2, s]));
    expectAt((context) => step(context), [2, -1], [[0.5]], -2 * softplus(-(s + 1.5)));
    const gate = 1 / (1 + Math.exp(-(s + 1.5)));
    const y = values(() => step(tensor2d([[0.5]])).forward(tensor2d([[2, -1]])).y);
    [gate * 2 + (1 - gate) * 0.7, -gate - (1 - gate) * 0.2].forEach((value, i) => expect(y[i]).toBeCloseTo(value, 5));
    const slopes = readValues(() => variableGrads(() => {
      const { y, logDet } = step(tensor2d([[0.5]])).forward(tensor2d([[2, -1]]));
      return add<Scalar>(sum(y), sum<Tensor1D>(logDet));
    }, Object.values(own.parameters)).grads);
    Object.values(slopes).forEach((slope) => expect(slope.every(Number.isFinite)).toBe(true));
  });
});
