import { useMemo } from 'react';
import type { Probe } from '../../contract/probes';
import type { RunDetail } from '../../contract/runs';
import { codeStatistics, ranked, statisticsFrom } from './codes';
import { noiseSeed, useLinked, useLinkedStore, type Dims, type Telling } from './linked';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun } from './run-scope';

const mostExamples = 1000;

/** The question for the divergence of each latent dimension: the same wherever it is asked, so that the numbers are the same. */
export const spectrumQuestion = (run: RunDetail): Extract<Probe, { kind: 'spectrum' }> => ({ kind: 'spectrum', split: 'test', offset: 0, count: testCount(run, mostExamples), seed: noiseSeed });

/** Of two dimensions there is nothing to choose. */
const hasChoice = ({ latentSize, abilities }: RunDetail): boolean => (latentSize ?? 2) > 2 && (abilities.includes('elbo') || abilities.includes('encode'));

/** The two that tell most, in their own order so that the plane keeps its axes when they change places; the first two where that is not known. */
export function mostTelling(values: ArrayLike<number> | null): Dims {
  const [one = 0, two = 1] = values ? ranked(values) : [];
  return [Math.min(one, two), Math.max(one, two)];
}

/** Which two dimensions are shown: those that a person chose, else the most telling; null while it is not known which those are. */
export function useDims(): Dims | null {
  const run = useScopeRun();
  const chosen = useLinked((state) => state.dims);
  const known = useLinked((state) => state.telling[run.id]);
  const waits = hasChoice(run) && !known;
  return useMemo(() => chosen ?? (waits ? null : mostTelling(known?.values ?? null)), [chosen, known, waits]);
}

/** Which dimensions tell most is settled early: it is asked again when a run has gone on by a quarter. */
const grown = 1.25;
export const isStale = (known: Pick<Telling, 'step'> | undefined, step: number): boolean => !known || step > grown * known.step;

/** Asks which dimensions tell most, once for all panels of a page. For panels that show two of them; where it cannot be said they show the first two. */
export function useTelling(): void {
  const run = useScopeRun();
  const probe = useProbe();
  const store = useLinkedStore();
  const ask = async (): Promise<Telling & { milliseconds: number }> => {
    let spent = 0;
    if (run.abilities.includes('elbo')) {
      const { value, step, milliseconds } = await probe(spectrumQuestion(run));
      if (value.perDimension?.length === run.latentSize) return { unit: 'nats', values: value.perDimension, step, milliseconds };
      spent = milliseconds;
    }
    if (!run.abilities.includes('encode')) return { unit: 'nats', values: null, step: run.step, milliseconds: spent };
    const { value, step, milliseconds } = await probe({ kind: 'encode', split: 'test', offset: 0, count: testCount(run, statisticsFrom) });
    return { unit: 'variance', values: codeStatistics(value).meanVariance, step, milliseconds: spent + milliseconds };
  };
  useAsked(hasChoice(run) && canBeAsked(run) ? 'dimensions' : null, async () => {
    const last = store.getState().telling[run.id];
    if (!isStale(last, run.step)) return { value: null, step: run.step, milliseconds: 0 };
    const { milliseconds, ...told } = await ask().catch(() => ({ unit: 'nats' as const, values: null, ...last, step: run.step, milliseconds: 0 }));
    store.setState((state) => ({ telling: { ...state.telling, [run.id]: told } }));
    return { value: null, step: told.step, milliseconds };
  });
}
