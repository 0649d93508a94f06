import type { ProbeAnswers } from '../../../contract/probes';
import { canBeAsked, useAsked, useProbe, useScopeRun, type Asked } from '../run-scope';

/** The first test examples and what the model makes of them. */
export function useReconstructions(count: number): Asked<ProbeAnswers['reconstruct']> {
  const probe = useProbe();
  const run = useScopeRun();
  const asked = Math.max(1, Math.min(count, run.dataset?.counts.test ?? count));
  return useAsked(canBeAsked(run) ? `reconstruct ${asked}` : null, () => probe({ kind: 'reconstruct', split: 'test', offset: 0, count: asked }));
}

/** Indices of the examples whose class the classifier no longer sees. */
export const lostIndices = (keptClass: Uint8Array | null): number[] => (keptClass ? Array.from(keptClass.keys()).filter((i) => keptClass[i] === 0) : []);
