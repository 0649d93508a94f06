import { abs, add, conv2d, div, elu, greaterEqual, log, matMul, max, maximum, minimum, mul, neg, ones, outerProduct, reshape, reverse, sub, sum, tensor, where, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { sumEvent } from '../distributions/gaussian';
import { parameter, type Construction } from '../nets/dense';
import { loop } from '../sampling/loop';
import { chain, volumeKept, type Bijector } from './bijector';

export interface MaskedInvertibleOptions {
  /** Hidden channels of each channel. */
  filters: number;
  /** Of the inverse. */
  iterations: number;
}

export interface MaskedInvertible extends Bijector {
  /** Also the largest |f(x) - y| of any value that is left after the last iteration. */
  inverse(y: Tensor): { x: Tensor; logDet: Tensor1D; residual: Scalar };
}

/** Below 1, so that Newton's steps along a slope that changes do not overshoot for ever. */
const damping = 0.8;

/**
 * The masked invertible layer of MintNet on pictures `[batch, height, width, channels]` (Song, Meng and Ermon 2019, section 3.1): f(x) = t x + W3 elu(W2 elu(W1 x)) with masked
 * convolutions, by which a value depends on those before it in raster order, channels last, and on itself. The weights W2 between units of one value take the signs of
 * W1 and W3 there, so that the Jacobian, which is triangular, has the positive diagonal |t| + |w3| elu' |w2| elu' |w1|, and its log-determinant is exact. The kernels are 3 x 3, or
 * 1 x 1 of a single pixel.
 *
 * The inverse iterates x + a (y - f(x)) / diag f'(x) from x = y, a fixed number of times (their section 3.3).
 */
export function maskedInvertible(construction: Construction, name: string, [height, width, channels]: readonly [number, number, number], { filters, iterations }: MaskedInvertibleOptions): MaskedInvertible {
  const side = height * width === 1 ? 1 : 3;
  const hidden = channels * filters;
  const first = convolution('first', channels, hidden);
  const second = convolution('second', hidden, hidden);
  const third = convolution('third', hidden, channels, 0.1);
  const ownScale = parameter(construction, `${name}/own-scale`, () => ones([height, width, channels]));

  function convolution(part: string, inputs: number, outputs: number, scale = 1) {
    const limit = scale * Math.sqrt(12 / (side * side * (inputs + outputs))); // About half of the weights are masked.
    const kernel = parameter(construction, `${name}/${part}/kernel`, () => mul(sub(mul(construction.noise.uniform([side, side, inputs, outputs], `${name}/${part}`), 2), 1), limit));
    const bias = parameter(construction, `${name}/${part}/bias`, () => zeros([outputs]));
    return { kernel: kernel as Tensor as Tensor4D, bias, masks: () => masks(side, inputs, outputs, channels) };
  }

  /** The weights between units of one value, `[inputs, outputs]`: those of the kernels' middle. */
  const own = ({ kernel, masks }: typeof first): Tensor2D => sum<Tensor2D>(mul(kernel, masks().own), [0, 1]);
  const masked = ({ kernel, masks }: typeof first): Tensor4D => {
    const { before, own } = masks();
    return mul(kernel, add(before, own));
  };

  /** f and the diagonal of its Jacobian, with all that does not depend on x computed. */
  const layer = () => {
    const [w1, w2, w3] = [sum<Tensor1D>(own(first), 0), abs(own(second)), own(third)];
    const { before, own: ownMask } = second.masks();
    const signs = outerProduct(sign(w1), sign(sum<Tensor1D>(w3, 1)));
    const kernels = [masked(first), add<Tensor4D>(mul(second.kernel, before), mul(abs(second.kernel), mul(ownMask, signs))), masked(third)] as const;
    const [inputSlope, outputSlope] = [abs(w1), abs(w3)];
    const scale = maximum(abs(ownScale), 1e-12);
    return (x: Tensor4D): { y: Tensor4D; diagonal: Tensor4D } => {
      const h1 = elu(add<Tensor4D>(conv2d(x, kernels[0], 1, 'same'), first.bias));
      const h2 = elu(add<Tensor4D>(conv2d(h1, kernels[1], 1, 'same'), second.bias));
      const y = add<Tensor4D>(mul(x, scale), add(conv2d(h2, kernels[2], 1, 'same'), third.bias));
      const rows = (h: Tensor4D): Tensor2D => reshape(eluSlope(h), [-1, hidden]);
      const net = matMul(mul<Tensor2D>(rows(h2), matMul(mul<Tensor2D>(rows(h1), inputSlope), w2)), outputSlope);
      return { y, diagonal: add<Tensor4D>(reshape(net, x.shape), scale) };
    };
  };
  const logDetOf = (diagonal: Tensor4D): Tensor1D => sumEvent(log(diagonal)) as Tensor1D;

  return {
    forward(x) {
      const { y, diagonal } = layer()(x as Tensor4D);
      return { y, logDet: logDetOf(diagonal) };
    },
    inverse(y) {
      const f = layer();
      const [x] = loop(iterations, [y], (_, [x = y]) => {
        const { y: reached, diagonal } = f(x as Tensor4D);
        return [add(x, mul(div(sub(y, reached), diagonal), damping))];
      });
      const { y: reached, diagonal } = f(x as Tensor4D);
      return { x: x as Tensor4D, logDet: neg(logDetOf(diagonal)), residual: max<Scalar>(abs(sub(reached, y))) };
    },
  };
}

/** The layer with the order of values reversed. */
export const reversedOrder = (bijector: Bijector): Bijector => chain([backwards, bijector, backwards]);

const backwards = volumeKept((x) => reverse(x, [1, 2, 3]), (y) => reverse(y, [1, 2, 3]));

/** 1 or -1: of zero 1, so that no sign is lost. */
const sign = (w: Tensor1D): Tensor1D => where(greaterEqual(w, 0), 1, -1) as Tensor1D;

/** elu' at the value that elu has there. */
const eluSlope = (value: Tensor4D): Tensor4D => add(minimum(value, 0), 1);

/**
 * Of a kernel `[side, side, inputs, outputs]`, whose inputs and outputs belong to the channels in equal parts: 1 where an output sees an earlier pixel, or an earlier
 * channel of its own pixel (`before`), and 1 where it sees its own value (`own`).
 */
function masks(side: number, inputs: number, outputs: number, channels: number): { before: Tensor4D; own: Tensor4D } {
  const middle = (side * side - 1) / 2;
  const of = (test: (place: number, from: number, to: number) => boolean): Tensor4D =>
    tensor(
      Array.from({ length: side * side * inputs * outputs }, (_, i) => {
        const [place, from, to] = [Math.floor(i / (inputs * outputs)), Math.floor(i / outputs) % inputs, i % outputs];
        return test(place, Math.floor((from * channels) / inputs), Math.floor((to * channels) / outputs)) ? 1 : 0;
      }),
      [side, side, inputs, outputs],
    );
  return { before: of((place, from, to) => place < middle || (place === middle && from < to)), own: of((place, from, to) => place === middle && from === to) };
}
