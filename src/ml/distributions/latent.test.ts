import { add, concat, exp, grad, grads, linspace, logSumExp, mean, moments, mul, reshape, scalar, sum, tensor1d, tensor2d, tidy, tile, zeros, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { inOrder, maf, reversed } from '../bijectors/autoregressive';
import { chain, volumeKept } from '../bijectors/bijector';
import { affineCoupling } from '../bijectors/coupling';
import { planarWith } from '../bijectors/planar';
import { radialWith } from '../bijectors/radial';
import type { Construction } from '../nets/dense';
import { estimators, evidenceLowerBound, type Estimator } from '../objectives/elbo';
import type { Batch } from '../model';
import { createNoise } from '../random/noise';
import { codeGradients, discreteCodes, type CodeGradient } from './discrete-codes';
import { gaussian } from './gaussian';
import { drawOneHot } from './gumbel';
import { gaussianMixture, mixturePrior } from './mixture';
import { flowPosterior, gaussianPosterior, total, type Posterior } from './posterior';
import { flowPrior, priorOf, standardNormalPrior, uniformCodes, type Prior } from './prior';

const read = (make: () => Tensor): number[] => Array.from(tidy(make).dataSync());
const noise = createNoise(11);
const base = (rows: number) => gaussian(tile(tensor2d([[0.3, -0.5]]), [rows, 1]), tensor2d([[-0.2, 0.1]]));
const components = () => ({ logits: tensor1d([0.2, -0.4, 1]), mean: tensor2d([[0, 0], [1.5, -1], [-1, 2]]), logSigma: tensor2d([[0, -0.3], [-0.6, 0.1], [-0.2, -0.5]]) });
const mixture = (rows: number) => {
  const { logits, mean: means, logSigma } = components();
  const each = (x: Tensor) => [0, 1, 2].map((j) => tile(x.slice([j, 0], [1, 2]), [rows, 1]) as Tensor2D);
  return gaussianMixture(tile(reshape(logits, [1, 3]), [rows, 1]) as Tensor2D, each(means), each(logSigma));
};

/** Of `rows` examples that are alike. */
const posteriors: Record<string, (rows: number) => Posterior> = {
  normals: (rows) => gaussianPosterior(base(rows)),
  'normals through planar layers': (rows) =>
    flowPosterior(base(rows), chain([planarWith({ u: tensor2d([[1, 2]]), w: tensor2d([[0.5, -1]]), b: tensor2d([[0.2]]) }), planarWith({ u: tensor2d([[0.4, -1]]), w: tensor2d([[1, 1]]), b: tensor2d([[0]]) })])),
  'normals through a radial layer': (rows) => flowPosterior(base(rows), radialWith({ centre: tensor2d([[0.2, 0.1]]), alpha: tensor2d([[0.3]]), beta: tensor2d([[2]]) })),
  'a mixture of normals': mixture,
};

const side = 201;
const cell = (20 / (side - 1)) ** 2;
/** Points of [-10, 10]^2. */
const grid = (): Tensor2D => {
  const line = linspace(-10, 10, side);
  return concat([reshape(tile(reshape(line, [side, 1]), [1, side]), [-1, 1]), reshape(tile(reshape(line, [1, side]), [side, 1]), [-1, 1])], 1) as Tensor2D;
};

describe.each(Object.entries(posteriors))('a posterior of %s', (_, make) => {
  it('has at its draws the density that its logProb has there', () => {
    tidy(() => {
      const posterior = make(50);
      const { z, logQ } = posterior.draw(noise, 'z');
      expect(posterior.logProb(z).sub(total(logQ)).abs().max().dataSync()[0]).toBeLessThan(2e-4);
    });
  });

  it('has a density of integral one, whose mean its draws have', () => {
    const [mass, first = NaN, second = NaN] = read(() => {
      const points = grid();
      const density = exp(make(side * side).logProb(points)).mul(cell);
      return concat([sum(density).reshape([1]), sum(mul(points, density.expandDims(1)), 0).reshape([2])]);
    });
    expect(mass).toBeCloseTo(1, 2);
    const n = 20_000;
    const [m0 = NaN, m1 = NaN, v0 = NaN, v1 = NaN] = read(() => {
      const { mean, variance } = moments(make(n).draw(noise, 'z').z, 0);
      return concat([mean, variance]);
    });
    expect(Math.abs(m0 - first)).toBeLessThan(4 * Math.sqrt(v0 / n) + 1e-3);
    expect(Math.abs(m1 - second)).toBeLessThan(4 * Math.sqrt(v1 / n) + 1e-3);
  });
});

describe('a flow that changes nothing', () => {
  it('leaves the normals as they are', () => {
    tidy(() => {
      const [plain, flowed] = [gaussianPosterior(base(20)), flowPosterior(base(20), volumeKept((x) => x.clone(), (y) => y.clone()))];
      const [a, b] = [plain.draw(noise, 'z'), flowed.draw(noise, 'z')];
      expect(b.z.dataSync()).toEqual(a.z.dataSync());
      expect(total(b.logQ).dataSync()).toEqual(total(a.logQ).dataSync());
    });
  });
});

describe('a mixture as a posterior', () => {
  it('of one component is that normal', () => {
    tidy(() => {
      const { mean: centre, standardDeviation } = base(20);
      const one = gaussianMixture(zeros([20, 1]), [centre() as Tensor2D], [standardDeviation().log() as Tensor2D]);
      const [a, b] = [gaussianPosterior(base(20)).draw(noise, 'z'), one.spread?.(noise, 'z')];
      expect(b?.z.sub(a.z).abs().max().dataSync()[0]).toBeLessThan(1e-6);
      expect(b && total(b.logQ).sub(total(a.logQ)).abs().max().dataSync()[0]).toBeLessThan(1e-5);
      expect(b?.weights?.dataSync().every((weight) => Math.abs(weight - 1) < 1e-6)).toBe(true);
    });
  });

  it('has an entropy by its weighted draws that one draw has on average, and not above that of index and component together', () => {
    const n = 20_000;
    const stats = (values: () => Tensor) => {
      const [value = NaN, variance = NaN] = read(() => {
        const { mean, variance } = moments(values());
        return concat([mean.reshape([1]), variance.reshape([1])]);
      });
      return { value, error: Math.sqrt(variance / n) };
    };
    const weighted = stats(() => {
      const draws = mixture(n).spread?.(noise, 'z');
      if (!draws?.weights) throw new Error('A mixture weights its draws.');
      return sum(mul(draws.weights, reshape(total(draws.logQ), [3, n])), 0).neg();
    });
    const single = stats(() => total(mixture(n).draw(noise, 'other').logQ).neg());
    expect(Math.abs(weighted.value - single.value)).toBeLessThan(4 * (weighted.error + single.error));
    expect(weighted.error).toBeLessThan(single.error);
    const [joint = NaN] = read(() => {
      const { logits, logSigma } = components();
      const shares = logits.softmax();
      const entropies = sum(add(logSigma, 0.5 * Math.log(2 * Math.PI * Math.E)), 1);
      return sum(mul(shares, entropies.sub(shares.log()))).reshape([1]);
    });
    expect(weighted.value).toBeLessThan(joint);
  });
});

const construct = (): Construction => ({ parameters: {}, noise: createNoise(5) });
/** Couplings start as the identity: this moves them. */
const perturbed = (construction: Construction): void =>
  tidy(() => Object.entries(construction.parameters).forEach(([name, variable]) => variable.assign(add(variable, mul(noise.normal(variable.shape, name), 0.1)))));
const net = { widths: [12], activation: 'tanh' as const };
const priors: Record<string, (construction: Construction) => Prior> = {
  'standard normals': () => standardNormalPrior(2),
  'a mixture of normals': () => mixturePrior(components),
  couplings: (construction) => flowPrior(2, chain([false, true].map((flip, i) => affineCoupling(construction, `layer-${i}`, 2, { ...net, flip })))),
  'masked autoregressive layers': (construction) => flowPrior(2, chain([inOrder, reversed].map((order, i) => maf(construction, `layer-${i}`, 2, { ...net, order: order(2) })))),
};

describe.each(Object.entries(priors))('a prior of %s', (_, make) => {
  const using = (test: (prior: Prior) => void) => () => {
    const construction = construct();
    const prior = make(construction);
    perturbed(construction);
    tidy(() => test(prior));
    Object.values(construction.parameters).forEach((variable) => variable.dispose());
  };

  it('has a density of integral one, whose first two moments its samples have', using((prior) => {
    const n = 40_000;
    const points = grid();
    const density = exp(total(prior.logDensity(points))).mul(cell);
    expect(density.sum().dataSync()[0]).toBeCloseTo(1, 2);
    const samples = prior.sample(n, scalar(1), noise);
    for (const of of [(x: Tensor) => x, (x: Tensor) => x.square()]) {
      const expected = sum(mul(of(points), density.expandDims(1)), 0).dataSync();
      const { mean: found, variance } = moments(of(samples), 0);
      const [means, variances] = [found.dataSync(), variance.dataSync()];
      expected.forEach((value, i) => expect(Math.abs((means[i] ?? NaN) - value)).toBeLessThan(4 * Math.sqrt((variances[i] ?? NaN) / n) + 0.01));
    }
  }));

  it('has narrower samples at a lower temperature, and one alone at 0', using((prior) => {
    const spread = (temperature: number) => moments(prior.sample(4000, scalar(temperature), noise), 0).variance.sum().dataSync()[0] ?? NaN;
    expect(spread(0.5)).toBeLessThan(spread(1));
    expect(spread(0)).toBeLessThan(1e-9);
  }));
});

it('a mixture as a prior has the density of the formula', () => {
  const [found, expected] = tidy(() => {
    const z = noise.normal([30, 2], 'z') as Tensor2D;
    const { logits, mean: means, logSigma } = components();
    const each = [0, 1, 2].map((j) => gaussian(tile(means.slice([j, 0], [1, 2]), [30, 1]), logSigma.slice([j, 0], [1, 2])).logProb(z).add(logits.logSoftmax().slice([j], [1])).expandDims(1));
    return [Array.from(priorOf(mixturePrior(components), 30).logProb(z).dataSync()), Array.from(logSumExp(concat(each, 1), 1).dataSync())] as const;
  });
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 4));
});

