import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { errorFrom, type ElboError } from '../../contract/errors';
import type { Probe, ProbeAnswer, ProbeAnswers, ProbeKind } from '../../contract/probes';
import { activeStatuses, type RunDetail } from '../../contract/runs';
import { useClient } from '../client/hooks';
import { Refresher, type Pace, type Source } from './refresher';
import { useSlotVisible } from './slot';

interface Scope {
  run: RunDetail;
  refresher: Refresher;
}

const ScopeContext = createContext<Scope | null>(null);

/** One refresher a run, for as long as the page shows it, following the run's steps. */
export function useRefreshers(ids: readonly string[]): (id: string) => Refresher {
  const client = useClient();
  const [known] = useState(() => new Map<string, Refresher>());
  const of = (id: string): Refresher => {
    const refresher = known.get(id) ?? new Refresher();
    known.set(id, refresher);
    return refresher;
  };
  const key = ids.join(' ');

  useEffect(() => {
    const wake = (): void => known.forEach((refresher) => refresher.wake());
    document.addEventListener('visibilitychange', wake);
    const endEvents = client.subscribe((event) => {
      if (event.type === 'run') known.get(event.run.id)?.stepArrived(event.run.step, activeStatuses.includes(event.run.status));
    });
    return () => {
      document.removeEventListener('visibilitychange', wake);
      endEvents();
    };
  }, [client, known]);
  useEffect(() => {
    const shown = new Set(key.split(' '));
    for (const id of known.keys()) if (!shown.has(id)) known.delete(id);
  }, [known, key]);
  return of;
}

/** The run that the panels below show. */
export const RunScope = ({ run, refresher, children }: { run: RunDetail; refresher: Refresher; children: ReactNode }) => <ScopeContext value={{ run, refresher }}>{children}</ScopeContext>;

export const useOptionalScope = (): Scope | null => useContext(ScopeContext);

export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error('Panels need a RunScope above them.');
  return scope;
}

export const useScopeRun = (): RunDetail => useScope().run;

export function usePace(refresher: Refresher): Pace | null {
  return useSyncExternalStore(refresher.onPace, refresher.pace);
}

/** An answer, the step it belongs to, and what it cost the engine. */
export interface Answer<T> {
  value: T;
  step: number;
  milliseconds: number;
  note?: string | undefined;
}

/** Asks the run's model. */
export function useProbe(): <K extends ProbeKind>(probe: Extract<Probe, { kind: K }>) => Promise<Answer<ProbeAnswers[K]>> {
  const client = useClient();
  const { id } = useScopeRun();
  return async <K extends ProbeKind>(probe: Extract<Probe, { kind: K }>) => {
    const answer = await client.call('runs.probe', { id, probe });
    if (answer.kind !== probe.kind) throw new Error(`Asked to ${probe.kind}, answered ${answer.kind}.`);
    return { value: answer as unknown as ProbeAnswer<K>, step: answer.step, milliseconds: answer.milliseconds, note: answer.note };
  };
}

export interface Asked<T> {
  /** The last good answer; it stays while a newer one is under way. */
  answer: Answer<T> | undefined;
  error: ElboError | undefined;
  /** True when the answer is to the question as it is now. */
  current: boolean;
  retry: () => void;
}

/**
 * Keeps the answer to a question about the run: asked at once when `key` changes, because a person wants it, and again as
 * training goes on, at the refresher's pace. A null key asks nothing.
 */
export function useAsked<T>(key: string | null, ask: () => Promise<Answer<T>>): Asked<T> {
  const { refresher } = useScope();
  const slot = useSlotVisible();
  const [state, setState] = useState<{ key: string | null; answer?: Answer<T>; error?: ElboError }>({ key: null });
  const latest = useRef({ key, ask });
  useEffect(() => {
    latest.current = { key, ask };
  });

  const source = useRef<Source | null>(null);
  useEffect(() => {
    let mounted = true;
    const made: Source = {
      visible: () => latest.current.key !== null && !document.hidden && slot.visible(),
      ask: async () => {
        const { key, ask } = latest.current;
        if (key === null) return 0;
        try {
          const answer = await ask();
          if (mounted) setState({ key, answer });
          return answer.milliseconds;
        } catch (thrown) {
          const error = errorFrom(thrown);
          if (mounted) setState((last) => ({ ...last, key, error }));
          return 0;
        }
      },
    };
    source.current = made;
    const remove = refresher.add(made);
    const endWake = slot.onVisible(() => refresher.wake());
    return () => {
      mounted = false;
      remove();
      endWake();
    };
  }, [refresher, slot]);

  const retry = (): void => {
    if (source.current) refresher.askNow(source.current);
  };
  useEffect(() => {
    if (key !== null && source.current) refresher.askNow(source.current);
  }, [refresher, slot, key]);

  return { answer: state.answer, error: state.error, current: state.key === key, retry };
}

/** Whether an engine that trains the run is there to be asked; else one loads the newest checkpoint. */
export const isTraining = ({ status }: RunDetail): boolean => status === 'running' || status === 'paused';

/** As many test examples as there are, of at most `most`; one where there are none. */
export const testCount = ({ dataset }: Pick<RunDetail, 'dataset'>, most: number): number => Math.max(1, Math.min(most, dataset?.counts.test ?? most));

/** Whether the model of a run can be asked anything now: it trains, or it kept a checkpoint. */
export function canBeAsked(run: RunDetail): boolean {
  if (run.status === 'queued' || run.status === 'starting') return false;
  return isTraining(run) || run.checkpointStep > 0;
}
