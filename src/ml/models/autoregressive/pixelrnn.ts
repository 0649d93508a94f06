import { z } from 'zod';
import { described } from '../../../contract/settings';
import { defineModel } from '../../model';
import type { Construction } from '../../nets/dense';
import { pixelRnn as pixelRnnNet, recurrences } from '../../nets/masked-pixelrnn';
import { under } from '../../random/noise';
import { valueLikelihood } from './likelihoods';
import { enoughFeatures, pixelCnnSettings, rasterModel } from './parts';

export const pixelrnn = defineModel({
  id: 'pixelrnn',
  title: 'PixelRNN',
  family: 'autoregressive models',
  summary: 'LSTMs run over the picture, row by row or along its diagonals, so that a pixel can depend on ones far away; a training step is a loop over rows or diagonals.',
  source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, sections 3.1 and 3.2.',
  objective: '-log p(x) = - sum over i of log p(x_i | x_<i), pixels from the top left, red before green before blue',
  page: {
    idea: 'LSTMs carry a memory down the rows, or along both diagonals, so that a pixel can depend on all before it, however far. The price is a loop over rows in each training step.',
    formulas: [
      String.raw`[o, f, i, g] = \sigma \ast \bigl(K^{ss} * h_{t-1} + K^{is} * x_t\bigr)`,
      String.raw`c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)`,
    ],
    symbols: 't is the row (or diagonal), h and c the memory, ∗ convolutions along it; σ for gates o, f, i, and tanh for g.',
    lookAt: 'Nats for the row and the diagonal kind: the row’s view is a triangle. Steps per second beside PixelCNN’s.',
  },
  settings: z.strictObject({
    recurrence: described(z.enum(recurrences).default('row-lstm'), { title: 'LSTM', help: 'Over rows, which sees a triangle above the pixel; or over diagonals from both sides, which sees nearly all earlier pixels and takes about four times as many steps.' }),
    layers: described(z.int().min(1).max(12).default(1), { title: 'Layers', help: 'LSTM layers.' }),
    filters: described(z.int().min(1).max(512).default(16), { title: 'Features', help: 'Of an LSTM; there are twice as many between the layers.' }),
    firstReach: pixelCnnSettings.firstReach,
    head: pixelCnnSettings.head,
  }),
  abilities: ['logProb', 'sample', 'conditionals', 'complete'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, binary, grey or coloured',
  refuses: (data, { filters, head }) => enoughFeatures(data, [filters, head]),
  presets: [
    {
      id: 'diagonal-bilstm',
      title: 'Diagonal BiLSTM',
      summary: 'The recurrence that sees earlier pixels at any distance, in the one layer of 32 features of the paper’s smaller MNIST model.',
      source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, section 3.2 and table 4.',
      settings: { recurrence: 'diagonal-bilstm', layers: 1, filters: 32 },
    },
    {
      id: 'diagonal-bilstm-7',
      title: 'Diagonal BiLSTM, 7 layers',
      summary: "The paper's best model of binary MNIST, 79.20 nats: seven layers of 16 features, and as many loops over the diagonals in a step.",
      source: 'van den Oord, Kalchbrenner and Kavukcuoglu 2016a, section 5.2 and table 4; trained here with Adam instead of RMSprop.',
      settings: { recurrence: 'diagonal-bilstm', layers: 7, filters: 16, head: 32 },
    },
  ],
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = valueLikelihood(data, 'softmax');
    return rasterModel(data, construction, likelihood, pixelRnnNet(construction, { ...settings, width: data.width, channels: data.channels, outputs: likelihood.outputs }));
  },
});
