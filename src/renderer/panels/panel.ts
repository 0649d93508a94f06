import type { ComponentType } from 'react';
import type { Ability } from '../../contract/models';

export interface PanelHelp {
  /** What is drawn, in a sentence or two. */
  shows: string;
  /** The numbers as a formula, in plain text; lines are kept. */
  formula: string;
  /** How to read it, and what one does with it. */
  read: string;
  source: string;
}

/** A view of one run. `component` draws the whole panel, with a {@link Frame}. */
export interface Panel {
  id: string;
  title: string;
  needs: readonly Ability[];
  help: PanelHelp;
  component: ComponentType;
}

export const definePanel = (panel: Panel): Panel => panel;

/** The abilities that a panel needs and a run lacks; none: the panel is offered. */
export const missingAbilities = (panel: Pick<Panel, 'needs'>, abilities: readonly Ability[]): Ability[] => panel.needs.filter((need) => !abilities.includes(need));

export const abilityNames: Record<Ability, string> = {
  encode: 'an encoder',
  decode: 'a decoder',
  prior: 'a prior',
  sample: 'sampling',
  reconstruct: 'reconstruction',
  elbo: 'an ELBO',
  importance: 'importance weights',
  logProb: 'exact log p(x)',
  stages: 'layers of a flow',
  levels: 'levels of latent variables',
  conditionals: 'conditionals in an order',
  complete: 'completion of a part',
};
