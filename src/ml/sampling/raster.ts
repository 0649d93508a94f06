import { add, concat, less, mul, reshape, scalar, slice, squeeze, where, zeros, type Scalar, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Batch } from '../model';
import { at } from './at';
import { loop } from './loop';

/**
 * A net over pictures line by line, such that a line and a pixel need not compute again what they take from those before: a row's own part is
 * apart from what it takes from the rows above, `[batch, 1, width, n]` each.
 */
export interface RasterNet {
  /** The whole picture at once: `[batch, height, width, outputs]`; a pixel's depend on earlier pixels, and its own earlier channels, alone. */
  outputs(x: Batch): Tensor4D;
  /** What the first row takes from above it, and what is kept of the rows so far. */
  firstRow(batch: number): Rows;
  /** The same for the row after `row` `[batch, 1, width, channels]`, whose `features` were left by its pixels, each `[batch, 1, width, n]`. */
  nextRow(row: Tensor4D, features: readonly Tensor4D[], kept: readonly Tensor4D[]): Rows;
  /** Sizes of the features that a pixel leaves for the rows below. */
  featureSizes: readonly number[];
  /** What is kept of a row before its first pixel. */
  firstPixel(batch: number): Tensor4D[];
  /** A pixel `[batch, 1, 1, channels]`, its later channels zero, after `previous`; and what it takes from above. */
  pixel(x: Tensor4D, previous: Tensor4D, above: readonly Tensor4D[], kept: readonly Tensor4D[]): { outputs: Tensor4D; features: Tensor4D[]; kept: Tensor4D[] };
}

export interface Rows {
  above: Tensor4D[];
  kept: Tensor4D[];
}

export interface RasterRequest {
  net: RasterNet;
  /** Pictures of which the first `known` values are kept. */
  x: Batch;
  known: Scalar;
  /** Noise of each value, `[height * width * channels, batch, draws]`. */
  noise: Tensor;
  /** A value `[batch, 1]` of a channel from the pixel's outputs `[batch, outputs]`, its earlier channels `[batch, channels]` and its noise `[batch, draws]`. */
  draw(outputs: Tensor2D, channel: number, pixel: Tensor2D, noise: Tensor2D): Tensor2D;
}

/** `row` without its first column and with `pixel` as its last. */
const pushed = (row: Tensor4D, pixel: Tensor4D): Tensor4D => concat([slice(row, [0, 0, 1, 0]), pixel], 2);

/** The pixel whose first value is the picture's `index`-th, `[batch, 1, 1, channels]`: channel by channel, each from what `evaluate` makes of those before; and the last of that. */
export function drawPixel<Evaluated extends { outputs: Tensor4D }>(
  { known, noise, draw }: Omit<RasterRequest, 'net'>,
  index: Tensor,
  given: Tensor4D,
  evaluate: (pixel: Tensor4D) => Evaluated,
): Evaluated & { pixel: Tensor4D } {
  const [batch, , , channels] = given.shape;
  let pixel: Tensor2D = zeros([batch, channels]);
  let evaluated: Evaluated | undefined;
  for (let channel = 0; channel < channels; channel++) {
    evaluated = evaluate(reshape(pixel, [batch, 1, 1, channels]));
    const place = add(index, scalar(channel, 'int32')) as Scalar;
    const outputs = reshape(evaluated.outputs, [batch, -1]) as Tensor2D;
    const drawn = draw(outputs, channel, pixel, squeeze(at(noise, place), [0]));
    const value = where(less(place, known), slice(reshape(given, [batch, channels]), [0, channel], [batch, 1]), drawn) as Tensor2D;
    pixel = concat([slice(pixel, [0, 0], [batch, channel]), value, slice(pixel, [0, channel + 1])].filter((part) => part.shape[1] > 0) as Tensor2D[], 1);
  }
  return { pixel: reshape(pixel, [batch, 1, 1, channels]), ...(evaluated as Evaluated) };
}

/** Pictures pixel by pixel: a loop over the rows, in it one over the columns. */
export function drawRaster({ net, ...request }: RasterRequest): Batch {
  const { x } = request;
  const [batch, height, width, channels] = x.shape;
  const first = net.firstRow(batch);
  const counts = { above: first.above.length, kept: first.kept.length };
  const [picture] = loop(height, [zeros([batch, height, width, channels]), ...first.above, ...first.kept], (r, [rows, ...state]) => {
    const above = state.slice(0, counts.above) as Tensor4D[];
    const kept = state.slice(counts.above) as Tensor4D[];
    const given = at(x, r, 1);
    const keptOfRow = net.firstPixel(batch);
    const features = net.featureSizes.map((size): Tensor4D => zeros([batch, 1, width, size]));
    const begin = [zeros([batch, 1, width, channels]), ...features, ...keptOfRow];
    const [row, ...end] = loop(width, begin, (c, [sofar, ...rest]) => {
      const collected = rest.slice(0, features.length) as Tensor4D[];
      const index = mul(add(mul(r, scalar(width, 'int32')), c), scalar(channels, 'int32'));
      const aboveIt = above.map((part) => at(part, c, 2));
      const previous = slice(sofar as Tensor4D, [0, 0, width - 1, 0]);
      const result = drawPixel(request, index, at(given, c, 2), (pixel) => net.pixel(pixel, previous, aboveIt, rest.slice(features.length) as Tensor4D[]));
      return [pushed(sofar as Tensor4D, result.pixel), ...collected.map((part, k) => pushed(part, result.features[k] as Tensor4D)), ...result.kept];
    }) as Tensor4D[];
    const next = net.nextRow(row as Tensor4D, end.slice(0, features.length), kept);
    return [concat([slice(rows as Tensor4D, [0, 1, 0, 0]), row as Tensor4D], 1), ...next.above, ...next.kept];
  });
  return picture as Batch;
}
