import { z } from 'zod';
import { described } from '../../../contract/settings';
import { actnorm } from '../../bijectors/actnorm';
import { inOrder, maf as layer, reversed } from '../../bijectors/autoregressive';
import { mixtureAutoregressive } from '../../bijectors/mixture';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, netSettings, sizeOf, type FlowLayer } from './flow-model';
import { tabularSizes } from './tabular-sizes';

const compared = 'on GAS with the activation tanh; activation normalisation in place of batch normalisation';

export const maf = defineModel({
  id: 'maf',
  title: 'Masked autoregressive flow',
  family: 'flows',
  summary: 'Each layer standardises every value given those before it, in one pass of a masked net; sampling takes a pass for each value.',
  source: 'Papamakarios, Pavlakou and Murray 2017; activation normalisation (Kingma and Dhariwal 2018) in place of batch normalisation.',
  objective: '-log N(z; 0, I) + sum of the log-scales alpha, mean over x',
  page: {
    idea: 'The Jacobian is triangular, so that the determinant is a sum of log-scales. Stacked in changing orders, each layer mends what the order of the last could not say; a single layer is the MADE with normal conditionals.',
    formulas: [
      String.raw`u_i = \bigl(x_i - \mu_i(x_{<i})\bigr)\, e^{-\alpha_i(x_{<i})}, \qquad \log p(x) = \log \mathcal N(u;\ 0, I) - \sum_{\text{layers}} \sum_i \alpha_i`,
    ],
    symbols: 'μ and α come from a MADE, and α is bounded: 3 tanh(o/3) of an output o, between -3 and 3. The order turns round from layer to layer.',
    lookAt: 'Flow stages. The gap to the truth with one layer and with five. Time for a thousand samples beside that of IAF.',
  },
  settings: z.strictObject({
    layers: layerCount(5, 0, ' None leaves the mixtures alone.'),
    ...netSettings,
    mixtureComponents: described(z.int().min(0).max(32).default(0), { title: 'Mixture components', help: 'Of the conditionals of one more layer, the last, which are mixtures of normals; 0 for none. Without other layers they are the whole model: MADE with mixtures.' }),
    margin: marginSetting(1e-6),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: 'tables, and pictures as rows of values',
  refuses: (_, { layers, mixtureComponents }) => (layers === 0 && mixtureComponents === 0 ? 'With no layers and no mixtures there is nothing to learn: choose a layer or more, or mixture components.' : null),
  presets: [
    { id: 'made-gaussian', title: 'MADE, normal conditionals', summary: 'One layer: a masked autoencoder of a normal for each value, whose standard deviation given the values before stays within e^-3 and e^3 times one that is the same for all rows.', source: 'Germain et al. 2015; Papamakarios, Pavlakou and Murray 2017, table 1.', settings: { layers: 1 } },
    { id: 'maf-mixture', title: 'MAF, mixture conditionals', summary: 'The last layer\'s conditionals are mixtures of ten normals, which one normal given the past cannot be.', source: 'Papamakarios, Pavlakou and Murray 2017, MAF MoG.', settings: { mixtureComponents: 10 } },
    { id: 'made-mixture', title: 'MADE, mixture conditionals', summary: 'No affine layers: the conditional of each value given those before is a mixture of ten normals.', source: 'Papamakarios, Pavlakou and Murray 2017, MADE MoG.', settings: { layers: 0, mixtureComponents: 10 } },
    ...tabularSizes('made-gaussian', 'MADE, normal conditionals', { layers: 1 }, compared),
    ...tabularSizes('made-mixture', 'MADE, mixture conditionals', { layers: 0, mixtureComponents: 10 }, compared),
    ...tabularSizes('maf-5', 'MAF 5', { layers: 5 }, compared),
    ...tabularSizes('maf-10', 'MAF 10', { layers: 10 }, compared),
    ...tabularSizes('maf-5-mixture', 'MAF 5, mixture conditionals', { layers: 5, mixtureComponents: 10 }, compared),
  ],
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const order = (i: number): number[] => (i % 2 === 0 ? inOrder(size) : reversed(size));
    const layers: FlowLayer[] = Array.from({ length: settings.layers }, (_, i) => [
      { name: `normalisation ${i + 1}`, bijector: actnorm(construction, `layer-${i}/actnorm`, size) },
      { name: `autoregressive ${i + 1}`, bijector: layer(construction, `layer-${i}`, size, { ...settings, order: order(i) }) },
    ]).flat();
    // The mixtures start in the middle of standardised values.
    if (settings.layers === 0) layers.push({ name: 'normalisation', bijector: actnorm(construction, 'actnorm', size) });
    if (settings.mixtureComponents > 0) layers.push({ name: 'mixtures', bijector: mixtureAutoregressive(construction, 'mixtures', size, settings.mixtureComponents, { ...settings, order: order(settings.layers) }) });
    return flowModel({ data, construction, margin: settings.margin, layers });
  },
});
