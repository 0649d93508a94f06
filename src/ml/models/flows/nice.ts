import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { additiveCoupling } from '../../bijectors/coupling';
import { deinterleave } from '../../bijectors/permute';
import { diagonalScale } from '../../bijectors/scale';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, logisticBase, netSettings, normalBase, refuseSingle, sizeOf, type FlowLayer } from './flow-model';

export const nice = defineModel({
  id: 'nice',
  title: 'NICE',
  family: 'flows',
  summary: 'Each layer adds to one half of the values a function of the other half, which keeps volume; a scale for each value comes last.',
  source: 'Dinh, Krueger and Bengio 2014; means and scales start from the data (Kingma and Dhariwal 2018, section 3.1).',
  objective: '-log p(z) - sum of the log-scales s, mean over x',
  page: {
    idea: 'What was added is subtracted to go back, so the function may be any net. Without the scales every density would be a rearranged base; they say which directions matter.',
    formulas: [
      String.raw`y_a = x_a, \qquad y_b = x_b + m(x_a)`,
      String.raw`\log p(x) = \log p_Z(z) + \sum_{i=1}^{D} s_i, \qquad z = e^{s} \odot h(x)`,
    ],
    symbols: 'm is any net, h the layers with halves exchanged in between, s the log-scales.',
    lookAt: 'Flow stages: shears alone. The gap to RealNVP on the same points: what scaling is worth.',
  },
  settings: z.strictObject({
    layers: layerCount(8),
    ...netSettings,
    base: described(z.enum(['normal', 'logistic']).default('normal'), { title: 'Base', help: 'The distribution of the last variables.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables of two columns or more, and pictures',
  refuses: refuseSingle,
  presets: [
    {
      id: 'nice-paper',
      title: 'NICE, the paper\'s size',
      summary: 'Four couplings with five hidden layers of 1,000 units and a logistic base, as for digits.',
      source: 'Dinh, Krueger and Bengio 2014, section 5.1.',
      settings: { layers: 4, widths: [1000, 1000, 1000, 1000, 1000], base: 'logistic' },
    },
  ],
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers: FlowLayer[] = [
      ...evenFirst(data),
      ...Array.from({ length: settings.layers }, (_, i) => ({ name: `coupling ${i + 1}`, bijector: additiveCoupling(construction, `layer-${i}`, size, { ...settings, flip: i % 2 === 1 }) })),
      { name: 'scale', bijector: diagonalScale(construction, 'scale', size) },
    ];
    // Pictures are used as they are, in [-1/2, 1/2]: the scale at the end makes up for it.
    return flowModel({ data, construction, layers, base: settings.base === 'normal' ? normalBase : logisticBase, margin: null });
  },
});

/** The halves of a coupling are the values of even and of odd index, where that is another partition than front and back. */
export function evenFirst(data: DataShape): FlowLayer[] {
  const [size, across] = [sizeOf(data), data.width * data.channels];
  if (size <= 2 || size % 2 === 1) return [];
  // Where a row has as many of both, its halves lie above each other as before.
  const half = across % 2 === 0 ? ([data.height, across / 2, 1] as const) : ([1, size / 2, 1] as const);
  return [{ name: 'even values first', bijector: deinterleave(size), shapes: [half, half] }];
}
