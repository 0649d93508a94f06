import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { chain } from '../../bijectors/bijector';
import { freeConvolution, pluConvolution, type StatefulConstruction } from '../../bijectors/channel-mixing';
import { channelCoupling, conditionalPrior, topPrior } from '../../bijectors/picture-layers';
import { defineModel } from '../../model';
import { constructionOf, flowModel, marginSetting } from './flow-model';
import { multiScale, refuseShape } from './multi-scale';

export const glow = defineModel({
  id: 'glow',
  title: 'Glow',
  family: 'flows',
  summary: 'Steps of normalisation, a learned mixing of the channels and a coupling of them, at several scales, with learned priors at each.',
  source: 'Kingma and Dhariwal 2018.',
  objective: '-log p(z) - sum of log-determinants + D log(levels), mean over pictures',
  page: {
    idea: 'The learned mixing takes the place of fixed swaps of halves; its determinant is one small matrix’s for all pixels. The first batch sets the normalisation, between the layers and inside the couplings’ nets, so that training starts at unit variance.',
    formulas: [
      String.raw`\log\bigl|\det\bigr| = H W \bigl(\textstyle\sum_c \log |\gamma_c| + \log |\det W|\bigr) + \sum \log s`,
      String.raw`z_{T} = \mu + T\,\sigma \odot \varepsilon, \qquad \varepsilon \sim \mathcal N(0, I)`,
    ],
    symbols: 'γ are the scales of the activation normalisation, W the matrix of the 1 x 1 convolution, s the coupling’s scales; H x W pixels. T is the temperature: it multiplies deviations. The priors of what leaves between levels have log-scales 3 tanh(s/3), within e^-3 and e^3, and the scales of affine couplings run from 10⁻³ to 1.',
    lookAt: 'Samples from T = 0 (always the same) to 1. Interpolation: both ends are exact. Out of distribution: simpler pictures get the higher likelihood.',
  },
  settings: z.strictObject({
    levels: described(z.int().min(1).max(6).default(2), { title: 'Levels', help: 'Scales: at each the picture\'s sides are halved, and half of the channels leave, except at the last.' }),
    steps: described(z.int().min(1).max(48).default(4), { title: 'Steps', help: 'Of the flow at each level.' }),
    filters: described(z.int().min(4).max(1024).default(48), { title: 'Filters', help: 'Channels of the hidden layers of each coupling\'s net.' }),
    coupling: described(z.enum(['affine', 'exponential', 'additive']).default('affine'), { title: 'Coupling', help: "Affine couplings shift and scale by sigmoid(h + 2) of an output h of the net, as the paper's code does; exponential ones by exp(3 tanh(h / 3)), the paper's formula kept within e^-3 and e^3, which learns digits in fewer steps; additive ones shift alone and keep volume." }),
    mixing: described(z.enum(['plu', 'free']).default('plu'), { title: 'Channel mixing', help: 'The matrix of the 1 x 1 convolutions: as a product of triangular ones, or without structure.' }),
    pictures: described(z.enum(['values', 'logits']).default('values'), { title: 'Pictures as', help: 'Dequantised grey values, as published, or their logits, as RealNVP sees them: on equal terms with it, and learned in fewer steps where much is black.' }),
    margin: marginSetting(0.05, { pictures: ['logits'] }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages', 'levels'],
  trainedBy: 'gradient',
  accepts: 'pictures with an even side',
  refuses: (data, { levels }) => refuseShape(data, levels),
  presets: [
    {
      id: 'glow-paper',
      title: 'Glow, the paper\'s size',
      summary: 'Three levels of 32 steps with 512 filters and a warm-up of ten epochs, as for CIFAR-10: for a GPU.',
      source: 'Kingma and Dhariwal 2018, table 4.',
      settings: { levels: 3, steps: 32, filters: 512 },
      training: { batch: 512, learningRate: 1e-3, warmUp: 977 },
    },
    { id: 'glow-additive', title: 'Glow, additive', summary: 'With additive couplings: at a single level a temperature then samples from p(x)^(1/T^2) exactly, at several but for the learned scales of what leaves between them.', source: 'Kingma and Dhariwal 2018, section 6.', settings: { coupling: 'additive' } },
  ],
  build({ settings, data, noise }) {
    const construction: StatefulConstruction = { ...constructionOf(noise), state: {} };
    const mixing = settings.mixing === 'plu' ? pluConvolution : freeConvolution;
    const { layers, sizes } = multiScale(data, settings.levels, {
      steps: (level, [, , channels], last) => [
        ...Array.from({ length: settings.steps }, (_, i) => {
          const name = `level-${level}/step-${i + 1}`;
          const parts = [
            actnorm(construction, `${name}/actnorm`, channels),
            mixing(construction, `${name}/mixing`, channels),
            channelCoupling(construction, `${name}/coupling`, channels, { width: settings.filters, kind: settings.coupling, normalised: true }),
          ];
          return { name: `level ${level}: step ${i + 1}`, bijector: chain(parts) };
        }),
        ...(last ? [{ name: 'top prior', bijector: topPrior(construction, 'top-prior', channels) }] : []),
      ],
      split: (level, [, , channels]) => conditionalPrior(construction, `level-${level}/prior`, channels),
    });
    return flowModel({ data, construction, state: construction.state, layers, margin: settings.pictures === 'logits' ? settings.margin : null, levels: sizes });
  },
});
