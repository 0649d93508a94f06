import { z } from 'zod';
import { actnorm } from '../../bijectors/actnorm';
import { radial } from '../../bijectors/radial';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, sizeOf } from './flow-model';

export const radialFlow = defineModel({
  id: 'radial-flow',
  title: 'Radial flow',
  family: 'flows',
  summary: 'Each layer contracts or expands space around one point.',
  source: 'Rezende and Mohamed 2015, equation 14; an activation normalisation (Kingma and Dhariwal 2018) first.',
  objective: '-log N(z_K; 0, I) - sum over layers of the log-determinant, mean over x',
  page: {
    idea: 'Good for a bump or a hole around its point, and as weak as the planar flow for anything else.',
    formulas: [
      String.raw`f(z) = z + \frac{\hat\beta}{\alpha + r}\,(z - z_0), \qquad r = \lVert z - z_0 \rVert`,
      String.raw`\log\Bigl|\det \frac{\partial f}{\partial z}\Bigr| = (D-1)\log\Bigl(1 + \frac{\hat\beta}{\alpha + r}\Bigr) + \log\Bigl(1 + \frac{\hat\beta}{\alpha + r} - \frac{\hat\beta\, r}{(\alpha + r)^2}\Bigr)`,
    ],
    symbols: 'β̂ = -α + softplus(β) keeps the layer one to one.',
    lookAt: 'Flow stages: where the centres z₀ have gone. Density of rings and of eight normals.',
  },
  settings: z.strictObject({ layers: layerCount(32), margin: marginSetting(0.05) }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables and pictures; best at two columns',
  refuses: () => null,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers = [
      { name: 'normalisation', bijector: actnorm(construction, 'actnorm', size) },
      ...Array.from({ length: settings.layers }, (_, i) => ({ name: `radial ${i + 1}`, bijector: radial(construction, `layer-${i}`, size) })),
    ];
    return flowModel({ data, construction, margin: settings.margin, layers });
  },
});
