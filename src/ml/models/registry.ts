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

/** What a model says of zeros and ones, found by asking what it refuses. */
function binaryOnly({ settings, refuses }: Pick<ModelDefinition, 'settings' | 'refuses'>): ModelInfo['binaryOnly'] {
  const pictures = { kind: 'pictures', examples: 60_000, height: 32, width: 32, channels: 1 } as const;
  const needed = (given: object): boolean => {
    const chosen = settings.parse(given);
    return refuses({ ...pictures, levels: 256, binary: false }, chosen) !== null && refuses({ ...pictures, levels: 2, binary: true }, chosen) === null;
  };
  const likelihoods = describeSettings(settings).find(({ key }) => key === 'likelihood')?.choices;
  return likelihoods ? likelihoods.filter((likelihood) => needed({ likelihood })) : needed({});
}

export const modelInfo = ({ id, title, family, summary, source, objective, page, settings, abilities, trainedBy, presets = [], accepts, refuses }: ModelDefinition): ModelInfo => ({
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
  binaryOnly: binaryOnly({ settings, refuses }),
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
