import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { X } from 'lucide-react';
import type { ElboError } from '../../../contract/errors';
import type { RunDetail } from '../../../contract/runs';
import { useRun, useRunsState } from '../../client/hooks';
import { Button, EmptyState, ErrorState, IconButton, LoadingState, runColour, StatusIcon } from '../../design';
import { formatCount } from '../../format';
import { Frame } from '../../panels/frame';
import { latentScatter, ScatterBar } from '../../panels/latent-scatter';
import { createLinked, LinkedProvider, noiseSeed, useLinked } from '../../panels/linked';
import { lossCurves } from '../../panels/loss-curves';
import { CurvesBar, CurvesPlot, pointsFor } from '../../panels/loss-curves/curves-plot';
import type { DrawnRun } from '../../panels/loss-curves/rows';
import { useCurves } from '../../panels/use-curves';
import { GridBar, manifoldGrid, overCodes, overPrior } from '../../panels/manifold-grid';
import { modelCard } from '../../panels/model-card';
import { reconstructions } from '../../panels/reconstructions';
import { RunScope, useRefreshers } from '../../panels/run-scope';
import { samples } from '../../panels/samples';
import { TemperatureSlider } from '../../panels/samples/samples';
import { PanelSlot } from '../../panels/slot';
import { useSize } from '../../plots/size';
import { usePlotTheme } from '../../plots/theme';
import { useKeys } from '../../state/keys';
import { go } from '../../state/route';
import { Grids, ReconstructionStrips, RunName, SampleStrips, Scatters, type Compared } from './compare-panels';
import { differences } from './differences';
import { distinctNames, NamesProvider, useShortNames } from './names';
import { DifferencesTable } from './differences-table';
import './compare-view.css';

/** Two or more runs side by side, linked: the same axes, the same inputs, the same noise. */
export function CompareView({ ids }: { ids: readonly string[] }) {
  const [loaded, setLoaded] = useState<Record<string, RunDetail>>({});
  const [failed, setFailed] = useState<Record<string, ElboError>>({});
  const onRun = useCallback((run: RunDetail) => setLoaded((last) => ({ ...last, [run.id]: run })), []);
  const onError = useCallback((id: string, error: ElboError) => setFailed((last) => ({ ...last, [id]: error })), []);
  const runs = useMemo(() => ids.flatMap((id) => loaded[id] ?? []), [ids, loaded]);
  const error = ids.map((id) => failed[id]).find((known) => known);

  return (
    <main className="stage">
      {ids.map((id) => (
        <Watched key={id} id={id} onRun={onRun} onError={onError} />
      ))}
      {ids.length < 2 ? (
        <EmptyState title="Nothing to compare" actions={<Button variant="primary" onPress={() => go({ view: 'runs' })}>Choose runs</Button>}>
          Select two or more runs in the list with X, then press C.
        </EmptyState>
      ) : runs.length === ids.length ? (
        <Comparison runs={runs} />
      ) : error ? (
        <ErrorState error={error} action={<Button onPress={() => go({ view: 'runs' })}>Show all runs</Button>} />
      ) : (
        <LoadingState title="Opening the runs" />
      )}
    </main>
  );
}

/** Follows one run; draws nothing. */
const Watched = memo(function Watched({ id, onRun, onError }: { id: string; onRun: (run: RunDetail) => void; onError: (id: string, error: ElboError) => void }) {
  const { run, error } = useRun(id);
  useEffect(() => {
    if (run) onRun(run);
  }, [run, onRun]);
  useEffect(() => {
    if (error) onError(id, error);
  }, [id, error, onError]);
  return null;
});

