import { abs, add, clipByValue, concat, div, fill, floor, log1p, maximum, mean, minimum, mul, scalar, sigmoid, slice, softplus, sub, sum, tidy, variable, zeros, type Scalar, type Tensor, type Tensor1D, type Variable } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { described, type When } from '../../contract/settings';
import type { Terms } from '../model';
import { parameter, type Construction } from '../nets/dense';

export const objectives = ['elbo', 'beta', 'capacity', 'optimal-sigma', 'l-vae', 'dl-vae', 'control', 'dynamic', 'iwae', 'dreg'] as const;
export type ObjectiveName = (typeof objectives)[number];

export const warmUpSettings = {
  klWarmUp: described(z.int().min(0).max(10_000_000).default(0), { title: 'KL warm-up', unit: 'steps', help: 'The weight of the divergence rises from 0 to its own over so many steps.' }),
  freeBits: described(z.number().min(0).max(10).default(0), { title: 'Free bits', unit: 'nats', help: 'A divergence below this, averaged over the batch, costs no less: of each dimension, or of the whole code times its dimensions where they are not independent. Keeps dimensions from being unused (Kingma et al. 2016).' }),
};

/** Of the evidence lower bound; the importance weighted one has draws of its own. */
export const boundSamples = (when?: When) =>
  described(z.int().min(1).max(1000).default(1), {
    title: 'Bound samples',
    unit: 'draws',
    ...(when && { when }),
    help: 'Draws for each example, over which the evidence lower bound is averaged; memory and time grow with it. Above 1 it is the VAE that the importance weighted bound is compared with, of as many draws (Burda, Grosse and Salakhutdinov 2016, table 1).',
  });

export const objectiveSettings = {
  objective: described(z.enum(objectives).default('elbo'), {
    title: 'Objective',
    help: 'The evidence lower bound; with the divergence weighted by beta, pulled to a growing capacity, or weighted by a controller that brings it to a set point (ControlVAE, DynamicVAE); with the standard deviation that is best for the batch (outside of training that of about the last hundred batches); with learned weights (L-VAE, or one for each dimension: dL-VAE); or the importance weighted bound, by its own gradient or the doubly reparameterised one.',
  }),
  beta: described(z.number().min(0).max(10_000).default(4), { title: 'Beta', when: { objective: ['beta'] }, help: 'Weight of the divergence, for the objective beta.' }),
  gamma: described(z.number().min(0).max(100_000).default(1000), { title: 'Gamma', when: { objective: ['capacity'] }, help: 'Weight of the distance between divergence and capacity, for the objective capacity.' }),
  capacity: described(z.number().min(0).max(10_000).default(25), { title: 'Capacity', unit: 'nats', when: { objective: ['capacity', 'control', 'dynamic'] }, help: 'The divergence that the objectives capacity, control and dynamic lead to.' }),
  capacitySteps: described(z.int().min(0).max(10_000_000).default(100_000), { title: 'Capacity steps', unit: 'steps', when: { objective: ['capacity', 'control', 'dynamic'] }, help: 'In which the capacity grows to its value: from 0 in a line for the objective capacity, from 0.5 by 0.15 at a time for the controllers, all at once (control) or in a line over a sixth of the interval (dynamic); 0 starts at its value. A run of fewer steps ends below it.' }),
  betaMinimum: described(z.number().min(0).max(100).default(1), { title: 'Smallest beta', when: { objective: ['control', 'dynamic'] }, help: 'That a controller gives the divergence: 1 to separate factors, 0 to favour pictures.' }),
  betaMaximum: described(z.number().min(0).max(10_000).default(10_000), { title: 'Largest beta', when: { objective: ['control', 'dynamic'] }, help: 'That a controller gives the divergence: 1 to favour pictures, with 0 as the smallest and a capacity of 170 to 200 nats (faces, ControlVAE); 10,000 is as good as none.' }),
  betaStart: described(z.number().min(0).max(10_000).default(50), { title: 'First beta', when: { objective: ['dynamic'] }, help: 'Of the objective dynamic, which lowers it from there.' }),
  importanceSamples: described(z.int().min(1).max(1000).default(5), { title: 'Importance samples', unit: 'draws', when: { objective: ['iwae', 'dreg'] }, help: 'Draws for each example, for the objectives iwae and dreg; memory and time grow with it.' }),
  ...warmUpSettings,
};
export interface ObjectiveSettings {
  objective: ObjectiveName;
  beta: number;
  gamma: number;
  capacity: number;
  capacitySteps: number;
  betaMinimum: number;
  betaMaximum: number;
  betaStart: number;
  importanceSamples: number;
  klWarmUp: number;
  freeBits: number;
}

/** Means over a batch, nats. */
export interface Measured {
  /** Minus the log-likelihood, or for learned weights on data of real values the squared error. */
  distortion: Scalar;
  /** The divergence by group, `[groups]`. */
  klGroups: Tensor1D;
  step: Scalar;
}

export interface Weighted {
  loss: Scalar;
  /** What the weights are. */
  terms: Terms;
  updates?: Record<string, Tensor>;
}

