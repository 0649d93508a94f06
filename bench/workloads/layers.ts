import { add, concat, conv2d, conv2dTranspose, exp, matMul, mul, relu, reshape, scalar, softplus, split, square, sub, sum, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import { pick, type ParameterSpec, type Values } from './workload';

export const log2pi = Math.log(2 * Math.PI);

// --- what parameters a layer has: kernel and bias start uniform in ±1/sqrt(fan-in) -----------------------------------

type Specs = Record<string, ParameterSpec>;

const layer = (name: string, kernel: number[], outputs: number, fanIn: number): Specs => ({
  [`${name}.kernel`]: { shape: kernel, bound: 1 / Math.sqrt(fanIn) },
  [`${name}.bias`]: { shape: [outputs], bound: 1 / Math.sqrt(fanIn) },
});

export const denseSpec = (name: string, inputs: number, outputs: number): Specs => layer(name, [inputs, outputs], outputs, inputs);

export const convSpec = (name: string, [height, width]: [number, number], inputs: number, outputs: number): Specs => layer(name, [height, width, inputs, outputs], outputs, height * width * inputs);

/** Kernel 4 by 4, stride 2: each output pixel sees 4 of the kernel's 16 places. */
export const transposedSpec = (name: string, inputs: number, outputs: number): Specs => layer(name, [4, 4, outputs, inputs], outputs, 4 * inputs);

/** Two 3 by 3 convolutions. */
export const residualSpec = (name: string, channels: number): Specs => ({ ...convSpec(`${name}a`, [3, 3], channels, channels), ...convSpec(`${name}b`, [3, 3], channels, channels) });

// --- what a layer computes ---------------------------------------------------------------------------------------------

const withBias = (x: Tensor, values: Values, name: string): Tensor => add(x, pick(values, `${name}.bias`));

/** `[rows, inputs]` to `[rows, outputs]`. */
export const dense = (values: Values, name: string, x: Tensor): Tensor => withBias(matMul(x as Tensor2D, pick(values, `${name}.kernel`) as Tensor2D), values, name);

/** Dense layers one after another, a ReLU after each but the last. */
export const mlp = (values: Values, names: string[], x: Tensor): Tensor => names.reduce((h, name, i) => (i === names.length - 1 ? dense(values, name, h) : relu(dense(values, name, h))), x);

/** `[batch, height, width, channels]`, padded so that stride 1 keeps the size and stride 2 halves it. */
export const conv = (values: Values, name: string, x: Tensor, stride = 1): Tensor => withBias(conv2d(x as Tensor4D, pick(values, `${name}.kernel`) as Tensor4D, stride, 'same'), values, name);

/** A convolution by a 1 by 1 kernel is a product of matrices, pixels by channels. */
export const conv1x1 = (values: Values, name: string, x: Tensor): Tensor => {
  const kernel = pick(values, `${name}.kernel`);
  return withBias(mixChannels(x, reshape(kernel, kernel.shape.slice(2) as [number, number])), values, name);
};

export const mixChannels = (x: Tensor, matrix: Tensor2D): Tensor => reshape(matMul(reshape(x, [-1, matrix.shape[0]]) as Tensor2D, matrix), [...x.shape.slice(0, -1), matrix.shape[1]]);

/** Transposed convolution 4 by 4, stride 2: doubles height and width. */
export const upsample = (values: Values, name: string, x: Tensor): Tensor => {
  const kernel = pick(values, `${name}.kernel`) as Tensor4D;
  const [batch, height, width] = x.shape as [number, number, number];
  return withBias(conv2dTranspose(x as Tensor4D, kernel, [batch, 2 * height, 2 * width, kernel.shape[2]], 2, 'same'), values, name);
};

/** x + conv(ReLU(conv(ReLU(x)))). */
export const residual = (values: Values, name: string, x: Tensor): Tensor => add(x, conv(values, `${name}b`, relu(conv(values, `${name}a`, relu(x)))));

export const halves = (x: Tensor): [Tensor, Tensor] => split(x, 2, -1) as [Tensor, Tensor];
export const joined = (...parts: Tensor[]): Tensor => concat(parts, -1);

// --- likelihoods -------------------------------------------------------------------------------------------------------

/** mean + exp(logVariance / 2) noise. */
export const reparameterise = (mean: Tensor, logVariance: Tensor, noise: Tensor): Tensor => add(mean, mul(exp(mul(logVariance, 0.5)), noise));

/** KL(N(mean, exp(logVariance)) || N(0, 1)), summed over everything. */
export const klToStandard = (mean: Tensor, logVariance: Tensor): Tensor => mul(sum(sub(sub(add(exp(logVariance), square(mean)), scalar(1)), logVariance)), 0.5);

/** -log p(x | logits) of independent coins, elementwise. */
export const crossEntropy = (logits: Tensor, x: Tensor): Tensor => sub(softplus(logits), mul(x, logits));
