import { add, broadcastTo, cast, greater, log, mean, mul, neg, reshape, slice, sub, sum, tidy, variable, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { bernoulli } from '../../distributions/bernoulli';
import { defineModel, type Abilities, type Batch } from '../../model';
import { readValues } from '../../read';

const rowsAtOnce = 5000;

export const factorisedBernoulli = defineModel({
  id: 'factorised-bernoulli',
  title: 'Factorised Bernoulli',
  family: 'baselines',
  summary: 'Every pixel a coin of its own, independent of all others: what a model of binary pictures has to do better than.',
  source: 'Laplace 1774; as the reference of binarised MNIST: Larochelle and Murray 2011.',
  objective: '-log p(x) = -sum_i log p_i(x_i), p_i(1) = (ones among the N examples + s) / (N + 2 s)',
  page: {
    idea: 'Every pixel is as often white as it is in the training set, whatever the others are. It has no code and no structure: the difference of any other model to its nats is what that model knows of how pixels go together.',
    formulas: [String.raw`p(x) = \prod_{i=1}^{D} p_i^{x_i} (1 - p_i)^{1 - x_i}, \qquad p_i = \frac{s + \sum_n x_{ni}}{N + 2 s}`],
    symbols: 'N is the number of training examples, s the smoothing.',
    lookAt: 'Samples: the mean picture in noise. Its nats as what every model has to do better than.',
  },
  settings: z.strictObject({
    smoothing: described(z.number().min(1e-6).max(1000).default(1), { title: 'Smoothing', unit: 'examples', help: 'How many times more each value is counted for each pixel than it is seen, so that none is impossible.' }),
  }),
  abilities: ['logProb', 'sample'],
  trainedBy: 'fit',
  accepts: 'binary pictures of any size',
  refuses({ binary }) {
    return binary ? null : 'Its pixels are coins, and these data are not zeros and ones: choose a binarisation, or a Gaussian mixture.';
  },
  build({ settings: { smoothing }, data: { height, width, channels } }) {
    const picture = [height, width, channels];
    const logits = tidy(() => variable(zeros(picture)));
    const logProb = (x: Batch) => bernoulli(logits).logProb(x) as ReturnType<NonNullable<Abilities['logProb']>>;
    return {
      parameters: { logits },
      latentSize: null,
      unit: 'nats',
      mass: true,
      abilities: {
        logProb,
        /** 1 where logit + T e > 0, e logistic: of probability sigmoid(logit / T). */
        sample({ count, temperature, noise }) {
          const u = add(mul(noise.uniform([count, ...picture], 'pixels'), 1 - 2e-7), 1e-7);
          const logistic = sub(log(u), log(sub(1, u)));
          return cast(greater(add(broadcastTo(logits, u.shape), mul(logistic, temperature)), 0), 'float32') as Batch;
        },
      },
      /** Under dynamic binarisation the examples are grey and stand for the mean of their draws, which is all that the fit and its loss depend on. */
      *fit(examples) {
        const [count] = examples.shape;
        const pieces = Array.from({ length: Math.ceil(count / rowsAtOnce) }, (_, i) => [i * rowsAtOnce, Math.min(rowsAtOnce, count - i * rowsAtOnce)] as const);
        const piece = ([first, rows]: readonly [number, number]): Batch => slice(examples, first, rows);
        tidy(() => {
          const ones = add(pieces.map((rows) => sum<Tensor>(piece(rows), 0)).reduce((total, part) => add(total, part)), smoothing);
          logits.assign(reshape(sub(log(ones), log(sub(count + 2 * smoothing, ones))), picture));
        });
        let lossNats = 0;
        for (const rows of pieces) lossNats += ((readValues(() => ({ loss: neg(mean(logProb(piece(rows)))) })).loss[0] ?? NaN) * rows[1]) / count;
        yield { lossNats };
      },
    };
  },
});
