import { add, concat, mul, relu, sigmoid, slice, tanh, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import type { RasterNet } from '../sampling/raster';
import { parameter, type Construction } from './dense';
import { convolution, movedDown, movedRight, nothingKept, surroundingsOf, wholePicture, type ChannelMask, type Surroundings } from './masked-conv';
import type { PixelCnnShape } from './masked-pixelcnn';

/** tanh of the first half of the features, times the sigmoid of the second (van den Oord et al. 2016b, equation 2). */
function gate(x: Tensor4D): Tensor4D {
  const half = x.shape[3] / 2;
  return mul(tanh(slice(x, 0, [-1, -1, -1, half])), sigmoid(slice(x, [0, 0, 0, half])));
}

/**
 * Gated PixelCNN (van den Oord et al. 2016b, figure 2): a vertical stack sees the rows above, all of them and no more, and tells each layer of a
 * horizontal stack, which sees the pixels to the left. The vertical stack works on the picture moved down by a row, the horizontal one on the
 * picture moved to the right by a column, so that no weight is masked but those between the channels of one pixel. With `location` numbers for each place, a map s
 * that is learned, the gates take biases V s (equation 5 there): what a convolution, which is the same everywhere, cannot know. The map starts at zero.
 */
export function gatedPixelCnn(construction: Construction, shape: PixelCnnShape & { height: number; location: number }): RasterNet {
  const { height, width, channels, filters, head, location } = shape;
  const masked = (sees: ChannelMask['sees'], parts = 1): { mask: ChannelMask } => ({ mask: { channels, sees, parts } });
  const layers = Array.from({ length: shape.blocks }, (_, l) => {
    const name = `block-${l}`;
    const [reach, inputs] = l === 0 ? [shape.firstReach, channels] : [shape.reach, filters];
    // The first layer's picture is already moved: its kernels end at the neighbour and not at the pixel.
    const own = l === 0 ? 0 : 1;
    return {
      reach,
      rows: reach + own - 1,
      columns: reach + own - 1,
      vertical: convolution(construction, `${name}/vertical`, [reach + own, 2 * reach + 1], inputs, 2 * filters),
      toHorizontal: convolution(construction, `${name}/to-horizontal`, [1, 1], 2 * filters, 2 * filters),
      fromLocation: location > 0 ? convolution(construction, `${name}/location`, [1, 1], location, 2 * filters) : null,
      horizontal: convolution(construction, `${name}/horizontal`, [1, reach + own], inputs, 2 * filters, l === 0 ? undefined : masked('own', 2)),
      earlierChannels: l === 0 && channels > 1 ? convolution(construction, `${name}/earlier-channels`, [1, 1], channels, 2 * filters, masked('before', 2)) : null,
      residual: l + 1 < shape.blocks ? convolution(construction, `${name}/residual`, [1, 1], filters, filters, masked('own')) : null,
      skip: convolution(construction, `${name}/skip`, [1, 1], filters, head, masked('own')),
    };
  });
  const hidden = convolution(construction, 'head/hidden', [1, 1], head, head, masked('own'));
  const output = convolution(construction, 'head/output', [1, 1], head, shape.outputs, masked('own'));

  const map = location > 0 ? [parameter(construction, 'location', () => zeros([1, height, width, location])) as unknown as Tensor4D] : [];

  /** What each horizontal layer is told, from the picture moved down, and from its part of the map where there is one. */
  const vertical = (x: Tensor4D, [places]: readonly Tensor4D[], { above }: Surroundings): Tensor4D[] => {
    let v = x;
    return layers.map(({ vertical: convolve, toHorizontal, fromLocation, rows, reach }) => {
      const features = convolve(above(v, rows, reach));
      v = gate(features);
      return fromLocation && places ? add(toHorizontal(features), fromLocation(places)) : toHorizontal(features);
    });
  };
  const horizontal = (x: Tensor4D, moved: Tensor4D, told: readonly Tensor4D[], { left }: Surroundings): Tensor4D => {
    let h = moved;
    const skips = layers.map((layer, l) => {
      const own = add<Tensor4D>(layer.horizontal(left(h, layer.columns)), told[l] as Tensor4D);
      const gated = gate(layer.earlierChannels ? add<Tensor4D>(own, layer.earlierChannels(x)) : own);
      const out = layer.residual?.(gated) ?? gated;
      h = l === 0 ? out : add(h, out);
      return layer.skip(gated);
    });
    return output(relu(hidden(relu(skips.reduce((total, skip) => add<Tensor4D>(total, skip))))));
  };

  const emptyRow = (batch: number): Tensor4D => zeros([batch, 1, width, channels]);
  /** What is kept begins with the map, turned so that the row to come is its first. */
  const nextRow: RasterNet['nextRow'] = (row, _, kept) => {
    const turned = kept.slice(0, map.length);
    const surroundings = surroundingsOf(kept.slice(map.length));
    const above = vertical(row, turned.map((places) => slice(places, 0, [1, 1, width, location])), surroundings);
    return { above, kept: [...turned.map((places) => concat([slice(places, [0, 1, 0, 0]), slice(places, 0, [1, 1, width, location])], 1)), ...surroundings.next] };
  };
  return {
    outputs: (x) => horizontal(x, movedRight(x), vertical(movedDown(x), map, wholePicture), wholePicture),
    firstRow: (batch) => nextRow(emptyRow(batch), [], [...map, ...nothingKept((surroundings) => vertical(emptyRow(batch), [], surroundings))]),
    nextRow,
    featureSizes: [],
    firstPixel(batch) {
      const nothing: Tensor4D = zeros([batch, 1, 1, channels]);
      const told = layers.map((): Tensor4D => zeros([batch, 1, 1, 2 * filters]));
      return nothingKept((surroundings) => horizontal(nothing, nothing, told, surroundings));
    },
    pixel(x, previous, above, kept) {
      const surroundings = surroundingsOf(kept);
      return { outputs: horizontal(x, previous, above, surroundings), features: [], kept: surroundings.next };
    },
  };
}
