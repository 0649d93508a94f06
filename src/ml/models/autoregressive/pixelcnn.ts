import { z } from 'zod';
import { described } from '../../../contract/settings';
import { defineModel } from '../../model';
import type { Construction } from '../../nets/dense';
import { gatedPixelCnn as gatedNet } from '../../nets/gated-pixelcnn';
import { pixelCnn as plainNet } from '../../nets/masked-pixelcnn';
import { under } from '../../random/noise';
import { valueLikelihood } from './likelihoods';
import { enoughFeatures, levelLikelihoodSetting, pixelCnnSettings, rasterModel } from './parts';

const abilities = ['logProb', 'sample', 'conditionals', 'complete'] as const;
const accepts = 'pictures of any size, binary, grey or coloured';

export const pixelcnn = defineModel({
  id: 'pixelcnn',
  title: 'PixelCNN',
  family: 'autoregressive models',
  summary: 'Masked convolutions predict each pixel from those above and to the left; every pixel at once in training, one after another in sampling. It has a blind spot.',
  source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, section 3.3.',
  objective: '-log p(x) = - sum over i of log p(x_i | x_<i), pixels from the top left, red before green before blue',
  page: {
    idea: 'Each layer looks a few pixels further, so a deep stack sees far, but for a wedge to the upper right, where a masked kernel never reaches: the blind spot. What a pixel costs in sampling is a pass of the net.',
    formulas: [
      String.raw`\log p(x) = \sum_{i=1}^{H W} \sum_{c=1}^{C} \log p\bigl(x_{i,c} \mid x_{<i},\ x_{i,<c}\bigr)`,
    ],
    symbols: 'i runs line by line, c over red, green and blue. Mask A of the first layer leaves out the pixel itself, mask B of the others takes it in.',
    lookAt: 'Pixel by pixel, below strokes that lean to the right, and its receptive field, with a wedge left out. Its nats beside Gated PixelCNN’s with as many parameters. Samples: sharp close by, lost far away.',
  },
  settings: z.strictObject({
    blocks: described(z.int().min(0).max(32).default(6), { title: 'Blocks', help: 'Residual blocks, with one masked convolution each.' }),
    filters: described(z.int().min(1).max(512).default(16), { title: 'Features', help: 'Of the convolutions in the blocks; there are twice as many between the blocks.' }),
    ...pixelCnnSettings,
    likelihood: levelLikelihoodSetting,
  }),
  abilities,
  trainedBy: 'gradient',
  accepts,
  refuses: (data, { filters, head }) => enoughFeatures(data, [filters, head]),
  presets: [
    {
      id: 'pixelcnn-15',
      title: 'PixelCNN, 15 blocks',
      summary: 'The depth of the paper at 16 features, for binary MNIST; a step takes about twice as long.',
      source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, table 1, with fewer features.',
      settings: { blocks: 15 },
    },
    {
      id: 'pixelcnn-paper',
      title: "PixelCNN, the paper's size",
      summary: 'The net of the paper for CIFAR-10, 15 blocks of 128 features with 1,024 before a softmax over the levels: out of reach of a CPU.',
      source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, table 1 and section 5.3; trained here with Adam instead of RMSprop.',
      settings: { blocks: 15, filters: 128, head: 1024 },
    },
  ],
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = valueLikelihood(data, settings.likelihood);
    return rasterModel(data, construction, likelihood, plainNet(construction, { ...settings, width: data.width, channels: data.channels, outputs: likelihood.outputs }));
  },
});

export const gatedPixelcnn = defineModel({
  id: 'gated-pixelcnn',
  title: 'Gated PixelCNN',
  family: 'autoregressive models',
  summary: 'A vertical stack of convolutions for the rows above and a horizontal one for the row itself see every earlier pixel, through gates.',
  source: 'van den Oord et al. 2016b, section 2.1 and 2.2, figure 2.',
  objective: '-log p(x) = - sum over i of log p(x_i | x_<i), pixels from the top left, red before green before blue',
  page: {
    idea: 'Two stacks of convolutions, one for all rows above and one for the row so far, have no blind spot; gates let one feature switch another, as in an LSTM.',
    formulas: [
      String.raw`y = \tanh\bigl(W_f * x + V_f * v\bigr) \odot \sigma\bigl(W_g * x + V_g * v\bigr)`,
      String.raw`\log p(x) = \sum_{i} \log p(x_i \mid x_{<i})`,
    ],
    symbols: 'x is the horizontal stack, v the vertical one moved down by a row, ∗ a convolution. With location numbers s of each place, both sides of a gate take V s more.',
    lookAt: 'Nats beside PixelCNN’s. Pixel by pixel, receptive field: the upper right counts now. Completing the lower half of a picture several times: different, and each plausible.',
  },
  settings: z.strictObject({
    blocks: described(z.int().min(1).max(32).default(6), { title: 'Blocks', help: 'Gated layers, each a vertical and a horizontal convolution.' }),
    filters: described(z.int().min(1).max(512).default(32), { title: 'Features', help: 'Of each stack, after the gates.' }),
    location: described(z.int().min(0).max(256).default(0), { title: 'Location', unit: 'numbers', help: 'Learned for each place of the picture; every gate takes a bias from them. None: what is said of a pixel depends on those around it and not on where it is.' }),
    ...pixelCnnSettings,
    likelihood: levelLikelihoodSetting,
  }),
  abilities,
  trainedBy: 'gradient',
  accepts,
  refuses: (data, { filters, head }) => enoughFeatures(data, [filters, head]),
  presets: [
    {
      id: 'gated-pixelcnn-located',
      title: 'Gated PixelCNN, with location',
      summary: 'Eight learned numbers for each place of the picture: for digits, which stand in the middle, some nats better from the first thousand steps on.',
      source: 'van den Oord et al. 2016b, equation 5, with a map that is learned in place of one made from a class.',
      settings: { location: 8 },
    },
  ],
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = valueLikelihood(data, settings.likelihood);
    return rasterModel(data, construction, likelihood, gatedNet(construction, { ...settings, height: data.height, width: data.width, channels: data.channels, outputs: likelihood.outputs }));
  },
});
