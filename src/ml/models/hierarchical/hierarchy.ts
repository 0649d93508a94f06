import { add, exp, mean, mul, neg, reshape, slice, square, stack, sub, sum, tile, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Ability } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { gaussian, sumEvent } from '../../distributions/gaussian';
import type { Batch, GradientModel, Levels } from '../../model';
import type { Construction } from '../../nets/dense';
import { repeat } from '../../objectives/elbo';
import { importanceObjective, logWeights, type WeightParts } from '../../objectives/importance';
import { warmUp, warmUpSettings, withFreeBits } from '../../objectives/objective';
import type { Noise } from '../../random/noise';
import { likelihoodSettings, type PictureLikelihood } from '../autoencoders/parts';

/** A normal with independent values. */
export interface Normal {
  mean: Tensor;
  logSigma: Tensor;
}

/** One group of latent variables on the way down. `H` is what is known of the groups above it. */
export interface Group<H, F> {
  /** The level that it counts for, from 0 at the top. */
  level: number;
  /** Of its variables in one example. */
  shape: readonly number[];
  /** p(z | groups above), and what the way down goes on with. */
  prior(above: H): { prior: Normal; above: H };
  /** q(z | x, groups above). @param above as it came to `prior`; @param features of x */
  posterior(above: H, features: F, prior: Normal): Normal;
  /** What the next group gets. */
  next(above: H, z: Tensor): H;
}

/** A model whose posterior goes down the same way as its prior (Sonderby et al. 2016). */
export interface TopDown<H, F> {
  groups: readonly Group<H, F>[];
  levels: number;
  start(batch: number): H;
  features(x: Batch): F;
  /** The decoder's last layer. */
  output(end: H): Batch;
}

export interface Inferred {
  output: Batch;
  /** KL(q || p) of each level given draws of those above, in closed form where there is one: `[batch, levels]`, nats. */
  kl: Tensor2D;
  /** log q(z|x) - log p(z) at the draws, `[batch]`. */
  logRatio: Tensor1D;
}

/** Draws of N(0, 1) for a group; 0 takes the mean. */
type Draw = (shape: number[], group: number) => Tensor;

/** A hierarchy as the assembly sees it. */
export interface Hierarchy {
  /** Numbers in each level, the top one first. */
  sizes: readonly number[];
  infer(x: Batch, draw: Draw): Inferred;
  /** Which divergences of `infer` are in closed form. */
  closedForm: 'in each level' | 'above the lowest level';
  /** @param draw of each group's noise, scaled by its temperature; with its level */
  generate(count: number, draw: (shape: number[], group: number, level: number) => Tensor): Batch;
}

/** KL(q || p) of each value: 1/2 (d^2 + r^2 - ln r^2 - 1) with d = (mu_q - mu_p) / sigma_p, r = sigma_q / sigma_p. */
export function klOfNormals(q: Normal, p: Normal): Tensor {
  const logRatio = sub(q.logSigma, p.logSigma);
  const shift = mul(sub(q.mean, p.mean), exp(neg(p.logSigma)));
  return mul(sub(add(square(shift), exp(mul(logRatio, 2))), add(mul(logRatio, 2), 1)), 0.5);
}

const draw = ({ mean, logSigma }: Normal, epsilon: Tensor): Tensor => add(mean, mul(exp(logSigma), epsilon));
const logDensity = ({ mean, logSigma }: Normal, z: Tensor): Tensor1D => gaussian(mean, logSigma).logProb(z) as Tensor1D;

/** Sums `[batch]` values by level: `[batch, levels]`. */
export function byLevel(values: readonly { level: number; value: Tensor1D }[], levels: number): Tensor2D {
  return stack(
    Array.from({ length: levels }, (_, level) => values.filter((entry) => entry.level === level).map(({ value }) => value).reduce((total, value) => add(total, value))),
    1,
  ) as Tensor2D;
}

/** The hierarchy of a model whose posterior goes down. */
export function topDown<H, F>({ groups, levels, start, features, output }: TopDown<H, F>): Hierarchy {
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  return {
    sizes: Array.from({ length: levels }, (_, level) => groups.filter((group) => group.level === level).reduce((total, { shape }) => total + sizeOf(shape), 0)),
    closedForm: 'in each level',
    infer(x, epsilon) {
      const batch = x.shape[0];
      const seen = features(x);
      let above = start(batch);
      const kl: { level: number; value: Tensor1D }[] = [];
      let logRatio: Tensor1D = zeros([batch]);
      groups.forEach((group, i) => {
        const { prior, above: here } = group.prior(above);
        const q = group.posterior(above, seen, prior);
        const code = draw(q, epsilon([batch, ...group.shape], i));
        kl.push({ level: group.level, value: sumEvent(klOfNormals(q, prior)) as Tensor1D });
        logRatio = add(logRatio, sub(logDensity(q, code), logDensity(prior, code)));
        above = group.next(here, code);
      });
      return { output: output(above), kl: byLevel(kl, levels), logRatio };
    },
    generate(count, epsilon) {
      let above = start(count);
      groups.forEach((group, i) => {
        const { prior, above: here } = group.prior(above);
        above = group.next(here, draw(prior, epsilon([count, ...group.shape], i, group.level)));
      });
      return output(above);
    },
  };
}

export const hierarchyAbilities = ['sample', 'reconstruct', 'elbo', 'importance', 'levels'] as const satisfies readonly Ability[];

