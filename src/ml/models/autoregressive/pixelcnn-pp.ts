import { cast, div, greaterEqual, mul, type Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { defineModel, type StepContext } from '../../model';
import type { Construction } from '../../nets/dense';
import { keepAll, pixelCnnPlusPlus as pixelCnnPlusPlusNet, type Dropout } from '../../nets/masked-pixelcnn-pp';
import { under } from '../../random/noise';
import { drawBands } from '../../sampling/bands';
import { valueLikelihood } from './likelihoods';
import { picturesOnly, pixelModel } from './parts';

/** Drops features in a training step, and none elsewhere. */
const dropoutOf = (rate: number, context: StepContext | undefined): Dropout =>
  rate === 0 || !context?.training ? keepAll : (x, name) => mul<Tensor4D>(x, div(cast(greaterEqual(context.noise.uniform(x.shape, `dropout/${name}`), rate), 'float32'), 1 - rate));

export const pixelcnnPlusPlus = defineModel({
  id: 'pixelcnn-pp',
  title: 'PixelCNN++',
  family: 'autoregressive models',
  summary: 'Two streams of gated residual layers over several resolutions, and for each pixel a mixture of logistic distributions cut into levels.',
  source: 'Salimans, Karpathy, Chen and Kingma 2017; without its normalisation of the weights.',
  objective: '-log p(x) = - sum over pixels of log sum over k of pi_k P(red) P(green | red) P(blue | red, green)',
  page: {
    idea: 'A pixel is not one of 256 names but a place on a scale, which a mixture says with few numbers, and neighbouring levels learn from each other. Downsampled streams carry what is far away.',
    formulas: [
      String.raw`P(x \mid \pi, \mu, s) = \sum_{k=1}^{K} \pi_k \Bigl[\sigma\Bigl(\frac{x + \frac12 - \mu_k}{s_k}\Bigr) - \sigma\Bigl(\frac{x - \frac12 - \mu_k}{s_k}\Bigr)\Bigr]`,
    ],
    symbols: 'x is a level, σ the logistic function; the lowest and highest level take the whole tail. Means of green and blue are moved by the channels before them.',
    lookAt: 'Bits per dim beside Gated PixelCNN’s. Samples at one and at three resolutions side by side. The conditionals in Pixel by pixel: bits are spent at edges.',
  },
  settings: z.strictObject({
    resolutions: described(z.int().min(1).max(4).default(2), { title: 'Resolutions', help: 'Each has half the width and height of the one before.' }),
    layers: described(z.int().min(1).max(12).default(1), { title: 'Layers', help: 'Residual layers at each resolution on the way down, and as many on the way up.' }),
    filters: described(z.int().min(1).max(512).default(24), { title: 'Features', help: 'Of each stream.' }),
    components: described(z.int().min(1).max(30).default(5), { title: 'Components', help: 'Of the mixture for each pixel. Binary pixels are coins instead.' }),
    dropout: described(z.number().min(0).max(0.9).default(0), { title: 'Dropout', help: 'Share of the features set to zero in each residual layer while training.' }),
  }),
  abilities: ['logProb', 'sample', 'conditionals', 'complete'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, binary, grey or coloured',
  refuses: picturesOnly,
  presets: [
    {
      id: 'pixelcnn-pp-paper',
      title: "PixelCNN++, the paper's size",
      summary: 'The size of the paper for CIFAR-10, with its batch, rate and averaging, but a constant rate; it trained for days on eight GPUs: out of reach of a CPU.',
      source: 'Salimans et al. 2017, section 3.',
      settings: { resolutions: 3, layers: 5, filters: 160, components: 10, dropout: 0.5 },
      training: { batch: 128, learningRate: 1e-3, averaging: 0.9995 },
    },
  ],
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = valueLikelihood(data, 'logistic-mixture', settings.components);
    const net = pixelCnnPlusPlusNet(construction, { ...settings, channels: data.channels, outputs: likelihood.outputs });
    return pixelModel(data, construction, likelihood, (x, context) => net.outputs(x, dropoutOf(settings.dropout, context)), (request) => drawBands({ net, ...request }));
  },
});
