import { add, concat, dispose, div, eye, greater, matMul, mean, scalar, slice, squaredDifference, sub, sum, tensor, tidy, transpose, variable, where, zerosLike, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import type { Bijector } from '../../bijectors/bijector';
import { marginalMixtures, rotation } from '../../bijectors/gaussianization';
import { logNormalDensity } from '../../bijectors/normal';
import { sumEvent } from '../../distributions/gaussian';
import { defineModel } from '../../model';
import { readValues } from '../../read';
import { symmetricEigen } from '../baselines/symmetric-eigen';
import { constructionOf, dataRows, flowModel, layerCount, marginSetting, sizeOf, type FlowLayer } from './flow-model';

const most = 256;

export const rbig = defineModel({
  id: 'rbig',
  title: 'RBIG',
  family: 'flows',
  summary: 'Rotation-based iterative Gaussianisation: each value is made normal by a kernel density estimate, then the axes are turned to the principal ones, again and again; no gradients.',
  source: 'Laparra, Camps-Valls and Malo 2011; logistic kernels on quantiles (Meng et al. 2020), of the variance of the data (Jones 1991).',
  objective: 'what each layer takes off: the sum over values of KL(p(x_i) || N(0, 1))',
  page: {
    idea: 'What a layer takes off, added up over the layers, is the total correlation of the data: how far the values are from independent. Nothing is optimised, so it takes seconds, and training points flatter it.',
    formulas: [
      String.raw`x^{(l+1)} = R_l\, \Psi_l\bigl(x^{(l)}\bigr), \qquad \Psi_{l,i} = \Phi^{-1} \circ F_{l,i}`,
      String.raw`T(x) = \mathrm{KL}\Bigl(p(x)\,\Big\Vert\,\prod_i p(x_i)\Bigr) = \sum_{l \ge 1} \sum_{i} \mathrm{KL}\bigl(p(x^{(l)}_i)\,\big\Vert\,\mathcal N(0, 1)\bigr)`,
    ],
    symbols: 'F are the estimated distribution functions, R rotations.',
    lookAt: 'Loss curves: what each layer still finds. Train far above valid: kernels sit on the training points.',
  },
  settings: z.strictObject({
    layers: layerCount(20),
    tolerance: described(z.number().min(0).max(1).default(0), { title: 'Tolerance', unit: 'nats', help: 'The first layer after the first that takes off less is the last. 0: all layers are made.' }),
    components: described(z.int().min(2).max(1024).default(100), { title: 'Kernels', help: 'Of the density estimate of each value in each layer.' }),
    margin: marginSetting(1e-5),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb', 'stages'],
  trainedBy: 'fit',
  accepts: `tables, and pictures as rows, of up to ${most} values`,
  refuses: (data) => (sizeOf(data) > most ? `RBIG here takes up to ${most} values, and these data have ${sizeOf(data)}: import them at a smaller size.` : null),
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const { margin } = settings;
    const marginals = Array.from({ length: settings.layers }, (_, i) => marginalMixtures(construction, `layer-${i}/marginals`, size, settings.components));
    const turns = marginals.map((_, i) => (construction.parameters[`layer-${i}/turn`] = tidy(() => variable(eye(size)))));
    const used = settings.tolerance > 0 ? marginals.map((_, i) => (construction.parameters[`layer-${i}/used`] = tidy(() => variable(scalar(1))))) : [];
    const layers: FlowLayer[] = marginals.flatMap((bijector, i) => [
      { name: `marginals ${i + 1}`, bijector: used[i] ? whereUsed(bijector, used[i]) : bijector },
      { name: `turn ${i + 1}`, bijector: rotation(turns[i] as unknown as Tensor2D) },
    ]);
    const { parameters, latentSize, unit, abilities } = flowModel({ data, construction, layers, margin });
    return {
      parameters,
      latentSize,
      unit,
      abilities,
      *fit(batch, sampling) {
        let x = tidy(() => dataRows(data, margin).to(batch, sampling).values.clone());
        let totalCorrelationNats = 0;
        for (let i = 0; i < settings.layers; i++) {
          tidy(() => used.forEach((variable, j) => variable.assign(scalar(j <= i ? 1 : 0))));
          const layer = marginals[i] as Bijector;
          layer.initialise?.(x);
          const pieces = piecesOf(x).map((piece) => tidy(() => {
            const next = layer.forward(piece);
            const values = marginalNegentropy(piece, next);
            piece.dispose();
            return { values, next: next.y as Tensor2D };
          }));
          const { negentropy } = readValues(() => ({ negentropy: mean(concat(pieces.map(({ values }) => values))) }));
          x.dispose();
          const next = tidy(() => concat(pieces.map(({ next }) => next)));
          dispose(pieces);
          tidy(() => turns[i]?.assign(principalAxes(next)));
          x = tidy(() => matMul(next, turns[i] as unknown as Tensor2D));
          next.dispose();
          const negentropyNats = negentropy[0] ?? NaN;
          // The first layer's is what the values have on their own; all that later layers take off is their dependence.
          if (i > 0) totalCorrelationNats += negentropyNats;
          const { squaredError } = readValues(() => {
            const some = slice(batch, 0, Math.min(batch.shape[0], 256));
            return { squaredError: mean(sumEvent(squaredDifference(some, abilities.reconstruct?.(some) ?? some))) };
          });
          yield { squaredError: squaredError[0] ?? NaN, negentropyNats, totalCorrelationNats };
          if (settings.tolerance > 0 && i > 0 && negentropyNats < settings.tolerance) break;
        }
        x.dispose();
      },
    };
  },
});

/** The bijector where `used` is 1, and the identity where it is 0. */
function whereUsed(bijector: Bijector, used: Variable): Bijector {
  const chosen = (changed: Tensor, same: Tensor): Tensor => where(greater(used, 0.5), changed, same);
  const counted = (logDet: Tensor1D): Tensor1D => chosen(logDet, zerosLike(logDet)) as Tensor1D;
  return {
    forward(x) {
      const { y, logDet } = bijector.forward(x);
      return { y: chosen(y, x), logDet: counted(logDet) };
    },
    inverse(y) {
      const { x, logDet } = bijector.inverse(y);
      return { x: chosen(x, y), logDet: counted(logDet) };
    },
  };
}

/** Rows in pieces, since a layer looks at every kernel for every value. */
function piecesOf(x: Tensor2D, rows = 2000): Tensor2D[] {
  const [count] = x.shape;
  return Array.from({ length: Math.ceil(count / rows) }, (_, i) => tidy(() => slice(x, i * rows, Math.min(rows, count - i * rows))));
}

/** Of each example, log f(x_i) - log phi(x_i) summed over its values, log f = log|det| + log phi(z); its mean is the sum of KL(p(x_i) || N(0, 1)), nats. */
const marginalNegentropy = (x: Tensor2D, { y, logDet }: { y: Tensor; logDet: Tensor1D }): Tensor1D => add(logDet, sum<Tensor1D>(sub(logNormalDensity(y), logNormalDensity(x)), 1));

/** The eigenvectors of the covariance of `x` `[count, size]`, as columns. */
function principalAxes(x: Tensor2D): Tensor2D {
  const [count, size] = x.shape;
  const centred = sub<Tensor2D>(x, mean(x, 0));
  const covariance = Float64Array.from(div(matMul(centred, centred, true), count).dataSync());
  const { vectors } = symmetricEigen(covariance, size);
  return transpose(tensor(vectors.flatMap((vector) => Array.from(vector)), [size, size]) as Tensor2D);
}
