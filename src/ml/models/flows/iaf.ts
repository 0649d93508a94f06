import { z } from 'zod';
import { actnorm } from '../../bijectors/actnorm';
import { iaf, inOrder, reversed } from '../../bijectors/autoregressive';
import { unrolled } from '../../sampling/sweeps';
import { defineModel } from '../../model';
import { constructionOf, flowModel, layerCount, marginSetting, netSettings, sizeOf } from './flow-model';

export const iafFlow = defineModel({
  id: 'iaf-flow',
  title: 'Inverse autoregressive flow',
  family: 'flows',
  summary: 'Sampling takes one pass of a masked net a layer; the density of given data a pass for each value, which is why its training is slow.',
  source: 'Kingma et al. 2016; trained by likelihood as in the comparison of Papamakarios, Pavlakou and Murray 2017, section 3.3.',
  objective: '-log N(z; 0, I) + sum of the log-scales alpha, mean over x, z by inverting the layers value by value',
  page: {
    idea: 'The mirror of MAF: scales and shifts depend on the noise before, which is known at once, and no longer on the data before. As a student of MAF, or as a posterior that only has to sample, it is fast where it matters.',
    formulas: [
      String.raw`x_i = z_i\, e^{\alpha_i(z_{<i})} + \mu_i(z_{<i}), \qquad \log p(x) = \log \mathcal N(z;\ 0, I) - \sum_{\text{layers}} \sum_i \alpha_i(z_{<i})`,
    ],
    symbols: 'z is found from x by going through the values in order. α is bounded: 3 tanh(o/3) of an output o of the net, between -3 and 3. With μ′ = -μ e^{-α} and α′ = -α it is MAF run backwards.',
    lookAt: 'Steps per second beside MAF’s as the columns grow; samples per second the other way round.',
  },
  settings: z.strictObject({ layers: layerCount(5), ...netSettings, margin: marginSetting(1e-6) }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'gradient',
  accepts: `tables of up to ${unrolled} columns`,
  refuses: (data) =>
    sizeOf(data) > unrolled ? `Training an inverse autoregressive flow takes a pass of its net for each value, so it takes up to ${unrolled} of them, and these data have ${sizeOf(data)}: choose a masked autoregressive flow.` : null,
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const layers = Array.from({ length: settings.layers }, (_, i) => [
      { name: `normalisation ${i + 1}`, bijector: actnorm(construction, `layer-${i}/actnorm`, size) },
      { name: `inverse autoregressive ${i + 1}`, bijector: iaf(construction, `layer-${i}`, size, { ...settings, order: i % 2 === 0 ? inOrder(size) : reversed(size) }) },
    ]);
    return flowModel({ data, construction, margin: settings.margin, layers: layers.flat() });
  },
});
