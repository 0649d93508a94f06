import { add, log, mul, reshape, sigmoid, slice, tidy, tile, zeros, type Tensor, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { inOrder, maf, reversed } from '../../bijectors/autoregressive';
import { chain } from '../../bijectors/bijector';
import { affineCoupling } from '../../bijectors/coupling';
import type { Gaussian } from '../../distributions/gaussian';
import { mixturePrior } from '../../distributions/mixture';
import { flowPrior, standardNormalPrior, uniformCodes, type Prior } from '../../distributions/prior';
import type { Batch } from '../../model';
import { parameter, type Construction } from '../../nets/dense';
import type { Noise } from '../../random/noise';
import { isDiscrete, type PosteriorSettings } from './posteriors';

export const priors = ['standard-normal', 'mixture', 'vamp', 'realnvp', 'maf'] as const;
export type PriorName = (typeof priors)[number];

export const priorSettings = {
  prior: described(z.enum(priors).default('standard-normal'), {
    title: 'Prior',
    help: 'Of the codes: independent standard normals; a learned mixture of normals; the mean posterior of learned pictures (VampPrior); or a learned flow, of couplings (RealNVP) or masked autoregressive (MAF, slower to sample). Discrete codes have the uniform one.',
  }),
  priorComponents: described(z.int().min(1).max(1000).default(16), { title: 'Prior components', when: { prior: ['mixture', 'vamp'] }, help: 'Normals in a mixture as the prior, or learned pictures of a VampPrior.' }),
  priorLayers: described(z.int().min(1).max(32).default(6), { title: 'Prior layers', when: { prior: ['realnvp', 'maf'] }, help: 'Layers of a flow as the prior.' }),
};
export interface PriorSettings {
  prior: PriorName;
  priorComponents: number;
  priorLayers: number;
}

/** Null when the prior fits the posterior, else a sentence. */
export function refusesPrior(settings: PriorSettings & PosteriorSettings): string | null {
  const { prior, posterior, latentSize } = settings;
  if (prior === 'standard-normal') return null;
  if (isDiscrete(settings)) return 'Discrete codes have the uniform prior: choose the prior standard-normal, which stands for it there, or a posterior of real numbers.';
  if (prior === 'vamp' && posterior !== 'gaussian') return 'The VampPrior is made of the encoder\'s normals: choose the posterior gaussian, or another prior.';
  if (prior === 'realnvp' && latentSize < 2) return 'A coupling changes one half of the code by the other: choose a latent size of 2 or more, or another prior.';
  return null;
}

export interface LatentPrior {
  prior: Prior;
  initialise?(batch: Batch, noise: Noise): void;
}

/**
 * p(z); variables `prior/...`.
 * @param encode for the VampPrior, pictures to normals
 */
export function latentPrior(construction: Construction, data: DataShape, settings: PriorSettings & PosteriorSettings, encode: (x: Batch) => Gaussian): LatentPrior {
  const { latentSize: size, priorComponents: count, priorLayers, flowWidth } = settings;
  if (isDiscrete(settings)) return { prior: uniformCodes(size, settings.posterior === 'bernoulli' ? 1 : settings.classes) };
  const normal = (name: string, shape: number[], deviation: number): Variable => parameter(construction, name, () => mul(construction.noise.normal(shape, name), deviation));
  const layers = Array.from({ length: priorLayers }, (_, i) => ({ name: `prior/layer-${i}`, flip: i % 2 === 1 }));
  const net = { widths: [flowWidth], activation: 'relu' as const };
  switch (settings.prior) {
    case 'standard-normal':
      return { prior: standardNormalPrior(size) };
    case 'mixture': {
      const mean = normal('prior/mean', [count, size], 1) as Variable & Tensor2D;
      const logSigma = parameter(construction, 'prior/log-sigma', () => zeros([count, size])) as Variable & Tensor2D;
      const logits = parameter(construction, 'prior/logits', () => zeros([count]));
      return { prior: mixturePrior(() => ({ logits: reshape(logits, [count]), mean, logSigma: boundedLogSigma(logSigma) })) };
    }
    case 'vamp':
      return vamp(normal('prior/pictures', [count, data.height, data.width, data.channels], 0.5), encode, data);
    case 'realnvp':
      return { prior: flowPrior(size, chain(layers.map(({ name, flip }) => affineCoupling(construction, name, size, { ...net, flip })))) };
    case 'maf':
      return {
        prior: flowPrior(
          size,
          chain(
            layers.map(({ name, flip }) => {
              const layer = maf(construction, name, size, { ...net, order: (flip ? reversed : inOrder)(size) });
              nearIdentity(construction.parameters[`${name}/output/kernel`]);
              return layer;
            }),
          ),
        ),
      };
  }
}

/** Makes the last kernel of a layer's net small, so that the layer changes little at the start. */
const nearIdentity = (kernel: Variable | undefined): void => tidy(() => kernel?.assign(mul(kernel, 0.01)));

/** Within (-5, 5), near the variable between: as an encoder's. */
const boundedLogSigma = (raw: Tensor2D): Tensor2D => mul(raw.div(5).tanh(), 5);

/**
 * 1/K sum_k q(z|u_k) with learned pictures u_k = sigmoid(v_k) (Tomczak and Welling 2018, equation 9), which start at training examples, v_k with a little noise: two that
 * were alike, an example taken twice, would have the same gradient for ever. The paper limits u to [0, 1] by clipping, where a clipped value has no gradient. Rows of a
 * table are not limited.
 */
function vamp(pictures: Variable, encode: (x: Batch) => Gaussian, { kind }: DataShape): LatentPrior {
  const count = pictures.shape[0] ?? 0;
  const of = (): Batch => (kind === 'table' ? pictures : sigmoid(pictures)) as Batch;
  const prior = mixturePrior(() => {
    const q = encode(of());
    return { logits: zeros([count]), mean: q.mean() as Tensor2D, logSigma: log(q.standardDeviation()) as Tensor2D };
  });
  return {
    prior,
    initialise(batch, noise) {
      const examples = tile(batch, [Math.ceil(count / batch.shape[0]), 1, 1, 1]);
      const first: Tensor = slice(examples, [0, 0, 0, 0], [count, -1, -1, -1]);
      const inside = add(mul(first, 0.9), 0.05);
      const start = kind === 'table' ? first : log(inside.div(inside.mul(-1).add(1)));
      pictures.assign(add(start, mul(noise.normal(pictures.shape, 'prior/pictures'), 0.05)));
    },
  };
}
