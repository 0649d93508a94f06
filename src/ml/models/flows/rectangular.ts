import { add, mean, mul, neg, reshape, squaredDifference, sub, tidy, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { chain } from '../../bijectors/bijector';
import { householder, marginalMixtures } from '../../bijectors/gaussianization';
import { injection, pushingActnorm, pushingChain, pushingCoupling } from '../../bijectors/injective';
import { sumEvent } from '../../distributions/gaussian';
import { point } from '../../distributions/point';
import { defineModel, type Batch } from '../../model';
import { constructionOf, layerCount, netSettings, normalBase, refuseSingle, sizeOf } from './flow-model';

const most = 64;

export const rectangularFlow = defineModel({
  id: 'rectangular-flow',
  title: 'Rectangular flow',
  family: 'flows',
  summary: 'Data on a curve or surface: fewer variables than values, mapped one to one into the space of the data. Its density is along the surface, that of the point which x is projected to.',
  source: 'Caterini, Loaiza-Ganem, Pleiss and Cunningham 2021, with the exact log-determinant; the low-dimensional flow is a Gaussianization flow (Meng et al. 2020).',
  objective: '-log p(z) + 1/2 log det J^T J + beta |x - g(g+(x))|^2, mean over x, J = dg/dz at z = g+(x)',
  page: {
    idea: 'Data that fill only a curve or surface have no density in the space around it. Fewer variables are mapped into that space one to one, and density is counted along the surface.',
    formulas: [
      String.raw`\log p(x) = \log p_Z(z) - \tfrac12 \log\det\bigl(J^\top J\bigr), \qquad z = g^{\dagger}(x),\quad J = \frac{\partial g}{\partial z}`,
      String.raw`\max_\theta\ \log p\bigl(g(g^{\dagger}(x))\bigr) - \beta\, \bigl\lVert x - g(g^{\dagger}(x)) \bigr\rVert^2`,
    ],
    symbols: 'g maps d variables to D values, g† takes them back.',
    lookAt: 'Reconstructions, each row joined to its projection, beside every likelihood: x is projected first, and a point far off the surface can be likely. Sample points, which lie on the curve.',
  },
  settings: z.strictObject({
    latentSize: described(z.int().min(1).max(16).default(1), { title: 'Latent size', unit: 'dims', help: 'Of the curve (1), surface (2), ... that the data lie on; as many as columns make an ordinary flow.' }),
    layers: layerCount(6),
    ...netSettings,
    activation: netSettings.activation.default('tanh'),
    beta: described(z.number().min(0).max(10_000).default(50), { title: 'Beta', help: 'Weight of the squared distance from x to its projection.' }),
    components: described(z.int().min(2).max(256).default(20), { title: 'Components', help: 'Logistics in each mixture of the low-dimensional flow.' }),
    priorLayers: described(z.int().min(1).max(16).default(2), { title: 'Low-dimensional layers', help: 'Of the flow that makes the variables on the surface normal.' }),
  }),
  abilities: ['encode', 'decode', 'sample', 'reconstruct', 'logProb'],
  trainedBy: 'gradient',
  accepts: `tables of 2 to ${most} columns`,
  refuses(data, { latentSize }) {
    const size = sizeOf(data);
    if (data.kind === 'pictures' || size > most) return `The rectangular flow here is for tables of up to ${most} columns, since it takes a product with the Jacobian for each of its variables: choose such a table.`;
    return latentSize > size ? `A surface of ${latentSize} dimensions does not fit into ${size} columns: choose a latent size of ${size} or less.` : refuseSingle(data);
  },
  build({ settings, data, noise }) {
    const construction = constructionOf(noise);
    const size = sizeOf(data);
    const { latentSize } = settings;
    const bijector = pushingChain(
      Array.from({ length: settings.layers }, (_, i) => [
        pushingActnorm(construction, `layer-${i}/actnorm`, size),
        pushingCoupling(construction, `layer-${i}`, size, { ...settings, flip: i % 2 === 1 }),
      ]).flat(),
    );
    const surface = injection(bijector, size, latentSize);
    const along = chain(
      Array.from({ length: settings.priorLayers }, (_, i) => [
        marginalMixtures(construction, `along-${i}/marginals`, latentSize, settings.components),
        ...(latentSize > 1 ? [householder(construction, `along-${i}/turn`, latentSize, latentSize)] : []),
      ]).flat(),
    );
    const rows = (x: Batch): Tensor2D => reshape(x, [x.shape[0], size]);
    const table = (values: Tensor2D): Batch => reshape(values, [values.shape[0], 1, 1, size]);
    /** log p of the projections along the surface, and the projections. */
    const project = (x: Tensor2D): { logProb: Tensor1D; projected: Tensor2D } => {
      const v = surface.project(x);
      const { y, logDet } = along.forward(v);
      const { x: projected, logVolume } = surface.embedWithVolume(v);
      return { logProb: sub(add(normalBase.logProb(y as Tensor2D), logDet), logVolume), projected };
    };
    const encode = (x: Batch): Tensor2D => along.forward(surface.project(rows(x))).y as Tensor2D;
    const decode = (z: Tensor2D): Batch => table(surface.embed(along.inverse(z).x as Tensor2D));
    return {
      parameters: construction.parameters,
      latentSize,
      unit: 'nats',
      onSurface: latentSize < size,
      abilities: {
        encode: (x) => point(encode(x)),
        decode: (z) => point(decode(z)),
        sample: ({ count, temperature, noise }) => decode(mul(normalBase.sample([count, latentSize], noise, 'base'), temperature)),
        reconstruct: (x) => decode(encode(x)),
        logProb: (x) => project(rows(x)).logProb,
      },
      initialise: (batch) =>
        tidy(() => {
          bijector.initialise?.(rows(batch));
          along.initialise?.(surface.project(rows(batch)));
        }),
      objective(batch) {
        const x = rows(batch);
        const { logProb, projected } = project(x);
        const likelihoodNats = neg<Scalar>(mean(logProb));
        const squaredError = mean<Scalar>(sumEvent(squaredDifference(x, projected)));
        const penaltyNats = mul<Scalar>(squaredError, settings.beta);
        const lossNats = add<Scalar>(likelihoodNats, penaltyNats);
        return { loss: lossNats, terms: { lossNats, likelihoodNats, penaltyNats, squaredError } };
      },
    };
  },
});
