import { add, concat, mean, mul, ones, reshape, sigmoid, slice, tidy, zeros, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { defineModel, type Batch, type Preset } from '../../model';
import { convolution, type PictureLayer, type PictureSize } from '../../nets/convolution';
import { parameter, type Construction } from '../../nets/dense';
import { under } from '../../random/noise';
import { pictureLikelihood, refusesLikelihood } from '../autoencoders/parts';
import { everywhere, hierarchicalModel, hierarchyAbilities, hierarchyLikelihood, hierarchySettings, topDown, type Group } from './hierarchy';
import { channelHalf } from './residual';

/**
 * Blocks of the encoder and the decoder in the notation of the paper's code: "32x11" eleven blocks at resolution 32, "32d2" one that halves it after, "4d4" one that takes
 * a quarter; "8m4" one that mixes in resolution 4.
 */
interface Architecture {
  /** The resolution that the data have, or of a picture of any size in its place. */
  side: number;
  encoder: string;
  decoder: string;
  /** What the filters are divided by at resolutions that have fewer. */
  narrower?: Readonly<Record<number, number>>;
}

export const architectures = {
  small: { side: 32, encoder: '32x1,32d2,16x2,16d2,8x2,8d2,4x1,4d4,1x1', decoder: '1x1,4m1,4x1,8m4,8x2,16m8,16x2,32m16' },
  tiny: { side: 4, encoder: '4x1,4d4,1x1', decoder: '1x1,4m1' },
  'cifar-10': { side: 32, encoder: '32x11,32d2,16x6,16d2,8x6,8d2,4x3,4d4,1x3', decoder: '1x1,4m1,4x2,8m4,8x5,16m8,16x10,32m16,32x21' },
  'imagenet-32': { side: 32, encoder: '32x15,32d2,16x9,16d2,8x8,8d2,4x6,4d4,1x6', decoder: '1x2,4m1,4x4,8m4,8x9,16m8,16x19,32m16,32x40' },
  'imagenet-64': { side: 64, encoder: '64x11,64d2,32x20,32d2,16x9,16d2,8x8,8d2,4x7,4d4,1x5', decoder: '1x2,4m1,4x3,8m4,8x7,16m8,16x15,32m16,32x31,64m32,64x12' },
  'ffhq-256': { side: 256, encoder: '256x3,256d2,128x8,128d2,64x12,64d2,32x17,32d2,16x7,16d2,8x5,8d2,4x5,4d4,1x4', decoder: '1x2,4m1,4x3,8m4,8x4,16m8,16x9,32m16,32x21,64m32,64x13,128m64,128x7,256m128' },
  'ffhq-1024': {
    side: 1024,
    encoder: '1024x1,1024d2,512x3,512d2,256x5,256d2,128x7,128d2,64x10,64d2,32x14,32d2,16x7,16d2,8x5,8d2,4x5,4d4,1x4',
    decoder: '1x2,4m1,4x3,8m4,8x4,16m8,16x9,32m16,32x20,64m32,64x14,128m64,128x7,256m128,256x2,512m256,1024m512',
    narrower: { 256: 8, 512: 16, 1024: 32 },
  },
} as const satisfies Record<string, Architecture>;
export const architectureNames = Object.keys(architectures) as (keyof typeof architectures)[];
const architectureOf = (name: keyof typeof architectures): Architecture => architectures[name];

/** Channels at a resolution. */
const widthAt = ({ narrower }: Architecture, filters: number, resolution: number): number => Math.floor(filters / (narrower?.[resolution] ?? 1));

interface Block {
  resolution: number;
  /** Divides the resolution after the block. */
  down?: number;
  /** The resolution whose result is mixed in before. */
  mix?: number;
}

/** The blocks of a notation, in order. */
export const blocksOf = (notation: string): Block[] =>
  notation.split(',').flatMap((part): Block[] => {
    const [, resolution = NaN, kind = '', number = NaN] = (/^(\d+)([xdm])(\d+)$/.exec(part) ?? []).map((text) => (/^\d+$/.test(text) ? Number(text) : text)) as [unknown, number, string, number];
    if (kind === 'x') return Array.from({ length: number }, () => ({ resolution }));
    return [kind === 'd' ? { resolution, down: number } : { resolution, mix: number }];
  });

/** No resolution above this has a bias map to start from. */
const biasUpTo = 64;

/** x sigmoid(1.702 x), close to the GELU (Hendrycks and Gimpel 2016, section 2). */
const gelu = (x: Tensor4D): Tensor4D => mul(x, sigmoid(mul(x, 1.702)));

interface BottleneckOptions {
  inputs: number;
  middle: number;
  outputs: number;
  /** Of the two kernels in the middle. */
  size: 1 | 3;
  /** The last kernel's first values are multiplied by this. */
  lastScale?: number;
}

/** 1 x 1, two of 3 x 3 (1 x 1 at resolutions of 1 and 2), 1 x 1, each after a GELU. */
function bottleneck(construction: Construction, name: string, { inputs, middle, outputs, size, lastScale = 1 }: BottleneckOptions): PictureLayer {
  const ends = [inputs, middle, middle, middle, outputs];
  const layers = [1, size, size, 1].map((kernel, i) =>
    convolution(construction, `${name}/conv-${i + 1}`, { inputs: ends[i] as number, outputs: ends[i + 1] as number, size: kernel, ...(i === 3 && lastScale === 0 && { start: 'zero' as const }) }),
  );
  if (lastScale !== 0 && lastScale !== 1) scaleKernel(construction, `${name}/conv-4`, lastScale);
  return (x) => layers.reduce((value, layer) => layer(gelu(value)), x);
}

const scaleKernel = (construction: Construction, name: string, by: number): void =>
  tidy(() => {
    const kernel = construction.parameters[`${name}/kernel`];
    kernel?.assign(mul(kernel, by));
  });

const byLastAxis = (x: Tensor4D, axis: 1 | 2, times: number): Tensor4D => {
  const [batch, height, width, channels] = x.shape;
  const flat = reshape(x, [batch, axis === 1 ? height : height * width, axis === 1 ? width * channels : channels]);
  return reshape(concat(Array.from({ length: times }, () => flat), 2), axis === 1 ? [batch, height * times, width, channels] : [batch, height, width * times, channels]);
};
/** Each pixel `times` by `times`, cut to the size `to`. */
export function enlarged(x: Tensor4D, times: number, { height, width }: PictureSize): Tensor4D {
  const large = byLastAxis(byLastAxis(x, 2, times), 1, times);
  return slice(large, [0, 0, 0, 0], [x.shape[0], height, width, x.shape[3]]);
}

/** Means over squares of `rate` by `rate` pixels; where the size is no multiple, the last row and column are repeated. */
export function averaged(x: Tensor4D, rate: number): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const padded = extended(extended(x, 1, (rate - (height % rate)) % rate), 2, (rate - (width % rate)) % rate);
  const [, tall, wide] = padded.shape;
  const rows = mean(reshape(padded, [(batch * tall) / rate, rate, wide * channels]), 1);
  return reshape(mean(reshape(rows, [(batch * tall * wide) / rate / rate, rate, channels]), 1), [batch, tall / rate, wide / rate, channels]);
}
const extended = (x: Tensor4D, axis: 1 | 2, by: number): Tensor4D => {
  if (by === 0) return x;
  const begin = [0, 0, 0, 0];
  begin[axis] = (x.shape[axis] as number) - 1;
  return concat([x, ...Array.from({ length: by }, () => slice(x, begin) as Tensor4D)], axis);
};

