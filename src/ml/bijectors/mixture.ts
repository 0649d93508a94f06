import { add, div, exp, expandDims, logSoftmax, logSumExp, max, min, mul, neg, slice, softplus, sub, sum, tanh, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Construction } from '../nets/dense';
import { made } from '../nets/made';
import { sweeps } from '../sampling/sweeps';
import type { AutoregressiveOptions } from './autoregressive';
import type { Bijector } from './bijector';
import { logNormalCdf, logNormalDensity, normalQuantile } from './normal';
import { bisect } from './solve';

/** A mixture for each value: `[1 or batch, size, components]` each. */
export interface Mixtures {
  /** Of the weights, before a softmax over the components. */
  logits: Tensor;
  means: Tensor;
  logScales: Tensor;
}

/** A component's ln F, ln(1 - F) and ln f of a standardised value, and the standardised value of a normal quantile z. */
interface Component {
  below(u: Tensor): Tensor;
  above(u: Tensor): Tensor;
  logDensity(u: Tensor): Tensor;
  quantile(z: Tensor): Tensor;
}

const logSigmoid = (u: Tensor): Tensor => neg(softplus(neg(u)));

export const logisticComponent: Component = {
  below: logSigmoid,
  above: (u) => logSigmoid(neg(u)),
  logDensity: (u) => add(logSigmoid(u), logSigmoid(neg(u))),
  quantile: (z) => sub(logNormalCdf(z), logNormalCdf(neg(z))),
};

export const normalComponent: Component = { below: logNormalCdf, above: (u) => logNormalCdf(neg(u)), logDensity: logNormalDensity, quantile: (z) => z };

/** ln F(x), ln(1 - F(x)) and ln f(x) of each value's mixture, the shape of `x` `[batch, size]`. */
function logProbabilities(x: Tensor, { logits, means, logScales }: Mixtures, component: Component) {
  const u = mul(sub(expandDims(x, -1), means), exp(neg(logScales)));
  const logWeights = logSoftmax(logits, -1);
  const mix = (parts: Tensor): Tensor => logSumExp(add(logWeights, parts), -1);
  return { below: mix(component.below(u)), above: mix(component.above(u)), logDensity: () => mix(sub(component.logDensity(u), logScales)) };
}

/** z = Phi^-1(F(x)) of each value's mixture: standard normal when x comes from the mixture. In logarithms throughout, so that it is exact in the far tails. */
export function gaussianise(x: Tensor, mixtures: Mixtures, component: Component): { y: Tensor; logDet: Tensor1D } {
  const { below, above, logDensity } = logProbabilities(x, mixtures, component);
  const y = normalQuantile(below, above);
  return { y, logDet: sum<Tensor1D>(sub(logDensity(), logNormalDensity(y)), 1) };
}

/** The x with Phi^-1(F(x)) = z, by bisection between the least and the greatest of the components' quantiles. */
export function fromGaussian(z: Tensor, mixtures: Mixtures, component: Component): Tensor {
  const quantiles = add(mixtures.means, mul(exp(mixtures.logScales), expandDims(component.quantile(z), -1)));
  const wanted = logisticComponent.quantile(z);
  const reached = (x: Tensor): Tensor => {
    const { below, above } = logProbabilities(x, mixtures, component);
    return sub(sub(below, above), wanted);
  };
  return bisect(reached, min(quantiles, -1), max(quantiles, -1));
}

/**
 * A masked autoencoder whose conditionals are mixtures of normals, as a bijector to N(0, I): the density that it and a standard normal base make is the mixtures' own
 * (MADE MoG in Papamakarios, Pavlakou and Murray 2017). Density in one pass, sampling in `size`.
 */
export function mixtureAutoregressive(construction: Construction, name: string, size: number, components: number, { widths, activation, order }: AutoregressiveOptions): Bijector {
  const net = made(construction, name, { size, widths, activation, outputsPerValue: 3 * components, order });
  // Components start apart from each other, since equal ones would stay equal.
  const places = Array.from({ length: components }, (_, k) => (4 * (k + 0.5)) / components - 2);
  const mixtures = (x: Tensor): Mixtures => {
    const outputs = net.outputs(x as Tensor2D);
    const part = (i: number): Tensor => slice(outputs, [0, 0, i * components], [-1, -1, components]);
    return { logits: part(0), means: add(part(1), places), logScales: mul(tanh(div(part(2), 3)), 3) };
  };
  const forward = (x: Tensor) => gaussianise(x, mixtures(x), normalComponent);
  return {
    forward,
    inverse(y) {
      const x = sweeps(y.shape[1] ?? 0, y, (x) => fromGaussian(y, mixtures(x), normalComponent));
      return { x, logDet: neg(forward(x).logDet) };
    },
    initialise: (x) => net.spreadKinks(x as Tensor2D),
  };
}
