import { add, conv2d, div, mul, pad, relu, sigmoid, slice, sum, tanh, type Scalar, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { conv1x1, convSpec, crossEntropy, halves } from './layers';
import { pick, type Values, type Workload } from './workload';

const blocks = [0, 1, 2, 3, 4, 5];
const features = 32;

/**
 * A convolution that sees the rows above a pixel (`vertical`), or the pixels to the left in its row, and its own row or pixel from the second
 * block on. The kernel is the full one with its unseen half masked; cropping computes the same and less.
 */
function causal(values: Values, name: string, x: Tensor, vertical: boolean, seesItself: boolean): Tensor {
  const full = pick(values, `${name}.kernel`);
  const [rows, columns, inputs, outputs] = full.shape as [number, number, number, number];
  const reach = Math.floor(columns / 2);
  const seen = reach + Number(seesItself);
  const kernel = slice(full, [0, 0, 0, 0], vertical ? [seen, columns, inputs, outputs] : [rows, seen, inputs, outputs]) as Tensor4D;
  // Without itself the last row or column is never looked at: it is left off and one more put in front.
  const [batch, height, width] = x.shape as [number, number, number];
  const looked = seesItself ? x : slice(x, [0, 0, 0, 0], vertical ? [batch, height - 1, width, inputs] : [batch, height, width - 1, inputs]);
  const around: [number, number][] = vertical ? [[0, 0], [reach, 0], [reach, reach], [0, 0]] : [[0, 0], [0, 0], [reach, 0], [0, 0]];
  return add(conv2d(pad(looked, around) as Tensor4D, kernel, 1, 'valid'), pick(values, `${name}.bias`));
}

const gate = (x: Tensor): Tensor => {
  const [u, v] = halves(x);
  return mul(tanh(u), sigmoid(v));
};

/** Logits of the pixels, each from those before it. */
export function pixelLogits(values: Values, x: Tensor): Tensor {
  let vertical = x;
  let horizontal = x;
  for (const i of blocks) {
    const rowsAbove = causal(values, `vertical${i}`, vertical, true, i > 0);
    const both = add(causal(values, `horizontal${i}`, horizontal, false, i > 0), conv1x1(values, `down${i}`, rowsAbove));
    const out = conv1x1(values, `out${i}`, gate(both));
    vertical = gate(rowsAbove);
    horizontal = i > 0 ? add(horizontal, out) : out;
  }
  return conv1x1(values, 'logits', relu(conv1x1(values, 'last', relu(horizontal))));
}

/** Van den Oord et al. 2016 (Conditional image generation with PixelCNN decoders), figure 2: six gated blocks without conditioning. */
export const gatedPixelCnn = (batch = 16): Workload => ({
  id: 'W7',
  title: 'gated PixelCNN',
  batch,
  example: [28, 28, 1],
  data: 'binary',
  parameters: Object.assign(
    {},
    ...blocks.map((i) => ({
      ...convSpec(`vertical${i}`, i > 0 ? [3, 3] : [7, 7], i > 0 ? features : 1, 2 * features),
      ...convSpec(`horizontal${i}`, i > 0 ? [1, 3] : [1, 7], i > 0 ? features : 1, 2 * features),
      ...convSpec(`down${i}`, [1, 1], 2 * features, 2 * features),
      ...convSpec(`out${i}`, [1, 1], features, features),
    })),
    convSpec('last', [1, 1], features, 2 * features),
    convSpec('logits', [1, 1], 2 * features, 1),
  ),
  constants: () => ({}),
  noise: {},
  loss: (values, x) => div<Scalar>(sum(crossEntropy(pixelLogits(values, x), x)), batch),
});
