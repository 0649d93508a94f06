import {
  add,
  argMax,
  cast,
  clipByValue,
  cumsum,
  div,
  exp,
  expandDims,
  fill,
  greater,
  greaterEqual,
  linspace,
  log,
  logSoftmax,
  logSumExp,
  maximum,
  minimum,
  mul,
  neg,
  oneHot,
  reshape,
  round,
  scalar,
  sigmoid,
  slice,
  softmax,
  softplus,
  split,
  squeeze,
  stack,
  sub,
  sum,
  tanh,
  tidy,
  where,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { DataShape } from '../../../contract/models';
import { bernoulli } from '../../distributions/bernoulli';
import type { Distribution } from '../../distributions/distribution';
import { gaussian, sumEvent } from '../../distributions/gaussian';
import type { Batch } from '../../model';
import type { Noise } from '../../random/noise';

/** A distribution over the grey levels of each value, as a coder needs it. */
export interface LevelDistribution extends Distribution {
  /** `[batch, ...event, levels]`, the probability of each level, the darkest first. */
  probabilities(): Tensor;
}

/** What a value is given the values before it: how many numbers of the net describe it, its mass or density, and a draw from it. */
export interface ValueLikelihood {
  /** Numbers of the net for each pixel. */
  outputs: number;
  /** Every value's conditional distribution, from the net's `[batch, height, width, outputs]` for the pictures `x`. */
  conditionals(outputs: Batch, x: Batch): Distribution;
  /** Draws of the noise for each value. */
  draws: number;
  noise(noise: Noise, shape: number[], purpose: string): Tensor;
  /**
   * A draw of the channel `channel` of a pixel, `[batch, 1]`, from the net's numbers `[batch, outputs]` for the pixel, the pixel's earlier channels in
   * `pixel` `[batch, channels]`, and `noise` `[batch, draws]`. At temperature 0 the most probable value (of the most probable component).
   */
  draw(request: { outputs: Tensor2D; channel: number; pixel: Tensor2D; noise: Tensor2D; temperature: Scalar }): Tensor2D;
}

const uniform: ValueLikelihood['noise'] = (noise, shape, purpose) => noise.uniform(shape, purpose);

/** log(u / (1 - u)), finite: a draw of the standard logistic distribution from a uniform one. */
const logistic = (u: Tensor): Tensor => {
  const inside = clipByValue(u, 1e-7, 1 - 1e-7);
  return sub(log(inside), log(sub(1, inside)));
};

/** Coins: value 1 where logit + T logistic noise > 0, which has the probability sigmoid(logit / T). */
const coins = ({ channels }: DataShape): ValueLikelihood => ({
  outputs: channels,
  conditionals(logits): LevelDistribution {
    return { ...bernoulli(logits), probabilities: () => stack([sigmoid(neg(logits)), sigmoid(logits)], -1) };
  },
  draws: 1,
  noise: uniform,
  draw: ({ outputs, channel, noise, temperature }) =>
    cast(greater(add(slice(outputs, [0, channel], [-1, 1]), mul(temperature, logistic(noise))), 0), 'float32') as Tensor2D,
});

/** The grey value of each level, `[levels]`. */
const greys = (levels: number): Tensor => linspace(0, 1, levels);

/** The one-hot level of grey values, `[...shape, levels]`. */
const levelOf = (x: Tensor, levels: number): Tensor => cast(oneHot(cast(round(mul(x, levels - 1)), 'int32'), levels), 'float32');

/** The first entry at which the cumulated probability `[batch, n]` exceeds u `[batch, 1]`; at temperature 0 the most probable one. `[batch, 1]`. */
function pick(logits: Tensor2D, u: Tensor2D, temperature: Scalar): Tensor2D {
  const cumulated = cumsum(softmax(div(logits, maximum(temperature, 1e-6))), -1);
  const warm = minimum(sum(cast(greaterEqual(u, cumulated), 'float32'), -1, true), logits.shape[1] - 1);
  const cold = cast(expandDims(argMax(logits, -1), 1), 'float32');
  return where(greater(temperature, 0), warm, cold) as Tensor2D;
}

type Levelled = DataShape & { levels: number };

/** A softmax over the levels of each value (van den Oord, Kalchbrenner and Kavukcuoglu 2016, section 2.2). */
const softmaxOfLevels = ({ channels, levels }: Levelled): ValueLikelihood => ({
  outputs: channels * levels,
  conditionals(outputs): LevelDistribution {
    const logits = reshape(outputs, [...outputs.shape.slice(0, -1), channels, levels]);
    return {
      probabilities: () => softmax(logits),
      mean: () => sum(mul(softmax(logits), greys(levels)), -1),
      sample(noise, purpose) {
        const flat = reshape(logits, [-1, levels]) as Tensor2D;
        const drawn = pick(flat, noise.uniform([flat.shape[0], 1], purpose) as Tensor2D, scalar(1));
        return reshape(div(drawn, levels - 1), logits.shape.slice(0, -1));
      },
      logProb: (x) => sumEvent(sum(mul(logSoftmax(logits), levelOf(x, levels)), -1)),
    };
  },
  draws: 1,
  noise: uniform,
  draw: ({ outputs, channel, noise, temperature }) => div(pick(slice(outputs, [0, channel * levels], [-1, levels]), noise, temperature), levels - 1),
});

const logScaleFloor = -7;

/**
 * A mixture of logistic distributions, cut into levels; the channels of a pixel share the weights, and the means of green and blue move with
 * red and green (Salimans et al. 2017, equations 2 and 3). Values are in [-1, 1] here, as in the paper.
 */
function logisticMixture({ channels, levels }: Levelled, components: number): ValueLikelihood {
  const pairs = (channels * (channels - 1)) / 2;
  const halfBin = 1 / (levels - 1);
  const signed = (x: Tensor): Tensor => sub(mul(x, 2), 1);

  /** Weights' logits `[..., K]`, and by channel means and ln scales `[..., K]` given the pixel's earlier channels in x `[..., channels]`. */
  const parse = (outputs: Tensor, x: Tensor) => {
    const parts = split(outputs, 1 + 2 * channels + pairs, -1);
    const part = (i: number): Tensor => parts[i] as Tensor;
    const values = split(signed(x), channels, -1);
    let pair = 1 + 2 * channels;
    const channelParts = Array.from({ length: channels }, (_, channel) => {
      const earlier = values.slice(0, channel);
      const mean = earlier.reduce((total, value) => add(total, mul(tanh(part(pair++)), value)), part(1 + channel));
      return { mean, logScale: maximum(part(1 + channels + channel), logScaleFloor) };
    });
    return { weights: part(0), channelParts };
  };

  /** ln of the mass of the level of `x` `[..., 1]` under each component. With a and b the bin's ends, sigma(a) - sigma(b) = sigma(a) sigma(-b) (1 - e^(b - a)). */
  const logMass = (x: Tensor, { mean, logScale }: { mean: Tensor; logScale: Tensor }): Tensor => {
    const inverse = exp(neg(logScale));
    const centred = sub(signed(x), mean);
    const inner = tanh(mul(inverse, halfBin));
    const logWidth = sub(log(mul(inner, 2)), log(add(inner, 1)));
    // 0 at the darkest and brightest level, whose bins have no end, else 1.
    const level = round(mul(x, levels - 1));
    const [lower, upper] = [minimum(level, 1), minimum(sub(levels - 1, level), 1)];
    const aboveLower = neg(softplus(mul(sub(centred, halfBin), inverse)));
    const belowUpper = neg(softplus(neg(mul(add(centred, halfBin), inverse))));
    return add(add(mul(lower, aboveLower), mul(upper, belowUpper)), mul(mul(lower, upper), logWidth));
  };
  return {
    outputs: components * (1 + 2 * channels + pairs),
    conditionals(outputs, x): LevelDistribution {
      const { weights, channelParts } = parse(outputs, x);
      const values = split(x, channels, -1);
      // What the earlier channels of a pixel say about the component: ln weights of each channel's mixture.
      const channelWeights = [weights];
      channelParts.slice(1).forEach((_, c) => channelWeights.push(add(channelWeights[c] as Tensor, logMass(values[c] as Tensor, channelParts[c] as (typeof channelParts)[number]))));
      const logProbs = (of: readonly Tensor[]): Tensor =>
        stack(channelParts.map((part, c) => logSumExp(add(logSoftmax(channelWeights[c] as Tensor), logMass(of[c] as Tensor, part)), -1)), -1);
      const probabilities = (): Tensor =>
        stack(Array.from({ length: levels }, (_, level) => tidy(() => exp(logProbs(values.map((value) => fill(value.shape, level / (levels - 1))))))), -1);
      return {
        probabilities,
        mean: () => sum(mul(probabilities(), greys(levels)), -1),
        sample(noise, purpose) {
          const flat = reshape(probabilities(), [-1, levels]) as Tensor2D;
          const drawn = pick(log(flat), noise.uniform([flat.shape[0], 1], purpose) as Tensor2D, scalar(1));
          return reshape(div(drawn, levels - 1), x.shape);
        },
        logProb: (value) => sumEvent(logProbs(split(value, channels, -1))),
      };
    },
    draws: 2,
    noise: uniform,
    draw({ outputs, channel, pixel, noise, temperature }) {
      const { weights, channelParts } = parse(outputs, pixel);
      const values = split(pixel, channels, -1);
      const posterior = channelParts.slice(0, channel).reduce((total, part, c) => add(total, logMass(values[c] as Tensor, part)), weights) as Tensor2D;
      const [first, second] = split(noise, 2, 1) as [Tensor2D, Tensor2D];
      const component = cast(oneHot(cast(squeeze(pick(posterior, first, temperature), [1]), 'int32'), components), 'float32');
      const { mean, logScale } = channelParts[channel] as (typeof channelParts)[number];
      const chosen = (x: Tensor): Tensor => sum(mul(component, x), 1, true);
      const value = add(chosen(mean), mul(mul(exp(chosen(logScale)), temperature), logistic(second)));
      return div(round(mul(clipByValue(mul(add(value, 1), 0.5), 0, 1), levels - 1)), levels - 1) as Tensor2D;
    },
  };
}

/** Normals, from means and logarithms of the precision (Papamakarios, Pavlakou and Murray 2017's masked autoencoder for densities): channel by channel. */
const normals = ({ channels }: DataShape): ValueLikelihood => ({
  outputs: 2 * channels,
  conditionals(outputs) {
    const [mean, logPrecision] = split(reshape(outputs, [...outputs.shape.slice(0, -1), channels, 2]), 2, -1).map((part) => squeeze(part, [-1])) as [Tensor, Tensor];
    return gaussian(mean, mul(logPrecision, -0.5));
  },
  draws: 1,
  noise: (noise, shape, purpose) => noise.normal(shape, purpose),
  draw({ outputs, channel, noise, temperature }) {
    const [mean, logPrecision] = split(slice(outputs, [0, 2 * channel], [-1, 2]), 2, 1) as [Tensor2D, Tensor2D];
    return add(mean, mul(mul(exp(mul(logPrecision, -0.5)), temperature), noise));
  },
});

export const levelLikelihoods = ['softmax', 'logistic-mixture'] as const;
export type LevelLikelihood = (typeof levelLikelihoods)[number];

/** Coins for binary pictures, normals for tables, and what was chosen for grey levels. */
export function valueLikelihood(data: DataShape, chosen: LevelLikelihood, components = 10): ValueLikelihood {
  if (data.kind === 'table') return normals(data);
  if (data.binary) return coins(data);
  const levelled = { ...data, levels: data.levels ?? 256 };
  return chosen === 'softmax' ? softmaxOfLevels(levelled) : logisticMixture(levelled, components);
}
