import { add, cast, concat, conv2d, div, less, mul, pad, relu, reshape, scalar, sigmoid, slice, sum, tanh, zeros, type Scalar, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { drawRaster, type RasterNet, type Rows } from '../../src/ml/sampling/raster';
import { conv1x1, convSpec, crossEntropy, halves, joined, mixChannels } from './layers';
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

/** The same net a row and a pixel at a time, keeping what they take from those before: what {@link drawRaster} draws from. */
function rasterNet(values: Values): RasterNet {
  const size = 28;
  const bias = (name: string): Tensor => pick(values, `${name}.bias`);
  /** Rows of the vertical stack that a block looks at: three of pixels, or one of features and its own. */
  const vertical = (i: number, rows: Tensor4D): Tensor4D => {
    const [seen, reach] = i > 0 ? [2, 1] : [3, 3];
    const full = pick(values, `vertical${i}.kernel`);
    const kernel = slice(full, [0, 0, 0, 0], [seen, ...full.shape.slice(1)]) as Tensor4D;
    return add<Tensor4D>(conv2d(pad(rows, [[0, 0], [0, 0], [reach, reach], [0, 0]]), kernel, 1, 'valid'), bias(`vertical${i}`));
  };
  /** `[batch, 1, 1, seen * inputs]`: what lies to the left, and from the second block on the pixel's own place. */
  const horizontal = (i: number, seen: Tensor): Tensor => {
    const full = pick(values, `horizontal${i}.kernel`);
    const [, , inputs, outputs] = full.shape as [number, number, number, number];
    const kernel = reshape(slice(full, [0, 0, 0, 0], [1, i > 0 ? 2 : 3, inputs, outputs]), [-1, outputs]) as Tensor2D;
    return add(mixChannels(seen, kernel), bias(`horizontal${i}`));
  };
  const rowsBelow = (pixels: Tensor4D, features: readonly Tensor4D[]): Rows => {
    const above: Tensor4D[] = [];
    const kept: Tensor4D[] = [];
    let rows = pixels;
    for (const i of blocks) {
      const out = vertical(i, rows);
      above.push(conv1x1(values, `down${i}`, out) as Tensor4D);
      const gated = gate(out) as Tensor4D;
      if (i < blocks.length - 1) {
        rows = concat([features[i] as Tensor4D, gated], 1);
        kept.push(gated);
      }
    }
    return { above, kept: [pixels, ...kept] };
  };
  return {
    outputs: (x) => pixelLogits(values, x) as Tensor4D,
    firstRow: (batch) => rowsBelow(zeros([batch, 3, size, 1]), blocks.slice(1).map(() => zeros([batch, 1, size, features]))),
    nextRow: (row, _, [pixels, ...kept]) => rowsBelow(concat([slice(pixels as Tensor4D, [0, 1, 0, 0], [-1, 2, -1, -1]), row], 1), kept),
    featureSizes: [],
    firstPixel: (batch) => [zeros([batch, 1, 1, 2]), ...blocks.slice(1).map((): Tensor4D => zeros([batch, 1, 1, features]))],
    pixel(_, previous, above, [before, ...kept]) {
      const pixels = joined(before as Tensor4D, previous);
      const next: Tensor[] = [slice(pixels, [0, 0, 0, 1])];
      let h: Tensor | undefined;
      for (const i of blocks) {
        const seen = h ? joined(kept[i - 1] as Tensor4D, h) : pixels;
        if (h) next.push(h);
        const out = conv1x1(values, `out${i}`, gate(add(horizontal(i, seen), above[i] as Tensor4D)));
        h = h ? add(h, out) : out;
      }
      return { outputs: conv1x1(values, 'logits', relu(conv1x1(values, 'last', relu(h as Tensor)))) as Tensor4D, features: [], kept: next as Tensor4D[] };
    },
  };
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
  sample: {
    title: '16 images',
    noise: { pixels: { kind: 'uniform', shape: [784, 16, 1] } },
    given: false,
    run: (values, { pixels }) =>
      drawRaster({
        net: rasterNet(values),
        x: zeros([16, 28, 28, 1]),
        known: scalar(0, 'int32'),
        noise: pixels as Tensor,
        draw: (logits, _channel, _pixel, uniform) => cast(less(uniform, sigmoid(logits)), 'float32'),
      }),
  },
});
