import { z } from 'zod';
import { actnorm } from '../../bijectors/actnorm';
import { planar } from '../../bijectors/planar';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, sizeOf } from './flow-model';

export const planarFlow = defineModel({
  id: 'planar-flow',
  title: 'Planar flow',
  family: 'flows',
  summary: 'Each layer squeezes or stretches space along one direction, at one hyperplane: few numbers a layer, and many layers for a simple shape.',
  source: 'Rezende and Mohamed 2015, equations 10 to 12; an activation normalisation (Kingma and Dhariwal 2018) first.',
  objective: '-log N(z_K; 0, I) - sum over layers of log|1 + u.psi(z)|, mean over x',
  page: {
    idea: 'One number of determinant a layer, whatever the dimension. Before and behind the hyperplane nearly nothing happens, so that a curve takes many layers.',
    formulas: [
      String.raw`f(z) = z + \hat u\,\tanh(w^\top z + b), \qquad \log\Bigl|\det \frac{\partial f}{\partial z}\Bigr| = \log\bigl|1 + \hat u^\top \psi(z)\bigr|`,
      String.raw`\psi(z) = \bigl(1 - \tanh^2(w^\top z + b)\bigr)\, w, \qquad \hat u = u + \bigl(-1 + \operatorname{softplus}(w^\top u) - w^\top u\bigr)\frac{w}{\lVert w \rVert^2}`,
    ],
    symbols: 'û makes wᵀû greater than -1, so that the layer can be undone (by solving for one number).',
    lookAt: 'Flow stages: one fold a layer. Density on two moons: straight cuts. The gap to the truth for 2, 8 and 32 layers.',
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
      ...Array.from({ length: settings.layers }, (_, i) => ({ name: `planar ${i + 1}`, bijector: planar(construction, `layer-${i}`, size) })),
    ];
    return flowModel({ data, construction, margin: settings.margin, layers });
  },
});