/** With zeros for the channels that are missing. */
const widened = (x: Tensor4D, channels: number): Tensor4D => (x.shape[3] === channels ? x : concat([x, zeros([x.shape[0], x.shape[1], x.shape[2], channels - x.shape[3]])], 3));

/** Maps by resolution, and the resolution of the last block. */
interface Canvas {
  at: Record<number, Tensor4D>;
  here: Tensor4D;
}

const settings = z.strictObject({
  architecture: described(z.enum(architectureNames as [keyof typeof architectures]).default('small'), { title: 'Architecture', help: 'Which blocks at which resolutions: a small or tiny one for pictures of any size, or those of the paper, for its data sets.' }),
  filters: described(z.int().min(4).max(2048).default(64), { title: 'Filters', unit: 'maps', help: 'Channels of the blocks; a quarter of them in the bottlenecks. The architecture ffhq-1024 has an eighth of them at 256 pixels each way, a 16th at 512 and a 32nd at 1,024.' }),
  latentChannels: described(z.int().min(1).max(64).default(8), { title: 'Latent channels', unit: 'maps', help: 'Of the variables that each block of the decoder draws.' }),
  ...hierarchyLikelihood('discretised-logistic-mixture'),
  ...hierarchySettings,
});

const published = (id: string, title: string, architecture: keyof typeof architectures, filters: number, training: NonNullable<Preset['training']>, components = 10): Preset<typeof settings> => ({
  id,
  title,
  summary: `The ${blocksOf(architectures[architecture].decoder).length} stochastic layers of the published code; trained on a large accelerator for weeks. Batch, rate, warm-up, clipping, skipping and averaging as published; Adam with its usual decays and without decay of weights, where the paper has 0.9, 0.9 and 0.01.`,
  source: 'Child 2021, table 2 and the published hyperparameters.',
  settings: { architecture, filters, latentChannels: 16, components },
  training: { warmUp: 100, ...training },
});

