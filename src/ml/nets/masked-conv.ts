import { add, cast, concat, conv2d, expandDims, greater, greaterEqual, matMul, mul, ones, pad, reshape, slice, sub, tensor1d, zeros, type Tensor2D, type Tensor4D, type Variable } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from './dense';

// Masked convolutions without the masked part: where a picture's rows above or a row's pixels to the left are all that may be seen, the
// kernel has no more rows or columns than these, and the picture is moved down or to the right. A mask is left for the channels of one pixel.

export type Convolution = (x: Tensor4D) => Tensor4D;

/** Which outputs may see which inputs at the pixel itself: features belong to red, green or blue, in equal parts. */
export interface ChannelMask {
  channels: number;
  /** `before` leaves out the own channel (mask A of van den Oord et al. 2016), `own` does not (mask B). */
  sees: 'before' | 'own';
  /** In how many equal parts the outputs are laid out (2 for the two halves of a gate). */
  parts?: number;
}

/**
 * Convolution `[batch, h, w, inputs]` to `[batch, (h - rows) / stride + 1, (w - columns) / stride + 1, outputs]`, with variables `name/kernel` (Glorot and
 * Bengio 2010, uniform, times `scale`) and `name/bias` (zero). The mask is of the kernel's last column.
 */
export function convolution(
  construction: Construction,
  name: string,
  [rows, columns]: readonly [number, number],
  inputs: number,
  outputs: number,
  { mask, stride = 1, scale = 1 }: { mask?: ChannelMask; stride?: number; scale?: number } = {},
): Convolution {
  const limit = scale * Math.sqrt(6 / (rows * columns * (inputs + outputs)));
  const kernel = parameter(construction, `${name}/kernel`, () => mul(sub(mul(construction.noise.uniform([rows, columns, inputs, outputs], name), 2), 1), limit)) as Variable;
  const bias = parameter(construction, `${name}/bias`, () => zeros([outputs]));
  const masked = (): Tensor4D => (mask && mask.channels > 1 ? mul<Tensor4D>(kernel, channelMask(mask, columns, inputs, outputs)) : (kernel as unknown as Tensor4D));
  return (x) => {
    const [batch, h, w] = x.shape;
    const size: [number, number, number, number] = [batch, h - rows + 1, w - columns + 1, outputs];
    const asProduct = (length: number): Tensor4D => reshape(add<Tensor2D>(matMul(reshape(x, [-1, length]) as Tensor2D, reshape(masked(), [length, outputs]) as Tensor2D), bias), size);
    if (rows === 1 && columns === 1) return asProduct(inputs);
    if (rows === h && columns === w) return asProduct(rows * columns * inputs);
    return add(conv2d(x, masked(), stride, 'valid'), bias);
  };
}

/** The channel of each of `count` features. */
const channelOf = (count: number, channels: number, parts = 1): number[] => Array.from({ length: count }, (_, k) => Math.floor(((k % (count / parts)) * channels * parts) / count));

function channelMask({ channels, sees, parts }: ChannelMask, columns: number, inputs: number, outputs: number): Tensor4D {
  const [from, to] = [expandDims(tensor1d(channelOf(inputs, channels)), 1), expandDims(tensor1d(channelOf(outputs, channels, parts)), 0)];
  const own = reshape(cast((sees === 'own' ? greaterEqual : greater)(to, from), 'float32'), [1, 1, inputs, outputs]) as Tensor4D;
  return columns === 1 ? own : concat([ones([1, columns - 1, inputs, outputs]), own], 1);
}

/** A masked convolution in two parts, which are to be added: the kernel's rows above the pixel, and its row up to the pixel. */
export function maskedConvolution(construction: Construction, name: string, reach: number, inputs: number, outputs: number, mask: ChannelMask) {
  return {
    reach,
    inputs,
    /** Of the picture moved down, with `reach - 1` rows above it and `reach` columns on both sides. */
    above: convolution(construction, `${name}/above`, [reach, 2 * reach + 1], inputs, outputs),
    /** With `reach` columns to its left. */
    row: convolution(construction, `${name}/row`, [1, reach + 1], inputs, outputs, { mask }),
  };
}

