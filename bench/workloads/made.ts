import { add, div, matMul, mul, relu, sum, tensor2d, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropy, denseSpec } from './layers';
import { pick, type Workload } from './workload';

const pixels = 784;
const hidden = 1000;
/** Hidden units have the degrees 1 to 783 in turn. */
const degree = (unit: number): number => (unit % (pixels - 1)) + 1;

const mask = (rows: number, columns: number, open: (row: number, column: number) => boolean) =>
  tensor2d(Float32Array.from({ length: rows * columns }, (_, i) => Number(open(Math.floor(i / columns), i % columns))), [rows, columns]);

/** Germain et al. 2015, equations 8 and 9; inputs and outputs have the degrees 1 to 784. */
export const made = (batch = 128): Workload => ({
  id: 'W4',
  title: 'MADE',
  batch,
  example: [pixels],
  data: 'binary',
  parameters: { ...denseSpec('hidden', pixels, hidden), ...denseSpec('logits', hidden, pixels) },
  constants: () => ({
    hiddenMask: mask(pixels, hidden, (input, unit) => degree(unit) >= input + 1),
    logitsMask: mask(hidden, pixels, (unit, output) => output + 1 > degree(unit)),
  }),
  noise: {},
  loss(values, x) {
    const masked = (name: string, input: Tensor2D) =>
      add<Tensor2D>(matMul(input, mul<Tensor2D>(pick(values, `${name}.kernel`), pick(values, `${name}Mask`))), pick(values, `${name}.bias`));
    return div<Scalar>(sum(crossEntropy(masked('logits', relu(masked('hidden', x as Tensor2D))), x)), batch);
  },
});
