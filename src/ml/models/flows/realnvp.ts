import { z } from 'zod';
import { actnorm } from '../../bijectors/actnorm';
import { affineCoupling } from '../../bijectors/coupling';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, netSettings, refuseSingle, sizeOf } from './flow-model';
import { evenFirst } from './nice';
import { tabularSizes } from './tabular-sizes';

export const realnvp = defineModel({
  id: 'realnvp',
  title: 'RealNVP',
  family: 'flows',
  summary: 'Each layer scales and shifts one half of the values by functions of the other half, which undoes as easily as it does.',
  source: 'Dinh, Sohl-Dickstein and Bengio 2017, equations 7 and 8; activation normalisation in place of batch normalisation: Kingma and Dhariwal 2018.',
  objective: '-log N(z; 0, I) - sum of the log-scales, mean over x',
  page: {
    idea: 'The net that makes scales and shifts is never inverted and may be anything; the Jacobian is triangular, and its determinant a sum of what the net gives anyway. Density and samples take one pass each.',
    formulas: [
      String.raw`y_a = x_a, \qquad y_b = x_b \odot e^{s(x_a)} + t(x_a), \qquad \log\Bigl|\det \frac{\partial y}{\partial x}\Bigr| = \sum_j s_j(x_a)`,
      String.raw`\log p(x) = \log \mathcal N(f(x);\ 0, I) + \sum_{\text{layers}} \sum_j s_j`,
    ],
    symbols: 'a and b are halves that change from layer to layer; s is bounded.',
    lookAt: 'Flow stages from the data to a round cloud. Density: threads between clusters, as no continuous map can tear. Never below the true density’s nats: that would be an error.',
  },
  settings: z.strictObject({ layers: layerCount(8), ...netSettings, margin: marginSetting(0.05) }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables of two columns or more, and pictures, as rows of values',
  refuses: refuseSingle,
  presets: [5, 10].flatMap((layers) => tabularSizes(`realnvp-${layers}`, `RealNVP ${layers}`, { layers }, 'one net for scales and shifts in place of two, of tanh and ReLU')),
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers = Array.from({ length: settings.layers }, (_, i) => [
      { name: `normalisation ${i + 1}`, bijector: actnorm(construction, `layer-${i}/actnorm`, size) },
      { name: `coupling ${i + 1}`, bijector: affineCoupling(construction, `layer-${i}`, size, { ...settings, flip: i % 2 === 1 }) },
    ]);
    return flowModel({ data, construction, margin: settings.margin, layers: [...evenFirst(data), ...layers.flat()] });
  },
});
