import { add, div, fill, gather, log, matMul, mean, mul, neg, reshape, sqrt, square, sub, sum, tensor1d, tidy, tile, topk, transpose, zeros, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { parameter, type Construction } from '../nets/dense';
import { volumeKept, type Bijector } from './bijector';
import { fromGaussian, gaussianise, logisticComponent } from './mixture';

/** A product of reflections x - 2 (x.v) v / |v|^2 of rows `[batch, size]`: any rotation (or reflection) with `size` of them. Starts at random. */
export function householder(construction: Construction, name: string, size: number, reflections: number): Bijector {
  const directions = Array.from({ length: reflections }, (_, i) => parameter(construction, `${name}/direction-${i}`, () => construction.noise.normal([1, size], `${name}/direction-${i}`)));
  const reflect = (x: Tensor, v: Tensor): Tensor => sub(x, mul(v, div(mul(sum(mul(x, v), 1, true), 2), sum(square(v)))));
  return volumeKept((x) => directions.reduce(reflect, x), (y) => directions.reduceRight(reflect, y));
}

/** Rows `[batch, size]` times an orthogonal matrix. */
export const rotation = (turn: Tensor2D): Bijector => volumeKept((x) => matMul(x as Tensor2D, turn), (y) => matMul(y as Tensor2D, turn, false, true));

/**
 * z = Phi^-1(F(x)) for each value of rows `[batch, size]`, with F a learned mixture of logistics (Meng, Song, Song and Ermon 2020, section 4.1). It starts near the identity;
 * `initialise` puts the components on quantiles of the data, as wide as in their kernel density estimate.
 */
export function marginalMixtures(construction: Construction, name: string, size: number, components: number): Bijector {
  const bandwidth = ((4 * Math.sqrt(Math.PI)) / (Math.PI ** 4 * components)) ** 0.2;
  const shape = [1, size, components];
  const spread = Array.from({ length: components }, (_, k) => normalQuantileOf((k + 0.5) / components));
  const logits = parameter(construction, `${name}/logits`, () => zeros(shape));
  const means = parameter(construction, `${name}/means`, () => tile(reshape(tensor1d(spread), [1, 1, components]), [1, size, 1]));
  const logScales = parameter(construction, `${name}/log-scales`, () => fill(shape, Math.log(bandwidth)));
  const mixtures = { logits, means, logScales };
  return {
    forward: (x) => gaussianise(x, mixtures, logisticComponent),
    inverse(y) {
      const x = fromGaussian(y, mixtures, logisticComponent);
      return { x, logDet: neg(gaussianise(x, mixtures, logisticComponent).logDet) };
    },
    initialise: (x) =>
      tidy(() => {
        const count = x.shape[0] ?? 0;
        const descending = topk(transpose(x as Tensor2D), count).values;
        const ranks = Array.from({ length: components }, (_, k) => Math.floor(((k + 0.5) * count) / components));
        const quantiles = gather(descending, tensor1d(ranks, 'int32'), 1);
        const centre = mean(x, 0);
        const deviation = sqrt(mean(square(sub(x, centre)), 0)) as Tensor1D;
        // Drawn together so far that the mixture has the variance of the data (Jones 1991): that of a logistic of scale h is h^2 pi^2 / 3.
        const shrink = Math.sqrt(1 - (bandwidth * Math.PI) ** 2 / 3);
        const middle = reshape(centre, [size, 1]);
        means.assign(reshape(add(middle, mul(sub(quantiles, middle), shrink)), shape));
        logScales.assign(tile(reshape(log(add(mul(deviation, bandwidth), 1e-4)), [1, size, 1]), [1, 1, components]));
      }),
  };
}

/** Roughly Phi^-1(p): the logistic of the same width, for initial values. */
const normalQuantileOf = (p: number): number => Math.log(p / (1 - p)) / 1.702;