/** min(1, step / steps); undefined without a warm-up. */
export const warmUp = (step: Scalar, steps: number): Scalar | undefined => (steps > 0 ? (minimum(div(step.toFloat(), steps), 1) as Scalar) : undefined);

/** The sum over the groups of max(free, divergence) (Kingma et al. 2016, appendix C.8). @param free nats a group */
export const withFreeBits = (klGroups: Tensor1D, free: number): Scalar => sum(free > 0 ? maximum(klGroups, free) : klGroups);

/** An objective of distortion and divergence: how it weights them. Learned weights are parameters `weights/...`, a controller's memory is state `controller/...`. */
export function weighting(
  construction: Construction,
  state: Record<string, Variable>,
  settings: ObjectiveSettings,
  { groups, latentSize }: { groups: number; latentSize: number },
): (measured: Measured) => Weighted {
  const free = settings.freeBits * (groups === 1 ? latentSize : 1);
  const weigh = weightings(construction, state, settings, groups);
  return ({ distortion, klGroups, step }) => {
    const kl = sum<Scalar>(klGroups);
    return weigh({ distortion, kl, klGroups: free > 0 ? maximum(klGroups, free) : klGroups, rate: withFreeBits(klGroups, free), step, warm: warmUp(step, settings.klWarmUp) });
  };
}

interface Parts extends Measured {
  /** The divergence itself; `rate` and `klGroups` have free bits. */
  kl: Scalar;
  rate: Scalar;
  warm: Scalar | undefined;
}

function weightings(construction: Construction, state: Record<string, Variable>, settings: ObjectiveSettings, groups: number): (parts: Parts) => Weighted {
  const warmed = <T extends Tensor>({ warm }: Parts, value: T): T => (warm ? mul(value, warm) : value);
  switch (settings.objective) {
    case 'elbo':
    case 'optimal-sigma':
    case 'iwae':
    case 'dreg':
      return (parts) => ({ loss: add(parts.distortion, warmed(parts, parts.rate)), terms: {} });
    case 'beta':
      // Higgins et al. 2017, equation 4.
      return (parts) => ({ loss: add(parts.distortion, warmed(parts, mul(parts.rate, settings.beta))), terms: { beta: scalar(settings.beta) } });
    case 'capacity':
      // Burgess et al. 2018, equation 8.
      return (parts) => {
        const capacity = risen(parts.step, settings);
        return { loss: add(parts.distortion, warmed(parts, mul(abs(sub(parts.rate, capacity)), settings.gamma))), terms: { capacity } };
      };
    case 'l-vae':
      return learnedWeights(construction, warmed);
    case 'dl-vae':
      return learnedWeightsByDimension(construction, groups, warmed);
    case 'control':
    case 'dynamic': {
      const [control, rise] = settings.objective === 'control' ? [controlled(state, settings), inStairs] : [incrementallyControlled(state, settings), inRamps];
      return (parts) => {
        const setPoint = climbing(parts.step, settings, rise);
        const { beta, updates } = control(setPoint, parts.kl);
        return { loss: add(parts.distortion, warmed(parts, mul(parts.rate, beta))), terms: { beta, setPoint }, updates };
      };
    }
  }
}

/** The capacity's part min(1, step / capacitySteps). */
const risen = (step: Scalar, { capacity, capacitySteps }: ObjectiveSettings): Scalar =>
  capacitySteps > 0 ? (mul(minimum(div(step.toFloat(), capacitySteps), 1), capacity) as Scalar) : scalar(capacity);

const firstSetPoint = 0.5;
const stair = 0.15;

/** How a set point rises: how many stairs it has climbed after so many intervals, and how much of an interval the last one takes. */
interface Rise {
  climbed(intervals: Tensor): Tensor;
  last: number;
}

/** All of a stair at the end of an interval (Shao et al. 2020, section 4.2: intervals of 5,000 steps). */
const inStairs: Rise = { climbed: floor, last: 0 };

/** From the end of the first interval on, over the first sixth of each (Shao et al. 2022 and its code: intervals of 6,000 steps that begin with a rise of 1,000). */
const inRamps: Rise = {
  climbed(intervals) {
    const ended = floor(intervals);
    return maximum(add(sub(ended, 1), minimum(mul(sub(intervals, ended), 6), 1)), 0);
  },
  last: 1 / 6,
};

/** From 0.5 upwards by 0.15 an interval, to arrive at the capacity after `capacitySteps`. */
function climbing(step: Scalar, { capacity, capacitySteps }: ObjectiveSettings, { climbed, last }: Rise): Scalar {
  if (capacitySteps === 0 || capacity <= firstSetPoint) return scalar(capacity);
  const interval = (capacitySteps * stair) / (capacity - firstSetPoint + last * stair);
  return minimum(add(mul(climbed(div(step.toFloat(), interval)), stair), firstSetPoint), capacity) as Scalar;
}

/** The inverse of softplus. */
const unsoftplus = (value: number): number => Math.log(Math.expm1(value));

