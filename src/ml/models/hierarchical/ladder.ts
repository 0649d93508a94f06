import { add, exp, log, mul, neg, reshape, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { gaussianFromHeads } from '../../distributions/gaussian';
import { defineModel, type Batch } from '../../model';
import { activations, dense, mlp, type Construction, type Layer } from '../../nets/dense';
import { under } from '../../random/noise';
import { pictureLikelihood, pixelCount, refusesLikelihood } from '../autoencoders/parts';
import { encodingAbilities, hierarchicalModel, hierarchyLikelihood, hierarchySettings, topDown, type Group, type Normal } from './hierarchy';

/** Two dense heads of a normal, ln sigma^2 within (-10, 10). */
export function normalHeads(construction: Construction, name: string, inputs: number, size: number): (x: Tensor2D) => Normal {
  const [mean, logVariance] = ['mean', 'log-variance'].map((head) => dense(construction, `${name}/${head}`, inputs, size)) as [Layer, Layer];
  return (x) => {
    const q = gaussianFromHeads(mean(x), logVariance(x));
    return { mean: q.mean(), logSigma: log(q.standardDeviation()) };
  };
}

/** The product of two normals as one: precisions add, means are weighted by them (Sonderby et al. 2016, equations 17 and 18). */
export function merged(a: Normal, b: Normal): Normal {
  const [precisionA, precisionB] = [a, b].map(({ logSigma }) => exp(mul(logSigma, -2))) as [Tensor, Tensor];
  const precision = add(precisionA, precisionB);
  return { mean: add(mul(a.mean, precisionA), mul(b.mean, precisionB)).div(precision), logSigma: mul(neg(log(precision)), 0.5) };
}

export const ladder = defineModel({
  id: 'ladder-vae',
  title: 'Ladder VAE',
  family: 'hierarchical variational autoencoders',
  summary: 'Several layers of latent variables; going down, what the encoder says of a layer is merged with what the layers above say, by their precisions.',
  source: 'Sønderby et al. 2016, equations 15 to 18, without batch normalisation.',
  objective: 'mean over x of -E_q[log p(x|z)] + KL(q(z_L|x) || N(0, I)) + sum over layers l of E_q[KL(q(z_l|x, z_>l) || p(z_l|z_l+1))]',
  page: {
    idea: 'What is surer weighs more: where the picture tells little, the layers above decide. That keeps upper layers awake, which fall asleep when the encoder has to reach them through all those below.',
    formulas: [
      String.raw`\sigma_q^{2} = \bigl(\hat\sigma^{-2} + \sigma_p^{-2}\bigr)^{-1}, \qquad \mu_q = \sigma_q^{2}\,\bigl(\hat\mu\,\hat\sigma^{-2} + \mu_p\,\sigma_p^{-2}\bigr)`,
      String.raw`\mathcal L = \mathbb E_q \log p(x \mid z_1) - \sum_{l=1}^{L} \mathbb E_q\, \mathrm{KL}\bigl(q(z_l \mid z_{>l}, x)\,\big\Vert\,p(z_l \mid z_{l+1})\bigr)`,
    ],
    symbols: 'Hats are what the encoder says of a layer on the way up, p what the layer above says of it; the prior of the top layer L is N(0, I). Codes that are shown are the means of q, layer by layer from the top, each given the means above.',
    lookAt: 'KL spectrum beside that of the two-layer VAE: how many layers are in use. Levels with the top ones held.',
  },
  settings: z.strictObject({
    latentSizes: described(z.array(z.int().min(1).max(512)).min(2).max(8).default([8, 16, 32]), { title: 'Latent sizes', unit: 'dims', help: 'Of each layer, the top one (drawn first) first.' }),
    widths: described(z.array(z.int().min(1).max(4096)).max(8).default([512, 256, 128]), { title: 'Hidden layers', unit: 'units', help: 'Widths of the nets of each layer, that next to the picture first; the last one serves the layers above. None makes every net a single layer.' }),
    activation: described(z.enum(activations).default('tanh'), { title: 'Activation', help: 'Of the hidden layers.' }),
    ...hierarchyLikelihood('bernoulli'),
    ...hierarchySettings,
  }),
  abilities: encodingAbilities,
  trainedBy: 'gradient',
  accepts: 'pictures of any size, with the Bernoulli likelihood binary ones; tables, with a Gaussian likelihood',
  refuses: refusesLikelihood,
  build({ settings, data, noise }) {
    const { widths, activation } = settings;
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = pictureLikelihood(construction, data, settings);
    // Layers are counted from the picture up here, and groups from the top down.
    const sizes = [...settings.latentSizes].reverse();
    const hidden = (layer: number): number[] => widths.slice(0, layer + 1).slice(-1);
    let inputs = pixelCount(data);
    const nets = sizes.map((size, i) => {
      const name = `encoder/layer-${i + 1}`;
      const up = mlp(construction, name, inputs, hidden(i), activation);
      inputs = up.outputs;
      return { size, up: up.layer, recognise: normalHeads(construction, name, up.outputs, size) };
    });
    const groups = nets
      .map(({ size, recognise }, i): Group<Tensor2D | null, Tensor2D[]> => {
        const above = sizes[i + 1];
        const from = above === undefined ? undefined : mlp(construction, `decoder/layer-${i + 1}`, above, hidden(i), activation);
        const heads = from && normalHeads(construction, `decoder/layer-${i + 1}`, from.outputs, size);
        return {
          level: sizes.length - 1 - i,
          shape: [size],
          prior: (above) => ({ prior: above && from && heads ? heads(from.layer(above)) : { mean: zeros([1, size]), logSigma: zeros([1, size]) }, above }),
          posterior: (above, features, prior) => {
            const seen = recognise(features[i] as Tensor2D);
            return above ? merged(seen, prior) : seen;
          },
          next: (_, code) => code as Tensor2D,
        };
      })
      .reverse();
    const decoder = mlp(construction, 'decoder', sizes[0] as number, hidden(0), activation);
    const output = dense(construction, 'decoder/output', decoder.outputs, Math.round(pixelCount(data) * likelihood.outputsPerValue));
    const hierarchy = topDown<Tensor2D | null, Tensor2D[]>({
      groups,
      levels: sizes.length,
      start: () => null,
      features: (x) => {
        let value = reshape(x, [x.shape[0], pixelCount(data)]) as Tensor2D;
        return nets.map(({ up }) => (value = up(value)));
      },
      output: (code) => reshape(output(decoder.layer(code as Tensor2D)), [(code as Tensor2D).shape[0], data.height, data.width, Math.round(data.channels * likelihood.outputsPerValue)]) as Batch,
    });
    return hierarchicalModel(construction, hierarchy, likelihood, settings, true);
  },
});
