import type { ComponentType } from 'react';
import type { Ability } from '../../contract/models';
import type { RunDetail } from '../../contract/runs';

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
  /** Why a run that has the abilities is still not offered it, in a few words; null: it is. Its data may not be known yet. */
  suits?(run: RunDetail): string | null;
  help: PanelHelp;
  component: ComponentType;
}

export const definePanel = (panel: Panel): Panel => panel;

/** Why a run is not offered a panel: the abilities it lacks, or what else is in the way; null: it is offered. */
export function whyNot(panel: Pick<Panel, 'needs' | 'suits'>, run: RunDetail): string | null {
  const missing = panel.needs.filter((need) => !run.abilities.includes(need));
  if (missing.length > 0) return `needs ${missing.map((ability) => abilityNames[ability]).join(' and ')}`;
  return panel.suits?.(run) ?? null;
}

const isTable = ({ dataset }: RunDetail): boolean => dataset?.kind === 'table';

/** For panels that show pictures, tables, and tables of one or two columns. */
export const picturesOnly = (run: RunDetail): string | null => (isTable(run) ? 'needs pictures' : null);
export const tablesOnly = (run: RunDetail): string | null => (isTable(run) ? null : 'needs a table');
export const planesOnly = (run: RunDetail): string | null => (isTable(run) && (run.dataset?.channels ?? 0) <= 2 ? null : 'needs a table of one or two columns');

/** Among models with codes a flow alone knows log p(x) and no bound of it. */
const isFlow = ({ abilities }: Pick<RunDetail, 'abilities'>): boolean => abilities.includes('logProb') && !abilities.includes('elbo');

/** Whether a code is all of an example: of a flow that has as many numbers as the data have values, as all but injective ones do. */
export const isBijection = (run: RunDetail): boolean => isFlow(run) && run.dataset !== null && (run.latentSize ?? 0) >= run.dataset.height * run.dataset.width * run.dataset.channels;

/** What a picture made of a code is: a flow has no decoder. */
export const decodedBy = (run: Pick<RunDetail, 'abilities'>): string => (isFlow(run) ? "flow's inverse" : "decoder's mean");

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
