import { add, div, exp, eye, matMul, mul, neg, oneHot, relu, reshape, scalar, sigmoid, softplus, square, sub, sum, tensor1d, tensor2d, transpose, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { permutation } from '../../src/ml/random/philox';
import { conv, conv1x1, convSpec, halves, joined, log2pi, mixChannels } from './layers';
import { pick, type ParameterSpec, type Values, type Workload } from './workload';

const levels = [12, 24].map((channels, level) => ({ channels, steps: [0, 1, 2, 3].map((i) => `${level}${i}`) }));
const hidden = 64;

/** Space to channels, in the order (row, column, channel). */
function squeeze(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const blocks = reshape(x, [batch, height / 2, 2, width / 2, 2, channels]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, height / 2, width / 2, 4 * channels]);
}

function unsqueeze(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const blocks = reshape(x, [batch, height, width, 2, 2, channels / 4]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, 2 * height, 2 * width, channels / 4]);
}

const stepSpec = (name: string, channels: number): Record<string, ParameterSpec> => ({
  [`${name}.logScale`]: { shape: [channels], bound: 0 },
  [`${name}.shift`]: { shape: [channels], bound: 0 },
  [`${name}.lower`]: { shape: [channels, channels], bound: 1 / channels },
  [`${name}.upper`]: { shape: [channels, channels], bound: 1 / channels },
  [`${name}.logDiagonal`]: { shape: [channels], bound: 0 },
  ...convSpec(`${name}a`, [3, 3], channels / 2, hidden),
  ...convSpec(`${name}b`, [1, 1], hidden, hidden),
  [`${name}c.kernel`]: { shape: [3, 3, hidden, channels], bound: 0 },
  [`${name}c.bias`]: { shape: [channels], bound: 0 },
});

function constants(): Values {
  const values: Values = {};
  for (const { channels, steps } of levels) {
    values[`below${channels}`] = tensor2d(Float32Array.from({ length: channels ** 2 }, (_, i) => Number(i % channels < Math.floor(i / channels))), [channels, channels]);
    values[`above${channels}`] = transpose(values[`below${channels}`] as Tensor2D);
    values[`identity${channels}`] = eye(channels);
    for (const [i, name] of steps.entries()) {
      values[`${name}.permutation`] = oneHot(tensor1d(permutation(channels, i, channels), 'int32'), channels, 1, 0, 'float32');
      values[`${name}.sign`] = tensor1d(Float32Array.from({ length: channels }, (_, c) => (c % 2 ? -1 : 1)));
    }
  }
  return values;
}

/** The factors of a step's 1x1 convolution, W = P (L + I) (U + diag(s)) (Kingma and Dhariwal 2018, equation 10). */
function factors(values: Values, name: string, channels: number): { lower: Tensor2D; upper: Tensor2D; diagonal: Tensor1D } {
  return {
    lower: mul<Tensor2D>(pick(values, `${name}.lower`), pick(values, `below${channels}`)),
    upper: mul<Tensor2D>(pick(values, `${name}.upper`), pick(values, `above${channels}`)),
    diagonal: mul<Tensor1D>(pick(values, `${name}.sign`), exp(pick(values, `${name}.logDiagonal`))),
  };
}

function mixing(values: Values, name: string, channels: number): Tensor2D {
  const identity = pick(values, `identity${channels}`);
  const { lower, upper, diagonal } = factors(values, name, channels);
  return matMul(matMul(pick(values, `${name}.permutation`) as Tensor2D, add<Tensor2D>(lower, identity)), add<Tensor2D>(upper, mul(identity, diagonal)));
}

/** (I + N)^-1 of a strictly triangular N, by (I - N)(I + N^2)(I + N^4) …: N^channels is 0. */
function invertUnitTriangular(n: Tensor2D, identity: Tensor): Tensor2D {
  let inverse = sub<Tensor2D>(identity, n);
  let power = n;
  for (let order = 2; order < n.shape[0]; order *= 2) {
    power = matMul(power, power);
    inverse = matMul(inverse, add<Tensor2D>(identity, power));
  }
  return inverse;
}

