import { add, reshape, sub, zeros, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { gaussian, standardNormal, sumEvent } from '../../distributions/gaussian';
import { defineModel, type Batch } from '../../model';
import { activations, dense, mlp, type Construction } from '../../nets/dense';
import { boundSamples } from '../../objectives/objective';
import { under } from '../../random/noise';
import { pictureLikelihood, pixelCount, refusesLikelihood } from '../autoencoders/parts';
import { byLevel, draw, encodingAbilities, hierarchicalModel, hierarchyLikelihood, hierarchySettings, klOfNormals, type Hierarchy, type Normal } from './hierarchy';
import { normalHeads } from './ladder';

export const twoLayer = defineModel({
  id: 'two-layer-vae',
  title: 'Two-layer VAE',
  family: 'hierarchical variational autoencoders',
  summary: 'Two layers of latent variables; the encoder goes up through the lower one to the upper one, the decoder comes down.',
  source: 'Burda, Grosse and Salakhutdinov 2016, section 5; Rezende, Mohamed and Wierstra 2014.',
  objective: 'minus the mean over x of log 1/K sum_k p(x|z1) p(z1|z2) p(z2) / (q(z1|x) q(z2|z1)), K = 1 with the divergence of z2 in closed form',
  page: {
    idea: 'A second layer of latent variables is the prior of the first. Trained by the plain bound, the upper layer tends to fall asleep; with more samples in the bound it wakes.',
    formulas: [
      String.raw`\mathcal L_K = \mathbb E\, \log \frac1K \sum_{k=1}^{K} \frac{p(x \mid z_1^k)\, p(z_1^k \mid z_2^k)\, p(z_2^k)}{q(z_1^k \mid x)\, q(z_2^k \mid z_1^k)}`,
    ],
    symbols: 'z₂ is the top layer; the K samples are drawn bottom up by q. K = 1 is the ELBO, which may be averaged over draws. Codes that are shown are the means of q, z₂ first, its mean given that of z₁.',
    lookAt: 'KL spectrum, level by level: does the top layer carry anything? Levels: what stays when the top is held. Likelihood estimators for K = 1 and K = 50.',
  },
  settings: z.strictObject({
    latentSizes: described(z.array(z.int().min(1).max(512)).min(2).max(2).default([50, 100]), { title: 'Latent sizes', unit: 'dims', help: 'Of the upper layer, drawn first, and of the lower one.' }),
    widths: described(z.array(z.int().min(1).max(4096)).max(8).default([200, 200]), { title: 'Hidden layers', unit: 'units', help: 'Between the picture and the lower layer, those next to the picture first; the decoder has them in reverse.' }),
    upperWidths: described(z.array(z.int().min(1).max(4096)).max(8).default([100, 100]), { title: 'Upper hidden layers', unit: 'units', help: 'Between the lower layer and the upper one.' }),
    activation: described(z.enum(activations).default('tanh'), { title: 'Activation', help: 'Of the hidden layers.' }),
    ...hierarchyLikelihood('bernoulli'),
    importanceSamples: described(z.int().min(1).max(1000).default(1), { title: 'Importance samples', unit: 'draws', help: 'Of the importance weighted bound; 1 trains the evidence lower bound.' }),
    boundSamples: boundSamples(),
    ...hierarchySettings,
  }),
  abilities: encodingAbilities,
  trainedBy: 'gradient',
  accepts: 'pictures of any size, with the Bernoulli likelihood binary ones; tables, with a Gaussian likelihood',
  refuses(data, { importanceSamples, boundSamples, freeBits, likelihood }) {
    if (importanceSamples > 1 && boundSamples > 1) return 'A bound is weighted over its draws or averaged over them: set importance samples or bound samples to 1.';
    if (importanceSamples > 1 && freeBits > 0) return 'The importance weighted bound has no divergence of its own to leave free: set free bits to 0.';
    return refusesLikelihood(data, { likelihood });
  },
  presets: [
    { id: 'two-layer-vae', title: 'Two-layer VAE', summary: 'Layers of 50 and 100, trained on the evidence lower bound.', source: 'Burda, Grosse and Salakhutdinov 2016, section 5.', settings: {} },
    { id: 'two-layer-iwae', title: 'Two-layer IWAE', summary: 'The same layers, with five weighted draws.', source: 'Burda, Grosse and Salakhutdinov 2016, section 5.', settings: { importanceSamples: 5 } },
  ],
  build({ settings, data, noise }) {
    const { widths, upperWidths, activation } = settings;
    const [upper = 0, lower = 0] = settings.latentSizes;
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = pictureLikelihood(construction, data, settings);
    /** A net with the two heads of a normal. */
    const conditional = (name: string, inputs: number, hidden: readonly number[], size: number): ((x: Tensor2D) => Normal) => {
      const { layer, outputs } = mlp(construction, name, inputs, hidden, activation);
      const heads = normalHeads(construction, name, outputs, size);
      return (x) => heads(layer(x));
    };
    const lowerGivenPicture = conditional('encoder/lower', pixelCount(data), widths, lower);
    const upperGivenLower = conditional('encoder/upper', lower, upperWidths, upper);
    const lowerGivenUpper = conditional('decoder/lower', upper, [...upperWidths].reverse(), lower);
    const decoder = mlp(construction, 'decoder', lower, [...widths].reverse(), activation);
    const output = dense(construction, 'decoder/output', decoder.outputs, Math.round(pixelCount(data) * likelihood.outputsPerValue));
    const picture = (code: Tensor2D): Batch => reshape(output(decoder.layer(code)), [code.shape[0], data.height, data.width, Math.round(data.channels * likelihood.outputsPerValue)]);
    const logDensity = ({ mean, logSigma }: Normal, code: Tensor): Tensor => gaussian(mean, logSigma).logDensity(code);

    const hierarchy: Hierarchy = {
      sizes: [upper, lower],
      closedForm: 'above the lowest level',
      groups: [[upper], [lower]],
      infer(x, choose) {
        const batch = x.shape[0];
        const q1 = lowerGivenPicture(reshape(x, [batch, pixelCount(data)]) as Tensor2D);
        const z1 = choose(q1, [batch, lower], 1) as Tensor2D;
        const q2 = upperGivenLower(z1);
        const z2 = choose(q2, [batch, upper], 0) as Tensor2D;
        const [logQ1, logQ2] = [logDensity(q1, z1), logDensity(q2, z2)];
        // q(z1|x) is not given z2, as p(z1|z2) is: the divergence of the lower layer given a draw of both, for its mean over z2 ~ q(z2|z1) has no closed form.
        const klLower = sub(logQ1, logDensity(lowerGivenUpper(z2), z1));
        const klUpper = klOfNormals(q2, { mean: zeros([1, upper]), logSigma: zeros([1, upper]) });
        const [logRatioLower, logRatioUpper] = [sumEvent(klLower), sumEvent(sub(logQ2, standardNormal(batch, upper).logDensity(z2)))] as [Tensor1D, Tensor1D];
        return {
          output: picture(z1),
          kl: byLevel([{ level: 0, value: sumEvent(klUpper) as Tensor1D }, { level: 1, value: logRatioLower }], 2),
          logRatio: add<Tensor1D>(logRatioLower, logRatioUpper),
          logQ: add<Tensor1D>(sumEvent(logQ1), sumEvent(logQ2)),
          codes: [z2, z1],
          klOfCodes: [klUpper, klLower],
        };
      },
      generate(count, epsilon) {
        const z2 = epsilon([count, upper], 0, 0) as Tensor2D;
        return picture(draw(lowerGivenUpper(z2), epsilon([count, lower], 1, 1)) as Tensor2D);
      },
    };
    return hierarchicalModel(construction, hierarchy, likelihood, settings, true);
  },
});
