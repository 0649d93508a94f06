import { add, mean, mul, neg, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import type { Distribution } from '../../distributions/distribution';
import { gaussianFromHeads, standardNormal, type Gaussian } from '../../distributions/gaussian';
import { defineModel, type Batch } from '../../model';
import type { Construction } from '../../nets/dense';
import { estimators, evidenceLowerBound, type Estimator } from '../../objectives/elbo';
import { under, type Noise } from '../../random/noise';
import { decoder, encoder, likelihoodSettings, netSettings, pictureLikelihood, refusesLikelihood, refusesNetwork } from './parts';

export const vae = defineModel({
  id: 'vae',
  title: 'Variational autoencoder',
  family: 'variational autoencoders',
  summary: 'A code with a standard normal prior, a decoder that turns codes into distributions of pictures, and an encoder that approximates the posterior.',
  source: 'Kingma and Welling 2014, equations 6 and 7; learned variances: Rybkin, Daniilidis and Levine 2021.',
  objective: 'minus the evidence lower bound, mean over x of -E_q(z|x)[log p(x|z)] + KL(q(z|x) || N(0, I))',
  settings: z.strictObject({
    ...netSettings,
    ...likelihoodSettings,
    estimator: described(z.enum(estimators).default('analytic-kl'), { title: 'Estimator', help: 'Of the bound while training: the divergence in closed form, or log p(x, z) - log q(z|x) at the sample, which varies more.' }),
  }),
  abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, with the Bernoulli likelihood binary ones; tables, with a Gaussian likelihood',
  refuses: (data, settings) => refusesNetwork(data, settings) ?? refusesLikelihood(data, settings),
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const heads = encoder(construction, data, settings, ['mean', 'log-variance']);
    const likelihood = pictureLikelihood(construction, data, settings);
    const output = decoder(construction, data, settings, likelihood);
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
      initialise: (batch) => likelihood.initialise?.(batch),
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
