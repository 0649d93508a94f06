import { add, div, exp, grads, log, maximum, mean, minimum, mul, neg, scalar, softplus, sqrt, squaredDifference, square, sub, sum, tidy, variable, zeros, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Variable } from '@tensorflow/tfjs-core';
import type { DataShape } from '../../../contract/models';
import type { Distribution } from '../../distributions/distribution';
import { gaussian, gaussianFromHeads, standardNormal } from '../../distributions/gaussian';
import { gaussianPosterior } from '../../distributions/posterior';
import { priorOf } from '../../distributions/prior';
import { stopGradient } from '../../gradients';
import { defineModel, type Batch, type Objective, type StepContext } from '../../model';
import { parameter, type Construction } from '../../nets/dense';
import { evidenceLowerBound, repeat, squaredErrorOf, type Estimator, type Generative } from '../../objectives/elbo';
import { doublyReparameterised, drawWeights, importanceObjective, logWeights } from '../../objectives/importance';
import { warmUp, weighting } from '../../objectives/objective';
import { under, type Noise } from '../../random/noise';
import { atFloor, decoder, encoder, pictureLikelihood } from './parts';
import { isDiscrete, posteriorFamily, rowsOfTable, type Heads } from './posteriors';
import { latentPrior } from './priors';
import { vaePresets } from './vae-presets';
import { hasLearnedWeights, isImportanceWeighted, isSquaredError, klGroups, refusesVae, vaeSettings, type VaeSettings } from './vae-settings';

