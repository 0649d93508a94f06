import { add, concat, mul, slice, tanh, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { defineModel, type Batch } from '../../model';
import { convolution, residualBlock, transposedConvolution, type PictureLayer, type PictureSize } from '../../nets/convolution';
import { parameter, type Construction } from '../../nets/dense';
import { under } from '../../random/noise';
import { pictureLikelihood, refusesLikelihood } from '../autoencoders/parts';
import { everywhere, encodingAbilities, hierarchicalModel, hierarchyLikelihood, hierarchySettings, topDown, type Group, type Normal } from './hierarchy';

const activation = 'tanh';

/** Each value's place within (-5, 5), near the value between. */
const bounded = (x: Tensor): Tensor => mul(tanh(mul(x, 0.2)), 5);

/** A normal whose ln sigma is `bounded` of what it was made as. */
interface Bounded extends Normal {
  free: Tensor;
}

export const boundedNormal = (mean: Tensor, free: Tensor): Bounded => ({ mean, logSigma: bounded(free), free });

/** The first or second half of the channels. */
export const channelHalf = (x: Tensor, index: 0 | 1): Tensor => {
  const half = (x.shape[3] ?? 0) / 2;
  return slice(x, [0, 0, 0, index * half], [-1, -1, -1, half]);
};

/** Heights and widths after 0, 1, ... halvings, each rounded up. */
export const halved = ({ height, width }: PictureSize, halvings: number): PictureSize[] =>
  Array.from({ length: halvings + 1 }, (_, i) => ({ height: Math.ceil(height / 2 ** i), width: Math.ceil(width / 2 ** i) }));

export const residualHierarchy = defineModel({
  id: 'residual-hvae',
  title: 'Hierarchical VAE, residual',
  family: 'hierarchical variational autoencoders',
  summary: 'Maps of latent variables at rising resolutions, the coarsest drawn first; each posterior is a change of its prior.',
  source: 'Vahdat and Kautz 2020 (NVAE), section 3.2, without its spectral regularisation and batch normalisation, and with tanh for its swish; KL balancing of its appendix A is a setting.',
  objective: 'mean over x of -E_q[log p(x|z)] + KL(q(z_1|x) || p(z_1)) + sum over levels l of E_q[KL(q(z_l|x, z_<l) || p(z_l|z_<l))]',
  page: {
    idea: 'No change of the prior costs nothing, so that nats are spent only where the picture surprises, and a level can start asleep and wake when it is useful.',
    formulas: [
      String.raw`p = \mathcal N(\mu, \sigma^2), \qquad q = \mathcal N\bigl(\mu + \Delta\mu,\ (\sigma\,\Delta\sigma)^2\bigr)`,
      String.raw`\mathrm{KL}(q\,\Vert\,p) = \tfrac12 \Bigl(\frac{\Delta\mu^2}{\sigma^2} + \Delta\sigma^2 - \log \Delta\sigma^2 - 1\Bigr)`,
    ],
    symbols: 'For each latent number, given the maps above it; Δμ and Δσ come from the encoder; the deviations of p and q stay within e⁻⁵ and e⁵. Codes that are shown are the means of q, map by map from the coarsest, each given the means above.',
    lookAt: 'Levels: hold the coarsest map, then two: layout first, then parts, then strokes. KL spectrum by level, and what a level’s temperature does to Samples.',
  },
  settings: z.strictObject({
    filters: described(z.int().min(1).max(1024).default(64), { title: 'Filters', unit: 'maps', help: 'Channels of the residual blocks.' }),
    halvings: described(z.int().min(1).max(6).default(4), { title: 'Halvings', help: 'How often the picture is halved on the way to the top level: 4 make maps of 4 x 4 from 64 x 64.' }),
    latentChannels: described(z.array(z.int().min(1).max(256)).min(1).max(6).default([16, 8, 4]), { title: 'Latent channels', unit: 'maps', help: 'Of each level, the top one first; every level has twice the height and width of the one above.' }),
    ...hierarchyLikelihood('discretised-logistic'),
    ...hierarchySettings,
    klBalancing: described(z.boolean().default(false), { title: 'KL balancing', help: 'Until the KL warm-up is over, the divergence of each level is weighted by how much it carries for each place of its map, so that levels which carry little are charged little and wake (NVAE, appendix A); without a warm-up it changes nothing.' }),
  }),
  abilities: encodingAbilities,
  trainedBy: 'gradient',
  accepts: 'pictures of any size',
  presets: [
    { id: 'residual-hvae', title: 'Hierarchical VAE, residual', summary: 'Three maps, of 4 x 4, 8 x 8 and 16 x 16 for pictures of 64 x 64, charged in full from the first step.', source: 'Vahdat and Kautz 2020, section 3.2.', settings: {} },
    {
      id: 'nvae-toy',
      title: 'NVAE, three maps',
      summary: 'The same maps with what keeps them in use: their divergence comes in over the first 3,000 steps, balanced, and a tenth of a nat of each is free.',
      source: 'Vahdat and Kautz 2020, section 3.2 and appendix A, where the warm-up takes the first 30 of 100 steps; free bits: Kingma et al. 2016.',
      settings: { klWarmUp: 3000, klBalancing: true, freeBits: 0.1 },
    },
  ],
  refuses: (data, settings) =>
    data.kind === 'table'
      ? 'Convolutions need pictures, and these are the rows of a table: choose the ladder or the two-layer hierarchy.'
      : settings.latentChannels.length > settings.halvings + 1
        ? `${settings.latentChannels.length} levels need at least ${settings.latentChannels.length - 1} halvings of the picture: choose more halvings or fewer levels.`
        : refusesLikelihood(data, settings),
  build({ settings, data, noise }) {
    const { filters, halvings, latentChannels } = settings;
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const sizes = halved(data, halvings);
    const sizeAt = (scale: number): PictureSize => sizes[scale] as PictureSize;
    const likelihood = pictureLikelihood(construction, data, { ...settings, activation });
    const layer = (name: string, inputs: number, outputs: number, size: number, options: { stride?: number; start?: 'zero' } = {}): PictureLayer => convolution(construction, name, { inputs, outputs, size, ...options });

    const first = layer('encoder/first', data.channels, filters, 3);
    const downs = Array.from({ length: halvings }, (_, i) => ({ halve: layer(`encoder/halve-${i}`, filters, filters, 4, { stride: 2 }), block: residualBlock(construction, `encoder/block-${i}`, filters, activation) }));
    const up = (scale: number): PictureLayer => transposedConvolution(construction, `decoder/double-${scale}`, sizeAt(scale), { inputs: filters, outputs: filters, size: 4, stride: 2, activation });

    const groups = latentChannels.map((channels, level): Group<Tensor4D, Tensor4D[], Bounded> => {
      const scale = halvings - level;
      const { height, width } = sizeAt(scale);
      const name = `level-${level + 1}`;
      const double = level === 0 ? undefined : up(scale);
      const prior = level === 0 ? undefined : layer(`${name}/prior`, filters, 2 * channels, 1, { start: 'zero' });
      const merge = layer(`${name}/posterior/merge`, 2 * filters, filters, 3);
      const block = residualBlock(construction, `${name}/posterior/block`, filters, activation);
      const change = layer(`${name}/posterior/change`, filters, 2 * channels, 1);
      const into = layer(`${name}/into`, channels, filters, 1);
      const after = residualBlock(construction, `${name}/block`, filters, activation);
      const reached = (above: Tensor4D): Tensor4D => (double ? double(above) : above);
      return {
        level,
        shape: [height, width, channels],
        prior(above) {
          const here = reached(above);
          const heads = prior?.(here) ?? zeros([here.shape[0], height, width, 2 * channels]);
          return { prior: boundedNormal(channelHalf(heads, 0), channelHalf(heads, 1)), above: here };
        },
        posterior(above, features, base) {
          const heads = change(block(merge(concat([reached(above), features[scale] as Tensor4D], 3))));
          return changed(base, channelHalf(heads, 0), channelHalf(heads, 1));
        },
        next: (here, code) => after(add(here, into(code as Tensor4D))),
      };
    });
    const last = halvings - latentChannels.length + 1;
    const ups = Array.from({ length: last }, (_, i) => up(last - 1 - i));
    const output = layer('decoder/output', filters, Math.round(data.channels * likelihood.outputsPerValue), 3);
    const { height, width } = sizeAt(halvings);
    const start = parameter(construction, 'decoder/start', () => mul(construction.noise.normal([1, height, width, filters], 'decoder/start'), 0.1));

    const hierarchy = topDown<Tensor4D, Tensor4D[], Bounded>({
      groups,
      levels: latentChannels.length,
      start: (batch) => everywhere(start, batch) as Tensor4D,
      features: (x) => downs.reduce<Tensor4D[]>((maps, { halve, block }) => [...maps, block(halve(maps.at(-1) as Tensor4D))], [first(x)]),
      output: (end) => output(ups.reduce<Tensor4D>((value, double) => double(value), end)) as Batch,
    });
    return hierarchicalModel(construction, hierarchy, likelihood, settings, true);
  },
});

/** q = N(mu + dmu, (sigma dsigma)^2) (Vahdat and Kautz 2020, section 3.2), ln sigma + ln dsigma within (-5, 5) as the sum: so has the published code, which bounds mu + dmu, too, and adds 0.01 to every sigma. */
export const changed = (prior: Bounded, meanChange: Tensor, logSigmaChange: Tensor): Normal => boundedNormal(add(prior.mean, meanChange), add(prior.free, logSigmaChange));
