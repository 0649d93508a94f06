import { add, concat, conv2dTranspose, elu, mul, neg, onesLike, pad, sigmoid, slice, split, sub, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import type { ByResolution, Place, TwoStreamNet } from '../sampling/bands';
import { parameter, type Construction } from './dense';
import { convolution, movedDown, movedRight, type Convolution } from './masked-conv';

export interface PixelCnnPlusPlusShape {
  channels: number;
  /** Each half as wide and high as the one before. */
  resolutions: number;
  /** Residual layers at each resolution, on the way down and on the way up. */
  layers: number;
  filters: number;
  outputs: number;
}

/** Sets some features to zero while training, the others larger; the name is of the place in the net. */
export type Dropout = (x: Tensor4D, name: string) => Tensor4D;

export const keepAll: Dropout = (x) => x;

type Stream = 'above' | 'left';
type Direction = 'down' | 'down-right';
type Residual = (x: Tensor4D, beside: Tensor4D | null, among: Place['among'], dropout: Dropout) => Tensor4D;

const concatElu = (x: Tensor4D): Tensor4D => elu(concat([x, neg(x)], 3));

/**
 * The net of PixelCNN++ (Salimans et al. 2017, section 2 and figure 2), without its normalisation of the weights: two streams, one that sees the rows above
 * (2 x 3 kernels) and one that sees these and the pixels to the left (2 x 2 kernels), go down and up through the resolutions with
 * connections between layers of the same size. A pixel's outputs depend on no channel of the pixel itself.
 */
export function pixelCnnPlusPlus(
  construction: Construction,
  { channels, resolutions, layers: depth, filters, outputs }: PixelCnnPlusPlusShape,
): TwoStreamNet & {
  /** Of whole pictures `[batch, height, width, channels]` in [0, 1]: `[batch, height, width, outputs]`. */
  outputs(picture: Tensor4D, dropout: Dropout): Tensor4D;
} {
  const kernel = (direction: Direction): [number, number] => [2, direction === 'down' ? 3 : 2];
  const residual = (name: string, direction: Direction, besideSize: number): Residual => {
    const first = convolution(construction, `${name}/first`, kernel(direction), 2 * filters, filters);
    const beside = besideSize > 0 ? convolution(construction, `${name}/beside`, [1, 1], 2 * besideSize, filters) : null;
    const second = convolution(construction, `${name}/second`, kernel(direction), 2 * filters, 2 * filters, { scale: 0.1 });
    return (x, other, among, dropout) => {
      const own = first(among(concatElu(x)));
      const both = beside && other ? add<Tensor4D>(own, beside(concatElu(other))) : own;
      const [value, gate] = split(second(among(dropout(concatElu(both), name))), 2, 3) as [Tensor4D, Tensor4D];
      return add(x, mul(value, sigmoid(gate)));
    };
  };
  const enlarging = (name: string, direction: Direction): Convolution => {
    const columns = direction === 'down' ? 3 : 2;
    const limit = Math.sqrt(3 / (2 * columns * filters));
    const weights = parameter(construction, `${name}/kernel`, () => mul(sub(mul(construction.noise.uniform([2, columns, filters, filters], name), 2), 1), limit));
    const bias = parameter(construction, `${name}/bias`, () => zeros([filters]));
    return (x) => {
      const [batch, h, w] = x.shape;
      const size: [number, number, number, number] = [batch, 2 * h, 2 * w + columns - 2, filters];
      return add(slice(conv2dTranspose(x, weights as unknown as Tensor4D, size, 2, 'valid'), [0, 0, columns - 2, 0]), bias);
    };
  };
  /** One layer in both streams. */
  const both = <T>(make: (stream: Stream, direction: Direction) => T): { above: T; left: T } => ({ above: make('above', 'down'), left: make('left', 'down-right') });

  const inputs = channels + 1;
  const start = {
    above: convolution(construction, 'start/above', [2, 3], inputs, filters),
    row: convolution(construction, 'start/row', [1, 3], inputs, filters),
    left: convolution(construction, 'start/left', [2, 1], inputs, filters),
  };
  const down = Array.from({ length: resolutions }, (_, r) => ({
    layers: Array.from({ length: depth }, (_, b) => both((stream, direction) => residual(`down-${r}/${stream}-${b}`, direction, stream === 'above' ? 0 : filters))),
    smaller: r + 1 < resolutions ? both((stream, direction) => convolution(construction, `down-${r}/${stream}-smaller`, kernel(direction), filters, filters, { stride: 2 })) : null,
  }));
  const up = Array.from({ length: resolutions }, (_, r) => ({
    layers: Array.from({ length: depth + (r > 0 ? 1 : 0) }, (_, b) => both((stream, direction) => residual(`up-${r}/${stream}-${b}`, direction, stream === 'above' ? filters : 2 * filters))),
    larger: r + 1 < resolutions ? both((stream, direction) => enlarging(`up-${r}/${stream}-larger`, direction)) : null,
  }));
  const output = convolution(construction, 'output', [1, 1], filters, outputs);

  const unit = 2 ** (resolutions - 1);
  const around = (y: Tensor4D, rows: number, left: number, right: number): Tensor4D => pad(y, [[0, 0], [rows, 0], [left, right], [0, 0]]);
  const wholePicture = (right: number): Place[] => down.map(() => ({ below: (x) => around(x, 1, 0, 0), among: (x) => around(x, 1, 1, right), finer: (compute) => compute() }));

  /** One stream from the first resolution to the last and back: its end, and what each layer made. A layer of the other stream takes what its counterpart in this one made. */
  const through = (stream: Stream, start: Tensor4D, told: ByResolution | null, places: readonly Place[], dropout: Dropout): { end: Tensor4D; made: Tensor4D[][] } => {
    const made = down.map((): Tensor4D[] => []);
    const from = (r: number, x: Tensor4D): Tensor4D => {
      const { among, finer } = places[r] as Place;
      const { layers, smaller } = down[r] as (typeof down)[number];
      const [own, coarser] = [up[resolutions - 1 - r] as (typeof up)[number], up[resolutions - 2 - r]];
      const of = made[r] as Tensor4D[];
      const pass = (layer: { above: Residual; left: Residual }, y: Tensor4D, skipped: Tensor4D | null): Tensor4D => {
        const counterpart = told?.[r]?.[of.length] ?? null;
        const beside = counterpart && skipped ? concat([counterpart, skipped], 3) : (counterpart ?? skipped);
        const next = layer[stream](y, beside, among, dropout);
        of.push(next);
        return next;
      };
      const features = [x];
      let y = x;
      for (const layer of layers) features.push((y = pass(layer, y, null)));
      if (smaller && coarser?.larger) {
        const { larger } = coarser;
        const seen = among(y);
        y = finer(() => larger[stream](from(r + 1, smaller[stream](seen))));
      } else features.pop();
      for (const layer of own.layers) y = pass(layer, y, features.pop() as Tensor4D);
      return y;
    };
    return { end: from(0, start), made };
  };

  /** The ones tell the picture from the zeros around it. */
  const input = (pixels: Tensor4D): Tensor4D => {
    const signed = sub<Tensor4D>(mul(pixels, 2), 1);
    return concat([signed, onesLike(slice(signed, 0, [-1, -1, -1, 1]))], 3);
  };
  const above = (below: Tensor4D, places: readonly Place[], dropout = keepAll): Tensor4D[][] => {
    const [first = [], ...coarser] = through('above', start.above((places[0] as Place).among(below)), null, places, dropout).made;
    return [[start.row(around(below, 0, 1, 1)), ...first], ...coarser];
  };
  const left = (right: Tensor4D, [nearest = [], ...coarser]: ByResolution, places: readonly Place[], dropout = keepAll): Tensor4D => {
    const [row, ...first] = nearest;
    const begin = add<Tensor4D>(row as Tensor4D, start.left((places[0] as Place).below(right)));
    return output(elu(through('left', begin, [first, ...coarser], places, dropout).end));
  };
  return {
    resolutions,
    inputs,
    input,
    above,
    left,
    outputs(picture, dropout) {
      const [batch, height, width] = picture.shape;
      const x = pad(input(picture), [[0, 0], [0, (unit - (height % unit)) % unit], [0, (unit - (width % unit)) % unit], [0, 0]]);
      const told = above(movedDown(x), wholePicture(1), dropout);
      return slice(left(movedRight(x), told, wholePicture(0), dropout), 0, [batch, height, width, outputs]);
    },
  };
}
