import { mean, squaredDifference, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { sumEvent } from '../../distributions/gaussian';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import type { Construction } from '../../nets/dense';
import { under } from '../../random/noise';
import { decoder, encoder, limit, netSettings, refusesNetwork } from './parts';

export const autoencoder = defineModel({
  id: 'ae',
  title: 'Autoencoder',
  family: 'autoencoders',
  summary: 'An encoder reduces a picture to a few numbers, a decoder makes the picture again; the codes have no prior, so nothing can be sampled.',
  source: 'Rumelhart, Hinton and Williams 1986; Hinton and Salakhutdinov 2006. Linear: Baldi and Hornik 1989.',
  objective: 'mean over x of |x - g(f(x))|^2, summed over the pixels',
  settings: z.strictObject(netSettings),
  abilities: ['encode', 'decode', 'reconstruct'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, grey, coloured or binary',
  refuses: refusesNetwork,
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const heads = encoder(construction, data, settings, ['code']);
    const output = decoder(construction, data, settings);
    const encode = (x: Batch): Tensor2D => heads(x).code;
    const decode = (code: Tensor2D): Batch => limit(output(code), data, settings);
    const reconstruct = (x: Batch): Batch => decode(encode(x));
    return {
      parameters: construction.parameters,
      latentSize: settings.latentSize,
      unit: 'squared error',
      abilities: { encode: (x) => point(encode(x)), decode: (code) => point(decode(code)), reconstruct },
      objective(x) {
        const squaredError = mean<Scalar>(sumEvent(squaredDifference(x, reconstruct(x))));
        return { loss: squaredError, terms: { squaredError } };
      },
    };
  },
});
