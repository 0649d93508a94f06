import type { Ability } from '../../contract/models';
import { latentScatter } from './latent-scatter';
import { lossCurves } from './loss-curves';
import { manifoldGrid } from './manifold-grid';
import { modelCard } from './model-card';
import { missingAbilities, type Panel } from './panel';
import { reconstructions } from './reconstructions';
import { samples } from './samples';

/** Every panel, in the order of the stage. */
export const panels: readonly Panel[] = [lossCurves, latentScatter, manifoldGrid, reconstructions, samples, modelCard];

/** The panels that a run with these abilities can have, and the others with what they lack. */
export function offeredPanels(abilities: readonly Ability[]): { offered: Panel[]; lacking: { panel: Panel; missing: Ability[] }[] } {
  const judged = panels.map((panel) => ({ panel, missing: missingAbilities(panel, abilities) }));
  return { offered: judged.filter(({ missing }) => missing.length === 0).map(({ panel }) => panel), lacking: judged.filter(({ missing }) => missing.length > 0) };
}
