import { add, cast, clipByValue, div, exp, less, log, mean, mul, oneHot, reshape, round, scalar, sigmoid, slice, softplus, sub, tensor1d, tidy, tile, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { inOrder } from '../../bijectors/autoregressive';
import { autoregressiveBernoulli, bernoulli } from '../../distributions/bernoulli';
import { categorical } from '../../distributions/categorical';
import { continuousBernoulli } from '../../distributions/continuous-bernoulli';
import { discretisedLogistic, discretisedLogisticMixture, mixtureOutputs } from '../../distributions/discretised-logistic';
import type { Distribution } from '../../distributions/distribution';
import { gaussian } from '../../distributions/gaussian';
import type { Batch } from '../../model';
import { convolution, residualBlock, transposedConvolution, type PictureLayer, type PictureSize } from '../../nets/convolution';
import { activations, dense, mlp, parameter, type Activation, type Construction, type Layer } from '../../nets/dense';
import { madeLayers, placesOf } from '../../nets/made';

export const networks = ['mlp', 'conv', 'conv-disentanglement-lib', 'residual'] as const;
export type Network = (typeof networks)[number];

/** The settings that every autoencoder has. */
export const netSettings = {
  latentSize: described(z.int().min(1).max(512).default(2), { title: 'Latent size', unit: 'dims', help: 'How many numbers a picture is reduced to.' }),
  network: described(z.enum(networks).default('mlp'), {
    title: 'Network',
    help: 'Dense layers; convolutions that halve the picture; the four convolutions and dense layers of disentanglement_lib (Locatello et al. 2019); or convolutions, each followed by a residual block. The decoder mirrors the encoder.',
  }),
  widths: described(z.array(z.int().min(1).max(4096)).max(8).default([512, 256]), { title: 'Hidden layers', unit: 'units', when: { network: ['mlp'] }, help: 'Of dense networks: widths of the encoder, first layer first; the decoder has them in reverse. None makes encoder and decoder a single layer each.' }),
  channels: described(z.array(z.int().min(1).max(1024)).min(1).max(6).default([32, 64]), { title: 'Channels', unit: 'maps', when: { network: ['conv', 'residual'] }, help: 'Of convolutional and residual networks: channels after each halving of the picture, the first halving first.' }),
  activation: described(z.enum(activations).default('relu'), { title: 'Activation', help: 'Of the hidden layers. With none a network is linear, its output too.' }),
};
export interface NetSettings {
  latentSize: number;
  network: Network;
  widths: number[];
  channels: number[];
  activation: Activation;
}

export const pixelCount = ({ height, width, channels }: DataShape): number => height * width * channels;

/** Null when the network takes the data, else a sentence. */
export const refusesNetwork = ({ kind }: DataShape, { network }: Pick<NetSettings, 'network'>): string | null =>
  kind === 'table' && network !== 'mlp' ? 'Convolutions need pictures, and these are the rows of a table: choose the network mlp.' : null;

/** The maps of a convolutional network: the picture's, then one after each convolution of stride 2; each half the one before, rounded up. */
interface Maps {
  maps: (PictureSize & { channels: number })[];
  /** Kernel sizes of the encoder; those of the decoder, in the encoder's order. */
  kernels: { encoder: number[]; decoder: number[] };
  /** Widths of the dense layers between the smallest map and the heads; between the codes and the smallest map. */
  dense: { encoder: number[]; decoder: number[] };
}

function mapsOf(data: DataShape, { network, channels }: NetSettings): Maps {
  const published = network === 'conv-disentanglement-lib';
  const counts = published ? [32, 32, 64, 64] : channels;
  const maps = [{ height: data.height, width: data.width, channels: data.channels }];
  for (const count of counts) {
    const { height, width } = maps.at(-1) as PictureSize;
    maps.push({ height: Math.ceil(height / 2), width: Math.ceil(width / 2), channels: count });
  }
  const fours = counts.map(() => 4);
  return { maps, kernels: { encoder: published ? [4, 4, 2, 2] : fours, decoder: fours }, dense: published ? { encoder: [256], decoder: [256] } : { encoder: [], decoder: [] } };
}

/** Pictures to features: `encoder/dense-i`, `encoder/conv-i`, `encoder/block-i`. */
function trunk(construction: Construction, data: DataShape, settings: NetSettings): { features: (x: Batch) => Tensor2D; outputs: number } {
  const { network, activation } = settings;
  if (network === 'mlp') {
    const { layer, outputs } = mlp(construction, 'encoder', pixelCount(data), settings.widths, activation);
    return { features: (x) => layer(reshape(x, [x.shape[0], pixelCount(data)])), outputs };
  }
  const { maps, kernels, dense: widths } = mapsOf(data, settings);
  const layers = kernels.encoder.flatMap((size, i): PictureLayer[] => {
    const [inputs = 0, outputs = 0] = maps.slice(i, i + 2).map(({ channels }) => channels);
    const halve = convolution(construction, `encoder/conv-${i}`, { inputs, outputs, size, stride: 2, activation });
    return network === 'residual' ? [halve, residualBlock(construction, `encoder/block-${i}`, outputs, activation)] : [halve];
  });
  const { height, width, channels } = maps.at(-1) as Maps['maps'][number];
  const { layer, outputs } = mlp(construction, 'encoder', height * width * channels, widths.encoder, activation);
  return { features: (x) => layer(reshape(layers.reduce<Tensor4D>((value, next) => next(value), x), [x.shape[0], height * width * channels])), outputs };
}

/**
 * Pictures through the network, then through one dense head for each of `heads`: names of heads of `latentSize` outputs, or the numbers of
 * outputs by name. Variables `encoder/<head>/kernel` and so on.
 */
export function encoder<Head extends string>(construction: Construction, data: DataShape, settings: NetSettings, heads: readonly Head[] | Readonly<Record<Head, number>>): (x: Batch) => Record<Head, Tensor2D> {
  const { features, outputs } = trunk(construction, data, settings);
  const sizes: [string, number][] = Array.isArray(heads) ? heads.map((head: Head) => [head, settings.latentSize]) : Object.entries<number>(heads as Record<Head, number>);
  const ends = sizes.map(([head, size]) => [head, dense(construction, `encoder/${head}`, outputs, size)] as const);
  return (x) => {
    const hidden = features(x);
    return Object.fromEntries(ends.map(([head, end]) => [head, end(hidden)])) as Record<Head, Tensor2D>;
  };
}

export interface DecoderOptions {
  /** As a `PictureLikelihood` has it; 1 unless told. */
  outputsPerValue?: number;
}

/**
 * Codes through the encoder's network in reverse and `decoder/output`, without a last nonlinearity: `[batch, height, width, channels * outputsPerValue]`.
 */
export function decoder(construction: Construction, data: DataShape, settings: NetSettings, { outputsPerValue = 1 }: DecoderOptions = {}): (code: Tensor2D) => Batch {
  const { network, activation, latentSize } = settings;
  const outputs = Math.round(data.channels * outputsPerValue);
  if (network === 'mlp') {
    const { layer, outputs: width } = mlp(construction, 'decoder', latentSize, [...settings.widths].reverse(), activation);
    const output: Layer = dense(construction, 'decoder/output', width, data.height * data.width * outputs);
    return (code) => reshape(output(layer(code)), [code.shape[0], data.height, data.width, outputs]);
  }
  const { maps, kernels, dense: widths } = mapsOf(data, settings);
  const smallest = maps.at(-1) as Maps['maps'][number];
  const { layer } = mlp(construction, 'decoder', latentSize, [...widths.decoder, smallest.height * smallest.width * smallest.channels], activation);
  const layers = [...kernels.decoder.keys()].reverse().flatMap((i): PictureLayer[] => {
    const [to, from] = maps.slice(i, i + 2) as [Maps['maps'][number], Maps['maps'][number]];
    const blocks = network === 'residual' ? [residualBlock(construction, `decoder/block-${i}`, from.channels, activation)] : [];
    const options = { inputs: from.channels, size: kernels.decoder[i] ?? 4, stride: 2 };
    const double =
      i === 0
        ? transposedConvolution(construction, 'decoder/output', to, { ...options, outputs })
        : transposedConvolution(construction, `decoder/conv-${i}`, to, { ...options, outputs: to.channels, activation });
    return [...blocks, double];
  });
  return (code) => layers.reduce<Tensor4D>((value, next) => next(value), reshape(layer(code), [code.shape[0], smallest.height, smallest.width, smallest.channels]));
}

/** Keeps means of pictures within [0, 1], but not those of a linear model or of a table. */
export const limit = (output: Batch, { kind }: DataShape, { activation }: Pick<NetSettings, 'activation'>): Batch => (kind === 'table' || activation === 'none' ? output : sigmoid(output));

export const likelihoods = ['bernoulli', 'bernoulli-autoregressive', 'continuous-bernoulli', 'gaussian-fixed', 'gaussian-learned', 'gaussian-pixel', 'gaussian-network', 'categorical', 'discretised-logistic', 'discretised-logistic-mixture'] as const;
export type Likelihood = (typeof likelihoods)[number];

/** The settings that a likelihood of pictures has. */
export const likelihoodSettings = {
  likelihood: described(z.enum(likelihoods).default('bernoulli'), {
    title: 'Likelihood',
    help: 'Of a value: a coin, for binary data, or one that knows the values before it in reading order as well as the code; a continuous Bernoulli density on [0, 1]; a normal whose standard deviation is fixed, learned, learned for each pixel, or made by the decoder (learned ones stay above e^-6 of the range, for data with constant pixels would make the density infinite; the curve sigmaAtFloor is the share of values that are there); or of grey levels a probability each, the mass of a logistic (scale above e^-7), or of a mixture of logistics.',
  }),
  startAtMean: described(z.boolean().default(false), { title: 'Start at the mean', when: { likelihood: ['bernoulli'] }, help: "Before the first step the decoder's last bias is set to the logit of the mean of 256 training examples, of each pixel (dense decoders) or channel, kept within 0.001 and 0.999 (as Burda, Grosse and Salakhutdinov 2016 do); else it is 0." }),
  sigma: described(z.number().min(0.001).max(10).default(0.2), { title: 'Standard deviation', when: { likelihood: ['gaussian-fixed'] }, help: 'Of the normal with a fixed one, in units of the full range from black to white; smaller asks for sharper pictures and longer codes.' }),
  components: described(z.int().min(1).max(100).default(10), { title: 'Components', when: { likelihood: ['discretised-logistic-mixture'] }, help: 'Of the mixture of discretised logistics.' }),
};
export interface LikelihoodSettings {
  likelihood: Likelihood;
  startAtMean: boolean;
  sigma: number;
  components: number;
  pixelUnits?: number;
}

/** The most values of which each is drawn given those before it, a pass of a net for each. */
const mostInOrder = 1024;

/** Null when the likelihood is one of such data, else a sentence. */
export function refusesLikelihood({ kind, binary, levels, height, width, channels }: DataShape, { likelihood }: Pick<LikelihoodSettings, 'likelihood'>): string | null {
  const normal = likelihood.startsWith('gaussian');
  if (kind === 'table') return normal ? null : 'The rows of a table are not pictures of values between 0 and 1: choose a Gaussian likelihood.';
  if (likelihood.startsWith('bernoulli') && !binary) return 'The Bernoulli likelihood is one of zeros and ones, and these pictures are grey: choose a binarisation, or another likelihood.';
  if (likelihood === 'bernoulli-autoregressive' && height * width * channels > mostInOrder)
    return `A picture is decoded in as many passes as it has values, and these have ${height * width * channels}: choose pictures of up to ${mostInOrder}, or another likelihood.`;
  if (likelihood === 'continuous-bernoulli' && binary) return 'The continuous Bernoulli is a density on [0, 1], and these pictures are zeros and ones: choose the likelihood bernoulli.';
  if (levels === null && !normal && likelihood !== 'continuous-bernoulli') return 'This likelihood is one of grey levels, and these data have none: choose a Gaussian likelihood.';
  return null;
}

const logSigmaFloor = -6;
/** Keeps ln sigma above -6 by -6 + softplus(v + 6) (Rybkin, Daniilidis and Levine 2021): the density of data with constant pixels is unbounded without a floor. */
const floored = (raw: Tensor): Tensor => add(softplus(sub(raw, logSigmaFloor)), logSigmaFloor);

/** The mean standard deviation, and the share of values whose ln sigma is within 0.1 of the floor, where the density says what the floor is and not what the data are. */
const sigmaTerms = (logSigma: Tensor): Record<string, Scalar> => ({ sigma: mean<Scalar>(exp(logSigma)), sigmaAtFloor: mean<Scalar>(cast(less(logSigma, logSigmaFloor + 0.1), 'float32')) });

/** What a bound says of the floor, of the distribution that was made last. */
export function atFloor({ terms }: PictureLikelihood): { atFloor?: Scalar } {
  const { sigmaAtFloor } = terms();
  return sigmaAtFloor ? { atFloor: sigmaAtFloor } : {};
}

export interface PictureLikelihood {
  /** How many numbers the decoder makes for each value of a picture (each channel of a pixel); times the channels a whole number. */
  outputsPerValue: number;
  /** Whether p(x|z) is a probability of zeros and ones or grey levels, and no density. */
  mass: boolean;
  /** p(x|z) from the decoder's last layer. */
  of(output: Batch): Distribution;
  /** Of a learned standard deviation its mean and the share at the floor; of one that the decoder makes those of the distribution that `of` made last. Else nothing. */
  terms(): Record<string, Scalar>;
  /** Sets the decoder's last bias so that p(x|z) starts at the data's distribution; to be called by a model's `initialise`. */
  initialise?(batch: Batch): void;
}

/** p(x|z) of a picture or a row of a table. Make the decoder with its `outputsPerValue`. */
export function pictureLikelihood(construction: Construction, data: DataShape, settings: Pick<NetSettings, 'activation'> & LikelihoodSettings): PictureLikelihood {
  const { likelihood, sigma, components } = settings;
  const { height, width, channels } = data;
  const levels = data.levels ?? 2;
  const terms = () => ({});
  const lastBias = () => construction.parameters['decoder/output/bias'] as Variable;
  const limited = (output: Batch): Batch => limit(output, data, settings);
  /** The first or second half of the outputs' last dimension. */
  const half = (output: Batch, index: 0 | 1): Batch => slice(output, [0, 0, 0, index * channels], [output.shape[0], height, width, channels]);
  switch (likelihood) {
    case 'bernoulli':
      return { outputsPerValue: 1, mass: true, of: bernoulli, terms, ...(settings.startAtMean && { initialise: (batch: Batch) => startAtMean(lastBias(), batch) }) };
    case 'bernoulli-autoregressive': {
      const size = height * width * channels;
      const pixels = madeLayers(construction, 'decoder/pixels', { size, widths: [settings.pixelUnits ?? 0], activation: settings.activation, outputsPerValue: 1, direct: true });
      const masks = () => ({ places: tensor1d(placesOf(inOrder(size))) });
      return { outputsPerValue: 1, mass: true, of: (output) => autoregressiveBernoulli(output, (x) => pixels.outputs(x, masks())), terms };
    }
    case 'continuous-bernoulli':
      return { outputsPerValue: 1, mass: false, of: continuousBernoulli, terms };
    case 'gaussian-fixed':
      return { outputsPerValue: 1, mass: false, of: (output) => gaussian(limited(output), scalar(Math.log(sigma))), terms };
    case 'gaussian-learned':
    case 'gaussian-pixel': {
      const raw = parameter(construction, 'decoder/log-sigma', () => zeros(likelihood === 'gaussian-pixel' ? [height, width, channels] : []));
      return { outputsPerValue: 1, mass: false, of: (output) => gaussian(limited(output), floored(raw)), terms: () => sigmaTerms(floored(raw)) };
    }
    case 'gaussian-network': {
      let last: Tensor;
      return { outputsPerValue: 2, mass: false, of: (output) => gaussian(limited(half(output, 0)), (last = floored(half(output, 1)))), terms: () => sigmaTerms(last) };
    }
    case 'categorical':
      return {
        outputsPerValue: levels,
        mass: true,
        of: (output) => categorical(reshape(output, [output.shape[0], height, width, channels, levels])),
        terms,
        initialise: (batch) => startAtHistogram(lastBias(), batch, levels),
      };
    case 'discretised-logistic':
      return { outputsPerValue: 2, mass: true, of: (output) => discretisedLogistic(half(output, 0), half(output, 1), levels), terms };
    case 'discretised-logistic-mixture':
      return { outputsPerValue: mixtureOutputs(channels, components) / channels, mass: true, of: (output) => discretisedLogisticMixture(output, { channels, components, levels }), terms };
  }
}

/** Gives the bias, of each value or of each channel, the logit of the mean over the batch (and the pixels), which is kept within [0.001, 0.999]. */
function startAtMean(bias: Variable, batch: Batch): void {
  tidy(() => {
    const frequency = clipByValue(mean(reshape(batch, [-1, bias.size]), 0), 0.001, 0.999);
    bias.assign(reshape(log(div(frequency, sub(1, frequency))), bias.shape));
  });
}

/** Gives the softmax's bias `[..., channels * levels]` the logarithms of how often each channel has each level, every level counted once more. */
function startAtHistogram(bias: Variable, batch: Batch, levels: number): void {
  tidy(() => {
    const channels = batch.shape[3];
    const level = round(mul(batch, levels - 1)).toInt().reshape([-1, channels]);
    const counts = oneHot(level as Tensor1D, levels, 1, 0, 'float32').sum(0).add(1);
    const frequencies = reshape(log(counts.div(counts.sum(1, true))), [-1]);
    bias.assign(tile(frequencies, [bias.size / frequencies.size]));
  });
}
