import { z } from 'zod';
import { described } from '../../../contract/settings';
import { householder, marginalMixtures } from '../../bijectors/gaussianization';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, sizeOf } from './flow-model';

export const gaussianizationFlow = defineModel({
  id: 'gaussianization-flow',
  title: 'Gaussianization flow',
  family: 'flows',
  summary: 'Each layer turns the axes and then makes every value normal on its own, by the distribution function of a learned mixture.',
  source: 'Meng, Song, Song and Ermon 2020; tails in logarithms, where their code is not continuous.',
  objective: '-log N(z; 0, I) - sum of log f(x_i) - log phi(z_i) over layers and values, mean over x',
  page: {
    idea: 'Axes that are normal one by one need not be so together; after a rotation they are no longer, and the next layer goes on. It starts where RBIG ends, and learns both parts from there.',
    formulas: [
      String.raw`z = \Phi^{-1}\Bigl(\sum_{k=1}^{K} w_k\, \sigma\Bigl(\frac{x_i - m_{ik}}{h_{ik}}\Bigr)\Bigr), \qquad \log\frac{dz}{dx_i} = \log f_i(x_i) - \log \varphi(z)`,
      String.raw`R = \prod_{j} \Bigl(I - \frac{2\, v_j v_j^\top}{\lVert v_j \rVert^2}\Bigr)`,
    ],
    symbols: 'Φ and φ are the normal distribution function and density, f the density of the mixture of logistic distributions σ, R the rotation of the next layer.',
    lookAt: 'Flow stages: squares that become round. The gap to the truth at the start already: it begins near RBIG.',
  },
  settings: z.strictObject({
    layers: layerCount(10),
    components: described(z.int().min(2).max(256).default(40), { title: 'Components', help: 'Logistics in the mixture of each value and layer.' }),
    reflections: described(z.int().min(1).max(64).default(4), { title: 'Reflections', help: 'Of which each layer\'s turn is made, at most one a value; as many as values make any turn.' }),
    margin: marginSetting(1e-5),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables, and pictures as rows of values',
  refuses: () => null,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers = Array.from({ length: settings.layers }, (_, i) => [
      // A single value has no other to turn to.
      ...(size > 1 ? [{ name: `turn ${i + 1}`, bijector: householder(construction, `layer-${i}/turn`, size, Math.min(settings.reflections, size)) }] : []),
      { name: `marginals ${i + 1}`, bijector: marginalMixtures(construction, `layer-${i}/marginals`, size, settings.components) },
    ]);
    return flowModel({ data, construction, margin: settings.margin, layers: layers.flat() });
  },
});
