import { abs, add, argMax, cast, concat, customGrad, div, exp, expandDims, eye, log, matMul, mul, neg, oneHot, reshape, slice, sub, sum, tensor, tidy, transpose, variable, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { triangle, unitTriangularInverse } from '../inverse';
import { parameter, type Construction } from '../nets/dense';
import { sameLogDet, type Bijector } from './bijector';

/** A construction that also files what is no parameter, but has to be in a checkpoint. */
export interface StatefulConstruction extends Construction {
  state: Record<string, Variable>;
}

/** `x` `[batch, ..., channels]` times a matrix on the right. */
const times = (x: Tensor, matrix: Tensor2D): Tensor => reshape(matMul(reshape(x, [-1, matrix.shape[0]]) as Tensor2D, matrix), x.shape);

const pixels = (x: Tensor, channels: number): number => x.size / (x.shape[0] ?? 1) / channels;

/** A random orthogonal matrix, by Gram and Schmidt on normal vectors. */
function randomRotation({ noise }: Construction, name: string, size: number): number[][] {
  const draws = noise.normal([size, size], name);
  const values = draws.dataSync();
  draws.dispose();
  const rows: number[][] = [];
  for (let i = 0; i < size; i++) {
    let row = Array.from(values.subarray(i * size, (i + 1) * size));
    for (let pass = 0; pass < 2; pass++)
      for (const other of rows) {
        const product = row.reduce((all, value, j) => all + value * (other[j] ?? 0), 0);
        row = row.map((value, j) => value - product * (other[j] ?? 0));
      }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

/** P, L (unit lower) and U of P L U, by elimination with pivoting. */
function pluOf(matrix: readonly number[][]): { permutation: number[][]; lower: number[][]; upper: number[][] } {
  const size = matrix.length;
  const upper = matrix.map((row) => [...row]);
  const lower = matrix.map(() => new Array<number>(size).fill(0));
  const order = matrix.map((_, i) => i);
  const at = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(at(upper, i, k)) > Math.abs(at(upper, pivot, k))) pivot = i;
    for (const list of [upper, lower]) [list[k], list[pivot]] = [list[pivot] ?? [], list[k] ?? []];
    [order[k], order[pivot]] = [order[pivot] ?? 0, order[k] ?? 0];
    for (let i = k + 1; i < size; i++) {
      const factor = at(upper, i, k) / at(upper, k, k);
      (lower[i] ?? [])[k] = factor;
      upper[i] = (upper[i] ?? []).map((value, j) => (j < k + 1 && j >= k ? 0 : value - factor * at(upper, k, j)));
    }
  }
  lower.forEach((row, i) => (row[i] = 1));
  return { permutation: order.map((_, row) => order.map((from) => (from === row ? 1 : 0))), lower, upper };
}

/**
 * An invertible 1 x 1 convolution y = x W, W = P L (U + diag(s)), with a fixed permutation P, triangular L and U, and s = sign exp(log s) of fixed sign (Kingma and
 * Dhariwal 2018, equations 9 to 11): log|det| is the sum of log s at each pixel. It starts as a random rotation.
 */
export function pluConvolution(construction: StatefulConstruction, name: string, channels: number): Bijector {
  const start = pluOf(randomRotation(construction, name, channels));
  const matrix = (rows: number[][]): Tensor2D => tensor(rows.flat(), [channels, channels]) as Tensor2D;
  const diagonal = start.upper.map((row, i) => row[i] ?? 1);
  const fixed = (part: string, value: () => Tensor): Variable => (construction.state[`${name}/${part}`] = tidy(() => variable(value(), false)));
  const permutation = fixed('permutation', () => matrix(start.permutation)) as Variable;
  const sign = fixed('sign', () => tensor(diagonal.map(Math.sign)));
  const lower = parameter(construction, `${name}/lower`, () => mul(matrix(start.lower), triangle(channels, 'lower')));
  const upper = parameter(construction, `${name}/upper`, () => mul(matrix(start.upper), triangle(channels, 'upper')));
  const logScale = parameter(construction, `${name}/log-scale`, () => tensor(diagonal.map((value) => Math.log(Math.abs(value)))));
  const l = (): Tensor2D => add(mul(lower, triangle(channels, 'lower')), eye(channels));
  const u = (): Tensor2D => add(mul(upper, triangle(channels, 'upper')), mul(eye(channels), mul(sign, exp(logScale))));
  const logDet = (x: Tensor): Scalar => mul(sum<Scalar>(logScale), pixels(x, channels));
  return {
    forward: (x) => ({ y: times(x, matMul(matMul(permutation as Tensor as Tensor2D, l()), u())), logDet: sameLogDet(x, logDet(x)) }),
    inverse(y) {
      // U + diag(s) = diag(s) (I + diag(1 / s) U), and a sign is its own inverse.
      const pivots = mul<Tensor1D>(sign, exp(neg(logScale)));
      const upperInverse = mul<Tensor2D>(unitTriangularInverse(mul(upper, expandDims(pivots, 1)), 'upper'), pivots);
      return { x: times(y, matMul(upperInverse, matMul(unitTriangularInverse(lower as Tensor as Tensor2D, 'lower'), permutation as Tensor as Tensor2D, false, true))), logDet: sameLogDet(y, neg(logDet(y))) };
    },
  };
}

/** A square matrix's inverse and log|det|, by Gauss and Jordan's elimination with pivoting, tensors all the way. Without gradients. */
export function inverseAndLogDet(matrix: Tensor2D): { inverse: Tensor2D; logDet: Scalar } {
  const [size] = matrix.shape;
  let work = concat([matrix, eye(size)], 1);
  let unused = add<Tensor2D>(zeros([size, 1]), 1);
  let logDet = sum<Scalar>(zeros([1]));
  for (let k = 0; k < size; k++) {
    const column = slice(work, [0, k], [size, 1]);
    const chosen = reshape(cast(oneHot(argMax(reshape(mul(add(abs(column), 1e-30), unused), [size])), size), 'float32'), [size, 1]) as Tensor2D;
    const row = matMul(chosen, work, true);
    const pivot = slice(row, [0, k], [1, 1]);
    work = sub(work, matMul(sub<Tensor2D>(column, chosen), div<Tensor2D>(row, pivot)));
    unused = sub(unused, chosen);
    logDet = add(logDet, log(abs(sum<Scalar>(pivot))));
  }
  // What was the matrix is now the permutation of the rows that were chosen.
  return { inverse: matMul(slice(work, [0, 0], [size, size]), slice(work, [0, size], [size, size]), true), logDet };
}

/** log|det W|, whose gradient is the inverse, transposed. */
const logAbsDet = (matrix: Tensor2D): Scalar =>
  customGrad((w, save) => {
    const { inverse, logDet } = inverseAndLogDet(w as Tensor2D);
    (save as (tensors: Tensor[]) => void)([inverse]);
    return { value: logDet, gradFunc: (dy, [inverse]) => mul(dy, transpose(inverse as Tensor)) };
  })(matrix) as Scalar;

/** The invertible 1 x 1 convolution y = x W by a matrix without any structure (Kingma and Dhariwal 2018, equation 8), starting as a random rotation. */
export function freeConvolution(construction: Construction, name: string, channels: number): Bijector {
  const weights = parameter(construction, `${name}/weights`, () => tensor(randomRotation(construction, name, channels).flat(), [channels, channels]));
  const w = weights as Tensor as Tensor2D;
  return {
    forward: (x) => ({ y: times(x, w), logDet: sameLogDet(x, mul(logAbsDet(w), pixels(x, channels))) }),
    inverse(y) {
      const { inverse, logDet } = inverseAndLogDet(w);
      return { x: times(y, inverse), logDet: sameLogDet(y, mul(logDet, -pixels(y, channels))) };
    },
  };
}
