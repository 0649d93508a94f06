import { add, cast, concat, div, exp, less, maximum, mean, mul, neg, reshape, slice, square, stack, sub, sum, tensor1d, tile, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { Ability } from '../../../contract/models';
import { described } from '../../../contract/settings';
import type { Distribution } from '../../distributions/distribution';
import { gaussian, sumEvent } from '../../distributions/gaussian';
import { withoutGradient } from '../../gradients';
import { plainPosterior, type Batch, type GradientModel, type Levels, type PosteriorWords } from '../../model';
import type { Construction } from '../../nets/dense';
import { repeat } from '../../objectives/elbo';
import { importanceObjective, logWeights, type WeightParts } from '../../objectives/importance';
import { warmUp, warmUpSettings, withFreeBits } from '../../objectives/objective';
import type { Noise } from '../../random/noise';
import { atFloor, likelihoodSettings, type PictureLikelihood } from '../autoencoders/parts';

/** A normal with independent values. */
export interface Normal {
  mean: Tensor;
  logSigma: Tensor;
}

/** One group of latent variables on the way down. `H` is what is known of the groups above it, `P` what a posterior gets of its prior. */
export interface Group<H, F, P extends Normal = Normal> {
  /** The level that it counts for, from 0 at the top. */
  level: number;
  /** Of its variables in one example. */
  shape: readonly number[];
  /** p(z | groups above), and what the way down goes on with. */
  prior(above: H): { prior: P; above: H };
  /** q(z | x, groups above). @param above as it came to `prior`; @param features of x */
  posterior(above: H, features: F, prior: P): Normal;
  /** What the next group gets. */
  next(above: H, z: Tensor): H;
}

/** A model whose posterior goes down the same way as its prior (Sonderby et al. 2016). */
export interface TopDown<H, F, P extends Normal = Normal> {
  groups: readonly Group<H, F, P>[];
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
  /** log q(z|x) - log p(z) at the codes, `[batch]`. */
  logRatio: Tensor1D;
  /** log q(z|x) of the codes, `[batch]`. */
  logQ: Tensor1D;
  /** The codes of each group, the top one first, `[batch, ...shape]`. */
  codes: readonly Tensor[];
  /** What each number of the codes adds to `kl`, in the shapes of `codes`. */
  klOfCodes: readonly Tensor[];
}

/** The code of a group, given its posterior. @param shape of the code, `[batch, ...shape of the group]` */
export type Choose = (posterior: Normal, shape: number[], group: number) => Tensor;

/** A hierarchy as the assembly sees it. */
export interface Hierarchy {
  /** Numbers in each level, the top one first. */
  sizes: readonly number[];
  /** The shape of each group's code in one example, the top one first. */
  groups: readonly (readonly number[])[];
  infer(x: Batch, choose: Choose): Inferred;
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

export const draw = ({ mean, logSigma }: Normal, epsilon: Tensor): Tensor => add(mean, mul(exp(logSigma), epsilon));
const logDensity = ({ mean, logSigma }: Normal, z: Tensor): Tensor1D => gaussian(mean, logSigma).logProb(z) as Tensor1D;

/** Sums `[batch]` values by level: `[batch, levels]`. */
export function byLevel(values: readonly { level: number; value: Tensor1D }[], levels: number): Tensor2D {
  return stack(
    Array.from({ length: levels }, (_, level) => values.filter((entry) => entry.level === level).map(({ value }) => value).reduce((total, value) => add(total, value))),
    1,
  ) as Tensor2D;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The hierarchy of a model whose posterior goes down. */
export function topDown<H, F, P extends Normal = Normal>({ groups, levels, start, features, output }: TopDown<H, F, P>): Hierarchy {
  return {
    sizes: Array.from({ length: levels }, (_, level) => groups.filter((group) => group.level === level).reduce((total, { shape }) => total + sizeOf(shape), 0)),
    groups: groups.map(({ shape }) => shape),
    closedForm: 'in each level',
    infer(x, choose) {
      const batch = x.shape[0];
      const seen = features(x);
      let above = start(batch);
      const kl: { level: number; value: Tensor1D }[] = [];
      let logRatio: Tensor1D = zeros([batch]);
      let logQ: Tensor1D = zeros([batch]);
      const codes: Tensor[] = [];
      const klOfCodes: Tensor[] = [];
      groups.forEach((group, i) => {
        const { prior, above: here } = group.prior(above);
        const q = group.posterior(above, seen, prior);
        const code = choose(q, [batch, ...group.shape], i);
        const divergence = klOfNormals(q, prior);
        kl.push({ level: group.level, value: sumEvent(divergence) as Tensor1D });
        const own = logDensity(q, code);
        logRatio = add(logRatio, sub(own, logDensity(prior, code)));
        logQ = add(logQ, own);
        codes.push(code);
        klOfCodes.push(divergence);
        above = group.next(here, code);
      });
      return { output: output(above), kl: byLevel(kl, levels), logRatio, logQ, codes, klOfCodes };
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
/** Of a hierarchy whose codes are few enough to be given number by number. */
export const encodingAbilities = ['encode', ...hierarchyAbilities] as const satisfies readonly Ability[];
const downTheMeans: PosteriorWords = { ...plainPosterior, mean: 'the mean of q(z|x), in each level given the means of those on which it rests' };

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
  /** Whether divergences are multiplied by `balancing` until the warm-up is over. */
  klBalancing?: boolean;
}

/**
 * What each level's divergence is multiplied by, `[levels]`, the top one first, each level's map of twice the height and width of the one above: in proportion to what it carries
 * for each place of its map, (KL_l + 0.01) / 4^l, with a mean of 1 and without gradient (Vahdat and Kautz 2020, appendix A, and the published code, for a group a scale).
 */
export const balancing = (klLevels: Tensor1D): Tensor1D =>
  withoutGradient(() => {
    const byPlace = div(add(klLevels, 0.01), tensor1d(Array.from({ length: klLevels.size }, (_, level) => 4 ** level)));
    return div<Tensor1D>(byPlace, mean(byPlace));
  });

/**
 * The model of a hierarchy: its abilities, and as objective the bound with the divergence in closed form, or the importance weighted one.
 * @param encodes whether its abilities are `encodingAbilities`: the codes of all groups one after the other, the top one first, and the divergence of each number
 */
export function hierarchicalModel(
  construction: Construction,
  hierarchy: Hierarchy,
  likelihood: PictureLikelihood,
  { klWarmUp, freeBits, importanceSamples = 1, boundSamples = 1, klBalancing = false }: HierarchySettings,
  encodes: boolean,
): GradientModel {
  const { sizes } = hierarchy;
  const drawn = (noise: Noise, name: string): Choose => (q, shape, group) => draw(q, noise.normal(shape, `${name}/${group}`));
  const means: Choose = (q) => q.mean;
  const bound = (x: Batch, noise: Noise) => {
    const { output, kl, klOfCodes } = hierarchy.infer(x, drawn(noise, 'posterior'));
    return { reconstruction: likelihood.of(output).logProb(x) as Tensor1D, kl, klOfCodes };
  };
  const encode = (x: Batch): Distribution => ({
    mean: () => joined(hierarchy.infer(x, means).codes),
    sample: (noise, purpose) => joined(hierarchy.infer(x, drawn(noise, purpose)).codes),
    logProb: (z) => hierarchy.infer(x, parted(z as Tensor2D, hierarchy.groups)).logQ,
  });
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
    latentSize: encodes ? sizes.reduce((total, size) => total + size, 0) : null,
    unit: 'nats',
    posterior: downTheMeans,
    mass: likelihood.mass,
    samplesAreMeans: true,
    abilities: {
      ...(encodes && { encode }),
      sample({ count, temperature, noise, draw: drawing }) {
        const given = likelihood.of(hierarchy.generate(count, (shape, group) => mul(noise.normal(shape, `prior/${group}`), temperature)));
        return (drawing ? given.sample(noise, 'x') : given.mean()) as Batch;
      },
      reconstruct: (x) => pictures(hierarchy.infer(x, means).output),
      elbo(x, noise) {
        const { reconstruction, kl, klOfCodes } = bound(x, noise);
        const total = sum<Tensor1D>(kl, 1);
        return { elbo: sub(reconstruction, total), reconstruction, kl: total, closedForm: hierarchy.closedForm, klPerLevel: kl, ...(encodes && { klPerDimension: joined(klOfCodes) }), ...atFloor(likelihood) };
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
      const rate = klBalancing && klWarmUp > 0 ? sum<Scalar>(mul(maximum(klLevels, freeBits), add(1, mul(sub(balancing(klLevels), 1), cast(less(step, klWarmUp), 'float32'))))) : withFreeBits(klLevels, freeBits);
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

/** Of each example the numbers of all groups, one group after the other. */
const joined = (groups: readonly Tensor[]): Tensor2D => concat(groups.map((group) => reshape(group, [group.shape[0] ?? 0, -1])), 1) as Tensor2D;

/** The codes that `joined` made of these. */
function parted(z: Tensor2D, groups: Hierarchy['groups']): Choose {
  const starts = groups.map((_, i) => groups.slice(0, i).reduce((total, shape) => total + sizeOf(shape), 0));
  return (_, shape, group) => reshape(slice(z, [0, starts[group] ?? 0], [-1, sizeOf(groups[group] ?? [])]), shape);
}

const repeated = (x: Tensor, count: number): Tensor => tile(x, [count, ...x.shape.slice(1).map(() => 1)]);

/** A variable for every example of a batch. */
export const everywhere = (variable: Variable, batch: number): Tensor => tile(variable as Tensor, [batch, ...variable.shape.slice(1).map(() => 1)]);