/** The settings that every hierarchy has. */
export const hierarchySettings = {
  klWarmUp: warmUpSettings.klWarmUp,
  freeBits: described(z.number().min(0).max(100).default(0), { title: 'Free bits', unit: 'nats', help: 'A divergence of a level below this, averaged over the batch, costs no less; keeps levels from being unused (Kingma et al. 2016).' }),
};

const likelihoods = ['bernoulli', 'gaussian-fixed', 'discretised-logistic', 'discretised-logistic-mixture'] as const;

/** The likelihoods of a hierarchy, with a default. */
export const hierarchyLikelihood = (preferred: (typeof likelihoods)[number]) => ({
  ...likelihoodSettings,
  likelihood: described(z.enum(likelihoods).default(preferred), { title: 'Likelihood', help: 'Of a value: a coin, for binary data; a normal whose standard deviation is fixed; or of grey levels the mass of a logistic, or of a mixture of logistics.' }),
});

interface HierarchySettings {
  klWarmUp: number;
  freeBits: number;
  /** Draws of the importance weighted bound; 1 is the evidence lower bound. */
  importanceSamples?: number;
  /** Draws over which the evidence lower bound is averaged. */
  boundSamples?: number;
}

/** The model of a hierarchy: its abilities, and as objective the bound with the divergence in closed form, or the importance weighted one. */
export function hierarchicalModel(construction: Construction, hierarchy: Hierarchy, likelihood: PictureLikelihood, { klWarmUp, freeBits, importanceSamples = 1, boundSamples = 1 }: HierarchySettings): GradientModel {
  const { sizes } = hierarchy;
  const drawn = (noise: Noise, name: string): Draw => (shape, group) => noise.normal(shape, `${name}/${group}`);
  const bound = (x: Batch, noise: Noise) => {
    const { output, kl } = hierarchy.infer(x, drawn(noise, 'posterior'));
    return { reconstruction: likelihood.of(output).logProb(x) as Tensor1D, kl };
  };
  const importance = (x: Batch, count: number, noise: Noise, name: string): WeightParts => {
    const all = repeat(x, count);
    const { output, logRatio } = hierarchy.infer(all, drawn(noise, name));
    const ofDraws = (values: Tensor): Tensor2D => reshape(values, [count, x.shape[0]]);
    return { reconstruction: ofDraws(likelihood.of(output).logProb(all)), minusKl: ofDraws(neg(logRatio)) };
  };
  const pictures = (output: Batch): Batch => likelihood.of(output).mean() as Batch;
  const levels: Levels = {
    sizes,
    sample: ({ count, temperatures, held, noise, heldNoise }) =>
      pictures(
        hierarchy.generate(count, (shape, group, level) => {
          const epsilon = level < held ? repeated(heldNoise.normal([1, ...shape.slice(1)], `prior/${group}`), count) : noise.normal(shape, `prior/${group}`);
          return mul(epsilon, reshape(slice(temperatures, level, 1), []));
        }),
      ),
    given: (count, noise) => likelihood.of(hierarchy.generate(count, (shape, group) => noise.normal(shape, `prior/${group}`))),
  };
  return {
    parameters: construction.parameters,
    latentSize: null,
    unit: 'nats',
    mass: likelihood.mass,
    samplesAreMeans: true,
    abilities: {
      sample: ({ count, temperature, noise }) => pictures(hierarchy.generate(count, (shape, group) => mul(noise.normal(shape, `prior/${group}`), temperature))),
      reconstruct: (x) => pictures(hierarchy.infer(x, (shape) => zeros(shape)).output),
      elbo(x, noise) {
        const { reconstruction, kl } = bound(x, noise);
        const total = sum<Tensor1D>(kl, 1);
        return { elbo: sub(reconstruction, total), reconstruction, kl: total, closedForm: hierarchy.closedForm, klPerLevel: kl };
      },
      importance: (x, count, noise) => logWeights(importance(x, count, noise, 'importance')),
      levels,
    },
    initialise: (batch) => likelihood.initialise?.(batch),
    objective(x, { noise, step }) {
      if (importanceSamples > 1) {
        const { loss, terms } = importanceObjective(importance(x, importanceSamples, noise, 'posterior'), warmUp(step, klWarmUp));
        return { loss, terms: { ...terms, ...likelihood.terms() } };
      }
      const { reconstruction, kl } = bound(repeat(x, boundSamples), noise);
      const reconstructionNats = neg<Scalar>(mean(reconstruction));
      const klLevels = mean<Tensor1D>(kl, 0);
      const klNats = sum<Scalar>(klLevels);
      const rate = withFreeBits(klLevels, freeBits);
      const weight = warmUp(step, klWarmUp);
      const lossNats = add<Scalar>(reconstructionNats, weight ? mul(rate, weight) : rate);
      const adjusted = klWarmUp > 0 || freeBits > 0;
      return {
        loss: lossNats,
        terms: {
          lossNats,
          reconstructionNats,
          klNats,
          ...(adjusted && { adjustmentNats: sub(lossNats, add(reconstructionNats, klNats)) }),
          ...(sizes.length > 1 && Object.fromEntries(sizes.map((_, level) => [`klLevel${level + 1}`, reshape(slice(klLevels, level, 1), []) as Scalar]))),
          ...likelihood.terms(),
        },
      };
    },
  };
}

const repeated = (x: Tensor, count: number): Tensor => tile(x, [count, ...x.shape.slice(1).map(() => 1)]);

/** A variable for every example of a batch. */
export const everywhere = (variable: Variable, batch: number): Tensor => tile(variable as Tensor, [batch, ...variable.shape.slice(1).map(() => 1)]);

