import { mean, squaredDifference, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { sumEvent } from '../../distributions/gaussian';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import type { Construction } from '../../nets/dense';
import { under, type Noise } from '../../random/noise';
import { decoder, encoder, limit, netSettings, refusesNetwork, type NetSettings } from './parts';

/** The model of an autoencoder whose input, while training, is what `given` makes of the clean pictures that it is to give back. */
export function autoencoderOf(settings: NetSettings, data: DataShape, noise: Noise, given: (x: Batch, noise: Noise) => Batch) {
  const construction: Construction = { parameters: {}, noise: under('initial', noise) };
  const heads = encoder(construction, data, settings, ['code']);
  const output = decoder(construction, data, settings);
  const encode = (x: Batch): Tensor2D => heads(x).code;
  const decode = (code: Tensor2D): Batch => limit(output(code), data, settings);
  const reconstruct = (x: Batch): Batch => decode(encode(x));
  return {
    parameters: construction.parameters,
    latentSize: settings.latentSize,
    unit: 'squared error',
    abilities: { encode: (x: Batch) => point(encode(x)), decode: (code: Tensor2D) => point(decode(code)), reconstruct },
    objective(x: Batch, { noise: sampling }: { noise: Noise }) {
      const squaredError = mean<Scalar>(sumEvent(squaredDifference(x, reconstruct(given(x, sampling)))));
      return { loss: squaredError, terms: { squaredError } };
    },
  };
}

const source = 'Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006.';

export const autoencoder = defineModel({
  id: 'ae',
  title: 'Autoencoder',
  family: 'autoencoders',
  summary: 'An encoder reduces a picture to a few numbers, a decoder makes the picture again; the codes have no prior, so nothing can be sampled.',
  source: `${source} Linear: Baldi and Hornik 1989.`,
  objective: 'mean over x of |x - g(f(x))|^2, summed over the pixels',
  page: {
    idea: 'An encoder squeezes the picture through a few numbers, a decoder makes it again, and both are trained to lose little. Nothing asks the codes to fill a region, so what lies between them was never trained.',
    formulas: [
      String.raw`\min_{f,\,g}\ \mathbb E_{x}\, \bigl\lVert x - g(f(x)) \bigr\rVert^2`,
    ],
    symbols: 'f is the encoder, g the decoder; squared errors are summed over the pixels. Linear f and g find the subspace of PCA.',
    lookAt: 'Latent scatter: holes, and a scale of its own. Manifold grid across such a hole. Loss curves of train and valid, which part when the pictures are few: it learns them by heart.',
  },
  settings: z.strictObject(netSettings),
  abilities: ['encode', 'decode', 'reconstruct'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, grey, coloured or binary; tables, with dense layers',
  refuses: refusesNetwork,
  presets: [
    { id: 'ae', title: 'Autoencoder', summary: 'Dense layers with ReLUs, and a sigmoid that keeps pixels between black and white.', source, settings: {} },
    { id: 'linear-ae', title: 'Linear autoencoder', summary: 'One linear layer each way: at its best it spans the principal components.', source: 'Baldi and Hornik 1989', settings: { widths: [], activation: 'none' } },
    { id: 'conv-ae', title: 'Convolutional autoencoder', summary: 'Convolutions that halve the picture, and transposed ones that double it again.', source: 'Masci et al. 2011', settings: { network: 'conv', latentSize: 16 } },
  ],
  build: ({ settings, data, noise }) => autoencoderOf(settings, data, noise, (x) => x),
});
