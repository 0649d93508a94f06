import type { SettingField } from './settings';

/** What a trained model can be asked. A panel names the abilities it needs. */
export const abilities = ['encode', 'decode', 'prior', 'sample', 'reconstruct', 'elbo', 'logProb'] as const;
export type Ability = (typeof abilities)[number];

export const families = ['baselines', 'autoencoders', 'variational autoencoders'] as const;
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
  settings: SettingField[];
  abilities: Ability[];
  /** `gradient`: trained by steps of Adam; `fit`: has a procedure of its own and ignores batch and learning rate. */
  trainedBy: 'gradient' | 'fit';
  /** Which data it takes, in words. */
  accepts: string;
  /** Why it does not take a data set at its default settings, by the data set's id; sets that it takes are left out. */
  refusals?: Record<string, string>;
}

/** What a model needs to know of its data before it is built. */
export interface DataShape {
  height: number;
  width: number;
  channels: number;
  /** True when every value the model sees is 0 or 1 (a binary set, or any binarisation). */
  binary: boolean;
}