export const vae = defineModel({
  id: 'vae',
  title: 'Variational autoencoder',
  family: 'variational autoencoders',
  summary: 'A code with a prior, a decoder that turns codes into distributions of pictures, and an encoder that approximates the posterior; every part can be chosen.',
  source: 'Kingma and Welling 2014, equations 6 and 7; learned variances: Rybkin, Daniilidis and Levine 2021.',
  objective: 'minus the evidence lower bound, mean over x of -E_q(z|x)[log p(x|z)] + KL(q(z|x) || p(z)), weighted or tightened as the objective says',
  page: {
    idea: 'The bound rewards codes that explain the picture and charges for every nat that they say beyond the prior. What stays open is how far the encoder’s guess is from the true posterior: the bound is loose by just that divergence.',
    formulas: [
      String.raw`\log p_\theta(x) \ \ge\ \mathbb E_{q_\phi(z \mid x)} \bigl[\log p_\theta(x \mid z)\bigr] - \mathrm{KL}\bigl(q_\phi(z \mid x)\,\big\Vert\,p(z)\bigr)`,
      String.raw`\mathrm{KL} = \tfrac12 \sum_{j=1}^{k} \bigl(\mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2\bigr), \qquad z = \mu + \sigma \odot \varepsilon,\quad \varepsilon \sim \mathcal N(0, I)`,
    ],
    symbols: 'θ are the decoder’s parameters, φ the encoder’s, k the latent dims; the second line is for a normal posterior and prior.',
    lookAt: 'KL spectrum: dims that carry nothing have collapsed. Likelihood estimators: how far the bound is from log p(x). Aggregate posterior: where the codes leave holes in the prior, Samples are poor. Rate and distortion across values of beta.',
  },
  settings: vaeSettings,
  abilities: ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'importance'],
  trainedBy: 'gradient',
  accepts: 'pictures of any size, with the Bernoulli likelihood binary ones; tables, with a Gaussian likelihood',
  refuses: refusesVae,
  presets: vaePresets,
  build({ settings, data, noise }) {
    const construction: Construction = { parameters: {}, noise: under('initial', noise) };
    const state: Record<string, Variable> = {};
    const family = posteriorFamily(construction, settings);
    const likelihood = pictureLikelihood(construction, data, settings);
    const output = decoder(construction, data, { ...settings, latentSize: family.codeSize }, likelihood);
    const headsOf = settings.posterior === 'per-example' ? perExample(construction, data, settings, () => ({ prior, decode }), under('fit', noise)) : amortised(construction, data, settings, family.heads);
    const { prior, initialise } = latentPrior(construction, data, settings, (x) => {
      const { mean, 'log-variance': logVariance } = headsOf(x);
      return gaussianFromHeads(mean as Tensor2D, logVariance as Tensor2D);
    });
    const weigh = weighting(construction, state, settings, { groups: klGroups(settings), latentSize: settings.latentSize });
    const optimal = settings.objective === 'optimal-sigma' ? optimalSigma(state, settings) : undefined;

    const likelihoodOf = (code: Tensor2D): Distribution => likelihood.of(output(code));
    const decode = (code: Tensor2D): Distribution => (optimal ? gaussian(likelihoodOf(code).mean(), optimal.logSigma) : likelihoodOf(code));
    const encode = (x: Batch) => family.of(headsOf(x), scalar(1, 'int32'));
    const repeated = (heads: Heads, count: number): Heads => Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, repeat(head, count)]));
    const bound = (x: Batch, sampling: Noise, estimator: Estimator) => evidenceLowerBound(x, encode(x), { prior, decode }, sampling, estimator);

    function importanceWeightedObjective(x: Batch, { noise: sampling, step, rows }: StepContext): Objective {
      const count = settings.importanceSamples;
      const heads = repeated(headsOf(x, rows), count);
      const weighing = { posterior: family.of(heads, step), prior, decode, noise: sampling, purpose: 'posterior' };
      const fixed = () => family.of(Object.fromEntries(Object.entries(heads).map(([name, head]) => [name, stopGradient(head)])), step);
      const klWeight = warmUp(step, settings.klWarmUp);
      const { loss, terms } = importanceObjective(settings.objective === 'dreg' ? doublyReparameterised(x, count, fixed(), weighing, klWeight) : drawWeights(x, count, weighing), klWeight);
      return { loss, terms: { ...terms, ...likelihood.terms() } };
    }

    /** p(x|z) as the objective has it, and what it found of it. */
    function trained(step: Scalar): { decode: (z: Tensor2D) => Distribution; found?: () => Required<Pick<Objective, 'terms' | 'updates'>> } {
      if (isSquaredError(settings)) return { decode: (z) => squaredErrorOf(likelihoodOf(z)) };
      return optimal ? optimal.forBatch(likelihoodOf, step) : { decode };
    }

    function boundObjective(x: Batch, { noise: sampling, step, rows }: StepContext): Objective {
      const { decode: decodeTrained, found } = trained(step);
      const count = settings.boundSamples;
      const { reconstruction, klGroups: groups } = evidenceLowerBound(repeat(x, count), family.of(repeated(headsOf(x, rows), count), step), { prior, decode: decodeTrained }, sampling, settings.estimator);
      const distortion = neg<Scalar>(mean(reconstruction));
      const byGroup = mean<Tensor1D>(groups, 0);
      const klNats = sum<Scalar>(byGroup);
      const weighted = weigh({ distortion, klGroups: byGroup, step });
      const sigma = found?.();
      return {
        loss: weighted.loss,
        terms: {
          // Learned weights divide nats and are added to them: that loss has no unit.
          ...(hasLearnedWeights(settings) ? { loss: weighted.loss } : { lossNats: weighted.loss }),
          ...(isSquaredError(settings) ? { squaredError: distortion } : { reconstructionNats: distortion }),
          klNats,
          ...(!isPlain(settings) && !hasLearnedWeights(settings) && { adjustmentNats: sub(weighted.loss, add(distortion, klNats)) }),
          ...weighted.terms,
          ...likelihood.terms(),
          ...sigma?.terms,
        },
        updates: { ...weighted.updates, ...sigma?.updates },
      };
    }

    return {
      parameters: construction.parameters,
      state,
      latentSize: family.codeSize,
      unit: 'nats',
      posterior: { ...family.words, ...(settings.posterior === 'per-example' && { origin: fittedPosterior }) },
      mass: likelihood.mass,
      samplesAreMeans: true,
      ...(family.allCodes && { allCodes: family.allCodes }),
      gradientIsEstimate: settings.objective === 'dreg' || (isDiscrete(settings) && settings.codeGradient !== 'enumeration'),
      abilities: {
        encode,
        decode,
        prior: (count) => (prior.isBase && !isDiscrete(settings) ? standardNormal(count, family.codeSize) : priorOf(prior, count)),
        sample({ count, temperature, noise: sampling, draw }) {
          const given = decode(prior.sample(count, temperature, sampling));
          return (draw ? given.sample(sampling, 'x') : given.mean()) as Batch;
        },
        reconstruct: (x) => decode(encode(x).mean() as Tensor2D).mean() as Batch,
        elbo: (x, sampling) => ({ ...bound(x, sampling, 'analytic-kl'), ...atFloor(likelihood) }),
        importance: (x, count, sampling) =>
          logWeights(drawWeights(x, count, { posterior: family.of(repeated(headsOf(x), count), scalar(1, 'int32')), prior, decode, noise: sampling, purpose: 'importance' })),
      },
      initialise(batch, sampling) {
        likelihood.initialise?.(batch);
        initialise?.(batch, sampling);
      },
      objective: isImportanceWeighted(settings) ? importanceWeightedObjective : boundObjective,
    };
  },
});

