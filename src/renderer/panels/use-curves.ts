import { useEffect, useRef, useState } from 'react';
import { errorFrom, type ElboError } from '../../contract/errors';
import { activeStatuses, type Curve } from '../../contract/runs';
import { useClient } from '../client/hooks';
import type { Range } from '../plots/plot';
import { Refresher, type Source } from './refresher';
import { useSlotVisible } from './slot';

/**
 * The curves of some runs, thinned to `points` each, followed while they train. The store answers, so that asking costs
 * training nothing, and drawing what the page's refreshers count.
 */
export function useCurves(ids: readonly string[], points: number, steps: Range | null): { byRun: Readonly<Record<string, Curve[]>>; error: ElboError | undefined } {
  const client = useClient();
  const slot = useSlotVisible();
  const [byRun, setByRun] = useState<Record<string, Curve[]>>({});
  const [error, setError] = useState<ElboError>();
  const wanted = useRef({ points, steps });
  const ask = useRef<() => void>(() => undefined);
  const key = ids.join(' ');

  useEffect(() => {
    wanted.current = { points, steps };
    ask.current();
  }, [points, steps]);

  useEffect(() => {
    let mounted = true;
    const runs = key.split(' ').filter(Boolean);
    const refresher = new Refresher();
    const sources = runs.map((id): Source => ({
      visible: () => slot.visible() && !document.hidden,
      ask: async () => {
        const { points, steps } = wanted.current;
        try {
          const curves = await client.call('runs.curves', { id, points, ...(steps && { from: Math.max(0, Math.floor(steps[0])), to: Math.max(0, Math.ceil(steps[1])) }) });
          if (!mounted) return 0;
          setByRun((last) => ({ ...last, [id]: curves }));
          setError(undefined);
        } catch (thrown) {
          if (mounted) setError(errorFrom(thrown));
        }
        return 0;
      },
    }));
    const removals = sources.map((source) => refresher.add(source));
    const endWake = slot.onVisible(() => refresher.wake());
    const endEvents = client.subscribe((event) => {
      // Runs that train together advance together: any new step is a step of the page.
      if (event.type === 'run' && runs.includes(event.run.id)) refresher.stepArrived(event.run.step, activeStatuses.includes(event.run.status));
    });
    ask.current = () => sources.forEach((source) => refresher.askNow(source));
    ask.current();
    return () => {
      mounted = false;
      removals.forEach((remove) => remove());
      endWake();
      endEvents();
    };
  }, [client, slot, key]);

  return { byRun, error };
}
