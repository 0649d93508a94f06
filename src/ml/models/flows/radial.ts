import { z } from 'zod';
import { radial } from '../../bijectors/radial';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, sizeOf } from './flow-model';

export const radialFlow = defineModel({
  id: 'radial-flow',
  title: 'Radial flow',
  family: 'flows',
  summary: 'Each layer contracts or expands space around one point.',
  source: 'Rezende and Mohamed 2015, equation 14.',
  objective: '-log N(z_K; 0, I) - sum over layers of the log-determinant, mean over x',
  settings: z.strictObject({ layers: layerCount(32) }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables and pictures; best at two columns',
  refuses: () => null,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const layers = Array.from({ length: settings.layers }, (_, i) => ({ name: `radial ${i + 1}`, bijector: radial(construction, `layer-${i}`, sizeOf(data)) }));
    return flowModel({ data, construction, layers });
  },
});
