import type { DatasetInfo } from './datasets';
import type { Binarisation, Training } from './experiment';
import type { SettingField, SettingValue } from './settings';

/** What a trained model can be asked. A panel names the abilities it needs. */
export const abilities = ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'importance', 'logProb', 'stages', 'levels', 'conditionals', 'complete'] as const;
export type Ability = (typeof abilities)[number];

export const families = ['baselines', 'autoencoders', 'variational autoencoders', 'hierarchical variational autoencoders', 'autoregressive models', 'flows'] as const;
export type Family = (typeof families)[number];

export interface ModelInfo {
  id: string;
  title: string;
  family: Family;
  /** One sentence. */
  summary: string;
  /** Paper and equation. */
  source: string;
  /** The objective as a formula in plain text, for help and the model card. */
  objective: string;
  page: ModelPage;
  settings: SettingField[];
  abilities: Ability[];
  /** `gradient`: trained by steps of Adam; `fit`: has a procedure of its own and ignores batch and learning rate. */
  trainedBy: 'gradient' | 'fit';
  /** Named settings; `train PRESET` is `train MODEL` with them. */
  presets: PresetInfo[];
  /** Which data it takes, in words. */
  accepts: string;
  /** Whether it takes pictures only as zeros and ones; a list: the values of its setting `likelihood` by which it does. */
  binaryOnly: boolean | string[];
  /** Why it does not take a data set at its default settings, by the data set's id; sets that it takes are left out. */
  refusals?: Record<string, string>;
}

/** What a model's page says besides its summary, objective and source. */
export interface ModelPage {
  /** How it works and what is gained and lost by that: two or three sentences. */
  idea: string;
  /** LaTeX, each a line of its own: the model, and what is maximised or minimised. */
  formulas: string[];
  /** What the letters mean, in a sentence. */
  symbols: string;
  /** What to look at in a trained run, by the panels' titles. */
  lookAt: string;
}

export interface PresetInfo {
  id: string;
  title: string;
  summary: string;
  source: string;
  settings: Record<string, SettingValue>;
  /** As a model's, with these settings. */
  refusals?: Record<string, string>;
  /** What of the training goes with them; the rest is as it was. */
  training?: Partial<Training>;
}

/** What a model needs to know of its data before it is built. */
export interface DataShape {
  /** A table's rows are `[1, 1, columns]`, of any real values. */
  kind: 'pictures' | 'table';
  /** How many values a pixel can have: 256, 17, 2; null for a table. A grey value is k / (levels - 1). */
  levels: number | null;
  /** Number of training examples, for parameters that belong to examples. */
  examples: number;
  height: number;
  width: number;
  channels: number;
  /** True when every value the model sees is 0 or 1 (a binary set, or any binarisation). */
  binary: boolean;
}

/**
 * How a data set goes into a model where nobody said otherwise: pictures in grey as zeros and ones if the model takes nothing else, all other data as they are.
 * @param kept the way to make zeros and ones, where such are needed
 */
export function binarisationFor({ binaryOnly, settings: fields }: Pick<ModelInfo, 'binaryOnly' | 'settings'>, settings: Record<string, SettingValue>, data: Pick<DatasetInfo, 'kind' | 'binary'>, kept: Binarisation = 'none'): Binarisation {
  const likelihood = settings['likelihood'] ?? fields.find(({ key }) => key === 'likelihood')?.default;
  const needed = typeof binaryOnly === 'boolean' ? binaryOnly : binaryOnly.includes(String(likelihood));
  if (!needed || data.kind === 'table' || data.binary) return 'none';
  return kept === 'none' ? 'dynamic' : kept;
}

/** What a model sees of a data set under a protocol. */
export function dataShape({ kind, height, width, channels, maximum, binary, counts }: DatasetInfo, binarisation: Binarisation): DataShape {
  const zeroOne = kind === 'pictures' && (binary || binarisation !== 'none');
  const levels = kind === 'table' ? null : zeroOne ? 2 : maximum + 1;
  return { kind, levels, examples: counts.train, height, width, channels, binary: zeroOne };
}
