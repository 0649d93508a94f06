import { createStore, type StoreApi } from 'zustand/vanilla';
import { errorFrom, type ElboError } from '../../contract/errors';
import type { RunSummary } from '../../contract/runs';
import type { Client } from './client';

export interface RunsState {
  /** Newest first; undefined until the first answer. */
  runs: readonly RunSummary[] | undefined;
  byId: ReadonlyMap<string, RunSummary>;
  /** Position in the order of creation, which gives a run its colour. */
  orders: ReadonlyMap<string, number>;
  error: ElboError | undefined;
}

const progressMs = 1000;

const stores = new WeakMap<Client, StoreApi<RunsState>>();

/** The list of runs of a client: asked for once and after every reconnection, kept true by events in between. */
export function runsStore(client: Client): StoreApi<RunsState> {
  const known = stores.get(client);
  if (known) return known;

  const store = createStore<RunsState>(() => ({ runs: undefined, byId: new Map(), orders: new Map(), error: undefined }));
  const show = (byId: ReadonlyMap<string, RunSummary>): void => {
    const runs = [...byId.values()].sort((a, b) => (a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1));
    store.setState({ runs, byId, orders: new Map(runs.map((run, i) => [run.id, runs.length - 1 - i])), error: undefined });
  };

  const pending = new Map<string, RunSummary | null>();
  // Events that arrive while the list is asked for are newer than the list.
  let since: Map<string, RunSummary | null> | null = null;
  const load = (): void => {
    if (since) return;
    const newer = (since = new Map<string, RunSummary | null>());
    client.call('runs.list', {}).then(
      (runs) => {
        since = null;
        // What waits to be shown is older than the list, or in `newer`.
        pending.clear();
        const byId = new Map(runs.map((run) => [run.id, run]));
        for (const [id, run] of newer) {
          if (run) byId.set(id, run);
          else byId.delete(id);
        }
        show(byId);
      },
      (thrown: unknown) => {
        since = null;
        const error = errorFrom(thrown);
        if (error.code === 'disconnected' && client.status() === 'connected') load();
        else store.setState({ error });
      },
    );
  };

  // What changed is shown in the next frame, mere progress of runs once a second: drawing takes cores from training.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size === 0) return;
    const byId = new Map(store.getState().byId);
    const ordered = [...pending].every(([id, run]) => run && byId.has(id));
    for (const [id, run] of pending) {
      if (run) byId.set(id, run);
      else byId.delete(id);
    }
    pending.clear();
    if (!ordered) return show(byId);
    store.setState((state) => ({ byId, runs: state.runs?.map((run) => byId.get(run.id) ?? run) }));
  };

  client.subscribe((event) => {
    if (event.type !== 'run' && event.type !== 'run-removed') return;
    const [id, run] = event.type === 'run' ? [event.run.id, event.run] : [event.id, null];
    since?.set(id, run);
    const { runs, byId } = store.getState();
    if (!runs) return;
    pending.set(id, run);
    if (run && run.status === byId.get(id)?.status) timer ??= setTimeout(flush, progressMs);
    else requestAnimationFrame(flush);
  });
  client.onStatus((status) => {
    if (status === 'connected') load();
  });
  load();
  stores.set(client, store);
  return store;
}
