import { refuse } from '../../contract/errors';
import type { ModelInfo, PresetInfo } from '../../contract/models';
import { describeSettings } from '../../contract/settings';
import type { ModelDefinition, Preset } from '../model';
import { autoencoder } from './autoencoders/autoencoder';
import { denoisingAutoencoder } from './autoencoders/denoising';
import { vae } from './autoencoders/vae';
import { autoregressiveModels } from './autoregressive';
import { factorisedBernoulli } from './baselines/factorised-bernoulli';
import { gmm } from './baselines/gmm';
import { linearGaussian } from './baselines/linear-gaussian';
import { pca } from './baselines/pca';
import { ppca } from './baselines/ppca';
import { flows } from './flows';
import { hierarchies } from './hierarchical';

/** Every model, in the order in which lists show them. */
export const modelDefinitions: readonly ModelDefinition[] = [pca, ppca, gmm, factorisedBernoulli, linearGaussian, autoencoder, denoisingAutoencoder, vae, ...hierarchies, ...autoregressiveModels, ...flows];

export const modelInfo = ({ id, title, family, summary, source, objective, page, settings, abilities, trainedBy, presets = [], accepts }: ModelDefinition): ModelInfo => ({
  id,
  title,
  family,
  summary,
  source,
  objective,
  page,
  settings: describeSettings(settings),
  abilities: [...abilities],
  trainedBy,
  presets: presets.map((preset) => ({ ...preset, settings: preset.settings as PresetInfo['settings'] })),
  accepts,
});

/** @throws Refusal `not-found`, with the ids there are */
export const findModel = (id: string): ModelDefinition =>
  modelDefinitions.find((definition) => definition.id === id) ??
  refuse('not-found', `There is no model "${id}".`, { repair: `Choose one of ${modelDefinitions.map((definition) => definition.id).join(', ')}.` });

/** The preset of that id and its model; undefined where there is none. A model's id is not a preset's, but for one that is its defaults. */
export function findPreset(id: string): { definition: ModelDefinition; preset: Preset } | undefined {
  for (const definition of modelDefinitions) {
    const preset = definition.presets?.find((candidate) => candidate.id === id);
    if (preset) return { definition, preset };
  }
  return undefined;
}
