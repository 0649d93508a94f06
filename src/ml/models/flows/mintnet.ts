import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { onFirst } from '../../bijectors/bijector';
import { maskedInvertible, reversedOrder } from '../../bijectors/masked-invertible';
import { squeeze } from '../../bijectors/permute';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, sizeOf, type FlowLayer } from './flow-model';

export const mintnet = defineModel({
  id: 'mintnet',
  title: 'MintNet',
  family: 'flows',
  summary: 'Masked convolutions with a triangular Jacobian whose diagonal is positive: the determinant is exact, and the inverse is found by iteration.',
  source: 'Song, Meng and Ermon 2019; an activation normalisation (Kingma and Dhariwal 2018) first.',
  objective: '-log N(z; 0, I) - sum of the logs of the Jacobians\' diagonals, mean over x',
  page: {
    idea: 'Nothing is split in halves: every value changes in every layer, and the Jacobian stays triangular all the same. The price is the inverse, a fixed point that takes as many passes as it takes.',
    formulas: [
      String.raw`f(x) = t \odot x + W_3 * h\bigl(W_2 * h(W_1 * x)\bigr), \qquad \log\Bigl|\det \frac{\partial f}{\partial x}\Bigr| = \sum_i \log \frac{\partial f_i}{\partial x_i}`,
      String.raw`x^{(n+1)} = x^{(n)} - \alpha\, \operatorname{diag}\bigl(J(x^{(n)})\bigr)^{-1} \bigl(f(x^{(n)}) - z\bigr)`,
    ],
    symbols: 'W are masked kernels, h a rising function, t positive; signs of the kernels’ centres keep the diagonal positive. The second line inverts a layer.',
    lookAt: 'Reconstructions: what the iteration leaves. Samples take many passes. Bits per dim beside RealNVP’s.',
  },
  settings: z.strictObject({
    layers: layerCount(6),
    filters: described(z.int().min(1).max(256).default(16), { title: 'Filters', help: 'Hidden channels for each channel of the pictures (or column of the table) in each layer.' }),
    squeezes: described(z.int().min(0).max(3).default(1), { title: 'Squeezes', help: 'How often, between layers, two by two pixels become channels, where a side is even.' }),
    iterations: described(z.int().min(1).max(1000).default(100), { title: 'Iterations of the inverse', help: 'In each layer, for samples. The difference of reconstructions from their pictures shows what they leave.' }),
    margin: marginSetting(1e-6),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'small pictures, and tables',
  refuses: () => null,
  presets: [
    { id: 'mintnet-mnist', title: 'MintNet, the size for digits', summary: 'Twenty layers with forty-five filters for each channel and two squeezes.', source: 'Song, Meng and Ermon 2019, appendix C.', settings: { layers: 20, filters: 45, squeezes: 2 } },
  ],
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const { filters, iterations } = settings;
    const layers: FlowLayer[] = [{ name: 'normalisation', bijector: actnorm(construction, 'actnorm', sizeOf(data)) }];
    let shape: [number, number, number] = [data.height, data.width, data.channels];
    let squeezes = 0;
    for (let i = 0; i < settings.layers; i++) {
      if (data.kind === 'pictures' && squeezes < Math.floor((i * (settings.squeezes + 1)) / settings.layers)) {
        const squeezed = squeeze(shape);
        layers.push({ name: `pixels to channels ${++squeezes}`, bijector: onFirst(shape, squeezed.bijector), shapes: [squeezed.shape] });
        shape = squeezed.shape;
      }
      const layer = maskedInvertible(construction, `layer-${i}`, shape, { filters, iterations });
      layers.push({ name: `masked convolutions ${i + 1}`, bijector: onFirst(shape, i % 2 === 0 ? layer : reversedOrder(layer)) });
    }
    return flowModel({ data, construction, margin: settings.margin, layers });
  },
});