function Comparison({ runs }: { runs: readonly RunDetail[] }) {
  const [linked] = useState(() => createLinked({ gridSize: runs.length > 2 ? 10 : 15 }));
  const [filled, setFilled] = useState<string | null>(null);
  const pointed = useRef<string | null>(null);
  const ids = runs.map((run) => run.id);
  const refresherOf = useRefreshers(ids);
  const compared: Compared[] = runs.map((run) => ({ run, refresher: refresherOf(run.id) }));
  const { differ, equal } = differences(runs.map((run) => run.experiment));
  useKeys({
    l: () => linked.setState(({ logY }) => ({ logY: !logY })),
    f: () => setFilled((now) => (now ? null : pointed.current)),
    Escape: () => setFilled(null),
  });
  const slot = (name: string) => ({ name, filled: filled === name, toggleFill: () => setFilled(filled === name ? null : name) });
  const shortNames = useShortNames(runs);
  const [first] = compared;
  const latentSize = Math.max(...runs.map((run) => run.latentSize ?? 2));
  const priors = runs.filter((run) => run.abilities.includes('prior')).length;
  const gridOver = priors === runs.length ? overPrior : priors === 0 ? overCodes : { over: 'of the prior, or of the codes', rest: 'rest' };
  const tests = Math.min(...runs.map((run) => run.dataset?.counts.test ?? Infinity));

  return (
    <LinkedProvider value={linked}>
      <NamesProvider value={shortNames}>
        <header className="head">
          <div>
            <h1>{runs.length} runs compared</h1>
            <div className="sub">
              {differ.length > 0 ? (
                <>
                  differ in <b className="strong">{differ.map(({ name }) => name).join(', ')}</b>, equal in {equal} other settings
                </>
              ) : (
                `equal in all ${equal} settings`
              )}
            </div>
          </div>
        </header>
        <div className="toolbar compare-toolbar">
          {runs.map((run) => (
            <span key={run.id} className="compare-chip">
              <StatusIcon status={run.status} />
              <RunName run={run} whole />
              <small className="faint tabular">step {formatCount(run.step)}</small>
              <IconButton size="small" label={`Leave ${run.name} out`} icon={<X aria-hidden size={11} />} onPress={() => go({ view: 'compare', ids: ids.filter((id) => id !== run.id) })} />
            </span>
          ))}
        </div>
        <div
          className={`compare-stage ${filled ? 'has-filled' : ''}`}
          onPointerOver={(event) => {
            const name = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-panel]')?.dataset['panel'] : undefined;
            if (name) pointed.current = name;
          }}
        >
          <PanelSlot panel={lossCurves} {...slot('curves')}>
            <ComparedCurves runs={runs} />
          </PanelSlot>
          <PanelSlot panel={latentScatter} {...slot('scatters')}>
            <Frame title="Latent scatters, linked" badge="same axes · test" sub={first && <RunScope {...first}><ScatterBar total={tests} posterior /></RunScope>}>
              <Scatters runs={compared} />
            </Frame>
          </PanelSlot>
          <PanelSlot panel={manifoldGrid} {...slot('grids')}>
            <Frame title="Manifold grids, linked" badge="decoder's mean · same viewport" sub={first && <RunScope {...first}><GridBar {...gridOver} latentSize={latentSize} /></RunScope>}>
              <Grids runs={compared} />
            </Frame>
          </PanelSlot>
          <PanelSlot panel={reconstructions} {...slot('reconstructions')}>
            <Frame title="Reconstructions, same inputs" badge="decoder's mean · test">
              <ReconstructionStrips runs={compared} />
            </Frame>
          </PanelSlot>
          <PanelSlot panel={samples} {...slot('samples')}>
            <Frame title="Samples, same noise" badge={`prior · seed ${noiseSeed}`} sub={<TemperatureSlider />}>
              <SampleStrips runs={compared} />
            </Frame>
          </PanelSlot>
          <PanelSlot panel={modelCard} {...slot('differences')}>
            <Frame title="Differences" badge={`${runs.length} runs`}>
              <DifferencesTable runs={runs} />
            </Frame>
          </PanelSlot>
        </div>
      </NamesProvider>
    </LinkedProvider>
  );
}

/** The curves of all runs over each other, each in its run's colour. */
function ComparedCurves({ runs }: { runs: readonly RunDetail[] }) {
  const theme = usePlotTheme();
  const orders = useRunsState((state) => state.orders);
  const steps = useLinked((state) => state.steps);
  const body = useRef<HTMLDivElement>(null);
  const size = useSize(body);
  const { byRun, error } = useCurves(
    runs.map((run) => run.id),
    pointsFor(size?.width ?? 400),
    steps,
  );
  const names = distinctNames(runs.map((run) => run.name)).join('\n');
  const ids = runs.map((run) => run.id).join(' ');
  const drawn = useMemo<DrawnRun[]>(
    () =>
      ids.split(' ').map((id, i) => {
        const { token, dash } = runColour(orders.get(id) ?? 0);
        return { id, name: names.split('\n')[i] ?? id, colour: theme.runs[Number(token.slice('--run-'.length)) - 1] ?? theme.ink, dash, curves: byRun[id] ?? [] };
      }),
    [ids, names, orders, theme, byRun],
  );
  const curves = drawn.flatMap((run) => run.curves);
  const empty = curves.every((curve) => curve.steps.length === 0);
  return (
    <Frame title="Curves" badge="means · train, held-out" sub={<CurvesBar heldOut="held-out" />}>
      <div className="fill" ref={body}>
        {!empty && size && <CurvesPlot runs={drawn} size={size} many />}
        {empty && error && <ErrorState error={error} />}
        {empty && !error && <LoadingState title="The first point comes with the first step" />}
      </div>
    </Frame>
  );
}
