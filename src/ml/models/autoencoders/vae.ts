import { add, mean, mul, neg, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import type { Distribution } from '../../distributions/distribution';
import { gaussianFromHeads, standardNormal, type Gaussian } from '../../distributions/gaussian';
import { defineModel, type Batch } from '../../model';
import type { Construction } from '../../nets/dense';
import { estimators, evidenceLowerBound, type Estimator } from '../../objectives/elbo';
import { under, type Noise } from '../../random/noise';
import { decoder, encoder, likelihoods, netSettings, pictureLikelihood } from './parts';

export const vae = defineModel({
  id: 'vae',
  title: 'Variational autoencoder',
  family: 'variational autoencoders',
  summary: 'A code with a standard normal prior, a decoder that turns codes into distributions of pictures, and an encoder that approximates the posterior.',
  source: 'Kingma and Welling 2014, equations 6 and 7; learned variances: Rybkin, Daniilidis and Levine 2021.',
  objective: 'minus the evidence lower bound, mean over x of -E_q(z|x)[log p(x|z)] + KL(q(z|x) || N(0, I))',
  settings: z.strictObject({
    ...netSettings,
    likelihood: described(z.enum(likelihoods).default('bernoulli'), { title: 'Likelihood', help: 'Of a pixel: a coin for binary data; or a normal whose standard deviation is fixed, learned, or learned for each pixel.' }),
    sigma: described(z.number().min(0.001).max(10).default(0.2), { title: 'Standard deviation', help: 'Of the normal with a fixed one, in units of the full range from black to white; smaller asks for sharper pictures and longer codes.' }),
    estimator: described(z.enum(estimators).default('analytic-kl'), { title: 'Estimator', help: 'Of the bound while training: the divergence in closed form, or log p(x, z) - log q(z|x) at the sample, which varies more.' }),
  }),
  abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size; with the Bernoulli likelihood binary ones',
  refuses: ({ binary }, { likelihood }) =>
    likelihood === 'bernoulli' && !binary ? 'The Bernoulli likelihood is one of zeros and ones, and these pictures are grey: choose a binarisation, or a Gaussian likelihood.' : null,
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const heads = encoder(construction, data, settings, ['mean', 'log-variance']);
    const output = decoder(construction, data, settings);
    const likelihood = pictureLikelihood(construction, data, settings);
    const encode = (x: Batch): Gaussian => {
      const { mean, 'log-variance': logVariance } = heads(x);
      return gaussianFromHeads(mean, logVariance);
    };
    const decode = (code: Tensor2D): Distribution => likelihood.of(output(code));
    const bound = (x: Batch, sampling: Noise, estimator: Estimator) => evidenceLowerBound(x, encode(x), decode, sampling, estimator);
    const prior = (count: number): Gaussian => standardNormal(count, settings.latentSize);
    return {
      parameters: construction.parameters,
      latentSize: settings.latentSize,
      unit: 'nats',
      abilities: {
        encode,
        decode,
        prior,
        sample: ({ count, temperature, noise: sampling }) => decode(mul(prior(count).sample(sampling, 'prior'), temperature)).mean() as Batch,
        reconstruct: (x) => decode(encode(x).mean() as Tensor2D).mean() as Batch,
        elbo: (x, sampling) => bound(x, sampling, 'analytic-kl'),
      },
      objective(x, { noise: sampling }) {
        const { reconstruction, kl } = bound(x, sampling, settings.estimator);
        const reconstructionNats = neg<Scalar>(mean(reconstruction));
        const klNats = mean<Scalar>(kl);
        const lossNats = add<Scalar>(reconstructionNats, klNats);
        return { loss: lossNats, terms: { lossNats, reconstructionNats, klNats, ...likelihood.terms() } };
      },
    };
  },
});
