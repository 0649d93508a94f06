import { add, cast, div, floor, less, log, logSumExp, mean, moments, mul, neg, reshape, squeeze, stack, sub, sum, tensor2d, tidy, variable, where, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import type { Distribution } from '../../distributions/distribution';
import { defineModel, type Abilities, type Batch, type GradientModel } from '../../model';
import { activations, type Activation, type Construction } from '../../nets/dense';
import { madeLayers, placesOf } from '../../nets/made';
import { under, type Noise } from '../../random/noise';
import { at } from '../../sampling/at';
import { drawInOrder } from '../../sampling/made';
import { valueLikelihood } from './likelihoods';

const refuses = ({ kind, binary }: DataShape): string | null =>
  kind === 'pictures' && !binary ? 'Its conditionals of a pixel are coins, and these pictures are grey: choose a binarisation, or a PixelCNN.' : null;

export const fvsbn = defineModel({
  id: 'fvsbn',
  title: 'Fully visible sigmoid belief network',
  family: 'autoregressive models',
  summary: 'Each pixel is a coin whose logit is linear in the pixels before it: one logistic regression a pixel, and a convex problem.',
  source: 'Neal 1992; Frey, Hinton and Dayan 1996.',
  objective: '-log p(x), where logit p(x_i = 1 | x_<i) = b_i + sum over j < i of W_ij x_j',
  page: {
    idea: 'One logistic regression a pixel, on all pixels before it. The likelihood is exact and the problem convex: every start ends at the same place.',
    formulas: [
      String.raw`p(x) = \prod_{i=1}^{D} p(x_i \mid x_{<i}), \qquad \operatorname{logit} p(x_i = 1 \mid x_{<i}) = b_i + \sum_{j<i} W_{ij}\, x_j`,
    ],
    symbols: 'Pixels are numbered from the top left. Rows of a table have normal conditionals with such means.',
    lookAt: 'Pixel by pixel: the conditional of each pixel beside what it was. Loss curves of two seeds, which meet. Its nats as the least that any net must do better than.',
  },
  settings: z.strictObject({}),
  abilities: ['logProb', 'sample', 'conditionals', 'complete'],
  trainedBy: 'gradient',
  accepts: 'binary pictures of any size; tables, with normal conditionals of linear means',
  refuses,
  build: ({ data, noise }) => maskedAutoencoder(data, { widths: [], activation: 'none', orders: 1 }, noise),
});

export const made = defineModel({
  id: 'made',
  title: 'Masked autoencoder (MADE)',
  family: 'autoregressive models',
  summary: 'An autoencoder whose weights are masked so that what it says of a pixel depends on earlier pixels alone; exact log-probabilities in one pass.',
  source: 'Germain, Gregor, Murray and Larochelle 2015, equations 12 and 13; tables: Papamakarios, Pavlakou and Murray 2017, equation 4.',
  objective: '-log p(x) under one order of the pixels, drawn anew each step where there are several',
  page: {
    idea: 'Hidden units are numbered, and see only inputs up to their number: so no path leads from a pixel to itself. Probabilities take one pass, samples a pass a pixel; with several orders one net serves them all.',
    formulas: [
      String.raw`p(x) = \prod_{d=1}^{D} p(x_d \mid x_{<d}), \qquad M_{kj} = 1\bigl[m(k) \ge m(j)\bigr], \quad M_{dk} = 1\bigl[d > m(k)\bigr]`,
      String.raw`\log p(x) = \log \frac1R \sum_{r=1}^{R} p_r(x)`,
    ],
    symbols: 'm numbers the hidden units by the inputs they may see; M are the masks of hidden and of output weights. With R orders the probability is their mean (not the mean of their logits).',
    lookAt: 'Pixel by pixel: how sure it is where. Samples in another order. Valid above train: wide nets learn by heart.',
  },
  settings: z.strictObject({
    widths: described(z.array(z.int().min(1).max(8192)).max(4).default([500]), { title: 'Hidden layers', unit: 'units', help: 'Widths of the masked layers, first layer first. None makes it a fully visible sigmoid belief network.' }),
    activation: described(z.enum(activations).default('relu'), { title: 'Activation', help: 'Of the hidden layers.' }),
    orders: described(z.int().min(1).max(32).default(1), { title: 'Orders', help: 'In how many orders it goes through the pixels: line by line first, then at random. With several, the probability of a picture is their mean; samples use the first.' }),
  }),
  abilities: ['logProb', 'sample', 'conditionals', 'complete'],
  trainedBy: 'gradient',
  accepts: 'binary pictures of any size; tables, with normal conditionals',
  refuses,
  presets: [
    {
      id: 'made-32-orders',
      title: 'MADE, 32 orders',
      summary: 'One net for 32 orders of the pixels, whose probabilities are averaged: a better model than one order for the same weights, at 32 times the cost of a test.',
      source: 'Germain et al. 2015, sections 4.2 and 6.2.',
      settings: { orders: 32 },
    },
  ],
  build: ({ settings, data, noise }) => maskedAutoencoder(data, settings, noise),
});

/** Both models, in all that they can be asked. The first order is the natural one: rows from the top, pixels from the left, channels last. */
function maskedAutoencoder(data: DataShape, { widths, activation, orders }: { widths: number[]; activation: Activation; orders: number }, noise: Noise): GradientModel {
  const construction: Construction = { parameters: {}, noise: under('initial', noise) };
  const picture = [data.height, data.width, data.channels] as const;
  const size = data.height * data.width * data.channels;
  const likelihood = valueLikelihood(data, 'softmax');
  const ofOneValue = valueLikelihood({ ...data, channels: 1 }, 'softmax');
  const net = madeLayers(construction, 'net', { size, widths, activation, outputsPerValue: ofOneValue.outputs });
  // In the checkpoint, so that a run that is taken up again has its orders.
  const places = tidy(() => variable(tensor2d(Array.from({ length: orders }, (_, k) => placesOf(k === 0 ? natural(size) : shuffled(size, under(`order-${k}`, noise)))))));

  const conditionals = (x: Batch, placesOfOrder: Tensor1D): Distribution => {
    const outputs = net.outputs(reshape(x, [x.shape[0], size]), placesOfOrder);
    return likelihood.conditionals(reshape(outputs, [x.shape[0], data.height, data.width, likelihood.outputs]), x);
  };
  const order = (k: Scalar): Tensor1D => squeeze(at(places as unknown as Tensor2D, k), [0]);
  const orderNumber = (k: number): Tensor1D => squeeze(places.slice([k, 0], [1, size]), [0]);

  /** ln of the mean over the orders of p(x). (The mean of their logits is no model of x.) */
  const logProb = (x: Batch): Tensor1D => {
    const each = Array.from({ length: orders }, (_, k) => conditionals(x, orderNumber(k)).logProb(x));
    return orders === 1 ? (each[0] as Tensor1D) : sub(logSumExp(stack(each), 0), Math.log(orders));
  };
  const complete: NonNullable<Abilities['complete']> = ({ x, known, temperature, noise: sampling }) => {
    const batch = x.shape[0];
    const given = reshape(x, [batch, size]);
    const draws = ofOneValue.noise(sampling, [size, batch, ofOneValue.draws], 'values');
    const values = drawInOrder(net, batch, (i, outputs) => {
      const drawn = ofOneValue.draw({ outputs, channel: 0, pixel: zeros([batch, 1]), noise: squeeze(at(draws, i), [0]), temperature });
      return where(less(i, known), at(given, i, 1), drawn) as Tensor2D;
    });
    return reshape(values, [batch, ...picture]);
  };
  return {
    parameters: construction.parameters,
    state: { places },
    latentSize: null,
    unit: 'nats',
    abilities: {
      logProb,
      conditionals: (x) => conditionals(x, orderNumber(0)),
      complete,
      sample: ({ count, ...request }) => complete({ x: zeros([count, ...picture]), known: cast(zeros([]), 'int32'), ...request }),
    },
    initialise: (batch) => tidy(() => net.layers.at(-1)?.bias.assign(reshape(startOf(reshape(batch, [-1, size]), data), [-1]))),
    objective(x, { noise: sampling }) {
      const k = cast(floor(mul(sampling.uniform([], 'order'), orders)), 'int32') as Scalar;
      const lossNats = neg<Scalar>(mean(conditionals(x, order(k)).logProb(x)));
      return { loss: lossNats, terms: { lossNats } };
    },
  };
}

/** Outputs `[size, outputsPerValue]` by which each value has its own distribution in the data `[examples, size]`, whatever the others are. */
function startOf(x: Tensor2D, { kind }: DataShape): Tensor {
  if (kind === 'table') {
    const { mean, variance } = moments(x, 0);
    return stack([mean, neg(log(add(variance, 1e-3)))], 1);
  }
  const ones = div(add(sum(x, 0), 0.5), x.shape[0] + 1);
  return sub(log(ones), log(sub(1, ones)));
}

const natural = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** A random order: that of as many uniform numbers. */
const shuffled = (size: number, noise: Noise): number[] => {
  const keys = noise.uniform([size], 'keys').dataSync();
  return natural(size).sort((a, b) => (keys[a] as number) - (keys[b] as number));
};
