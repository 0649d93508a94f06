import { add, cast, concat, gather, matMul, mul, range, reshape, scalar, slice, tensor2d, tile, zeros, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { activate, hiddenDegrees, masked, type MadeLayers } from '../nets/made';
import { at } from './at';
import { loop } from './loop';

/**
 * Values `[batch, size]` one after another in their natural order, each from its outputs `[batch, outputsPerValue]` by `draw`. The sums that go into
 * every unit are kept, and only what the new value adds to them is computed: all values together cost about as much as one pass of the net.
 */
export function drawInOrder(net: MadeLayers, batch: number, draw: (i: Scalar, outputs: Tensor2D) => Tensor2D): Tensor2D {
  const { size, widths, activation, outputsPerValue } = net.shape;
  const { kernels } = masked(net, cast(range(1, size + 1), 'float32'));
  const finished = widths.map((width) => finishedWith(width, size));
  const outputsOfOne = range(0, outputsPerValue, 1, 'int32');
  const biases = net.layers.map(({ bias }) => tile(reshape(bias, [1, -1]), [batch, 1]));
  const [values] = loop(size, [zeros([batch, size]), ...biases], (i, [earlier, ...sums]) => {
    const outputs = gather(sums.at(-1) as Tensor2D, add<Tensor1D>(mul(i, scalar(outputsPerValue, 'int32')), outputsOfOne), 1);
    const value = draw(i, outputs);
    // The value's row of the first kernel; then of each next one the rows of the units that have now seen all they will.
    let change: Tensor2D = matMul(value, at(kernels[0] as Tensor2D, i));
    const next = sums.map((sum, layer) => {
      const total = add<Tensor2D>(sum, change);
      const units = finished[layer];
      if (units) {
        const rows = cast(reshape(at(units.rows, i), [-1]), 'int32');
        change = matMul(mul(activate[activation](gather(total, rows, 1)), at(units.present, i)), gather(kernels[layer + 1] as Tensor2D, rows));
      }
      return total;
    });
    return [concat([slice(earlier as Tensor2D, [0, 1]), value], 1), ...next];
  });
  return values as Tensor2D;
}

/** For each value the hidden units whose inputs are complete with it, `[size, most]`; `present` is 0 where there are fewer, else 1. */
function finishedWith(width: number, size: number): { rows: Tensor2D; present: Tensor2D } {
  const units = Array.from({ length: size }, (): number[] => []);
  hiddenDegrees(width, size).forEach((degree, unit) => units[degree - 1]?.push(unit));
  const most = Math.max(...units.map((row) => row.length));
  const padded = (row: number[]): number[] => Array.from({ length: most }, (_, k) => row[k] ?? 0);
  return { rows: tensor2d(units.map(padded)), present: tensor2d(units.map((row) => padded(row.map(() => 1)))) };
}
