import { add, concat, minimum, mul, pad, reshape, scalar, slice, split, zeros, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Batch } from '../model';
import { at } from './at';
import { loop } from './loop';
import { drawPixel, type RasterRequest } from './raster';

/** Where the layers of a resolution are computed: in a whole picture, a row of it, or a pixel. */
export interface Place {
  /** `x` below what is above it. */
  below(x: Tensor4D): Tensor4D;
  /** `x` among all that a kernel sees: what is above it, and to its left or, in the stream above, to both sides. */
  among(x: Tensor4D): Tensor4D;
  /** Of features with twice the rows and columns of the next resolution's place, the part that is in this one. */
  finer(compute: () => Tensor4D): Tensor4D;
}

/** Tensors of each resolution, in the order in which its layers make or take them. */
export type ByResolution = readonly (readonly Tensor4D[])[];

/**
 * A net of two streams through several resolutions, each of half the width and height of the one before: one stream sees the rows above, and tells the other,
 * which sees the pixels to the left as well. Kernels reach one row up, and one column to the side.
 */
export interface TwoStreamNet {
  resolutions: number;
  /** Numbers of a pixel as the streams see it; all zero outside of the picture. */
  inputs: number;
  /** Pixels `[batch, h, w, channels]` as `[batch, h, w, inputs]`. */
  input(pixels: Tensor4D): Tensor4D;
  /** What the stream of the rows above tells the other, from the picture moved down by a row. */
  above(movedDown: Tensor4D, places: readonly Place[]): ByResolution;
  /** The outputs, which depend on no channel of the pixel itself, from the picture moved to the right by a column. */
  left(movedRight: Tensor4D, told: ByResolution, places: readonly Place[]): Tensor4D;
}

/**
 * One row after another (axis 1), or one pixel of a row (axis 2): `kept` is what the layers passed on before, in the order in which they ask for it, zero where
 * nothing is kept; what they pass on now goes to `passedOn`. Every second one alone has a counterpart at the next resolution, whose features serve both.
 */
function steps(axis: 1 | 2, index: number, kept: ByResolution) {
  const passedOn = kept.map((): Tensor4D[] => []);
  const places = passedOn.map((own, r) => {
    const before = (): Tensor4D | undefined => kept[r]?.[own.length];
    return {
      after(x: Tensor4D): Tensor4D {
        const both: [Tensor4D, Tensor4D] = [before() ?? zeros(x.shape), x];
        own.push(x);
        return concat(both, axis);
      },
      finer(compute: () => Tensor4D): Tensor4D {
        const [now, later] = (index >> r) % 2 === 0 ? split(compute(), 2, axis) : [before(), before()];
        own.push(later as Tensor4D);
        return now as Tensor4D;
      },
    };
  });
  return { places, passedOn };
}

/** What was passed on; of resolutions that took no part, what was kept already. */
const afterwards = (kept: ByResolution, passedOn: ByResolution): ByResolution => kept.map((own, r) => (passedOn[r]?.length ? passedOn[r] : own));

const zerosLike = (kept: ByResolution): ByResolution => kept.map((own) => own.map(({ shape }): Tensor4D => zeros(shape)));

/** Lists as they were before they were made flat, one after another. */
function unflattened(flat: readonly Tensor[], ...lists: ByResolution[]): ByResolution[] {
  let from = 0;
  return lists.map((list) => list.map((own) => flat.slice(from, (from += own.length)) as Tensor4D[]));
}

const columns = (x: Tensor4D, from: number, count = -1): Tensor4D => slice(x, [0, 0, from, 0], [-1, -1, count, -1]);

/** A row without as many of its first columns as are put to its end. */
const pushed = (row: Tensor4D, added: readonly Tensor4D[]): Tensor4D => (added.length === 0 ? row : concat([columns(row, added.length), ...added], 2));

/**
 * Pictures pixel by pixel, where no layer computes again what it knows (Ramachandran et al. 2017, "Fast generation for convolutional autoregressive models").
 * Which resolutions take part in a pixel repeats after as many rows and columns as make one of the last resolution: a loop goes over bands of that many rows,
 * and in each row one over groups of that many pixels. What of the last band and groups lies outside of the picture is drawn too, with the noise of the last row
 * or column, and left out.
 */
