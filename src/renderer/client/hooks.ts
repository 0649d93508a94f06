import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Answers, CoreEvent, Method, Params } from '../../contract/api';
import { errorFrom, type ElboError } from '../../contract/errors';
import { activeStatuses, type RunDetail, type RunStatus, type RunSummary } from '../../contract/runs';
import type { Client, ConnectionStatus } from './client';
import { runsStore, type RunsState } from './runs-store';

const ClientContext = createContext<Client | null>(null);
export const ClientProvider = ClientContext.Provider;

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('useClient needs a ClientProvider above it.');
  return client;
}

export interface Query<M extends Method> {
  /** The last good answer; stays while a newer one is under way. */
  data: Answers[M] | undefined;
  error: ElboError | undefined;
  loading: boolean;
  /** Asks again, once the answer under way has come. */
  refresh: () => void;
}

interface QueryOptions {
  /** Which events make the answer stale. */
  refreshOn?: (event: CoreEvent) => boolean;
  /** Distinguishes the parameters; by default their JSON. Give one where they hold large arrays. */
  key?: string;
}

/**
 * Asks the core and keeps the answer. Null parameters ask nothing. Asks again when the parameters change, when an event
 * says so and when the connection comes back; never before the last answer came: what changed meanwhile is asked once, after it.
 */
export function useQuery<M extends Method>(method: M, params: Params<M> | null, options: QueryOptions = {}): Query<M> {
  const client = useClient();
  const key = params === null ? null : `${method} ${options.key ?? JSON.stringify(params)}`;
  const [answer, setAnswer] = useState<{ key: string | null; data?: Answers[M]; error?: ElboError }>({ key: null });
  const [loading, setLoading] = useState(params !== null);
  const latest = useRef({ params, key, refreshOn: options.refreshOn });
  const flight = useRef({ underway: false, again: false, askedKey: null as string | null });
  const ask = useRef<() => void>(() => undefined);

  useEffect(() => {
    latest.current = { params, key, refreshOn: options.refreshOn };
  });

  useEffect(() => {
    let mounted = true;
    const state = flight.current;
    state.underway = false;
    state.again = false;
    ask.current = () => {
      const { params, key } = latest.current;
      if (params === null || key === null) return;
      if (state.underway) {
        state.again = true;
        return;
      }
      state.underway = true;
      state.askedKey = key;
      setLoading(true);
      const finish = (result: { data?: Answers[M]; error?: ElboError }): void => {
        if (!mounted) return;
        state.underway = false;
        const stale = state.again || latest.current.key !== key;
        state.again = false;
        setAnswer((last) => ({ key, ...(last.key === key && last.data !== undefined && { data: last.data }), ...result }));
        // Refused because the link was replaced while it was under way.
        const refusedByReplacement = result.error?.code === 'disconnected' && client.status() === 'connected';
        if (stale || refusedByReplacement) ask.current();
        else setLoading(false);
      };
      client.call(method, params).then(
        (data) => finish({ data }),
        (thrown: unknown) => finish({ error: errorFrom(thrown) }),
      );
    };
    const endEvents = client.subscribe((event) => {
      if (latest.current.refreshOn?.(event)) ask.current();
    });
    const endStatus = client.onStatus((status) => {
      if (status === 'connected' && !state.underway) ask.current();
    });
    return () => {
      mounted = false;
      state.askedKey = null;
      endEvents();
      endStatus();
    };
  }, [client, method]);

  useEffect(() => {
    if (key !== null && flight.current.askedKey !== key) ask.current();
  }, [client, method, key]);

  const mine = answer.key === key;
  return { data: mine ? answer.data : undefined, error: mine ? answer.error : undefined, loading: key !== null && (loading || !mine), refresh: () => ask.current() };
}

export function useConnectionStatus(): ConnectionStatus {
  const client = useClient();
  return useSyncExternalStore((listener) => client.onStatus(listener), () => client.status());
}

/** A part of the list of runs, which events keep true. */
export function useRunsState<T>(select: (state: RunsState) => T): T {
  const store = runsStore(useClient());
  return useSyncExternalStore(store.subscribe, () => select(store.getState()));
}

/** Every run, newest first; undefined until the first answer. */
export const useRuns = (): readonly RunSummary[] | undefined => useRunsState((state) => state.runs);

/** How far `what` is, by the core's `progress` events; null until one came. */
export function useProgress(what: string): { done: number; total: number } | null {
  const client = useClient();
  const [progress, setProgress] = useState<{ what: string; done: number; total: number } | null>(null);
  useEffect(() => client.subscribe((event) => event.type === 'progress' && event.what === what && setProgress(event)), [client, what]);
  return progress?.what === what ? progress : null;
}

export const useRunSummary = (id: string): RunSummary | undefined => useRunsState((state) => state.byId.get(id));

/** One run whole: asked for again when its status changes or it was measured, its progress taken from events. */
export function useRun(id: string): { run: RunDetail | undefined; error: ElboError | undefined; refresh: () => void } {
  const summary = useRunSummary(id);
  const seen = useRef<RunStatus>(undefined);
  const { data, error, refresh } = useQuery('runs.get', { id }, {
    refreshOn: (event) => {
      if (event.type !== 'run' || event.run.id !== id) return false;
      const changed = event.run.status !== seen.current;
      seen.current = event.run.status;
      // What is heard of one that rests is that it was measured, or has another name.
      return changed || !activeStatuses.includes(event.run.status);
    },
  });
  const run = useMemo(() => (data && summary ? { ...data, ...summary } : data), [data, summary]);
  return { run, error, refresh };
}