/** The same without the pixel itself but for its earlier channels (mask A of van den Oord et al. 2016). */
export function firstConvolution(construction: Construction, name: string, reach: number, channels: number, outputs: number) {
  const before = convolution(construction, `${name}/row`, [1, reach], channels, outputs);
  const earlierChannels = channels > 1 ? convolution(construction, `${name}/earlier-channels`, [1, 1], channels, outputs, { mask: { channels, sees: 'before' } }) : null;
  return {
    reach,
    inputs: channels,
    above: convolution(construction, `${name}/above`, [reach, 2 * reach + 1], channels, outputs),
    /** `moved` is the picture moved to the right, with `reach - 1` columns to its left. */
    row: (x: Tensor4D, moved: Tensor4D): Tensor4D => (earlierChannels ? add(before(moved), earlierChannels(x)) : before(moved)),
  };
}

/** Each pixel gets what was above it, the first row zeros. */
export const movedDown = (x: Tensor4D): Tensor4D => pad(slice(x, 0, [x.shape[0], x.shape[1] - 1, x.shape[2], x.shape[3]]), [[0, 0], [1, 0], [0, 0], [0, 0]]);

/** Each pixel gets what was to its left, the first column zeros. */
export const movedRight = (x: Tensor4D): Tensor4D => pad(slice(x, 0, [x.shape[0], x.shape[1], x.shape[2] - 1, x.shape[3]]), [[0, 0], [0, 0], [1, 0], [0, 0]]);

/** What surrounds the part of a picture that a convolution is computed for: zeros around a whole picture, else what is known of the rest. */
export interface Surroundings {
  /** `x` below `rows` more rows, and between `sides` zero columns on both sides. */
  above(x: Tensor4D, rows: number, sides: number): Tensor4D;
  /** `x` to the right of `columns` more columns. */
  left(x: Tensor4D, columns: number): Tensor4D;
}

/** A whole picture, in zeros. */
export const wholePicture: Surroundings = {
  above: (x, rows, sides) => pad(x, [[0, 0], [rows, 0], [sides, sides], [0, 0]]),
  left: (x, columns) => (columns === 0 ? x : pad(x, [[0, 0], [0, 0], [columns, 0], [0, 0]])),
};

/**
 * A row or pixel after others: `kept` holds what each call in turn needs of those, and `next` becomes what the calls for the row or pixel after
 * this one need. Zeros before the first.
 */
export function surroundingsOf(kept: readonly Tensor4D[]): Surroundings & { next: Tensor4D[] } {
  const next: Tensor4D[] = [];
  const joined = (x: Tensor4D, count: number, axis: 1 | 2): Tensor4D => {
    if (count === 0) return x;
    const all = concat([kept[next.length] as Tensor4D, x], axis);
    const from: [number, number, number, number] = [0, 0, 0, 0];
    from[axis] = x.shape[axis];
    next.push(slice(all, from));
    return all;
  };
  return {
    next,
    above: (x, rows, sides) => pad(joined(x, rows, 1), [[0, 0], [0, 0], [sides, sides], [0, 0]]),
    left: (x, columns) => joined(x, columns, 2),
  };
}

/** The zeros that `pass` needs as what is kept before the first row or pixel, by running it once on zero surroundings. */
export function nothingKept(pass: (surroundings: Surroundings) => void): Tensor4D[] {
  const kept: Tensor4D[] = [];
  const before = (x: Tensor4D, count: number, axis: 1 | 2): void => {
    if (count === 0) return;
    const shape: [number, number, number, number] = [...x.shape];
    shape[axis] = count;
    kept.push(zeros(shape));
  };
  pass({
    above: (x, rows, sides) => (before(x, rows, 1), wholePicture.above(x, rows, sides)),
    left: (x, columns) => (before(x, columns, 2), wholePicture.left(x, columns)),
  });
  return kept;
}
