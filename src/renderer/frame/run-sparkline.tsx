import { useEffect, useSyncExternalStore } from 'react';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Curve, RunSummary } from '../../contract/runs';
import type { Client } from '../client/client';
import { useClient } from '../client/hooks';
import { Sparkline, useRunColour } from '../design';
import { isObjective } from '../views/runs/runs-query';

const points = 60;
/** A live run's curve is asked for again once its step has grown by this share. */
const growth = 0.02;

interface Loaded {
  step: number;
  values: ArrayLike<number>;
}

interface Curves {
  loaded: StoreApi<ReadonlyMap<string, Loaded>>;
  want: (run: RunSummary) => void;
  forget: (id: string) => void;
}

const ofClient = new WeakMap<Client, Curves>();

/** Small curves of the runs on the page, one question at a time, those that show nothing yet first. */
function smallCurves(client: Client): Curves {
  const known = ofClient.get(client);
  if (known) return known;
  const loaded = createStore<ReadonlyMap<string, Loaded>>(() => new Map());
  const wanted = new Map<string, RunSummary>();
  let underway = false;
  const next = (): void => {
    const wishes = [...wanted.values()];
    const run = wishes.find((wish) => !loaded.getState().has(wish.id)) ?? wishes[0];
    if (!run || underway) return;
    wanted.delete(run.id);
    underway = true;
    void client
      .call('runs.curves', { id: run.id, points })
      .then((curves) => loaded.setState(new Map(loaded.getState()).set(run.id, { step: run.step, values: heldOutLoss(curves) }), true))
      .catch(() => undefined)
      .then(() => {
        underway = false;
        next();
      });
  };
  const curves: Curves = {
    loaded,
    want: (run) => {
      const have = loaded.getState().get(run.id);
      if (run.step === 0 || have?.step === run.step) return;
      if (have && run.status === 'running' && run.step < have.step * (1 + growth)) return;
      wanted.set(run.id, run);
      next();
    },
    forget: (id) => void wanted.delete(id),
  };
  ofClient.set(client, curves);
  return curves;
}

/** The loss on held-out data where there is one, else the first curve. The fast fall of the first steps is cut, or nothing else would be seen. */
function heldOutLoss(curves: readonly Curve[]): ArrayLike<number> {
  const losses = curves.filter((curve) => isObjective(curve.name));
  const curve = losses.find((each) => each.split !== 'train' && each.values.length > 1) ?? losses[0] ?? curves[0];
  return curve ? curve.values.slice(Math.min(2, Math.floor(curve.values.length / 10))) : [];
}

export function RunSparkline({ run, width, height }: { run: RunSummary; width?: number; height?: number }) {
  const curves = smallCurves(useClient());
  const colour = useRunColour(run.id);
  const loaded = useSyncExternalStore(curves.loaded.subscribe, () => curves.loaded.getState().get(run.id));
  useEffect(() => {
    const timer = window.setTimeout(() => curves.want(run), 120);
    return () => window.clearTimeout(timer);
  }, [curves, run]);
  useEffect(() => () => curves.forget(run.id), [curves, run.id]);
  return <Sparkline values={loaded?.values ?? []} colour={colour.css} {...(width && { width })} {...(height && { height })} />;
}