export function drawBands({ net, ...request }: Omit<RasterRequest, 'net'> & { net: TwoStreamNet }): Batch {
  const { x } = request;
  const [batch, height, width, channels] = x.shape;
  const unit = 2 ** (net.resolutions - 1);
  const [bands, groups] = [Math.ceil(height / unit), Math.ceil(width / unit)];
  const padded = groups * unit;
  const nothing: ByResolution = Array.from({ length: net.resolutions }, () => []);
  const noPixel: Tensor4D = zeros([batch, 1, 1, net.inputs]);
  const noRow: Tensor4D = zeros([batch, 1, padded, net.inputs]);

  /** The stream of the rows above, in the row of that index in its band. */
  const above = (row: number, movedDown: Tensor4D, kept: ByResolution) => {
    const { places, passedOn } = steps(1, row, kept);
    const told = net.above(movedDown, places.map(({ after, finer }) => ({ below: after, among: (y) => pad(after(y), [[0, 0], [0, 0], [1, 1], [0, 0]]), finer })));
    return { told, kept: afterwards(kept, passedOn) };
  };
  /** The other stream, in the pixel of that index in its group. */
  const pixel = (row: number, column: number, previous: Tensor4D, told: ByResolution, fromAbove: ByResolution, fromLeft: ByResolution) => {
    const down = steps(1, row, fromAbove);
    const right = steps(2, column, fromLeft);
    const places = down.places.map(({ after, finer }, r): Place => {
      const across = right.places[r] as (typeof right.places)[number];
      return { below: after, among: (y) => across.after(after(y)), finer: (compute) => finer(() => across.finer(compute)) };
    });
    return { outputs: net.left(previous, told, places), passedDown: down.passedOn, passedRight: afterwards(fromLeft, right.passedOn) };
  };

  const ofGroup = (rows: ByResolution, group: Scalar): ByResolution => rows.map((own, r) => own.map((row): Tensor4D => at(reshape(row, [batch, groups, unit >> r, row.shape[3]]), group, 1)));
  const ofPixel = (rows: ByResolution, column: number): ByResolution => rows.map((own, r) => own.map((row) => columns(row, column >> r, 1)));
  const indexOf = (turn: Scalar, index: number, size: number): Scalar => minimum(add(mul(turn, scalar(unit, 'int32')), scalar(index, 'int32')), scalar(size - 1, 'int32'));

  /** A row's pixels, given what is kept of the row above; and what is kept of this one. */
  const drawRow = (row: number, r: Scalar, told: ByResolution, rowAbove: ByResolution): { pixels: Tensor4D; kept: ByResolution } => {
    const given = at(x, r, 1);
    const beforeFirst = zerosLike(pixel(row, 0, noPixel, ofPixel(told, 0), ofPixel(rowAbove, 0), nothing).passedRight);
    const begin = [zeros([batch, 1, padded, channels]), noPixel, ...rowAbove.flat(), ...beforeFirst.flat()];
    const [pixels, , ...end] = loop(groups, begin, (group, [earlier, last, ...state]) => {
      // A row that is kept is a queue: a group takes what is above it from the front, and puts what it passes down to the end.
      const [queues = nothing, before = nothing] = unflattened(state, rowAbove, beforeFirst);
      const toldGroup = ofGroup(told, group);
      const drawn: Tensor4D[] = [];
      const passedDown: ByResolution[] = [];
      let previous = last as Tensor4D;
      let fromLeft = before;
      for (let column = 0; column < unit; column++) {
        const c = indexOf(group, column, width);
        const here = pixel(row, column, previous, ofPixel(toldGroup, column), ofPixel(queues, column), fromLeft);
        const place = mul(add(mul(r, scalar(width, 'int32')), c), scalar(channels, 'int32'));
        const values = drawPixel(request, place, at(given, c, 2), () => here).pixel;
        drawn.push(values);
        passedDown.push(here.passedDown);
        previous = net.input(values);
        fromLeft = here.passedRight;
      }
      const next = queues.map((own, s) => own.map((queue, k) => pushed(queue, passedDown.flatMap((of) => of[s]?.[k] ?? []))));
      return [pushed(earlier as Tensor4D, drawn), previous, ...next.flat(), ...fromLeft.flat()];
    });
    const [kept = nothing] = unflattened(end, rowAbove);
    return { pixels: pixels as Tensor4D, kept };
  };

  // How much there is to keep shows in a first row and its first pixel.
  const first = above(0, noRow, nothing);
  const beforeAbove = zerosLike(first.kept);
  const beforeLeft = pixel(0, 0, noPixel, ofPixel(first.told, 0), nothing, nothing).passedDown.map((own, r) => own.map(({ shape }): Tensor4D => zeros([batch, 1, padded >> r, shape[3]])));
  const [picture] = loop(bands, [zeros([batch, bands * unit, padded, channels]), noRow, ...beforeAbove.flat(), ...beforeLeft.flat()], (band, [earlier, last, ...state]) => {
    let movedDown = last as Tensor4D;
    let [keptAbove = nothing, keptLeft = nothing] = unflattened(state, beforeAbove, beforeLeft);
    const drawn: Tensor4D[] = [];
    for (let row = 0; row < unit; row++) {
      const { told, kept } = above(row, movedDown, keptAbove);
      const { pixels, kept: keptOfRow } = drawRow(row, indexOf(band, row, height), told, keptLeft);
      drawn.push(pixels);
      movedDown = pad(net.input(columns(pixels, 0, width)), [[0, 0], [0, 0], [0, padded - width], [0, 0]]);
      [keptAbove, keptLeft] = [kept, keptOfRow];
    }
    return [concat([slice(earlier as Tensor4D, [0, unit]), ...drawn], 1), movedDown, ...keptAbove.flat(), ...keptLeft.flat()];
  });
  return slice(picture as Batch, 0, x.shape);
}
