import { concat, log, mean, reshape, slice, square, stack, sub, tensor1d, tile, zeros, type Tensor2D } from '@tensorflow/tfjs-core';
import { refuse } from '../../../contract/errors';
import { normalQuantile } from '../../../ml/bijectors/normal';
import type { Progress } from '../../../ml/estimators/log-likelihood';
import type { Measure } from '../../../ml/evaluate';
import { need } from '../answers/examples';
import { askModel } from '../ask';
import type { Measuring } from './measurement';

/**
 * The first two codes run over the quantiles of N(0, 1), in the middles of `side` equal parts, the others are 0 (Kingma and Welling 2014, figure 4). `neighbourError`: the mean
 * squared difference of the decoded pictures of neighbours; `gridError`: of any two; `neighbourShare`: their ratio, small where the manifold is smooth.
 */
export const manifold: Measuring<'manifold'> = function* (session, { side }): Generator<Progress, Measure[]> {
  const decode = need(session, 'decode');
  need(session, 'prior');
  const { latentSize } = session.model;
  if (latentSize === null || latentSize < 2) return refuse('bad-request', 'A grid takes a code of two numbers or more.', { where: 'measure' });
  const { neighbours, all } = askModel(session, `manifold ${side}`, [tensor1d(Array.from({ length: side }, (_, i) => (i + 0.5) / side))], (share) => {
    const along = normalQuantile(log(share), log(sub(1, share)));
    const column = reshape(tile(reshape(along, [side, 1]), [1, side]), [-1]);
    const codes = concat([stack([column, tile(along, [side])], 1), zeros([side * side, latentSize - 2])], 1) as Tensor2D;
    const grid = reshape(decode(codes).mean(), [side, side, -1]);
    const size = grid.shape[2] ?? 0;
    const across = sub(slice(grid, [0, 1, 0], [side, side - 1, size]), slice(grid, [0, 0, 0], [side, side - 1, size]));
    const down = sub(slice(grid, [1, 0, 0], [side - 1, side, size]), slice(grid, [0, 0, 0], [side - 1, side, size]));
    const centred = sub(grid, mean(grid, [0, 1], true));
    return { neighbours: mean(stack([mean(square(across)), mean(square(down))])), all: mean(square(centred)) };
  });
  yield { done: 1, total: 1 };
  const cells = side * side;
  const neighbour = neighbours[0] ?? NaN;
  // The mean over pairs is twice the variance over n - 1.
  const any = (2 * (all[0] ?? NaN) * cells) / (cells - 1);
  const measure = (metric: string, value: number, unit: string, of: string): Measure => ({ metric, value, standardError: null, unit, estimator: `${of}, ${side} x ${side} quantiles of the first two codes`, k: null, n: cells });
  return [
    measure('neighbourError', neighbour, 'squared error', 'mean squared difference of decoded neighbours'),
    measure('gridError', any, 'squared error', 'mean squared difference of any two decoded codes'),
    measure('neighbourShare', neighbour / any, 'ratio', 'mean squared difference of decoded neighbours over that of any two'),
  ];
};
