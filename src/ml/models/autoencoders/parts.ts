import { add, exp, mean, reshape, scalar, sigmoid, softplus, sub, zeros, type Scalar, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { bernoulli } from '../../distributions/bernoulli';
import type { Distribution } from '../../distributions/distribution';
import { gaussian } from '../../distributions/gaussian';
import type { Batch } from '../../model';
import { activations, dense, mlp, parameter, type Activation, type Construction, type Layer } from '../../nets/dense';

/** The settings that every autoencoder of dense layers has. */
export const netSettings = {
  latentSize: described(z.int().min(1).max(512).default(2), { title: 'Latent size', unit: 'dims', help: 'How many numbers a picture is reduced to.' }),
  widths: described(z.array(z.int().min(1).max(4096)).max(8).default([512, 256]), { title: 'Hidden layers', unit: 'units', help: 'Widths of the encoder, first layer first; the decoder has them in reverse. None makes encoder and decoder a single layer each.' }),
  activation: described(z.enum(activations).default('relu'), { title: 'Activation', help: 'Of the hidden layers. With none the whole model is linear, its output too.' }),
};
export interface NetSettings {
  latentSize: number;
  widths: number[];
  activation: Activation;
}

export const pixelCount = ({ height, width, channels }: DataShape): number => height * width * channels;

/** Pictures to rows of pixels, then through the hidden layers `encoder/dense-i`, then through one head for each of `heads`. */
export function encoder<Head extends string>(construction: Construction, data: DataShape, settings: NetSettings, heads: readonly Head[]): (x: Batch) => Record<Head, Tensor2D> {
  const { layer, outputs } = mlp(construction, 'encoder', pixelCount(data), settings.widths, settings.activation);
  const ends = heads.map((head) => [head, dense(construction, `encoder/${head}`, outputs, settings.latentSize)] as const);
  return (x) => {
    const hidden = layer(reshape(x, [x.shape[0], pixelCount(data)]));
    return Object.fromEntries(ends.map(([head, end]) => [head, end(hidden)])) as Record<Head, Tensor2D>;
  };
}

/** Codes through the hidden layers in reverse and `decoder/output`, to pictures without their last nonlinearity. */
export function decoder(construction: Construction, data: DataShape, settings: NetSettings): (code: Tensor2D) => Batch {
  const { layer, outputs } = mlp(construction, 'decoder', settings.latentSize, [...settings.widths].reverse(), settings.activation);
  const output: Layer = dense(construction, 'decoder/output', outputs, pixelCount(data));
  return (code) => reshape(output(layer(code)), [code.shape[0], data.height, data.width, data.channels]);
}

/** Keeps means within [0, 1], but not those of a linear model. */
export const limit = (output: Batch, { activation }: NetSettings): Batch => (activation === 'none' ? output : sigmoid(output));

export const likelihoods = ['bernoulli', 'gaussian-fixed', 'gaussian-learned', 'gaussian-pixel'] as const;
export type Likelihood = (typeof likelihoods)[number];

const logSigmaFloor = -6;

export interface PictureLikelihood {
  /** p(x|z) from the decoder's last layer. */
  of(output: Batch): Distribution;
  /** The learned standard deviation (its mean over the pixels, where each has its own), else nothing. */
  terms(): Record<string, Scalar>;
}

/**
 * p(x|z) of a picture. A learned ln sigma is kept above -6 by -6 + softplus(v + 6) (Rybkin, Daniilidis and Levine 2021): the density of data
 * with constant pixels is unbounded without a floor.
 */
export function pictureLikelihood(construction: Construction, data: DataShape, settings: NetSettings & { likelihood: Likelihood; sigma: number }): PictureLikelihood {
  if (settings.likelihood === 'bernoulli') return { of: bernoulli, terms: () => ({}) };
  if (settings.likelihood === 'gaussian-fixed') {
    const logSigma = Math.log(settings.sigma);
    return { of: (output) => gaussian(limit(output, settings), scalar(logSigma)), terms: () => ({}) };
  }
  const shape = settings.likelihood === 'gaussian-pixel' ? [data.height, data.width, data.channels] : [];
  const raw = parameter(construction, 'decoder/log-sigma', () => zeros(shape));
  const logSigma = (): Tensor => add(softplus(sub(raw, logSigmaFloor)), logSigmaFloor);
  return { of: (output) => gaussian(limit(output, settings), logSigma()), terms: () => ({ sigma: mean<Scalar>(exp(logSigma())) }) };
}
