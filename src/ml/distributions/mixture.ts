import { add, concat, exp, expandDims, logSoftmax, logSumExp, matMul, mul, reshape, slice, softmax, split, sqrt, square, squeeze, stack, sub, sum, tidy, tile, transpose, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { Noise } from '../random/noise';
import { gaussian } from './gaussian';
import { drawOneHot } from './gumbel';
import type { Posterior } from './posterior';
import type { Prior } from './prior';

/**
 * A mixture of normals for each example. `spread` has one reparameterised draw from each component, weighted by the component's probability, and the density of the
 * whole mixture at it: sum_j pi_j E_j[f(z)], which is differentiable in everything and draws no index.
 * @param logits of the components, `[batch, components]`
 * @param means of each component, `[batch, latent]`
 * @param logSigmas the same
 */
export function gaussianMixture(logits: Tensor2D, means: readonly Tensor2D[], logSigmas: readonly Tensor2D[]): Posterior {
  const parts = means.map((mean, j) => gaussian(mean, logSigmas[j] as Tensor2D));
  const count = parts.length;
  const mixed = (values: readonly Tensor[]): Tensor => sum(mul(expandDims(softmax(logits), 2), stack([...values], 1)), 1);
  const mean = (): Tensor => mixed(means);
  /** `[batch, 1]`. */
  const logDensity = (z: Tensor): Tensor2D => logSumExp(add(logSoftmax(logits), stack(parts.map((part) => part.logProb(z)), 1)), 1, true) as Tensor2D;
  const choose = (noise: Noise, purpose: string): Tensor2D => {
    const chosen = expandDims(drawOneHot(logits, noise, `${purpose}/component`), 2);
    const of = (values: readonly Tensor[]): Tensor => sum(mul(chosen, stack([...values], 1)), 1);
    return gaussian(of(means), of(logSigmas)).sample(noise, purpose) as Tensor2D;
  };
  return {
    mean,
    standardDeviation: () => sqrt(sub(mixed(parts.map((part) => add(square(part.mean()), square(part.standardDeviation())))), square(mean()))),
    sample: choose,
    logProb: (z) => squeeze<Tensor1D>(logDensity(z), [1]),
    parts: () => ({ logWeights: logSoftmax(logits), means: stack([...means], 1) as Tensor3D, deviations: exp(stack([...logSigmas], 1)) as Tensor3D }),
    draw(noise, purpose) {
      const z = choose(noise, purpose);
      return { count: 1, z, logQ: logDensity(z) };
    },
    spread(noise, purpose) {
      const [batch = 0, latent = 0] = means[0]?.shape ?? [];
      const epsilon = split(noise.normal([count * batch, latent], purpose), count) as Tensor2D[];
      const draws = parts.map((part, j) => add(part.mean(), mul(part.standardDeviation(), epsilon[j] as Tensor2D)) as Tensor2D);
      return { count, z: concat(draws, 0), logQ: concat(draws.map(logDensity), 0), weights: transpose(softmax(logits)) };
    },
  };
}

/** Differences that are held at once: 64 MB. */
const atOnce = 2 ** 24;

/**
 * The sum over the dimensions of (z - m)^2 / s^2, `[rows, components]`: of the differences themselves, because z^2 / s^2 - 2 z m / s^2 + m^2 / s^2, which would be three
 * matrix products, cancels in float32 where s is small beside m.
 */
function squaredDistances(z: Tensor2D, mean: Tensor2D, logSigma: Tensor2D): Tensor2D {
  const [components] = mean.shape;
  const precision = exp(mul(logSigma, -2));
  const step = Math.max(1, Math.floor(atOnce / z.size));
  const distances = Array.from({ length: Math.ceil(components / step) }, (_, i) =>
    tidy(() => {
      const [m, p] = [mean, precision].map((of) => expandDims(slice(of, [i * step, 0], [Math.min(step, components - i * step), -1]), 1)) as [Tensor3D, Tensor3D];
      return squeeze<Tensor2D>(matMul(square(sub(expandDims<Tensor3D>(z, 0), m)), p, false, true), [2]);
    }),
  );
  return transpose(concat(distances, 0));
}

/**
 * The same mixture of normals as a prior (Tomczak and Welling 2018, section 2).
 * @param components made anew for each use: `logits` `[components]`, `mean` and `logSigma` `[components, latent]`
 */
export function mixturePrior(components: () => { logits: Tensor1D; mean: Tensor2D; logSigma: Tensor2D }): Prior {
  return {
    isBase: false,
    logDensity(z) {
      const { logits, mean, logSigma } = components();
      const logScale = sum<Tensor1D>(add(mul(logSigma, 2), Math.log(2 * Math.PI)), 1);
      return logSumExp(add(mul(add(squaredDistances(z, mean, logSigma), logScale), -0.5), logSoftmax(logits)), 1, true) as Tensor2D;
    },
    mean(count) {
      const { logits, mean } = components();
      return tile(matMul(reshape(softmax(logits), [1, -1]), mean), [count, 1]) as Tensor2D;
    },
    sample(count, temperature, noise) {
      const { logits, mean, logSigma } = components();
      const chosen = drawOneHot(tile(expandDims(logits, 0), [count, 1]) as Tensor2D, noise, 'prior/component', temperature);
      const epsilon = mul(noise.normal([count, mean.shape[1]], 'prior'), temperature);
      return add(matMul(chosen, mean), mul(matMul(chosen, exp(logSigma)), epsilon)) as Tensor2D;
    },
  };
}
