import type { Family, ModelInfo } from '../../../contract/models';

export const familyNames: Record<Family, { title: string; note: string }> = {
  baselines: { title: 'Baselines', note: 'fitted' },
  autoencoders: { title: 'Autoencoders', note: 'no density' },
  'variational autoencoders': { title: 'Variational autoencoders', note: 'a bound on log p(x)' },
  'hierarchical variational autoencoders': { title: 'Hierarchical variational autoencoders', note: 'a bound on log p(x)' },
  'autoregressive models': { title: 'Autoregressive models', note: 'exact log p(x)' },
  flows: { title: 'Flows', note: 'exact log p(x), invertible' },
};

export const abilityNames: Record<ModelInfo['abilities'][number], string> = {
  encode: 'encode',
  decode: 'decode',
  prior: 'give its prior',
  sample: 'sample',
  reconstruct: 'reconstruct',
  elbo: 'bound log p(x)',
  importance: 'estimate log p(x) by importance weighting',
  logProb: 'give log p(x) exactly',
  stages: 'show its layers',
  levels: 'sample level by level',
  conditionals: 'give its conditionals',
  complete: 'complete a picture',
};