/** Whether the loss is minus the bound itself, at every step. */
const isPlain = ({ objective, klWarmUp, freeBits }: VaeSettings): boolean => (objective === 'elbo' || objective === 'optimal-sigma') && klWarmUp === 0 && freeBits === 0;

/** The posterior's parameters, for training examples perhaps by their rows. */
type HeadsOf = (x: Batch, rows?: Tensor1D) => Heads;

const amortised = (construction: Construction, data: DataShape, settings: VaeSettings, heads: Record<string, number>): HeadsOf => {
  const encode = encoder(construction, data, settings, heads);
  return (x) => encode(x);
};

const fitSteps = 40;
const fitRate = 0.1;
const fittedPosterior = `q(z|x) fitted to each example by ${fitSteps} steps of Adam, the decoder held`;

/**
 * Parameters that belong to the examples, `posterior/mean` and `posterior/log-variance`, `[examples, latent]`. Pictures outside of a training step, training examples
 * too, have no row: theirs are fitted from N(0, I) by 40 steps of Adam on the bound with a step size of 0.1 and noise of its own, decoder and prior held.
 */
function perExample(construction: Construction, { examples }: DataShape, { latentSize }: VaeSettings, generative: () => Generative, noise: Noise): HeadsOf {
  const table = {
    mean: parameter(construction, 'posterior/mean', () => mul(construction.noise.normal([examples, latentSize], 'posterior/mean'), 0.01)),
    'log-variance': parameter(construction, 'posterior/log-variance', () => zeros([examples, latentSize])),
  };
  return (x, rows) => {
    if (rows) return { mean: rowsOfTable(table.mean as Tensor as Tensor2D, rows), 'log-variance': rowsOfTable(table['log-variance'] as Tensor as Tensor2D, rows) };
    const shape = [x.shape[0], latentSize];
    let values: Tensor[] = [zeros(shape), zeros(shape)];
    let moments = values.map(() => ({ first: zeros(shape) as Tensor, second: zeros(shape) as Tensor }));
    for (let i = 1; i <= fitSteps; i++) {
      const gradients = grads((centre: Tensor, logVariance: Tensor) => {
        const q = gaussianPosterior(gaussianFromHeads(centre as Tensor2D, logVariance as Tensor2D));
        return neg(sum(evidenceLowerBound(x, q, generative(), under(`fit-${i}`, noise), 'analytic-kl').elbo));
      })(values);
      moments = moments.map(({ first, second }, j) => ({ first: add(mul(first, 0.9), mul(gradients[j] as Tensor, 0.1)), second: add(mul(second, 0.999), mul(square(gradients[j] as Tensor), 0.001)) }));
      const rate = (fitRate * Math.sqrt(1 - 0.999 ** i)) / (1 - 0.9 ** i);
      values = values.map((value, j) => sub(value, mul((moments[j]?.first as Tensor).div(sqrt(moments[j]?.second as Tensor).add(1e-8)), rate)));
    }
    return { mean: values[0] as Tensor2D, 'log-variance': values[1] as Tensor2D };
  };
}

const logSigmaName = 'decoder/log-sigma';

/**
 * sigma^2 = mean squared error of the batch (Rybkin, Daniilidis and Levine 2021, equation 7), ln sigma above -6. Outside of training sigma^2, which is state, is the mean
 * of the batches': of all up to step 100, from there on the newest counts 0.01.
 */
function optimalSigma(state: Record<string, Variable>, { sigma }: VaeSettings) {
  const logSigma = (state[logSigmaName] = tidy(() => variable(scalar(Math.log(sigma)), false)));
  const best = (x: Tensor, centre: Tensor): Tensor => sub(softplus(add(mul(log(mean(squaredDifference(x, centre))), 0.5), 6)), 6);
  const variance = (logDeviation: Tensor): Tensor => exp(mul(logDeviation, 2));
  return {
    logSigma,
    forBatch(likelihoodOf: (z: Tensor2D) => Distribution, step: Scalar) {
      let found: Tensor = logSigma;
      return {
        decode(z: Tensor2D): Distribution {
          const centre = likelihoodOf(z).mean();
          return {
            ...gaussian(centre, logSigma),
            logProb(x) {
              found = best(x, centre);
              return gaussian(centre, found).logProb(x);
            },
          };
        },
        found() {
          const share = minimum(maximum(div(1, step.toFloat()), 0.01), 1);
          const running = add(mul(variance(logSigma), sub(1, share)), mul(variance(found), share));
          return { terms: { sigma: exp<Scalar>(found as Scalar) }, updates: { [logSigmaName]: mul(log(running), 0.5) } };
        },
      };
    },
  };
}
