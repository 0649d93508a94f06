import { add, argMax, clipByValue, concat, exp, expm1, floor, log, logSoftmax, logSumExp, maximum, mul, neg, oneHot, slice, softmax, softplus, split, step, sub, sum, tanh, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Noise } from '../random/noise';
import type { Distribution } from './distribution';
import { sumEvent } from './gaussian';

// Values are scaled to [-1, 1] inside: level k of `levels` to 2k / (levels - 1) - 1, half a bin being 1 / (levels - 1).
const lowestLogScale = -7;

const toSigned = (x: Tensor): Tensor => sub(mul(x, 2), 1);
const fromSigned = (y: Tensor): Tensor => add(mul(clipByValue(y, -1, 1), 0.5), 0.5);
const toLevel = (y: Tensor, levels: number): Tensor => mul(floor(add(mul(fromSigned(y), levels - 1), 0.5)), 1 / (levels - 1));

/**
 * Log mass of the bin around `y`: sigmoid(a) - sigmoid(b) of its standardised edges, the outer bins with the whole tails (Kingma et al. 2016; Salimans et
 * al. 2017). By sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - e^(b - a)) it is exact for any scale.
 */
function logMass(y: Tensor, mean: Tensor, rawLogScale: Tensor, levels: number): Tensor {
  const halfBin = 1 / (levels - 1);
  const inverseScale = exp(neg(maximum(rawLogScale, lowestLogScale)));
  const centred = sub(y, mean);
  const a = mul(add(centred, halfBin), inverseScale);
  const b = mul(sub(centred, halfBin), inverseScale);
  const logLower = neg(softplus(neg(a)));
  const logUpper = neg(softplus(b));
  const logWidth = log(neg(expm1(mul(inverseScale, -2 * halfBin))));
  const inner = add(add(logLower, logUpper), logWidth);
  const edge = 1 - halfBin;
  const lowest = step(sub(-edge, y));
  const highest = step(sub(y, edge));
  return add(add(mul(lowest, logLower), mul(highest, logUpper)), mul(sub(1, add(lowest, highest)), inner));
}

/** A logistic draw; u is kept off 0 and 1. */
function logisticDraw(mean: Tensor, rawLogScale: Tensor, noise: Noise, purpose: string): Tensor {
  const u = clipByValue(noise.uniform(mean.shape, purpose), 1e-5, 1 - 1e-5);
  return add(mean, mul(exp(maximum(rawLogScale, lowestLogScale)), sub(log(u), log(sub(1, u)))));
}

/**
 * Grey levels k / (levels - 1) by the mass that a logistic has in each one's bin.
 * @param mean `[batch, ...event]`, on the scale where black is -1 and white 1
 * @param logScale of the same shape and scale, kept above -7
 */
export const discretisedLogistic = (mean: Tensor, logScale: Tensor, levels: number): Distribution => ({
  mean: () => fromSigned(mean),
  sample: (noise, purpose) => toLevel(logisticDraw(mean, logScale, noise, purpose), levels),
  logProb: (x) => sumEvent(logMass(toSigned(x), mean, logScale, levels)),
});

/** Outputs for each pixel: for each component a logit, a mean and a scale of each channel, and a coefficient of each pair of channels. */
export const mixtureOutputs = (channels: number, components: number): number => components * (1 + 2 * channels + (channels * (channels - 1)) / 2);

/**
 * A mixture of discretised logistics for each pixel (Salimans et al. 2017, PixelCNN++): a component is chosen for a pixel as a whole, and in it a channel's mean moves with the
 * channels before it, mean_G + c0 x_R, mean_B + c1 x_R + c2 x_G, the coefficients c being tanh of the outputs.
 * @param outputs `[batch, height, width, mixtureOutputs(channels, components)]`: all logits, then means, log scales (channel by channel), coefficients
 */
export function discretisedLogisticMixture(outputs: Tensor, { channels, components, levels }: { channels: number; components: number; levels: number }): Distribution {
  const place = outputs.shape.slice(0, -1);
  const pairs = (channels * (channels - 1)) / 2;
  const parts = split(outputs, [components, channels * components, channels * components, ...(pairs > 0 ? [pairs * components] : [])], -1) as [Tensor, Tensor, Tensor, Tensor | undefined];
  const [logits, means, logScales] = parts;
  /** The `components` values of one channel (or pair). */
  const of = (values: Tensor, index: number): Tensor => slice(values, [...place.map(() => 0), index * components], [...place, components]);
  const coefficients = parts[3] && tanh(parts[3]);
  /** A channel's means `[..., components]`, given the values of the channels before it, `[..., 1]` or `[..., components]`. */
  const meanGiven = (channel: number, before: readonly Tensor[]): Tensor =>
    before.reduce((mean, value, earlier) => add(mean, mul(of(coefficients as Tensor, (channel * (channel - 1)) / 2 + earlier), value)), of(means, channel));
  const channelsOf = (x: Tensor): Tensor[] => Array.from({ length: channels }, (_, channel) => slice(x, [...place.map(() => 0), channel], [...x.shape.slice(0, -1), 1]));

  return {
    mean() {
      const componentMeans: Tensor[] = [];
      for (let channel = 0; channel < channels; channel++) componentMeans.push(meanGiven(channel, componentMeans));
      const weights = softmax(logits);
      return fromSigned(concat(componentMeans.map((mean) => sum(mul(weights, mean), -1, true)), -1));
    },
    sample(noise, purpose) {
      const u = clipByValue(noise.uniform(logits.shape, `${purpose}/component`), 1e-5, 1 - 1e-5);
      const chosen = oneHot(argMax(sub(logits, log(neg(log(u)))), -1) as Tensor1D, components, 1, 0, 'float32');
      const pick = (values: Tensor): Tensor => sum(mul(chosen, values), -1, true);
      const drawn: Tensor[] = [];
      for (let channel = 0; channel < channels; channel++) {
        const value = logisticDraw(pick(meanGiven(channel, drawn)), pick(of(logScales, channel)), noise, `${purpose}/channel-${channel}`);
        drawn.push(toSigned(toLevel(value, levels)));
      }
      return fromSigned(concat(drawn, -1));
    },
    logProb(x) {
      const values = channelsOf(toSigned(x));
      const masses = values.map((value, channel) => logMass(value, meanGiven(channel, values.slice(0, channel)), of(logScales, channel), levels));
      const together = masses.reduce((total, mass) => add(total, mass));
      return sumEvent(logSumExp(add(logSoftmax(logits), together), -1));
    },
  };
}