/** W^-1 = (I + U / s)^-1 diag(1 / s) (L + I)^-1 P^T. */
function unmixing(values: Values, name: string, channels: number): Tensor2D {
  const identity = pick(values, `identity${channels}`);
  const { lower, upper, diagonal } = factors(values, name, channels);
  const column = reshape(diagonal, [channels, 1]);
  const upperInverse = div<Tensor2D>(invertUnitTriangular(div<Tensor2D>(upper, column), identity), diagonal);
  return matMul(matMul(upperInverse, invertUnitTriangular(lower, identity)), pick(values, `${name}.permutation`) as Tensor2D, false, true);
}

/** What the coupling layer computes from the first half: the logit of the scale, plus 2, and the shift. */
function coupling(values: Values, name: string, given: Tensor): [Tensor, Tensor] {
  const [logit, shift] = halves(conv(values, `${name}c`, relu(conv1x1(values, `${name}b`, relu(conv(values, `${name}a`, given))))));
  return [add(logit, 2), shift];
}

/** Two levels of four steps on 32 by 32 colour images, dequantised by uniform noise. */
export const glow = (batch = 16): Workload => ({
  id: 'W6',
  title: 'Glow, two levels',
  batch,
  example: [32, 32, 3],
  data: 'grey',
  parameters: Object.assign({}, ...levels.flatMap(({ channels, steps }) => steps.map((name) => stepSpec(name, channels)))),
  constants,
  noise: { dequantisation: { kind: 'uniform', shape: [batch, 32, 32, 3] } },
  loss(values, grey, { dequantisation }) {
    /** Sums over the batch, and log determinants that are the same for every example. */
    const energies: Tensor[] = [];
    const shared: Tensor[] = [];
    let x = sub(add(grey, mul(dequantisation as Tensor, 1 / 256)), 0.5);
    for (const { channels, steps } of levels) {
      x = squeeze(x);
      const pixels = (x.shape[1] as number) * (x.shape[2] as number);
      for (const name of steps) {
        const logScale = pick(values, `${name}.logScale`);
        x = mixChannels(mul(add(x, pick(values, `${name}.shift`)), exp(logScale)), mixing(values, name, channels));
        shared.push(mul(sum(add(logScale, pick(values, `${name}.logDiagonal`))), pixels));
        const [given, moved] = halves(x);
        const [logit, shift] = coupling(values, name, given);
        energies.push(sum(softplus(neg(logit)))); // -log sigmoid
        x = joined(given, mul(add(moved, shift), sigmoid(logit)));
      }
      if (channels === 12) {
        const [kept, left] = halves(x);
        x = kept;
        energies.push(mul(sum(square(left)), 0.5));
      }
    }
    energies.push(mul(sum(square(x)), 0.5));
    const total = (terms: Tensor[]): Tensor => terms.reduce((sum, term) => add(sum, term));
    return add<Scalar>(sub(div(total(energies), batch), total(shared)), scalar(0.5 * 3072 * log2pi));
  },
  sample: {
    title: '16 images',
    noise: { top: { kind: 'normal', shape: [16, 8, 8, 24] }, left: { kind: 'normal', shape: [16, 16, 16, 6] } },
    given: false,
    run(values, { top, left }) {
      let x = top as Tensor;
      for (const { channels, steps } of levels.toReversed()) {
        if (channels === 12) x = joined(x, left as Tensor);
        for (const name of steps.toReversed()) {
          const [given, moved] = halves(x);
          const [logit, shift] = coupling(values, name, given);
          x = mixChannels(joined(given, sub(div(moved, sigmoid(logit)), shift)), unmixing(values, name, channels));
          x = sub(mul(x, exp(neg(pick(values, `${name}.logScale`)))), pick(values, `${name}.shift`));
        }
        x = unsqueeze(x);
      }
      return add(x, 0.5);
    },
  },
});