/** L-VAE: R / s0 + KL / s1 + s0 + s1 with learned s (Mogultay Ozcan, Kalkan and Yarman-Vural 2025), the least at s0 = sqrt R, s1 = sqrt KL; beta = s0 / s1. */
function learnedWeights(construction: Construction, warmed: (parts: Parts, value: Scalar) => Scalar): (parts: Parts) => Weighted {
  const [raw0, raw1] = ['reconstruction', 'kl'].map((name) => parameter(construction, `weights/${name}`, () => scalar(unsoftplus(1)))) as [Variable, Variable];
  return (parts) => {
    const [s0, s1] = [softplus<Scalar>(raw0 as Tensor as Scalar), softplus<Scalar>(raw1 as Tensor as Scalar)];
    const loss = add(add(div(parts.distortion, s0), warmed(parts, div(parts.rate, s1))), add(s0, s1)) as Scalar;
    return { loss, terms: { beta: div(s0, s1), weightReconstruction: s0, weightKl: s1 } };
  };
}

/** dL-VAE: R / (1 + ln(1 + s0)) + sum_j KL_j / (1 + ln(1 + s_j)) + sum of all s, a weight for each dimension. */
function learnedWeightsByDimension(construction: Construction, groups: number, warmed: (parts: Parts, value: Scalar) => Scalar): (parts: Parts) => Weighted {
  const raw0 = parameter(construction, 'weights/reconstruction', () => scalar(unsoftplus(0.1)));
  const rawJ = parameter(construction, 'weights/kl', () => fill([groups], unsoftplus(0.1)));
  const weight = <T extends Tensor>(s: T): T => add(log1p(s), 1);
  return (parts) => {
    const [s0, sJ] = [softplus<Scalar>(raw0 as Tensor as Scalar), softplus<Tensor1D>(rawJ as Tensor as Tensor1D)];
    const loss = add(add(div(parts.distortion, weight(s0)), warmed(parts, sum<Scalar>(div(parts.klGroups, weight(sJ))))), add(s0, sum(sJ))) as Scalar;
    return { loss, terms: { weightReconstruction: s0, weightKl: mean<Scalar>(sJ) } };
  };
}

type Controller = (setPoint: Scalar, kl: Scalar) => { beta: Scalar; updates: Record<string, Tensor> };

function remember<T extends Tensor>(state: Record<string, Variable>, name: string, initial: () => T): T {
  return (state[`controller/${name}`] = tidy(() => variable(initial(), false))) as Tensor as T;
}

/** How strongly a controller answers the error now, 1 / (1 + exp(error)). */
const response = (error: Scalar): Scalar => sigmoid<Scalar>(mul(error, -1));
const proportional = 0.01;

/**
 * ControlVAE (Shao et al. 2020, equation 9): beta = 0.01 / (1 + exp e) - 0.001 sum of e + smallest beta, not above the largest, with the error e = set point - KL of the
 * step before. The sum never goes where it alone would drive beta beyond its limits; the paper's code stops it while beta is too small, where it may stay for good.
 */
function controlled(state: Record<string, Variable>, { betaMinimum, betaMaximum }: ObjectiveSettings): Controller {
  const beta = remember(state, 'beta', () => scalar(betaMinimum)) as Scalar;
  const integral = remember(state, 'integral', () => scalar(0)) as Scalar;
  return (setPoint, kl) => {
    const error = sub<Scalar>(setPoint, kl);
    const next = clipByValue(sub(integral, mul(error, 0.001)), 0, betaMaximum - betaMinimum);
    return { beta: beta.clone(), updates: { 'controller/integral': next, 'controller/beta': minimum(add(add(mul(response(error), proportional), next), betaMinimum), betaMaximum) } };
  };
}

const remembered = 5;

/**
 * DynamicVAE (Shao et al. 2022): beta changes by 0.01 times the change of 1 / (1 + exp e) and by -0.005 e, with the error of the mean KL of the last five steps, which
 * start at 0. What is remembered is beta as it was used, within its limits; the paper's code remembers it unlimited, and is slow to come back.
 */
function incrementallyControlled(state: Record<string, Variable>, { betaMinimum, betaMaximum, betaStart }: ObjectiveSettings): Controller {
  const beta = remember(state, 'beta', () => scalar(Math.min(betaStart, betaMaximum))) as Scalar;
  const before = remember(state, 'response', () => scalar(0.5)) as Scalar;
  const recent = remember(state, 'recent-kl', () => zeros([remembered])) as Tensor1D;
  return (setPoint, kl) => {
    const latest = concat([slice(recent, 1), kl.reshape([1]) as Tensor1D]);
    const error = sub<Scalar>(setPoint, mean<Scalar>(latest));
    const change = sub(mul(sub(response(error), before), proportional), mul(error, 0.005));
    return { beta: beta.clone(), updates: { 'controller/recent-kl': latest, 'controller/response': response(error), 'controller/beta': clipByValue(add(beta, change), betaMinimum, betaMaximum) } };
  };
}
