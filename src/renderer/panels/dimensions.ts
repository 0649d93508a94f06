import { useMemo } from 'react';
import type { Probe } from '../../contract/probes';
import type { RunDetail } from '../../contract/runs';
import { ranked } from './codes';
import { noiseSeed, useLinked, useLinkedStore, type Dims, type DimensionKl } from './linked';
import { canBeAsked, testCount, useAsked, useProbe, useScopeRun } from './run-scope';

const mostExamples = 1000;

/** The question for the divergence of each latent dimension: the same wherever it is asked, so that the numbers are the same. */
export const spectrumQuestion = (run: RunDetail): Extract<Probe, { kind: 'spectrum' }> => ({ kind: 'spectrum', split: 'test', offset: 0, count: testCount(run, mostExamples), seed: noiseSeed });

/** Of two dimensions there is nothing to choose, and without a divergence nothing to choose by. */
const hasChoice = ({ latentSize, abilities }: RunDetail): boolean => (latentSize ?? 2) > 2 && abilities.includes('elbo');

/** The two of the largest divergence, in their own order so that the plane keeps its axes when they change places; the first two where it is not known by dimension. */
export function telling(nats: ArrayLike<number> | null): Dims {
  const [one = 0, two = 1] = nats ? ranked(nats) : [];
  return [Math.min(one, two), Math.max(one, two)];
}

/** Which two dimensions are shown: those that a person chose, else the most telling; null while it is not known which those are. */
export function useDims(): Dims | null {
  const run = useScopeRun();
  const chosen = useLinked((state) => state.dims);
  const known = useLinked((state) => state.dimensionKl[run.id]);
  const waits = hasChoice(run) && !known;
  return useMemo(() => chosen ?? (waits ? null : telling(known?.nats ?? null)), [chosen, known, waits]);
}

/** Which dimensions tell most is settled early: it is asked again when a run has gone on by a quarter. */
const grown = 1.25;
export const isStale = (known: DimensionKl | undefined, step: number): boolean => !known || step > grown * known.step;

/** Asks which dimensions tell most, once for all panels of a page. For panels that show two of them; where it cannot be said they show the first two. */
export function useDimensionKl(): void {
  const run = useScopeRun();
  const probe = useProbe();
  const store = useLinkedStore();
  useAsked(hasChoice(run) && canBeAsked(run) ? 'dimensions' : null, async () => {
    const last = store.getState().dimensionKl[run.id];
    if (!isStale(last, run.step)) return { value: null, step: run.step, milliseconds: 0 };
    const { step, milliseconds, nats } = await probe(spectrumQuestion(run)).then(
      ({ value: { perDimension }, ...answer }) => ({ ...answer, nats: perDimension?.length === run.latentSize ? perDimension : null }),
      () => ({ step: run.step, milliseconds: 0, nats: last?.nats ?? null }),
    );
    store.setState((state) => ({ dimensionKl: { ...state.dimensionKl, [run.id]: { step, nats } } }));
    return { value: null, step, milliseconds };
  });
}
