import type { RunDetail } from '../../contract/runs';
import { aggregatePosterior } from './aggregate';
import { cost } from './cost';
import { density } from './density';
import { disentanglement } from './disentanglement';
import { editing } from './editing';
import { estimators } from './estimators';
import { flowStages } from './flow-stages';
import { interpolation } from './interpolation';
import { latentScatter } from './latent-scatter';
import { levels } from './levels';
import { lossCurves } from './loss-curves';
import { manifoldGrid } from './manifold-grid';
import { modelCard } from './model-card';
import { outOfDistribution } from './out-of-distribution';
import { whyNot, type Panel } from './panel';
import { pixelByPixel } from './pixel-by-pixel';
import { points } from './points';
import { rateDistortion } from './rate-distortion';
import { reconstructions } from './reconstructions';
import { samples } from './samples';
import { spectrum } from './spectrum';
import { traversals } from './traversals';

/** Every panel, in the order of the stage. */
export const panels: readonly Panel[] = [
  lossCurves,
  density,
  points,
  flowStages,
  levels,
  pixelByPixel,
  latentScatter,
  manifoldGrid,
  reconstructions,
  samples,
  modelCard,
  spectrum,
  traversals,
  disentanglement,
  aggregatePosterior,
  interpolation,
  editing,
  estimators,
  rateDistortion,
  outOfDistribution,
  cost,
];

/** The panels that a run can have, and the others with the reason. */
export function offeredPanels(run: RunDetail): { offered: Panel[]; lacking: { panel: Panel; why: string }[] } {
  const judged = panels.map((panel) => ({ panel, why: whyNot(panel, run) }));
  return { offered: judged.filter(({ why }) => why === null).map(({ panel }) => panel), lacking: judged.flatMap(({ panel, why }) => (why === null ? [] : [{ panel, why }])) };
}
