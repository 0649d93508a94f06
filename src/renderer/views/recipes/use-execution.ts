import { useEffect, useMemo, useRef, useState } from 'react';
import type { Execution } from '../../../contract/recipes';
import { activeStatuses, type RunStatus, type RunSummary } from '../../../contract/runs';
import { useClient, useQuery, useRuns, useRunsState, type Query } from '../../client/hooks';

/** What was started of a recipe, newest first. */
export function useStarted(recipe: string): { execution: string; startedAt: string }[] {
  const runs = useRuns();
  return useMemo(() => {
    const oldest = new Map<string, string>();
    for (const run of runs ?? []) if (run.recipe === recipe && run.execution !== null) oldest.set(run.execution, run.createdAt);
    return [...oldest].map(([execution, startedAt]) => ({ execution, startedAt }));
  }, [runs, recipe]);
}

/** One start of a recipe: asked for again when it or the status of one of its runs changes; the runs' progress is taken from their events. */
export function useExecution(id: string): Pick<Query<'recipes.execution'>, 'error' | 'refresh'> & { execution: Execution | undefined } {
  const seen = useRef(new Map<string, RunStatus>());
  const { data, error, refresh } = useQuery('recipes.execution', { execution: id }, {
    refreshOn: (event) => {
      if (event.type === 'execution') return event.execution.id === id;
      if (event.type !== 'run' || event.run.execution !== id) return false;
      const { id: run, status } = event.run;
      const changed = seen.current.get(run) !== status;
      seen.current.set(run, status);
      // One that is at its end is heard of when it is measured, by whichever process.
      return changed || !activeStatuses.includes(status);
    },
  });
  const byId = useRunsState((state) => state.byId);
  const execution = useMemo(() => data && { ...data, runs: data.runs.map((run) => byId.get(run.id) ?? run) }, [data, byId]);
  return { execution, error, refresh };
}

export interface MeasuringProgress {
  run: RunSummary;
  done: number;
  total: number;
}

/** How far the measuring of one of the runs is; null where nothing was heard of it. */
export function useMeasuring(runs: readonly RunSummary[]): MeasuringProgress | null {
  const client = useClient();
  const [heard, setHeard] = useState<{ run: string; done: number; total: number } | null>(null);
  useEffect(
    () =>
      client.subscribe((event) => {
        if (event.type === 'progress' && event.what.startsWith('measure ')) setHeard({ run: event.what.slice('measure '.length), done: event.done, total: event.total });
      }),
    [client],
  );
  const run = runs.find(({ id }) => id === heard?.run);
  return heard && run ? { run, done: heard.done, total: heard.total } : null;
}