export const veryDeep = defineModel({
  id: 'vdvae',
  title: 'Very deep VAE',
  family: 'hierarchical variational autoencoders',
  summary: 'Dozens of blocks, each with latent variables of its own, from a single pixel up to the whole picture.',
  source: 'Child 2021, "Very Deep VAEs Generalize Autoregressive Models and Can Outperform Them on Images".',
  objective: 'mean over x of -E_q[log p(x|z)] + sum over blocks of E_q[KL(q(z_l|x, z_<l) || p(z_l|z_<l))]',
  page: {
    idea: 'Deep enough, such a stack can do what an autoregressive model does, pixel after pixel, and samples in one pass. The published sizes are presets and take a GPU for weeks.',
    formulas: [
      String.raw`\mathcal L = \mathbb E_q \log p(x \mid z) - \sum_{l=1}^{L} \mathbb E_q\, \mathrm{KL}\bigl(q(z_l \mid z_{<l}, x)\,\big\Vert\,p(z_l \mid z_{<l})\bigr)`,
    ],
    symbols: 'z₁ is the coarsest block; each block adds to one running map of features. No warm-up and no free bits. Its codes, hundreds of thousands of numbers, are not listed; their divergence is, by resolution.',
    lookAt: 'Levels: most of the picture is settled in the first few. KL spectrum: nats per block, most of them at high resolutions.',
  },
  settings,
  abilities: hierarchyAbilities,
  trainedBy: 'gradient',
  accepts: 'pictures; the architectures of the paper those of 32, 64, 256 or 1,024 pixels each way',
  presets: [
    { id: 'vdvae', title: 'Very deep VAE', summary: 'A small one of eleven stochastic layers.', source: 'Child 2021.', settings: {} },
    published('vdvae-cifar-10', 'Very deep VAE, CIFAR-10', 'cifar-10', 384, { batch: 32, learningRate: 2e-4, clipNorm: 200, skipNorm: 400, averaging: 0.9999 }),
    published('vdvae-imagenet-32', 'Very deep VAE, ImageNet 32', 'imagenet-32', 512, { batch: 256, learningRate: 1.5e-4, clipNorm: 200, skipNorm: 300, averaging: 0.999 }),
    published('vdvae-imagenet-64', 'Very deep VAE, ImageNet 64', 'imagenet-64', 512, { batch: 128, learningRate: 1.5e-4, clipNorm: 220, skipNorm: 380, averaging: 0.999 }),
    published('vdvae-ffhq-256', 'Very deep VAE, FFHQ 256', 'ffhq-256', 512, { batch: 32, learningRate: 1.5e-4, clipNorm: 130, skipNorm: 180, averaging: 0.999 }),
    published('vdvae-ffhq-1024', 'Very deep VAE, FFHQ 1024', 'ffhq-1024', 512, { batch: 32, learningRate: 7e-5, clipNorm: 360, skipNorm: 500, averaging: 0.999 }, 2),
  ],
  refuses(data, chosen) {
    const architecture = architectureOf(chosen.architecture);
    const { side } = architecture;
    const fewest = 4 * Math.max(1, ...Object.values(architecture.narrower ?? {}));
    if (chosen.filters < fewest) return `This architecture has at its highest resolution a part of the filters, and there too few for a bottleneck: choose ${fewest} filters or more.`;
    if (data.kind === 'table') return 'Convolutions need pictures, and these are the rows of a table: choose the ladder or the two-layer hierarchy.';
    if (chosen.architecture !== 'small' && chosen.architecture !== 'tiny' && (data.height !== side || data.width !== side)) return `This architecture is one of pictures of ${side} x ${side} pixels, and these have ${data.width} x ${data.height}: choose the architecture small.`;
    return refusesLikelihood(data, chosen);
  },
  build({ settings: chosen, data, noise }) {
    const { filters, latentChannels } = chosen;
    const architecture = architectureOf(chosen.architecture);
    const { side, encoder, decoder } = architecture;
    const channelsAt = (resolution: number): number => widthAt(architecture, filters, resolution);
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const likelihood = pictureLikelihood(construction, data, { ...chosen, activation: 'relu' });
    const sizeAt = (resolution: number): PictureSize => ({ height: Math.ceil((data.height * resolution) / side), width: Math.ceil((data.width * resolution) / side) });
    const middleAt = (resolution: number): number => Math.floor(channelsAt(resolution) / 4);
    const kernel = (resolution: number): 1 | 3 => (resolution > 2 ? 3 : 1);

    const down = blocksOf(encoder);
    const first = convolution(construction, 'encoder/first', { inputs: data.channels, outputs: channelsAt(side), size: 3 });
    const encoderBlocks = down.map(({ resolution, down: rate }, i) => {
      const width = channelsAt(resolution);
      const change = bottleneck(construction, `encoder/block-${i}`, { inputs: width, middle: middleAt(resolution), outputs: width, size: kernel(resolution), lastScale: Math.sqrt(1 / down.length) });
      return { resolution, rate, block: (x: Tensor4D): Tensor4D => add(x, change(x)) };
    });

    const up = blocksOf(decoder);
    const scale = Math.sqrt(1 / up.length);
    const resolutions = [...new Set(up.map(({ resolution }) => resolution))];
    const biases = Object.fromEntries(
      resolutions.filter((resolution) => resolution <= biasUpTo).map((resolution) => {
        const { height, width: wide } = sizeAt(resolution);
        return [resolution, parameter(construction, `decoder/bias-${resolution}`, () => zeros([1, height, wide, channelsAt(resolution)]))];
      }),
    );
    const groups = up.map(({ resolution, mix }, i): Group<Canvas, Record<number, Tensor4D>> => {
      const name = `decoder/block-${i}`;
      const size = kernel(resolution);
      const [width, middle] = [channelsAt(resolution), middleAt(resolution)];
      const { height, width: wide } = sizeAt(resolution);
      const posterior = bottleneck(construction, `${name}/posterior`, { inputs: 2 * width, middle, outputs: 2 * latentChannels, size });
      const prior = bottleneck(construction, `${name}/prior`, { inputs: width, middle, outputs: 2 * latentChannels + width, size, lastScale: 0 });
      const into = convolution(construction, `${name}/into`, { inputs: latentChannels, outputs: width, size: 1 });
      scaleKernel(construction, `${name}/into`, scale);
      const change = bottleneck(construction, `${name}/residual`, { inputs: width, middle, outputs: width, size, lastScale: scale });
      /** The block's input: the map of its resolution, with the coarser one mixed in. */
      const input = ({ at, here }: Canvas): Tensor4D => {
        const own = at[resolution];
        const mixed = mix === undefined ? undefined : enlarged(slice(at[mix] ?? here, [0, 0, 0, 0], [-1, -1, -1, width]), resolution / mix, { height, width: wide });
        if (own && mixed) return add(own, mixed);
        return own ?? mixed ?? here;
      };
      return {
        level: resolutions.indexOf(resolution),
        shape: [height, wide, latentChannels],
        prior(above) {
          const x = input(above);
          const heads = prior(x);
          const rest = slice(heads, [0, 0, 0, 2 * latentChannels]) as Tensor4D;
          const latent = slice(heads, [0, 0, 0, 0], [-1, -1, -1, 2 * latentChannels]);
          return { prior: { mean: channelHalf(latent, 0), logSigma: channelHalf(latent, 1) }, above: { at: above.at, here: add(x, rest) } };
        },
        posterior(above, features) {
          const heads = posterior(concat([input(above), features[resolution] as Tensor4D], 3));
          return { mean: channelHalf(heads, 0), logSigma: channelHalf(heads, 1) };
        },
        next({ at, here }, code) {
          const drawn = add<Tensor4D>(here, into(code as Tensor4D));
          const x: Tensor4D = add(drawn, change(drawn));
          return { at: { ...at, [resolution]: x }, here: x };
        },
      };
    });
    const gain = parameter(construction, 'decoder/gain', () => ones([1, 1, 1, channelsAt(side)]));
    const bias = parameter(construction, 'decoder/bias', () => zeros([1, 1, 1, channelsAt(side)]));
    const output = convolution(construction, 'decoder/output', { inputs: channelsAt(side), outputs: Math.round(data.channels * likelihood.outputsPerValue), size: 1 });

    const hierarchy = topDown<Canvas, Record<number, Tensor4D>>({
      groups,
      levels: resolutions.length,
      start(batch) {
        const at = Object.fromEntries(Object.entries(biases).map(([resolution, variable]) => [resolution, everywhere(variable, batch) as Tensor4D]));
        return { at, here: at[resolutions[0] ?? 1] as Tensor4D };
      },
      features(x) {
        const seen: Record<number, Tensor4D> = {};
        let value = first(x);
        for (const { resolution, rate, block } of encoderBlocks) {
          value = block(value);
          const reached = resolution / (rate ?? 1);
          if (rate !== undefined) value = widened(averaged(value, rate), channelsAt(reached));
          seen[reached] = value;
        }
        return seen;
      },
      output: ({ here }) => output(add<Tensor4D>(mul<Tensor4D>(here, gain as Tensor), bias as Tensor)) as Batch,
    });
    return hierarchicalModel(construction, hierarchy, likelihood, chosen, false);
  },
});
