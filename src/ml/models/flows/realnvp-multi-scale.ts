import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { chain } from '../../bijectors/bijector';
import { channelCoupling, checkerboardCoupling, flippedChannelCoupling } from '../../bijectors/picture-layers';
import { defineModel } from '../../model';
import { constructionOf, flowModel, marginSetting, type FlowLayer } from './flow-model';
import { multiScale, refuseShape, type PictureShape } from './multi-scale';

export const realnvpMultiScale = defineModel({
  id: 'realnvp-multi-scale',
  title: 'RealNVP, multi-scale',
  family: 'flows',
  summary: 'Couplings of pictures by checkerboards, then, with pixels turned to channels, of channels; half of the channels leave at each scale.',
  source: 'Dinh, Sohl-Dickstein and Bengio 2017, sections 3.4 to 3.6; activation normalisation and Glow\'s nets in place of batch normalisation and residual nets, and the last scale\'s four checkerboards come after couplings as at every scale, where the paper\'s last scale has them alone.',
  objective: '-log N(z; 0, I) - sum of log-determinants, mean over pictures, of logits of dequantised pictures',
  page: {
    idea: 'Couplings of pictures: neighbours by a checkerboard, then, with blocks of pixels turned to channels, channel by channel. Half of the channels leave at each scale: details early, layout last.',
    formulas: [
      String.raw`y = b \odot x + (1 - b) \odot \bigl(x \odot e^{s(b \odot x)} + t(b \odot x)\bigr)`,
      String.raw`y_a = x_a, \qquad y_b = \bigl(x_b + t(x_a)\bigr) \odot \bigl(10^{-3} + (1 - 10^{-3})\, \sigma(h(x_a) + 2)\bigr)`,
      String.raw`\log P(x) \ \ge\ \mathbb E_u \Bigl[\log p\bigl(\tfrac{x + u}{256}\bigr)\Bigr] - D \log 256`,
    ],
    symbols: 'The first line couples by the mask b, the second the channels, in Glow’s way, whose scale cannot diverge. At the last scale one more round of checkerboards follows the channels (the paper has nothing else there). u is uniform noise of a level’s width; with logits of the pixels their derivative counts too.',
    lookAt: 'Flow stages: what goes on, and what leaves. Samples at temperatures below one. Levels: what the late scales hold. Bits per dim: -log p / (D log 2).',
  },
  settings: z.strictObject({
    levels: described(z.int().min(1).max(6).default(2), { title: 'Levels', help: 'Scales: at each the picture\'s sides are halved, and half of the channels leave, except at the last.' }),
    steps: described(z.int().min(1).max(12).default(3), { title: 'Couplings', help: 'By checkerboards, and again by channels, at each level.' }),
    filters: described(z.int().min(4).max(1024).default(48), { title: 'Filters', help: 'Channels of the hidden layers of each coupling\'s net.' }),
    margin: marginSetting(0.05),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages', 'levels'],
  trainedBy: 'gradient',
  accepts: 'pictures with an even side',
  refuses: (data, { levels }) => refuseShape(data, levels),
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const width = settings.filters;
    const checkerboards = (level: number, shape: PictureShape, count: number, first: string): FlowLayer[] =>
      Array.from({ length: count }, (_, i) => {
        const name = `level-${level}/${first}-${i + 1}`;
        return {
          name: `level ${level}: checkerboard ${i + 1}`,
          bijector: chain([actnorm(construction, `${name}/actnorm`, shape[2]), checkerboardCoupling(construction, name, shape, { width, odd: i % 2 === 1 })]),
        };
      });
    const { layers, sizes } = multiScale(data, settings.levels, {
      before: (level, shape) => checkerboards(level, shape, settings.steps, 'checkerboard'),
      steps: (level, shape, last) => [
        ...Array.from({ length: settings.steps }, (_, i) => {
          const name = `level-${level}/channels-${i + 1}`;
          const coupling = i % 2 === 0 ? channelCoupling : flippedChannelCoupling;
          const parts = [actnorm(construction, `${name}/actnorm`, shape[2]), coupling(construction, name, shape[2], { width, kind: 'affine' })];
          return { name: `level ${level}: channels ${i + 1}`, bijector: chain(parts) };
        }),
        ...(last ? checkerboards(level, shape, settings.steps + 1, 'last') : []),
      ],
    });
    return flowModel({ data, construction, margin: settings.margin, layers, levels: sizes });
  },
});
