import type { z } from 'zod';
import type { Preset } from '../../model';
import type { vaeSettings } from './vae-settings';

const preset = (id: string, title: string, summary: string, source: string, settings: z.input<typeof vaeSettings>): Preset<typeof vaeSettings> => ({ id, title, summary, source, settings });

/** A stochastic layer of 50 after two of 200, the decoder started at the data's mean (Burda, Grosse and Salakhutdinov 2016, section 5). */
const burda = { widths: [200, 200], activation: 'tanh' as const, latentSize: 50, startAtMean: true };

/** The named variants of the variational autoencoder, each a choice of settings. */
export const vaePresets = [
  preset('vae', 'Variational autoencoder', 'Normal posteriors, a standard normal prior and the evidence lower bound.', 'Kingma and Welling 2014.', {}),
  preset('beta-vae', 'β-VAE', 'Weights the divergence by 4, so that codes say less and their dimensions tend to separate.', 'Higgins et al. 2017, equation 4.', { objective: 'beta', beta: 4, latentSize: 10 }),
  preset('burgess-vae', 'Capacity VAE', 'Holds the divergence at a capacity that grows from 0 to 25 nats over the first 4,000 steps.', 'Burgess et al. 2018, equation 8, where it grows over 100,000 steps.', { objective: 'capacity', gamma: 1000, capacity: 25, capacitySteps: 4000, latentSize: 10 }),
  preset('sigma-vae', 'σ-VAE', "Learns the standard deviation of the decoder's normal, one number for all pixels.", 'Rybkin, Daniilidis and Levine 2021, section 3.1.', { likelihood: 'gaussian-learned', latentSize: 20 }),
  preset('optimal-sigma-vae', 'Optimal σ-VAE', "Gives the decoder's normal the standard deviation that is best for the batch, and for what is measured that of about the last hundred batches.", 'Rybkin, Daniilidis and Levine 2021, section 3.2.', { objective: 'optimal-sigma', likelihood: 'gaussian-fixed', latentSize: 20 }),
  preset('l-vae', 'L-VAE', 'Learns the weights of reconstruction and divergence, and their ratio beta with them.', 'Moğultay Özcan, Kalkan and Yarman-Vural 2025.', { objective: 'l-vae', latentSize: 10 }),
  preset('dl-vae', 'dL-VAE', 'Learns a weight for the divergence of each dimension.', 'Moğultay Özcan, Kalkan and Yarman-Vural 2025.', { objective: 'dl-vae', latentSize: 10 }),
  preset('control-vae', 'ControlVAE', 'A controller weights the divergence so that it follows a set point, rising to 18 nats over the first 4,000 steps.', 'Shao et al. 2020, equation 9, where it rises over 583,000 of 1.5 million steps and beta stays above 1.', { objective: 'control', capacity: 18, capacitySteps: 4000, betaMinimum: 0, latentSize: 10 }),
  preset('dynamic-vae', 'DynamicVAE', 'A controller lowers a large weight of the divergence until that reaches its set point, rising to 20 nats over the first 4,000 steps.', 'Shao et al. 2022, where it rises over 781,000 of 2 million steps.', { objective: 'dynamic', capacity: 20, capacitySteps: 4000, betaStart: 50, betaMinimum: 0.1, latentSize: 10 }),
  preset('iwae', 'IWAE', 'Five draws for each picture, weighted by how well they explain it: a tighter bound.', 'Burda, Grosse and Salakhutdinov 2016, equation 8.', { objective: 'iwae', importanceSamples: 5, ...burda }),
  preset('vae-5', 'VAE-5, beside IWAE', 'The nets of the IWAE, trained on the mean of five bounds of one draw each: what a tighter bound gains is what it has beyond this.', 'Burda, Grosse and Salakhutdinov 2016, table 1.', { boundSamples: 5, ...burda }),
  preset('dreg-iwae', 'IWAE, doubly reparameterised', "The same bound, with a gradient of the encoder's that does not fade as draws are added.", 'Tucker et al. 2019, equation 8.', { objective: 'dreg', importanceSamples: 5, ...burda }),
  preset('planar-vae', 'VAE with planar flows', 'Sends normal draws through ten planar layers made by the encoder.', 'Rezende and Mohamed 2015, equation 10.', { posterior: 'planar', flowLayers: 10, latentSize: 40 }),
  preset('radial-vae', 'VAE with radial flows', 'Sends normal draws through ten radial layers made by the encoder.', 'Rezende and Mohamed 2015, equation 14.', { posterior: 'radial', flowLayers: 10, latentSize: 40 }),
  preset('iaf-vae', 'VAE with inverse autoregressive flow', 'Sends normal draws through four gated autoregressive steps.', 'Kingma et al. 2016, equations 13 and 14.', { posterior: 'iaf', flowLayers: 4, flowWidth: 320, latentSize: 32 }),
  preset('mog-posterior-vae', 'VAE with mixture posterior', 'A mixture of three normals for each picture, one draw from each, weighted.', 'Roeder, Wu and Duvenaud 2017, section 5; Morningstar et al. 2021.', { posterior: 'mixture', posteriorComponents: 3 }),
  preset('categorical-vae', 'VAE with categorical codes', 'Twenty variables of ten classes, trained straight through Gumbel-softmax draws.', 'Jang, Gu and Poole 2017.', { posterior: 'categorical', latentSize: 20, classes: 10, codeGradient: 'gumbel' }),
  preset('bernoulli-vae', 'VAE with binary codes', 'Six variables of 0 and 1, summed over without sampling.', 'Mnih and Gregor 2014, with the expectation exact.', { posterior: 'bernoulli', latentSize: 6, codeGradient: 'enumeration' }),
  preset('per-example-vae', 'VAE without an encoder', 'Every training picture has a posterior of its own; other pictures are given one by 40 steps on their bound.', 'Hoffman et al. 2013; Cremer, Li and Duvenaud 2018.', { posterior: 'per-example' }),
  preset('autoregressive-decoder-vae', 'VAE with an autoregressive decoder', 'Each pixel knows those before it as well as the code, which a decoder so strong may learn to leave unused.', 'Chen et al. 2017, with a masked autoencoder over the pixels.', { likelihood: 'bernoulli-autoregressive' }),
  preset('mog-prior-vae', 'VAE with mixture prior', 'A learned mixture of sixteen normals for the codes.', 'Dilokthanakul et al. 2016; Tomczak and Welling 2018, section 2.', { prior: 'mixture', latentSize: 10 }),
  preset('vamp-vae', 'VAE with VampPrior', 'The mean posterior of learned pictures for the codes.', 'Tomczak and Welling 2018, equation 9.', { prior: 'vamp', priorComponents: 100, latentSize: 40, widths: [300, 300] }),
  preset('realnvp-prior-vae', 'VAE with RealNVP prior', 'A learned flow of six couplings for the codes.', 'Dinh, Sohl-Dickstein and Bengio 2017; Chen et al. 2017.', { prior: 'realnvp', flowWidth: 256, latentSize: 10 }),
  preset('maf-prior-vae', 'VAE with MAF prior', 'A learned masked autoregressive flow for the codes.', 'Papamakarios, Pavlakou and Murray 2017; Chen et al. 2017.', { prior: 'maf', flowWidth: 128, latentSize: 10 }),
  preset('conv-vae', 'Convolutional VAE', 'Two convolutions that halve the picture, and their transposes.', 'Kingma and Welling 2014; smaller nets than the published one of disentanglement-lib-vae.', { network: 'conv', latentSize: 10 }),
  { ...preset('disentanglement-lib-vae', 'Convolutional VAE of disentanglement_lib', 'Four convolutions and a dense layer, and their transposes: for pictures of 64 x 64 as dSprites has them.', 'Locatello et al. 2019, the nets of all their models; their VAEs have β from 1 to 16.', { network: 'conv-disentanglement-lib', latentSize: 10 }), training: { batch: 64, learningRate: 1e-4 } },
  preset('linear-vae', 'Linear VAE', 'Encoder and decoder are linear: the best it can do is probabilistic PCA.', 'Lucas et al. 2019.', { activation: 'none', widths: [], likelihood: 'gaussian-learned' }),
];
