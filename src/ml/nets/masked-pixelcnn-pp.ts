import { add, concat, conv2dTranspose, elu, mul, neg, onesLike, pad, sigmoid, slice, split, sub, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
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

type Direction = 'down' | 'down-right';
type Residual = (x: Tensor4D, beside: Tensor4D | null, dropout: Dropout) => Tensor4D;

const concatElu = (x: Tensor4D): Tensor4D => elu(concat([x, neg(x)], 3));

/**
 * The net of PixelCNN++ (Salimans et al. 2017, section 2 and figure 2), without its normalisation of the weights: two streams, one that sees the rows above
 * (2 x 3 kernels) and one that sees these and the pixels to the left (2 x 2 kernels), go down and up through the resolutions with
 * connections between layers of the same size. A pixel's outputs depend on no channel of the pixel itself.
 * @returns pictures `[batch, height, width, channels]` in [0, 1] to `[batch, height, width, outputs]`
 */
export function pixelCnnPlusPlus(construction: Construction, { channels, resolutions, layers: depth, filters, outputs }: PixelCnnPlusPlusShape): (x: Tensor4D, dropout: Dropout) => Tensor4D {
  const shifted = (name: string, direction: Direction, inputs: number, size: number, options?: { stride?: number; scale?: number }): Convolution => {
    const down = direction === 'down';
    const convolve = convolution(construction, name, [2, down ? 3 : 2], inputs, size, options);
    return (x) => convolve(pad(x, [[0, 0], [1, 0], [1, down ? 1 : 0], [0, 0]]));
  };
  const residual = (name: string, direction: Direction, besideSize: number): Residual => {
    const first = shifted(`${name}/first`, direction, 2 * filters, filters);
    const beside = besideSize > 0 ? convolution(construction, `${name}/beside`, [1, 1], 2 * besideSize, filters) : null;
    const second = shifted(`${name}/second`, direction, 2 * filters, 2 * filters, { scale: 0.1 });
    return (x, other, dropout) => {
      const own = first(concatElu(x));
      const [value, gate] = split(second(dropout(concatElu(beside && other ? add<Tensor4D>(own, beside(concatElu(other))) : own), name)), 2, 3) as [Tensor4D, Tensor4D];
      return add(x, mul(value, sigmoid(gate)));
    };
  };
  const enlarging = (name: string, direction: Direction): Convolution => {
    const columns = direction === 'down' ? 3 : 2;
    const limit = Math.sqrt(3 / (2 * columns * filters));
    const kernel = parameter(construction, `${name}/kernel`, () => mul(sub(mul(construction.noise.uniform([2, columns, filters, filters], name), 2), 1), limit));
    const bias = parameter(construction, `${name}/bias`, () => zeros([filters]));
    return (x) => {
      const [batch, h, w] = x.shape;
      const size: [number, number, number, number] = [batch, 2 * h, 2 * w + columns - 2, filters];
      return add(slice(conv2dTranspose(x, kernel as unknown as Tensor4D, size, 2, 'valid'), [0, 0, columns - 2, 0]), bias);
    };
  };
  /** One layer in both streams. */
  const both = <T>(make: (stream: 'above' | 'left', direction: Direction) => T): { above: T; left: T } => ({ above: make('above', 'down'), left: make('left', 'down-right') });

  const inputs = channels + 1;
  const start = {
    above: convolution(construction, 'start/above', [2, 3], inputs, filters),
    row: convolution(construction, 'start/row', [1, 3], inputs, filters),
    left: convolution(construction, 'start/left', [2, 1], inputs, filters),
  };
  const down = Array.from({ length: resolutions }, (_, r) => ({
    layers: Array.from({ length: depth }, (_, b) => both((stream, direction) => residual(`down-${r}/${stream}-${b}`, direction, stream === 'above' ? 0 : filters))),
    smaller: r + 1 < resolutions ? both((stream, direction) => shifted(`down-${r}/${stream}-smaller`, direction, filters, filters, { stride: 2 })) : null,
  }));
  const up = Array.from({ length: resolutions }, (_, r) => ({
    layers: Array.from({ length: depth + (r > 0 ? 1 : 0) }, (_, b) => both((stream, direction) => residual(`up-${r}/${stream}-${b}`, direction, stream === 'above' ? filters : 2 * filters))),
    larger: r + 1 < resolutions ? both((stream, direction) => enlarging(`up-${r}/${stream}-larger`, direction)) : null,
  }));
  const output = convolution(construction, 'output', [1, 1], filters, outputs);

  return (picture, dropout) => {
    const [batch, height, width] = picture.shape;
    const unit = 2 ** (resolutions - 1);
    const signed = sub<Tensor4D>(mul(picture, 2), 1);
    // The ones tell the picture from the zeros around it.
    const x = pad(concat([signed, onesLike(slice(signed, 0, [-1, -1, -1, 1]))], 3), [[0, 0], [0, (unit - (height % unit)) % unit], [0, (unit - (width % unit)) % unit], [0, 0]]);
    const [below, right] = [movedDown(x), movedRight(x)];
    const around = (y: Tensor4D, rows: number, sides: number): Tensor4D => pad(y, [[0, 0], [rows, 0], [sides, sides], [0, 0]]);
    const above = [start.above(around(below, 1, 1))];
    const left = [add<Tensor4D>(start.row(around(below, 0, 1)), start.left(around(right, 1, 0)))];
    const last = (stream: Tensor4D[]): Tensor4D => stream.at(-1) as Tensor4D;
    for (const { layers, smaller } of down) {
      for (const layer of layers) {
        above.push(layer.above(last(above), null, dropout));
        left.push(layer.left(last(left), last(above), dropout));
      }
      if (smaller) {
        above.push(smaller.above(last(above)));
        left.push(smaller.left(last(left)));
      }
    }
    let [u, ul] = [above.pop() as Tensor4D, left.pop() as Tensor4D];
    for (const { layers, larger } of up) {
      for (const layer of layers) {
        u = layer.above(u, above.pop() as Tensor4D, dropout);
        ul = layer.left(ul, concat([u, left.pop() as Tensor4D], 3), dropout);
      }
      if (larger) [u, ul] = [larger.above(u), larger.left(ul)];
    }
    return slice(output(elu(ul)), 0, [batch, height, width, outputs]);
  };
}
