import { add, argMax, concat, div, exp, expandDims, fill, logSoftmax, mul, oneHot, reshape, slice, softmax, stack, sub, sum, tensor, tile, zerosLike, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { straightThrough } from '../gradients';
import type { Noise } from '../random/noise';
import { drawOneHot, gumbel } from './gumbel';
import { total, type Draws, type Posterior } from './posterior';

/** How the gradient of an expectation over discrete codes is had. */
export const codeGradients = ['enumeration', 'gumbel', 'reinforce'] as const;
export type CodeGradient = (typeof codeGradients)[number];

export interface DiscreteCodes {
  /** Variables in a code. */
  size: number;
  /** Values of each, one-hot in the code; 1 for variables of 0 and 1 in one number each. */
  classes: number;
  gradient: CodeGradient;
  /** Of the relaxation, for `gumbel`: small is close to the discrete draw and of large variance. */
  temperature: Scalar;
}

/** How many codes there are. */
export const codeCount = ({ size, classes }: Pick<DiscreteCodes, 'size' | 'classes'>): number => Math.max(classes, 2) ** size;

/**
 * Independent discrete variables, from logits `[batch, size * classes]`. `enumeration` sums over all codes; `gumbel` draws a code and takes the gradient of its
 * relaxation softmax((log q + Gumbel noise) / temperature) (Jang, Gu and Poole 2017, straight through: biased); `reinforce` takes that of log q, from two draws, each the
 * baseline of the other (Kool, van Hoof and Welling 2019: unbiased).
 */
export function discreteCodes(logits: Tensor2D, { size, classes, gradient, temperature }: DiscreteCodes): Posterior {
  const [batch] = logits.shape;
  const values = Math.max(classes, 2);
  const each = reshape(logits, [batch, size, classes]);
  /** `[batch, size, values]`. */
  const logProbabilities = logSoftmax(classes === 1 ? concat([zerosLike(each), each], 2) : each) as Tensor3D;
  const toCode = (chosen: Tensor): Tensor2D => reshape(classes === 1 ? slice(chosen, [0, 0, 1]) : chosen, [chosen.shape[0] ?? 0, size * classes]);
  const fromCode = (z: Tensor): Tensor => (classes === 1 ? stack([sub(1, z), z], 2) : reshape(z, [-1, size, values]));
  const logMass = (chosen: Tensor): Tensor2D => sum(mul(chosen, logProbabilities), 2);
  const drawn = (noise: Noise, purpose: string): Tensor => {
    if (gradient !== 'gumbel') return drawOneHot(logProbabilities, noise, purpose);
    const perturbed = add(logProbabilities, gumbel(noise, logProbabilities.shape, purpose));
    return straightThrough(softmax(div(perturbed, temperature)), () => oneHot(argMax(perturbed, -1) as Tensor1D, values, 1, 0, 'float32'));
  };
  const draw = (noise: Noise, purpose: string): Draws => {
    const chosen = drawn(noise, purpose);
    return { count: 1, z: toCode(chosen), logQ: logMass(chosen) };
  };
  const all = (): Draws => {
    const codes = allCodes(size, values);
    const count = codes.shape[0] ?? 0;
    const logQ = sum(mul(expandDims(codes, 1), logProbabilities), 3);
    const z = tile(expandDims(toCode(codes), 1), [1, batch, 1]);
    return { count, z: reshape(z, [count * batch, size * classes]), logQ: reshape(logQ, [count * batch, size]), weights: exp(sum<Tensor2D>(logQ, 2)) };
  };
  const two = (noise: Noise, purpose: string): Draws => {
    const draws = [draw(noise, `${purpose}/0`), draw(noise, `${purpose}/1`)];
    return { count: 2, z: concat(draws.map(({ z }) => z), 0), logQ: concat(draws.map(({ logQ }) => logQ), 0), weights: fill([2, batch], 0.5), score: true };
  };
  return {
    mean: () => toCode(exp(logProbabilities)),
    sample: (noise, purpose) => draw(noise, purpose).z,
    logProb: (z) => total(logMass(fromCode(z))),
    parts: () => ({ logProbabilities }),
    draw,
    ...(gradient !== 'gumbel' && { spread: gradient === 'enumeration' ? all : two }),
    klToBase: () => sum(mul(exp(logProbabilities), add(logProbabilities, Math.log(values))), 2),
  };
}

/** Every code as the decoder sees it, `[codes, size * classes]`, the last variable changing fastest. */
export function everyCode({ size, classes }: Pick<DiscreteCodes, 'size' | 'classes'>): Tensor2D {
  const chosen = allCodes(size, Math.max(classes, 2));
  return reshape(classes === 1 ? slice(chosen, [0, 0, 1]) : chosen, [-1, size * classes]);
}

/** Every code, one-hot: `[values^size, size, values]`, the last variable changing fastest. */
function allCodes(size: number, values: number): Tensor3D {
  const rows = Array.from({ length: values ** size }, (_, code) =>
    Array.from({ length: size }, (_, j) => {
      const digit = Math.floor(code / values ** (size - 1 - j)) % values;
      return Array.from({ length: values }, (_, value) => (value === digit ? 1 : 0));
    }),
  );
  return tensor(rows) as Tensor3D;
}
