import { add, relu, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import type { RasterNet } from '../sampling/raster';
import type { Construction } from './dense';
import { diagonalBiLstm, rowLstm, type PictureRecurrence } from './lstm';
import { convolution, firstConvolution, movedDown, movedRight, nothingKept, surroundingsOf, wholePicture, type ChannelMask, type Convolution, type Surroundings } from './masked-conv';

export const recurrences = ['row-lstm', 'diagonal-bilstm'] as const;

export interface PixelRnnShape {
  width: number;
  channels: number;
  recurrence: (typeof recurrences)[number];
  layers: number;
  /** Of an LSTM; twice as many between the layers. */
  filters: number;
  /** Pixels to each side that the first kernel covers: 3 is a kernel of 7 x 7. */
  firstReach: number;
  head: number;
  outputs: number;
}

/** PixelRNN (van den Oord, Kalchbrenner and Kavukcuoglu 2016, table 1): a first masked convolution, LSTM layers around which the features go as well, and two layers before the outputs. */
export function pixelRnn(construction: Construction, shape: PixelRnnShape): RasterNet {
  const { width, channels, filters, head } = shape;
  const mask: ChannelMask = { channels, sees: 'own' };
  const pointwise = (name: string, inputs: number, outputs: number): Convolution => convolution(construction, name, [1, 1], inputs, outputs, { mask });
  const first = firstConvolution(construction, 'first', shape.firstReach, channels, 2 * filters);
  const lstm = { 'row-lstm': rowLstm, 'diagonal-bilstm': diagonalBiLstm }[shape.recurrence];
  const layers = Array.from({ length: shape.layers }, (_, l) => ({
    lstm: lstm(construction, `layer-${l}`, 2 * filters, filters, mask),
    out: pointwise(`layer-${l}/out`, filters, 2 * filters),
  }));
  const hidden = pointwise('head/hidden', 2 * filters, head);
  const output = pointwise('head/output', head, shape.outputs);

  /** The net, where `recur(l, x)` is what the l-th LSTM makes of its input x. */
  const pass = (x: Tensor4D, moved: Tensor4D, fromAbove: Tensor4D, recur: (l: number, x: Tensor4D) => Tensor4D, { left }: Surroundings): Tensor4D => {
    const start = add<Tensor4D>(first.row(x, left(moved, first.reach - 1)), fromAbove);
    const end = layers.reduce((h, { out }, l) => add<Tensor4D>(h, out(recur(l, h))), start);
    return output(relu(hidden(relu(end))));
  };
  const takenFromAbove = (x: Tensor4D, { above }: Surroundings): Tensor4D => first.above(above(x, first.reach - 1, first.reach));
  const recurrence = (l: number): PictureRecurrence => (layers[l] as (typeof layers)[number]).lstm;
  const emptyRow = (batch: number): Tensor4D => zeros([batch, 1, width, channels]);
  // What the first convolution keeps of the rows, and of the pixels, comes before what the layers keep.
  const convolved = first.reach > 1 ? 1 : 0;
  const rows = (row: Tensor4D, kept: readonly Tensor4D[], told: readonly { told: Tensor4D; kept: Tensor4D[] }[]) => {
    const surroundings = surroundingsOf(kept.slice(0, convolved));
    return { above: [takenFromAbove(row, surroundings), ...told.map((part) => part.told)], kept: [...surroundings.next, ...told.flatMap((part) => part.kept)] };
  };
  return {
    outputs: (x) => pass(x, movedRight(x), takenFromAbove(movedDown(x), wholePicture), (l, h) => recurrence(l).whole(h), wholePicture),
    firstRow(batch) {
      const row = emptyRow(batch);
      return rows(row, nothingKept((surroundings) => takenFromAbove(row, surroundings)), layers.map(({ lstm: layer }) => layer.firstRow(batch, width)));
    },
    nextRow(row, features, kept) {
      const own = kept.slice(convolved);
      const each = own.length / shape.layers;
      return rows(row, kept, layers.map(({ lstm: layer }, l) => layer.nextRow(features[l] as Tensor4D, own.slice(l * each, (l + 1) * each))));
    },
    featureSizes: layers.map(({ lstm: layer }) => layer.featureSize),
    firstPixel(batch) {
      const nothing: Tensor4D = zeros([batch, 1, 1, channels]);
      const beforeFirst = nothingKept((surroundings) => first.row(nothing, surroundings.left(nothing, first.reach - 1)));
      return [...beforeFirst, ...layers.flatMap(({ lstm: layer }) => layer.keptOfPixels.map((size): Tensor4D => zeros([batch, 1, 1, size])))];
    },
    pixel(x, previous, [fromAbove, ...told], kept) {
      const surroundings = surroundingsOf(kept.slice(0, convolved));
      const features: Tensor4D[] = [];
      const next: Tensor4D[] = [];
      const outputs = pass(x, previous, fromAbove as Tensor4D, (l, h) => {
        const layer = recurrence(l);
        const each = layer.keptOfPixels.length;
        const result = layer.pixel(h, told[l] as Tensor4D, kept.slice(convolved + l * each, convolved + (l + 1) * each));
        features.push(result.features);
        next.push(...result.kept);
        return result.value;
      }, surroundings);
      return { outputs, features, kept: [...surroundings.next, ...next] };
    },
  };
}
