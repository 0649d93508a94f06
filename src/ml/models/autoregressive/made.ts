import { add, cast, div, floor, gather, less, log, logSumExp, mean, moments, mul, neg, reshape, scalar, squeeze, stack, sub, sum, tensor1d, tensor2d, tidy, variable, where, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import type { Distribution } from '../../distributions/distribution';
import { defineModel, type Abilities, type Batch, type GradientModel } from '../../model';
import { activations, type Activation, type Construction } from '../../nets/dense';
import { madeLayers, placesOf, type Masks } from '../../nets/made';
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
    lookAt: 'Pixel by pixel, conditionals: the probability of each pixel beside what it was. Loss curves of two seeds, which meet. Its nats as the least that any net must do better than. Keep the best, for where valid rises again.',
  },
  settings: z.strictObject({}),
  abilities: ['logProb', 'sample', 'conditionals', 'complete'],
  trainedBy: 'gradient',
  accepts: 'binary pictures of any size; tables, with normal conditionals of linear means',
  refuses,
  build: ({ data, noise }) => maskedAutoencoder(data, { widths: [], activation: 'none', orders: 1, masks: 'even', direct: false }, noise),
});

export const made = defineModel({
  id: 'made',
  title: 'Masked autoencoder (MADE)',
  family: 'autoregressive models',
  summary: 'An autoencoder whose weights are masked so that what it says of a pixel depends on earlier pixels alone; exact log-probabilities in one pass.',
  source: 'Germain, Gregor, Murray and Larochelle 2015, equations 12 and 13, section 4.1 for direct weights; tables: Papamakarios, Pavlakou and Murray 2017, equation 4.',
  objective: '-log p(x) under one order of the pixels, drawn anew each step where there are several',
  page: {
    idea: 'Hidden units are numbered, and see only inputs up to their number: so no path leads from a pixel to itself. Probabilities take one pass, samples a pass a pixel; with several orders one net serves them all.',
    formulas: [
      String.raw`p(x) = \prod_{d=1}^{D} p(x_d \mid x_{<d}), \qquad M_{kj} = 1\bigl[m(k) \ge m(j)\bigr], \quad M_{dk} = 1\bigl[d > m(k)\bigr]`,
      String.raw`\log p(x) = \log \frac1R \sum_{r=1}^{R} p_r(x)`,
    ],
    symbols: 'm numbers the hidden units by the inputs they may see; M are the masks of hidden and of output weights. With R orders the model is their mixture: the probability is the mean of theirs (not of their logits), and each sample is drawn in an order of its own.',
    lookAt: 'Pixel by pixel, with one order: how sure it is where. Samples of several orders. Valid above train: wide nets learn by heart, and the paper stops there, as runs that keep the best do.',
  },
  settings: z.strictObject({
    widths: described(z.array(z.int().min(1).max(8192)).max(4).default([500]), { title: 'Hidden layers', unit: 'units', help: 'Widths of the masked layers, first layer first. None makes it a fully visible sigmoid belief network.' }),
    activation: described(z.enum(activations).default('relu'), { title: 'Activation', help: 'Of the hidden layers.' }),
    orders: described(z.int().min(1).max(32).default(1), { title: 'Orders', help: 'In how many orders it goes through the pixels: line by line first, then at random. With several it is their mixture, whose samples each take one of them at random; it has then no conditionals in an order and completes no part.' }),
    masks: described(z.enum(['even', 'random']).default('even'), { title: 'Masks', help: 'Which hidden units see how many values: spread evenly and the same in each order; or dealt anew at random to the units for each order, as in the paper.' }),
    direct: described(z.boolean().default(false), { title: 'Direct weights', help: 'From each value to what is said of all later ones, beside the hidden layers, which need not learn then what a logistic regression knows.' }),
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
    {
      id: 'made-paper',
      title: "MADE, the paper's size",
      summary: 'Two layers of 8,000 units and 32 sets of masks, each with an order and degrees of its own, for binary MNIST: 77 million weights, out of reach of a CPU. It ends when 30 epochs of MNIST find no smaller loss on the validation split.',
      source: 'Germain et al. 2015, section 6.2; trained here with Adam instead of Adagrad.',
      settings: { widths: [8000, 8000], orders: 32, masks: 'random' },
      training: { batch: 100, keepBest: true, patience: 30, evaluateEvery: 500, steps: 250_000 },
    },
  ],
  build: ({ settings, data, noise }) => maskedAutoencoder(data, settings, noise),
});

interface MaskedSettings {
  widths: number[];
  activation: Activation;
  orders: number;
  masks: 'even' | 'random';
  direct: boolean;
}

/** Both models, in all that they can be asked. The first order is the natural one: rows from the top, pixels from the left, channels last. */
function maskedAutoencoder(data: DataShape, { widths, activation, orders, masks, direct }: MaskedSettings, noise: Noise): GradientModel {
  const construction: Construction = { parameters: {}, noise: under('initial', noise) };
  const picture = [data.height, data.width, data.channels] as const;
  const size = data.height * data.width * data.channels;
  const likelihood = valueLikelihood(data, 'softmax');
  const ofOneValue = valueLikelihood({ ...data, channels: 1 }, 'softmax');
  const net = madeLayers(construction, 'net', { size, widths, activation, outputsPerValue: ofOneValue.outputs, direct: direct && widths.length > 0 });
  // In the checkpoint, so that a run that is taken up again has its masks: a row for each order.
  const rows = (row: (k: number) => number[]): Variable => tidy(() => variable(tensor2d(Array.from({ length: orders }, (_, k) => row(k)))));
  const places = rows((k) => placesOf(k === 0 ? natural(size) : shuffled(size, under(`order-${k}`, noise))));
  const ranks = masks === 'random' ? widths.map((width, l) => rows((k) => shuffled(width, under(`ranks-${l}-${k}`, noise)))) : undefined;

  /** The masks of some orders, int32 `[n]`. */
  const masksOf = (k: Tensor1D): Masks<Tensor2D> => {
    const of = (all: Variable): Tensor2D => gather(all as unknown as Tensor2D, k);
    return { places: of(places), ...(ranks && { ranks: ranks.map(of) }) };
  };
  const masksOfOne = (k: Scalar): Masks => {
    // Known without the checkpoint: a compiled step keeps the masks themselves.
    if (orders === 1 && !ranks) return { places: tensor1d(placesOf(natural(size))) };
    const one = masksOf(reshape(k, [1]));
    return { places: squeeze(one.places, [0]), ...(one.ranks && { ranks: one.ranks.map((row): Tensor1D => squeeze(row, [0])) }) };
  };
  const conditionals = (x: Batch, k: Scalar): Distribution => {
    const outputs = net.outputs(reshape(x, [x.shape[0], size]), masksOfOne(k));
    return likelihood.conditionals(reshape(outputs, [x.shape[0], data.height, data.width, likelihood.outputs]), x);
  };
  const orderNumber = (k: number): Scalar => scalar(k, 'int32');

  /** ln of the mean over the orders of p(x). (The mean of their logits is no model of x.) */
  const logProb = (x: Batch): Tensor1D => {
    const each = Array.from({ length: orders }, (_, k) => conditionals(x, orderNumber(k)).logProb(x));
    return orders === 1 ? (each[0] as Tensor1D) : sub(logSumExp(stack(each), 0), Math.log(orders));
  };
  /** Examples drawn in an order each, int32 `[batch]`; `kept` may put another value in the place of a drawn one. */
  const draw = (k: Tensor1D, temperature: Scalar, sampling: Noise, kept = (_: Scalar, drawn: Tensor2D): Tensor2D => drawn): Batch => {
    const batch = k.shape[0];
    const draws = ofOneValue.noise(sampling, [size, batch, ofOneValue.draws], 'values');
    const values = drawInOrder(net, masksOf(k), (i, outputs) => kept(i, ofOneValue.draw({ outputs, channel: 0, pixel: zeros([batch, 1]), noise: squeeze(at(draws, i), [0]), temperature })));
    return reshape(values, [batch, ...picture]);
  };
  const anyOrder = (count: number, sampling: Noise): Tensor1D => cast(floor(mul(sampling.uniform([count], 'order'), orders)), 'int32') as Tensor1D;
  // What a mixture of orders says of a value, given some others, is a sum over all that the rest may be.
  const inOneOrder: Pick<Abilities, 'conditionals' | 'complete'> = {
    conditionals: (x) => conditionals(x, orderNumber(0)),
    complete({ x, known, temperature, noise: sampling }) {
      const given = reshape(x, [x.shape[0], size]);
      return draw(zeros([x.shape[0]], 'int32'), temperature, sampling, (i, drawn) => where(less(i, known), at(given, i, 1), drawn) as Tensor2D);
    },
  };
  return {
    parameters: construction.parameters,
    state: { places, ...Object.fromEntries((ranks ?? []).map((row, l) => [`ranks-${l}`, row])) },
    latentSize: null,
    unit: 'nats',
    mass: true,
    abilities: {
      logProb,
      sample: ({ count, temperature, noise: sampling }) => draw(orders === 1 ? zeros([count], 'int32') : anyOrder(count, sampling), temperature, sampling),
      ...(orders === 1 && inOneOrder),
    },
    initialise: (batch) => tidy(() => net.layers.at(-1)?.bias.assign(reshape(startOf(reshape(batch, [-1, size]), data), [-1]))),
    objective(x, { noise: sampling }) {
      const k = orders === 1 ? orderNumber(0) : (cast(floor(mul(sampling.uniform([], 'order'), orders)), 'int32') as Scalar);
      const lossNats = neg<Scalar>(mean(conditionals(x, k).logProb(x)));
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