it('a mixture as a prior of narrow normals far from 0 and from each other is that of double precision, and so are its gradients', () => {
  const [components, size, rows, sigma] = [20, 10, 40, 0.02];
  type Rows = number[][];
  const exact = (inputs: readonly Rows[]): number[] => {
    const [z, means, logSigmas] = inputs as [Rows, Rows, Rows];
    return z.map((code) => {
      const joint = means.map((mean, k) => mean.reduce((total, m, d) => {
        const logSigma = logSigmas[k]?.[d] ?? NaN;
        return total - 0.5 * (((code[d] ?? NaN) - m) / Math.exp(logSigma)) ** 2 - logSigma - 0.5 * Math.log(2 * Math.PI);
      }, -Math.log(components)));
      const most = Math.max(...joint);
      return most + Math.log(joint.reduce((total, value) => total + Math.exp(value - most), 0));
    });
  };
  const { inputs, found, slopes } = tidy(() => {
    // In pairs that overlap, so that a code belongs to two.
    const mean = add(tile(noise.normal([components / 2, size], 'centres').mul(4), [2, 1]), noise.normal([components, size], 'pairs').mul(sigma / 2));
    const all = [add(tile(mean, [rows / components, 1]), noise.normal([rows, size], 'z').mul(sigma)), mean, noise.normal([components, size], 'sigma').mul(0.1).add(Math.log(sigma))];
    const density = (...[z, mean, logSigma]: Tensor[]) => total(mixturePrior(() => ({ logits: zeros([components]), mean: mean as Tensor2D, logSigma: logSigma as Tensor2D })).logDensity(z as Tensor2D));
    const rowsOf = (tensors: Tensor[]) => tensors.map((tensor) => tensor.arraySync() as Rows);
    return { inputs: rowsOf(all), found: density(...all).dataSync(), slopes: rowsOf(grads((...at) => sum(density(...at)))(all)) };
  });
  exact(inputs).forEach((value, i) => expect(Math.abs((found[i] ?? NaN) - value)).toBeLessThan(1e-3));
  slopes.forEach((slope, which) => {
    const norm = Math.hypot(...slope.flat());
    const along = (by: number) => exact(inputs.map((input, i) => (i === which ? input.map((row, r) => row.map((x, d) => x + (by * (slope[r]?.[d] ?? NaN)) / norm)) : input))).reduce((total, value) => total + value, 0);
    expect(Math.abs((along(1e-5) - along(-1e-5)) / 2e-5 / norm - 1)).toBeLessThan(1e-4);
  });
});

