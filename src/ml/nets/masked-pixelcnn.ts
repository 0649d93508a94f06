import { add, relu, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import type { RasterNet } from '../sampling/raster';
import type { Construction } from './dense';
import { convolution, firstConvolution, maskedConvolution, movedDown, movedRight, nothingKept, surroundingsOf, wholePicture, type ChannelMask, type Convolution, type Surroundings } from './masked-conv';

/** Of the plain and of the gated net. */
export interface PixelCnnShape {
  width: number;
  channels: number;
  blocks: number;
  /** Plain: inside of a block, and twice as many between blocks. Gated: of each stack, after the gates. */
  filters: number;
  /** Pixels to each side that a kernel covers, of the first layer and of those in the blocks: 3 is a kernel of 7 x 7. */
  firstReach: number;
  reach: number;
  /** Features of the two layers before the outputs. */
  head: number;
  /** Numbers for each pixel. */
  outputs: number;
}

/**
 * PixelCNN (van den Oord, Kalchbrenner and Kavukcuoglu 2016, section 3.3 and table 1): a first masked convolution, residual blocks
 * 2h - h - h - 2h with one masked convolution each, and two layers before the outputs. A masked kernel sees the row above up to its right end only, so that
 * some pixels above and to the right stay unseen however many layers there are (the blind spot).
 */
export function pixelCnn(construction: Construction, shape: PixelCnnShape): RasterNet {
  const { width, channels, filters, head } = shape;
  const mask: ChannelMask = { channels, sees: 'own' };
  const pointwise = (name: string, inputs: number, outputs: number): Convolution => convolution(construction, name, [1, 1], inputs, outputs, { mask });
  const first = firstConvolution(construction, 'first', shape.firstReach, channels, 2 * filters);
  const blocks = Array.from({ length: shape.blocks }, (_, b) => ({
    inner: pointwise(`block-${b}/in`, 2 * filters, filters),
    masked: maskedConvolution(construction, `block-${b}`, shape.reach, filters, filters, mask),
    outer: pointwise(`block-${b}/out`, filters, 2 * filters),
  }));
  const hidden = pointwise('head/hidden', 2 * filters, head);
  const output = pointwise('head/output', head, shape.outputs);
  const allMasked = [first, ...blocks.map((block) => block.masked)];

  /** The net, where `told(k, x)` is what the k-th masked convolution takes from the rows above of its input x. */
  const pass = (x: Tensor4D, moved: Tensor4D, told: (k: number, x: Tensor4D) => Tensor4D, { left }: Surroundings): Tensor4D => {
    const start = add<Tensor4D>(first.row(x, left(moved, first.reach - 1)), told(0, x));
    const end = blocks.reduce((h, { inner, masked, outer }, b) => {
      const narrow = relu(inner(relu(h)));
      const seen = add<Tensor4D>(masked.row(left(narrow, masked.reach)), told(b + 1, narrow));
      return add<Tensor4D>(h, outer(relu(seen)));
    }, start);
    return output(relu(hidden(relu(end))));
  };
  const takenFromAbove = (k: number, x: Tensor4D, { above }: Surroundings): Tensor4D => {
    const { above: convolve, reach } = allMasked[k] as (typeof allMasked)[number];
    return convolve(above(x, reach - 1, reach));
  };
  const nextRow = (rows: readonly Tensor4D[], kept: readonly Tensor4D[]) => {
    const surroundings = surroundingsOf(kept);
    return { above: rows.map((row, k) => takenFromAbove(k, row, surroundings)), kept: surroundings.next };
  };
  const emptyRows = (batch: number): Tensor4D[] => allMasked.map(({ inputs }) => zeros([batch, 1, width, inputs]));
  return {
    outputs: (x) => pass(x, movedRight(x), (k, features) => takenFromAbove(k, movedDown(features), wholePicture), wholePicture),
    firstRow(batch) {
      const rows = emptyRows(batch);
      return nextRow(rows, nothingKept((surroundings) => rows.forEach((row, k) => takenFromAbove(k, row, surroundings))));
    },
    nextRow: (row, features, kept) => nextRow([row, ...features], kept),
    featureSizes: blocks.map(() => filters),
    firstPixel(batch) {
      const nothing: Tensor4D = zeros([batch, 1, 1, channels]);
      return nothingKept((surroundings) => pass(nothing, nothing, (k) => zeros([batch, 1, 1, k === 0 ? 2 * filters : filters]), surroundings));
    },
    pixel(x, previous, above, kept) {
      const surroundings = surroundingsOf(kept);
      const features: Tensor4D[] = [];
      const outputs = pass(x, previous, (k, input) => {
        if (k > 0) features.push(input);
        return above[k] as Tensor4D;
      }, surroundings);
      return { outputs, features, kept: surroundings.next };
    },
  };
}
