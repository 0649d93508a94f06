import { z } from 'zod';
import type { DataShape } from '../../../contract/models';
import { described } from '../../../contract/settings';
import { estimators } from '../../objectives/elbo';
import { boundSamples, objectives, objectiveSettings, type ObjectiveName } from '../../objectives/objective';
import { likelihoodSettings, netSettings, refusesLikelihood, refusesNetwork } from './parts';
import { isDiscrete, posteriorSettings, refusesPosterior } from './posteriors';
import { priorSettings, refusesPrior } from './priors';

export const isImportanceWeighted = ({ objective }: { objective: ObjectiveName }): boolean => objective === 'iwae' || objective === 'dreg';

const ofOneBound = { objective: objectives.filter((name) => !isImportanceWeighted({ objective: name })) };

export const vaeSettings = z.strictObject({
  ...netSettings,
  ...likelihoodSettings,
  pixelUnits: described(z.int().min(1).max(2048).default(128), { title: 'Units between values', when: { likelihood: ['bernoulli-autoregressive'] }, help: "Hidden units of the masked net by which a value knows those before it. What is shown as the decoder's mean is that of each value given the likelier of each before it." }),
  estimator: described(z.enum(estimators).default('analytic-kl'), { title: 'Estimator', when: ofOneBound, help: 'Of the bound while training: the divergence in closed form, where there is one, or log p(x, z) - log q(z|x) at the sample, of the same mean.' }),
  boundSamples: boundSamples(ofOneBound),
  ...posteriorSettings,
  ...priorSettings,
  ...objectiveSettings,
});
export type VaeSettings = z.output<typeof vaeSettings>;

/** Parts of the divergence that add up: dimensions or discrete variables where they are independent, else the whole. */
export const klGroups = (settings: VaeSettings): number =>
  isDiscrete(settings) || (settings.prior === 'standard-normal' && (settings.posterior === 'gaussian' || settings.posterior === 'per-example')) ? settings.latentSize : 1;

export const hasLearnedWeights = ({ objective }: VaeSettings): boolean => objective === 'l-vae' || objective === 'dl-vae';

/** Whether learned weights take the squared error, which is never negative as a density's logarithm may be, for the reconstruction. */
export const isSquaredError = (settings: VaeSettings): boolean => hasLearnedWeights(settings) && settings.likelihood === 'gaussian-fixed';

function refusesObjective(settings: VaeSettings): string | null {
  const { objective, likelihood, posterior } = settings;
  const density = likelihood.startsWith('gaussian') || likelihood === 'continuous-bernoulli';
  if (objective === 'optimal-sigma' && likelihood !== 'gaussian-fixed') return 'The best standard deviation is one of a normal likelihood without one of its own: choose the likelihood gaussian-fixed, whose value it starts from.';
  if (hasLearnedWeights(settings) && density && likelihood !== 'gaussian-fixed')
    return 'Learned weights need a reconstruction that is never negative: choose the likelihood gaussian-fixed, which gives the squared error, or one of discrete values.';
  if (objective === 'dl-vae' && klGroups(settings) === 1 && settings.latentSize > 1) return 'A weight for each dimension needs a divergence that is a sum over them: choose independent posteriors and the prior standard-normal, or the objective l-vae.';
  if ((objective === 'control' || objective === 'dynamic') && settings.betaMaximum < settings.betaMinimum) return 'The controller has no beta between its smallest and its largest: lower the smallest beta, or raise the largest.';
  if (!isImportanceWeighted(settings)) return null;
  if (settings.freeBits > 0) return 'The importance weighted bound has no divergence of its own to leave free: set free bits to 0.';
  if (isDiscrete(settings) || posterior === 'mixture') return 'The importance weighted bound takes draws that have a gradient: choose another posterior, or the objective elbo.';
  if (objective === 'dreg' && posterior !== 'gaussian' && posterior !== 'per-example') return "The doubly reparameterised gradient takes a posterior's density at any code: choose the posterior gaussian, or the objective iwae.";
  return null;
}

/** Null when data and settings fit together, else a sentence. */
export const refusesVae = (data: DataShape, settings: VaeSettings): string | null =>
  refusesNetwork(data, settings) ?? refusesLikelihood(data, settings) ?? refusesPosterior(settings) ?? refusesPrior(settings) ?? refusesObjective(settings);