it('a mixture as a prior has the same density of many codes, whose components are compared in pieces, as of few', () => {
  const [few, many] = tidy(() => {
    const prior = mixturePrior(() => ({ logits: noise.normal([20], 'logits') as Tensor1D, mean: noise.normal([20, 2], 'mean') as Tensor2D, logSigma: zeros([20, 2]) }));
    const z = noise.normal([2 ** 19, 2], 'z') as Tensor2D;
    return [prior.logDensity(z.slice([0, 0], [30, 2])), prior.logDensity(z).slice([0, 0], [30, 1])].map((density) => density.dataSync());
  });
  few?.forEach((value, i) => expect(many?.[i]).toBeCloseTo(value, 5));
});

describe('discrete codes', () => {
  const logitValues = [[0.5, -1, 0.3], [-0.2, 2, 0]];
  const codes = (rows: number, classes: number, gradient: CodeGradient, logits: Tensor = tensor2d(logitValues)) =>
    discreteCodes(tile(logits, [rows, 1]) as Tensor2D, { size: 3 / classes, classes, gradient, temperature: scalar(0.7) });

  it.each([1, 3])('of %d numbers a variable have probabilities of sum one, and the divergence of the sum over all codes', (classes) => {
    tidy(() => {
      const posterior = codes(1, classes, 'enumeration');
      const all = posterior.spread?.(noise, 'z');
      if (!all?.weights) throw new Error('Enumeration weights its codes.');
      expect(all.count).toBe(classes === 1 ? 8 : 3);
      expect(Array.from(all.weights.sum(0).dataSync()).every((mass) => Math.abs(mass - 1) < 1e-6)).toBe(true);
      const log = posterior.logProb.bind(posterior);
      const again = reshape(all.z, [all.count, 2, -1]).unstack().map((z) => log(z).dataSync()[1]);
      again.forEach((value, i) => expect(value).toBeCloseTo(reshape(total(all.logQ), [all.count, 2]).slice([i, 1], [1, 1]).dataSync()[0] ?? NaN, 5));
      const closed = posterior.klToBase?.().sum(1).dataSync()[1] ?? NaN;
      const prior = uniformCodes(3 / classes, classes);
      const summed = sum(mul(all.weights, reshape(total(all.logQ).sub(total(prior.logDensity(all.z))), [all.count, 2])), 0).dataSync()[1] ?? NaN;
      expect(summed).toBeCloseTo(closed, 5);
    });
  });

  it.each(codeGradients)('are drawn with their probabilities (%s)', (gradient) => {
    const n = 20_000;
    tidy(() => {
      const z = codes(n, 3, gradient).sample(noise, 'z');
      const shares = reshape(z, [n, 2, 3]).mean(0).slice([1, 0], [1, 3]).dataSync();
      const expected = tensor1d(logitValues[1] ?? []).softmax().dataSync();
      expected.forEach((p, i) => expect(Math.abs((shares[i] ?? NaN) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n)));
    });
  });

  // The decoder: a normal about a matrix times the code.
  const weights = [[1, -0.5], [0.3, 2], [-1.5, 0.4]];
  const generative = { prior: uniformCodes(3, 1), decode: (z: Tensor2D) => gaussian(reshape(z.matMul(tensor2d(weights)), [-1, 1, 1, 2]), scalar(-0.3)) };
  const picture = (rows: number) => tile(tensor2d([[0.7, 1.1]]), [rows, 1]).reshape([rows, 1, 1, 2]) as Batch;
  /** The gradient of the bound in each of `rows` copies of the logits, `[rows, 3]`. */
  const gradients = (gradient: CodeGradient, rows: number, temperature = 0.7, estimator: Estimator = 'analytic-kl') =>
    grad((logits: Tensor) =>
      sum(evidenceLowerBound(picture(rows), discreteCodes(logits as Tensor2D, { size: 3, classes: 1, gradient, temperature: scalar(temperature) }), generative, noise, estimator).elbo),
    )(tile(tensor2d([[0.5, -1, 0.3]]), [rows, 1]));

  it('have by enumeration the derivative of the exact bound', () => {
    const bound = (logits: number[]) => {
      let value = 0;
      const probabilities = logits.map((l) => 1 / (1 + Math.exp(-l)));
      for (let code = 0; code < 8; code++) {
        const bits = [0, 1, 2].map((j) => (code >> j) & 1);
        const q = bits.reduce((product, bit, j) => product * (bit ? (probabilities[j] ?? 0) : 1 - (probabilities[j] ?? 0)), 1);
        const centre = [0, 1].map((d) => bits.reduce((total, bit, j) => total + bit * (weights[j]?.[d] ?? 0), 0));
        const logP = [0.7, 1.1].reduce((total, x, d) => total - 0.5 * ((x - (centre[d] ?? 0)) / Math.exp(-0.3)) ** 2 - 0.5 * Math.log(2 * Math.PI) + 0.3, 0);
        value += q * (logP + Math.log(1 / 8) - Math.log(q));
      }
      return value;
    };
    const at = [0.5, -1, 0.3];
    const found = read(() => gradients('enumeration', 1));
    at.forEach((_, j) => {
      const moved = (by: number) => bound(at.map((l, i) => (i === j ? l + by : l)));
      expect(found[j]).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
    });
  });

  const meansAndErrors = (gradient: CodeGradient, n: number, temperature?: number, estimator?: Estimator) => {
    const values = read(() => {
      const { mean, variance } = moments(gradients(gradient, n, temperature, estimator), 0);
      return concat([mean, variance]);
    });
    return [0, 1, 2].map((j) => ({ value: values[j] ?? NaN, error: Math.sqrt((values[3 + j] ?? NaN) / n) }));
  };

  it.each(estimators)('have by REINFORCE that gradient on average, with the bound by %s', (estimator) => {
    const exact = read(() => gradients('enumeration', 1));
    meansAndErrors('reinforce', 40_000, 0.7, estimator).forEach(({ value, error }, j) => expect(Math.abs(value - (exact[j] ?? NaN))).toBeLessThan(4 * error));
  });

  it('have by Gumbel-softmax a gradient that is biased, the less so the lower the temperature', () => {
    const exact = read(() => gradients('enumeration', 1));
    const bias = (temperature: number) => meansAndErrors('gumbel', 100_000, temperature).reduce((worst, { value }, j) => Math.max(worst, Math.abs(value - (exact[j] ?? NaN))), 0);
    const [warm, cool] = [bias(5), bias(0.5)];
    expect(warm).toBeGreaterThan(0.1);
    expect(cool).toBeLessThan(warm);
  });

  it('have one prior code at temperature 0', () => {
    const [first, ...others] = tidy(() => uniformCodes(4, 3).sample(5, scalar(0), noise).arraySync());
    for (const code of others) expect(code).toEqual(first);
    expect(mean(tensor1d(first ?? [])).dataSync()[0]).toBeCloseTo(1 / 3, 6);
  });
});

it('a draw of one class alone is that class', () => {
  expect(Array.from(tidy(() => drawOneHot(zeros([3, 1]), noise, 'alone')).dataSync())).toEqual([1, 1, 1]);
});
