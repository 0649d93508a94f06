import { mean, neg, scalar, zeros, type Scalar, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import type { Abilities, Batch, GradientModel, StepContext } from '../../model';
import type { Construction } from '../../nets/dense';
import { drawRaster, type RasterNet, type RasterRequest } from '../../sampling/raster';
import { levelLikelihoods, type ValueLikelihood } from './likelihoods';

/** The settings that the PixelCNNs share. */
export const pixelCnnSettings = {
  firstReach: described(z.int().min(1).max(7).default(3), { title: 'First reach', unit: 'pixels', help: 'How far the first layer looks to each side: 3 is a kernel of 7 x 7, of which the later half is masked.' }),
  reach: described(z.int().min(1).max(7).default(1), { title: 'Reach', unit: 'pixels', help: 'The same of the other layers.' }),
  head: described(z.int().min(1).max(2048).default(32), { title: 'Head', unit: 'features', help: 'Features of the layer before the outputs.' }),
};

export const levelLikelihoodSetting = described(z.enum(levelLikelihoods).default('softmax'), {
  title: 'Likelihood',
  help: 'Of a grey level: a probability for each of the 256, or a mixture of ten logistic distributions cut into levels. A binary pixel is a coin in either case.',
});

export const picturesOnly = ({ kind }: DataShape): string | null => (kind === 'table' ? 'A table has no neighbouring pixels to convolve: choose MADE or a flow.' : null);

/** Features are shared out between the channels of a pixel. */
export const enoughFeatures = (data: DataShape, features: readonly number[]): string | null =>
  picturesOnly(data) ?? (Math.min(...features) < data.channels ? `Coloured pictures need at least ${data.channels} features in each layer, one a channel.` : null);

/** A model of a net over pictures pixel by pixel, in all that it can be asked. `outputs` are the net's, `draw` its sampler. */
export function pixelModel(
  data: DataShape,
  { parameters }: Construction,
  likelihood: ValueLikelihood,
  outputs: (x: Batch, context?: StepContext) => Tensor4D,
  draw: (request: Omit<RasterRequest, 'net'>) => Batch,
): GradientModel {
  const conditionals = (x: Batch, context?: StepContext) => likelihood.conditionals(outputs(x, context), x);
  const complete: NonNullable<Abilities['complete']> = ({ x, known, temperature, noise }) =>
    draw({
      x,
      known,
      noise: likelihood.noise(noise, [data.height * data.width * data.channels, x.shape[0], likelihood.draws], 'values'),
      draw: (own, channel, pixel, noiseOfIt) => likelihood.draw({ outputs: own, channel, pixel, noise: noiseOfIt, temperature }),
    });
  return {
    parameters,
    latentSize: null,
    unit: 'nats',
    mass: true,
    abilities: {
      logProb: (x) => conditionals(x).logProb(x) as Tensor1D,
      conditionals: (x) => conditionals(x),
      complete,
      sample: ({ count, ...request }) => complete({ x: zeros([count, data.height, data.width, data.channels]), known: scalar(0, 'int32'), ...request }),
    },
    objective(x, context) {
      const lossNats = neg<Scalar>(mean(conditionals(x, context).logProb(x)));
      return { loss: lossNats, terms: { lossNats } };
    },
  };
}

export const rasterModel = (data: DataShape, construction: Construction, likelihood: ValueLikelihood, net: RasterNet): GradientModel =>
  pixelModel(data, construction, likelihood, (x) => net.outputs(x), (request) => drawRaster({ net, ...request }));
