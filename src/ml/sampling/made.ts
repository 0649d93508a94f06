import { add, cast, concat, gather, matMul, mul, neg, range, reshape, scalar, slice, tensor2d, tile, topk, transpose, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { activate, hiddenDegrees, type MadeLayers, type Masks } from '../nets/made';
import { at } from './at';
import { loop } from './loop';

/**
 * Values `[batch, size]` one after another in their order, each from its outputs `[batch, outputsPerValue]` by `draw`, which is given its place in
 * the order (from 0). The sums that go into every unit are kept, and only what the new value adds to them is computed: all values together cost
 * about as much as one pass of the net. Nothing is masked: a unit is read once, when it has seen all it may, and what comes to its sum later is not.
 * @param masks those of each example, `[batch, ...]`: every example may have an order of its own
 */
export function drawInOrder(net: MadeLayers, { places, ranks }: Masks<Tensor2D>, draw: (i: Scalar, outputs: Tensor2D) => Tensor2D): Tensor2D {
  const { size, widths, activation, outputsPerValue } = net.shape;
  const batch = places.shape[0];
  const finished = widths.map((width) => finishedWith(width, size));
  const order = transpose(sorted(places));
  const units = ranks?.map(sorted);
  const kernels = net.layers.map(({ kernel }) => kernel as unknown as Tensor2D);
  const direct = net.direct as Tensor2D | undefined;
  const biases = net.layers.map(({ bias }) => tile(reshape(bias, [1, -1]), [batch, 1]));
  const [inOrder] = loop(size, [zeros([batch, size]), ...biases], (i, [earlier, ...sums]) => {
    const value = cast(reshape(at(order, i), [batch]), 'int32') as Tensor1D;
    const drawn = draw(i, ofEach(reshape(sums.at(-1) as Tensor2D, [batch, size, outputsPerValue]), reshape(value, [batch, 1])));
    // The value's row of the first kernel; then of each next one the rows of the units that have now seen all they will.
    const added = (kernel: Tensor2D): Tensor2D => mul<Tensor2D>(drawn, gather(kernel, value));
    let change = added(kernels[0] as Tensor2D);
    const next = sums.map((sum, l) => {
      const total = add<Tensor2D>(sum, change);
      const [ready, kernel] = [finished[l], kernels[l + 1]];
      if (ready && kernel) {
        const standing = cast(reshape(at(ready.rows, i), [-1]), 'int32') as Tensor1D;
        const present = at(ready.present, i);
        const own = units?.[l];
        if (own) {
          const rows = cast(gather(own, standing, 1), 'int32') as Tensor2D;
          const values = mul<Tensor2D>(activate[activation](ofEach(reshape(total, [batch, -1, 1]), rows)), present);
          const taken = reshape(gather(kernel, reshape(rows, [-1]) as Tensor1D), [batch, rows.shape[1], -1]);
          change = reshape(matMul(reshape(values, [batch, 1, -1]), taken), [batch, -1]);
        } else change = matMul(mul(activate[activation](gather(total, standing, 1)), present), gather(kernel, standing));
      }
      return direct && l === sums.length - 1 ? add<Tensor2D>(total, added(direct)) : total;
    });
    return [concat([slice(earlier as Tensor2D, [0, 1]), drawn], 1), ...next];
  });
  return ofEach(reshape(inOrder as Tensor2D, [batch, size, 1]), cast(add(places, -1), 'int32') as Tensor2D);
}

/** Columns by rising entry of each row; float32, of which alone `gather` takes parts on the device. */
const sorted = (x: Tensor2D): Tensor2D => cast(topk(neg(x), x.shape[1]).indices, 'float32') as Tensor2D;

/** The entries `of` `[batch, k]` of each example's own `x` `[batch, n, m]`, side by side: `[batch, k m]`. */
function ofEach(x: Tensor3D, of: Tensor2D): Tensor2D {
  const [batch, n, m] = x.shape;
  const starts = reshape(mul(range(0, batch, 1, 'int32'), scalar(n, 'int32')), [batch, 1]);
  return reshape(gather(reshape(x, [batch * n, m]), reshape(add<Tensor>(of, starts), [-1]) as Tensor1D), [batch, -1]);
}

/** For each value the hidden units, by rising degree, whose inputs are complete with it, `[size, most]`; `present` is 0 where there are fewer, else 1. */
function finishedWith(width: number, size: number): { rows: Tensor2D; present: Tensor2D } {
  const units = Array.from({ length: size }, (): number[] => []);
  hiddenDegrees(width, size).forEach((degree, unit) => units[degree - 1]?.push(unit));
  const most = Math.max(...units.map((row) => row.length));
  const padded = (row: number[]): number[] => Array.from({ length: most }, (_, k) => row[k] ?? 0);
  return { rows: tensor2d(units.map(padded)), present: tensor2d(units.map((row) => padded(row.map(() => 1)))) };
}
