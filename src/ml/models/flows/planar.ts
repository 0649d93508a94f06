import { z } from 'zod';
import { planar } from '../../bijectors/planar';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, sizeOf } from './flow-model';

export const planarFlow = defineModel({
  id: 'planar-flow',
  title: 'Planar flow',
  family: 'flows',
  summary: 'Each layer squeezes or stretches space along one direction, at one hyperplane: few numbers a layer, and many layers for a simple shape.',
  source: 'Rezende and Mohamed 2015, equations 10 to 12.',
  objective: '-log N(z_K; 0, I) - sum over layers of log|1 + u.psi(z)|, mean over x',
  settings: z.strictObject({ layers: layerCount(32) }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables and pictures; best at two columns',
  refuses: () => null,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const layers = Array.from({ length: settings.layers }, (_, i) => ({ name: `planar ${i + 1}`, bijector: planar(construction, `layer-${i}`, sizeOf(data)) }));
    return flowModel({ data, construction, layers });
  },
});
