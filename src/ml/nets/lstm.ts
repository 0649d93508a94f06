import { add, concat, matMul, mul, pad, reshape, reverse, sigmoid, slice, split, sub, tanh, zeros, type Rank, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from './dense';
import { convolution, movedDown, type ChannelMask } from './masked-conv';

/**
 * A recurrent layer over pictures line by line: `[batch, height, width, inputs]` to `[batch, height, width, size]`, where a pixel's value depends on earlier pixels
 * and the pixel itself; and the same by rows and pixels, with what is to be kept of those before.
 */
export interface PictureRecurrence {
  whole(x: Tensor4D): Tensor4D;
  /** What a pixel `[batch, 1, 1, inputs]` becomes, given its part of what the row was told; and the features that it leaves for the next row. */
  pixel(x: Tensor4D, told: Tensor4D, kept: readonly Tensor4D[]): { value: Tensor4D; features: Tensor4D; kept: Tensor4D[] };
  /** What the next row is told, `[batch, 1, width, n]`, by the features of a row. */
  nextRow(features: Tensor4D, kept: readonly Tensor4D[]): { told: Tensor4D; kept: Tensor4D[] };
  /** What the first row is told. */
  firstRow(batch: number, width: number): { told: Tensor4D; kept: Tensor4D[] };
  featureSize: number;
  /** Sizes of what is kept of the row's pixels, `[batch, 1, 1, size]` each, zero before the first. */
  keptOfPixels: readonly number[];
}

/** The cell of a long short-term memory: gates o, f, i, g `[..., 4 size]` and the cell's state before, to its output and its state. */
function cell(gates: Tensor4D, before: Tensor4D): { h: Tensor4D; c: Tensor4D } {
  const [o, f, i, g] = split(gates, 4, 3) as [Tensor4D, Tensor4D, Tensor4D, Tensor4D];
  const c = add<Tensor4D>(mul(sigmoid(f), before), mul(sigmoid(i), tanh(g)));
  return { h: mul(sigmoid(o), tanh(c)), c };
}

const columnOf = (x: Tensor4D, c: number): Tensor4D => slice(x, [0, 0, c, 0], [-1, -1, 1, -1]);
const rowOf = (x: Tensor4D, r: number): Tensor4D => slice(x, [0, r, 0, 0], [-1, 1, -1, -1]);

/**
 * Row LSTM (van den Oord et al. 2016a, section 3.1): the states of a row come from those of the row above by a convolution over three pixels, and from the
 * input by one over the pixel and the one to its left.
 */
export function rowLstm(construction: Construction, name: string, inputs: number, size: number, mask: ChannelMask): PictureRecurrence {
  const inputToState = convolution(construction, `${name}/input-to-state`, [1, 2], inputs, 4 * size, { mask: { ...mask, parts: 4 } });
  const stateToState = convolution(construction, `${name}/state-to-state`, [1, 3], size, 4 * size);
  const fromRow = (h: Tensor4D): Tensor4D => stateToState(pad(h, [[0, 0], [0, 0], [1, 1], [0, 0]]));
  const nextRow: PictureRecurrence['nextRow'] = (features) => {
    const [h, c] = split(features, 2, 3) as [Tensor4D, Tensor4D];
    return { told: concat([fromRow(h), c], 3), kept: [] };
  };
  return {
    whole(x) {
      const [batch, height, width] = x.shape;
      const given = inputToState(pad(x, [[0, 0], [0, 0], [1, 0], [0, 0]]));
      let state: ReturnType<typeof cell> = { h: zeros([batch, 1, width, size]), c: zeros([batch, 1, width, size]) };
      const rows = Array.from({ length: height }, (_, r) => (state = cell(add<Tensor4D>(rowOf(given, r), fromRow(state.h)), state.c)).h);
      return concat(rows, 1);
    },
    pixel(x, told, [before]) {
      const [gates, c] = split(told, [4 * size, size], 3) as [Tensor4D, Tensor4D];
      const state = cell(add<Tensor4D>(inputToState(concat([before as Tensor4D, x], 2)), gates), c);
      return { value: state.h, features: concat([state.h, state.c], 3), kept: [x] };
    },
    firstRow: (batch, width) => nextRow(zeros([batch, 1, width, 2 * size]), []),
    nextRow,
    featureSize: 2 * size,
    keptOfPixels: [inputs],
  };
}

/** Row r moved to the right by r columns: a column of the result is a diagonal of the picture. `[batch, h, w, n]` to `[batch, h, w + h - 1, n]`. */
export function skew(x: Tensor4D): Tensor4D {
  const [batch, h, w, n] = x.shape;
  const flat = reshape(pad(x, [[0, 0], [0, 0], [0, h], [0, 0]]), [batch, h * (w + h), n]);
  return reshape(slice(flat, 0, [batch, h * (w + h - 1), n]), [batch, h, w + h - 1, n]);
}

/** The inverse of `skew`, for pictures of width w. */
export function unskew(x: Tensor4D, w: number): Tensor4D {
  const [batch, h, , n] = x.shape;
  const flat = pad(reshape(x, [batch, h * (w + h - 1), n]), [[0, 0], [0, h], [0, 0]]);
  return slice<Rank.R4, Tensor4D>(reshape(flat, [batch, h, w + h, n]), 0, [batch, h, w, n]);
}

const mirrored = (x: Tensor4D): Tensor4D => reverse(x, 2);

/**
 * Diagonal BiLSTM (van den Oord et al. 2016a, section 3.2): a pixel's state comes from those of its neighbours above and to the left; a second LSTM does the
 * same from the right. The second one's states are moved down by a row before both are added, so that no pixel sees one to its right. (Features do not
 * contain their own pixel, so the last pixel of the row above stays unseen from farther than the first convolution reaches.)
 */
export function diagonalBiLstm(construction: Construction, name: string, inputs: number, size: number, mask: ChannelMask): PictureRecurrence {
  const direction = (side: string) => {
    const kernelName = `${name}/${side}/state-to-state`;
    const limit = Math.sqrt(6 / (2 * size + 4 * size));
    const kernel = parameter(construction, `${kernelName}/kernel`, () => mul(sub(mul(construction.noise.uniform([2 * size, 4 * size], kernelName), 2), 1), limit)) as unknown as Tensor2D;
    const product = (h: Tensor4D, rows: Tensor2D): Tensor4D => {
      const [batch, height, width, n] = h.shape;
      return reshape(matMul(reshape(h, [-1, n]) as Tensor2D, rows), [batch, height, width, 4 * size]);
    };
    return {
      inputToState: convolution(construction, `${name}/${side}/input-to-state`, [1, 1], inputs, 4 * size, { mask: { ...mask, parts: 4 } }),
      fromAbove: (h: Tensor4D) => product(h, slice(kernel, 0, [size, -1])),
      fromBeside: (h: Tensor4D) => product(h, slice(kernel, [size, 0])),
      /** The states of all rows at once, column after column of `gates` `[batch, rows, columns, 4 size]`; a row has the one above it in the same column. */
      scan(gates: Tensor4D): Tensor4D {
        const [batch, rows, columns] = gates.shape;
        const none: Tensor4D = zeros([batch, rows, 1, size]);
        let state: ReturnType<typeof cell> = { h: none, c: none };
        const states = Array.from({ length: columns }, (_, t) => {
          const above = rows === 1 ? none : movedDown(state.h);
          return (state = cell(add<Tensor4D>(columnOf(gates, t), product(concat([above, state.h], 3), kernel)), state.c)).h;
        });
        return concat(states, 2);
      },
    };
  };
  const [left, right] = [direction('left'), direction('right')];
  return {
    whole(x) {
      const width = x.shape[2];
      const fromLeft = unskew(left.scan(skew(left.inputToState(x))), width);
      const fromRight = mirrored(unskew(right.scan(skew(mirrored(right.inputToState(x)))), width));
      return add<Tensor4D>(fromLeft, movedDown(fromRight));
    },
    pixel(x, told, [h, c]) {
      const [above, fromRight] = split(told, [4 * size, size], 3) as [Tensor4D, Tensor4D];
      const gates = add<Tensor4D>(add<Tensor4D>(left.inputToState(x), above), left.fromBeside(h as Tensor4D));
      const state = cell(gates, c as Tensor4D);
      return { value: add<Tensor4D>(state.h, fromRight), features: concat([state.h, x], 3), kept: [state.h, state.c] };
    },
    firstRow: (batch, width) => ({ told: zeros([batch, 1, width, 5 * size]), kept: [zeros([batch, 1, width, size])] }),
    nextRow(features, [rightAbove]) {
      const [h, x] = split(features, [size, inputs], 3) as [Tensor4D, Tensor4D];
      const gates = add<Tensor4D>(right.inputToState(x), right.fromAbove(rightAbove as Tensor4D));
      const fromRight = mirrored(right.scan(mirrored(gates)));
      return { told: concat([left.fromAbove(h), fromRight], 3), kept: [fromRight] };
    },
    featureSize: size + inputs,
    keptOfPixels: [size, size],
  };
}
