import { add, cast, concat, less, mul, oneHot, reshape, scalar, slice, squeeze, where, zeros, type Scalar, type Tensor2D, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Batch } from '../model';
import { at } from './at';
import { loop } from './loop';
import type { RasterRequest } from './raster';

/** Pictures pixel by pixel, by a pass of the whole net for each pixel: for nets whose outputs depend on no channel of the pixel itself. */
export function drawByWholePasses({ outputs, x, known, noise, draw }: Omit<RasterRequest, 'net'> & { outputs(x: Batch): Tensor4D }): Batch {
  const [batch, height, width, channels] = x.shape;
  const pixels = height * width;
  const given = reshape(x, [batch, pixels, channels]);
  const [picture] = loop(pixels, [zeros(x.shape)], (i, [sofar]) => {
    const own = reshape(at(reshape(outputs(sofar as Batch), [batch, pixels, -1]), i, 1), [batch, -1]) as Tensor2D;
    const kept = squeeze<Tensor2D>(at(given, i, 1), [1]);
    let pixel: Tensor2D = zeros([batch, channels]);
    for (let channel = 0; channel < channels; channel++) {
      const place = add(mul(i, scalar(channels, 'int32')), scalar(channel, 'int32')) as Scalar;
      const drawn = draw(own, channel, pixel, squeeze(at(noise, place), [0]));
      const value = where(less(place, known), slice(kept, [0, channel], [batch, 1]), drawn) as Tensor2D;
      pixel = concat([slice(pixel, [0, 0], [batch, channel]), value, slice(pixel, [0, channel + 1])].filter((part) => part.size > 0), 1);
    }
    const here = reshape(cast(oneHot(reshape(i, [1]), pixels), 'float32'), [1, pixels, 1]);
    return [add(sofar as Batch, reshape(mul<Tensor3D>(here, reshape(pixel, [batch, 1, channels])), x.shape))];
  });
  return picture as Batch;
}
