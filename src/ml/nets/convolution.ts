import { add, conv2d, conv2dTranspose, mul, relu, sub, tanh, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { parameter, type Activation, type Construction } from './dense';

export type PictureLayer = (x: Tensor4D) => Tensor4D;

/** Where a transposed convolution has to end: its picture's height and width. */
export interface PictureSize {
  height: number;
  width: number;
}

export interface ConvolutionOptions {
  inputs: number;
  outputs: number;
  /** Of the square kernel. */
  size: number;
  /** Zero padding keeps the picture's size at stride 1; at stride s it is divided by s and rounded up. */
  stride?: number;
  activation?: Activation;
  /** The kernel's first values: `uniform` as in `dense`, with the fan-in and fan-out of the sums; `zero` makes the layer's output zero. */
  start?: 'uniform' | 'zero';
}

const activate = (x: Tensor4D, activation: Activation): Tensor4D => (activation === 'none' ? x : { relu, tanh }[activation](x));

/** `[height, width, ...]` of a kernel, of the variance that keeps that of the signal: He et al. 2015 before a ReLU, else Glorot and Bengio 2010. */
function kernelOf(construction: Construction, name: string, shape: number[], fanIn: number, fanOut: number, { activation, start = 'uniform' }: ConvolutionOptions) {
  const limit = Math.sqrt(6 / (activation === 'relu' ? fanIn : fanIn + fanOut));
  return parameter(construction, `${name}/kernel`, () => (start === 'zero' ? zeros(shape) : mul(sub(mul(construction.noise.uniform(shape, name), 2), 1), limit)));
}

/** `[batch, height, width, inputs]` to `[batch, height / stride, width / stride, outputs]`; variables `name/kernel` `[size, size, inputs, outputs]`, `name/bias` unless it has none. */
export function convolution(construction: Construction, name: string, options: ConvolutionOptions & { bias?: false }): PictureLayer {
  const { inputs, outputs, size, stride = 1, activation = 'none' } = options;
  const kernel = kernelOf(construction, name, [size, size, inputs, outputs], size * size * inputs, size * size * outputs, options);
  const bias = options.bias === false ? null : parameter(construction, `${name}/bias`, () => zeros([outputs]));
  return (x) => {
    const sums = conv2d(x, kernel as Tensor4D, stride, 'same');
    return activate(bias ? add(sums, bias) : sums, activation);
  };
}

/**
 * The transposed convolution, which undoes the change of size of a convolution with the same kernel size and stride: to pictures of the size `to`,
 * of which `[batch, to.height / stride, to.width / stride, inputs]`, rounded up, come in. Variables `name/kernel` `[size, size, outputs, inputs]`, `name/bias`.
 */
export function transposedConvolution(construction: Construction, name: string, to: PictureSize, options: ConvolutionOptions): PictureLayer {
  const { inputs, outputs, size, stride = 1, activation = 'none' } = options;
  const reached = size ** 2 / stride ** 2;
  const kernel = kernelOf(construction, name, [size, size, outputs, inputs], reached * inputs, reached * outputs, options);
  const bias = parameter(construction, `${name}/bias`, () => zeros([outputs]));
  return (x) => activate(add<Tensor4D>(conv2dTranspose(x, kernel as Tensor4D, [x.shape[0], to.height, to.width, outputs], stride, 'same'), bias), activation);
}

/**
 * x + f(x), f two 3 x 3 convolutions each after the activation (He et al. 2016, "Identity mappings in deep residual networks"), the last one zero at
 * the start, so that the block begins as the identity. Variables under `name/first`, `name/second`.
 */
export function residualBlock(construction: Construction, name: string, channels: number, activation: Activation): PictureLayer {
  const first = convolution(construction, `${name}/first`, { inputs: channels, outputs: channels, size: 3, activation });
  const second = convolution(construction, `${name}/second`, { inputs: channels, outputs: channels, size: 3, start: 'zero' });
  return (x) => add(x, second(first(activate(x, activation))));
}
