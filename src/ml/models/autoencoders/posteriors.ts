import { exp, matMul, maximum, mul, oneHot, slice, tanh, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described } from '../../../contract/settings';
import { gatedAutoregressive, inOrder, reversed } from '../../bijectors/autoregressive';
import { chain, type Bijector } from '../../bijectors/bijector';
import { planarWith } from '../../bijectors/planar';
import { radialWith } from '../../bijectors/radial';
import { codeCount, codeGradients, discreteCodes, everyCode, type CodeGradient } from '../../distributions/discrete-codes';
import { gaussianFromHeads } from '../../distributions/gaussian';
import { gaussianMixture } from '../../distributions/mixture';
import { flowPosterior, gaussianPosterior, type Posterior } from '../../distributions/posterior';
import { plainPosterior, type PosteriorWords } from '../../model';
import type { Activation, Construction } from '../../nets/dense';

export const posteriors = ['gaussian', 'planar', 'radial', 'iaf', 'mixture', 'categorical', 'bernoulli', 'per-example'] as const;
export type PosteriorName = (typeof posteriors)[number];

export const posteriorSettings = {
  posterior: described(z.enum(posteriors).default('gaussian'), {
    title: 'Posterior',
    help: 'Of the code given a picture: independent normals; these sent through planar, radial or inverse autoregressive layers; a mixture of normals; discrete variables, of several classes or of 0 and 1; or normals whose parameters belong to the example and not to an encoder.',
  }),
  flowLayers: described(z.int().min(1).max(64).default(4), { title: 'Posterior layers', when: { posterior: ['planar', 'radial', 'iaf'] }, help: 'Layers of a planar, radial or inverse autoregressive posterior.' }),
  flowWidth: described(z.int().min(1).max(2048).default(64), { title: 'Flow width', unit: 'units', when: { posterior: ['iaf'], prior: ['realnvp', 'maf'] }, help: 'Hidden units of each net in an inverse autoregressive posterior, or in a flow as a prior.' }),
  posteriorComponents: described(z.int().min(1).max(20).default(3), { title: 'Posterior components', when: { posterior: ['mixture'] }, help: 'Normals in a mixture as the posterior; the decoder runs once for each.' }),
  classes: described(z.int().min(2).max(256).default(10), { title: 'Classes', when: { posterior: ['categorical'] }, help: 'Values of each variable of a categorical code.' }),
  codeGradient: described(z.enum(codeGradients).default('enumeration'), {
    title: 'Gradient of discrete codes',
    when: { posterior: ['categorical', 'bernoulli'] },
    help: 'By summing over all codes, at most 1,024; straight through a Gumbel-softmax draw, whose temperature falls from 1 to 0.5 (biased); or by REINFORCE with two draws, each the baseline of the other.',
  }),
};
export interface PosteriorSettings {
  latentSize: number;
  posterior: PosteriorName;
  flowLayers: number;
  flowWidth: number;
  posteriorComponents: number;
  classes: number;
  codeGradient: CodeGradient;
}

/** Outputs of the encoder by name, each `[batch, numbers]`. */
export type Heads = Record<string, Tensor2D>;

export interface PosteriorFamily {
  /** Numbers that the encoder makes, by name. */
  heads: Record<string, number>;
  /** Numbers in a code as the decoder sees it. */
  codeSize: number;
  of(heads: Heads, step: Scalar): Posterior;
  words: PosteriorWords;
  /** Every code `[codes, codeSize]`, where there are at most 4,096. */
  allCodes?(): Tensor2D;
}

export const isDiscrete = ({ posterior }: Pick<PosteriorSettings, 'posterior'>): boolean => posterior === 'categorical' || posterior === 'bernoulli';
const enumerable = 1024;
/** Of which log p(x) is summed, which takes no gradient and no encoder. */
const summable = 4096;

/** Null when the settings of the posterior fit together, else a sentence. */
export function refusesPosterior(settings: PosteriorSettings): string | null {
  const { latentSize: size, posterior, codeGradient } = settings;
  const classes = posterior === 'bernoulli' ? 1 : settings.classes;
  if (isDiscrete(settings) && codeGradient === 'enumeration' && codeCount({ size, classes }) > enumerable)
    return `${size} variables of ${Math.max(classes, 2)} values have ${codeCount({ size, classes }).toLocaleString('en')} codes, and at most ${enumerable.toLocaleString('en')} are summed over: choose a smaller latent size, or another gradient of discrete codes.`;
  return null;
}

