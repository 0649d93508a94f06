import { z } from 'zod';
import { corruptions } from '../../../contract/measurements';
import { described } from '../../../contract/settings';
import { corrupt } from '../../data/corrupt';
import { defineModel } from '../../model';
import { autoencoderOf } from './autoencoder';
import { netSettings, refusesNetwork } from './parts';

const source = 'Vincent, Larochelle, Bengio and Manzagol 2008; Vincent et al. 2010';

export const denoisingAutoencoder = defineModel({
  id: 'denoising-ae',
  title: 'Denoising autoencoder',
  family: 'autoencoders',
  summary: 'An autoencoder that sees a corrupted picture and is to give back the clean one.',
  source: `${source}. With Gaussian noise it learns the score of the smoothed density: Alain and Bengio 2014.`,
  objective: "mean over x of |x - g(f(x'))|^2, x' ~ C(x'|x) the corrupted picture, summed over the pixels",
  page: {
    idea: 'The picture is damaged before it is encoded, and the clean one is the target; to undo the damage the net has to know what pictures look like. With Gaussian noise, what it adds points up the density: the score of the smoothed data.',
    formulas: [
      String.raw`\min_{f,\,g}\ \mathbb E_{x}\, \mathbb E_{\tilde x \sim C(\tilde x \mid x)}\, \bigl\lVert x - g(f(\tilde x)) \bigr\rVert^2`,
      String.raw`\frac{r(\tilde x) - \tilde x}{\sigma^2} \approx \nabla_{\tilde x} \log p_\sigma(\tilde x)`,
    ],
    symbols: 'C is the corruption, r = g ∘ f, and p_σ the density of the data with noise of deviation σ.',
    lookAt: 'Reconstructions: what it is given, what it makes of it, and the truth. A corruption stronger than the one trained on, where it fails.',
  },
  settings: z.strictObject({
    ...netSettings,
    corruption: described(z.enum(corruptions).default('gaussian'), { title: 'Corruption', help: 'Of what the encoder sees while training: normal noise, values set to black, values set to black or white, the lower half taken away, a half of the resolution, or no colour.' }),
    amount: described(z.number().min(0).max(1).default(0.25), { title: 'Amount', when: { corruption: ['gaussian', 'masking', 'salt-and-pepper'] }, help: 'The standard deviation of the normal noise, or the share of values that are set.' }),
  }),
  abilities: ['encode', 'decode', 'reconstruct'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, grey, coloured or binary; tables, with dense layers and normal or masking noise',
  refuses(data, settings) {
    const { corruption } = settings;
    if (data.kind === 'table' && corruption !== 'gaussian' && corruption !== 'masking') return 'The rows of a table are not pictures: choose the corruption gaussian or masking.';
    if (data.channels === 1 && corruption === 'grey') return 'These pictures have no colour that could be taken away: choose another corruption.';
    return refusesNetwork(data, settings);
  },
  presets: [
    { id: 'denoising-ae', title: 'Denoising autoencoder', summary: 'Takes normal noise off pictures.', source, settings: {} },
    { id: 'masking-ae', title: 'Denoising autoencoder, masking', summary: 'Fills in values that were set to black.', source, settings: { corruption: 'masking' } },
    { id: 'salt-and-pepper-ae', title: 'Denoising autoencoder, salt and pepper', summary: 'Repairs values that were set to black or white.', source, settings: { corruption: 'salt-and-pepper' } },
    { id: 'completion-ae', title: 'Completion autoencoder', summary: 'Completes pictures whose lower half is missing.', source, settings: { corruption: 'lower-half', latentSize: 32 } },
    { id: 'super-resolution-ae', title: 'Super-resolution autoencoder', summary: 'Sharpens pictures of half the resolution.', source, settings: { corruption: 'low-resolution', latentSize: 32 } },
    { id: 'colouring-ae', title: 'Colouring autoencoder', summary: 'Gives grey pictures their colours back.', source, settings: { corruption: 'grey', latentSize: 32 } },
  ],
  build: ({ settings, data, noise }) => autoencoderOf(settings, data, noise, (x, sampling) => corrupt(x, settings.corruption, settings.amount, sampling)),
});