const gaussianHeads = (size: number): Record<string, number> => ({ mean: size, 'log-variance': size });
const normal = (heads: Heads) => gaussianFromHeads(heads['mean'] as Tensor2D, heads['log-variance'] as Tensor2D);

/** q(z|x) from the encoder's outputs; the variables of an inverse autoregressive posterior are `posterior/step-i/...`. */
export function posteriorFamily(construction: Construction, settings: PosteriorSettings & { activation: Activation }): PosteriorFamily {
  const { latentSize: size, flowLayers: layers } = settings;
  const columns = (x: Tensor2D, from: number, count: number): Tensor2D => slice(x, [0, from], [x.shape[0], count]);
  const flowWords = { ...plainPosterior, mean: 'the image under the flow of the mean of its normal, which is not the mean of q(z|x)' };
  /** A flow whose layers take `width` numbers each of the head `flow`. */
  const amortised = (width: number, layer: (parameters: (from: number, count: number) => Tensor2D) => Bijector): PosteriorFamily => ({
    heads: { ...gaussianHeads(size), flow: layers * width },
    codeSize: size,
    words: flowWords,
    of: (heads) => flowPosterior(normal(heads), chain(Array.from({ length: layers }, (_, i) => layer((from, count) => columns(heads['flow'] as Tensor2D, i * width + from, count))))),
  });
  const discrete = (classes: number): PosteriorFamily => ({
    heads: { logits: size * classes },
    codeSize: size * classes,
    words: { ...plainPosterior, expectation: discreteExpectation(settings.codeGradient, codeCount({ size, classes })) },
    of: ({ logits }, step) => discreteCodes(logits as Tensor2D, { size, classes, gradient: settings.codeGradient, temperature: annealed(step) }),
    ...(codeCount({ size, classes }) <= summable && { allCodes: () => everyCode({ size, classes }) }),
  });
  switch (settings.posterior) {
    case 'gaussian':
    case 'per-example':
      return { heads: gaussianHeads(size), codeSize: size, words: plainPosterior, of: (heads) => gaussianPosterior(normal(heads)) };
    case 'planar':
      return amortised(2 * size + 1, (part) => planarWith({ u: part(0, size), w: part(size, size), b: part(2 * size, 1) }));
    case 'radial':
      return amortised(size + 2, (part) => radialWith({ centre: part(0, size), alpha: part(size, 1), beta: part(size + 1, 1) }));
    case 'iaf': {
      const activation = settings.activation;
      const steps = Array.from({ length: layers }, (_, i) =>
        gatedAutoregressive(construction, `posterior/step-${i}`, size, size, { widths: [settings.flowWidth], activation, order: i % 2 === 0 ? inOrder(size) : reversed(size) }),
      );
      return { heads: { ...gaussianHeads(size), context: size }, codeSize: size, words: flowWords, of: (heads) => flowPosterior(normal(heads), chain(steps.map((step) => step(heads['context'] as Tensor2D)))) };
    }
    case 'mixture': {
      const count = settings.posteriorComponents;
      const parts = (x: Tensor2D): Tensor2D[] => Array.from({ length: count }, (_, j) => columns(x, j * size, size));
      return {
        heads: { mean: count * size, 'log-variance': count * size, weights: count },
        codeSize: size,
        words: { ...plainPosterior, expectation: `${count === 1 ? '1 sample' : `${count} samples`} an example, one from each component, weighted` },
        of: (heads) => gaussianMixture(heads['weights'] as Tensor2D, parts(heads['mean'] as Tensor2D), parts(mul(tanh(mul(heads['log-variance'] as Tensor2D, 0.1)), 5))),
      };
    }
    case 'categorical':
      return discrete(settings.classes);
    case 'bernoulli':
      return discrete(1);
  }
}

const discreteExpectation = (gradient: CodeGradient, codes: number): string =>
  ({ enumeration: `the expectation over all ${codes.toLocaleString('en')} codes`, gumbel: plainPosterior.expectation, reinforce: '2 samples an example' })[gradient];

/** max(0.5, exp(-3e-5 step)) (Jang, Gu and Poole 2017, section 4.1). */
const annealed = (step: Scalar): Scalar => maximum(exp(mul(step.toFloat(), -3e-5)), 0.5) as Scalar;

/** Rows `[batch]` of a table `[examples, numbers]`, by a product with one-hot rows: a gather's gradient is not on every backend. */
export const rowsOfTable = (table: Tensor2D, rows: Tensor1D): Tensor2D => matMul(oneHot(rows, table.shape[0], 1, 0, 'float32') as Tensor2D, table);
