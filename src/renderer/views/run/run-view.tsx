import { useMemo, useRef, useState } from 'react';
import { Plus } from 'lucide-react';
import type { RunDetail } from '../../../contract/runs';
import { useQuery, useRun } from '../../client/hooks';
import { Button, EmptyState, ErrorState, LoadingState, Menu, Segmented } from '../../design';
import { formatCount } from '../../format';
import { createLinked, LinkedProvider } from '../../panels/linked';
import type { Panel } from '../../panels/panel';
import type { Refresher } from '../../panels/refresher';
import { offeredPanels } from '../../panels/registry';
import { RunScope, usePace, useRefreshers } from '../../panels/run-scope';
import { PanelSlot } from '../../panels/slot';
import { useKeys } from '../../state/keys';
import { go } from '../../state/route';
import { RunHead, useRunAction } from './run-head';
import { RunLog } from './run-log';
import { RunNotice, RunPreparing } from './run-notice';
import { RunSettings } from './run-settings';
import './run-view.css';

/** One run: its state, its panels, its settings and its log. */
export function RunView({ id }: { id: string }) {
  const { run, error, refresh } = useRun(id);
  if (run) return <OpenRun key={id} run={run} onMeasured={refresh} />;
  return (
    <main className="stage">
      {error?.code === 'not-found' && (
        <EmptyState title="There is no such run" actions={<Button onPress={() => go({ view: 'runs' })}>Show all runs</Button>}>
          It may have been removed.
        </EmptyState>
      )}
      {error && error.code !== 'not-found' && <ErrorState error={error} action={<Button onPress={refresh}>Try again</Button>} />}
      {!error && <LoadingState title="Opening the run" />}
    </main>
  );
}

type Tab = 'panels' | 'settings' | 'log';
const tabs = [
  { value: 'panels', label: 'Panels' },
  { value: 'settings', label: 'Settings' },
  { value: 'log', label: 'Log' },
] as const;

function OpenRun({ run: stored, onMeasured }: { run: RunDetail; onMeasured: () => void }) {
  const [tab, setTab] = useState<Tab>('panels');
  const [linked] = useState(createLinked);
  const refresherOf = useRefreshers([stored.id]);
  const act = useRunAction(stored.id);
  // Before its engine has opened it, a run has the abilities of its model: panels keep their places from the start.
  const models = useQuery('models.list', {}).data;
  const run = useMemo(() => (stored.abilities.length > 0 ? stored : { ...stored, abilities: models?.find((model) => model.id === stored.experiment.model)?.abilities ?? [] }), [stored, models]);
  const { offered, lacking } = useMemo(() => offeredPanels(run), [run]);
  useKeys({
    ' ': () => {
      if (run.status === 'running') act('runs.pause');
      if (run.status === 'paused') act('runs.continue');
    },
    l: () => linked.setState(({ logY }) => ({ logY: !logY })),
  });

  return (
    <main className="stage">
      <RunHead run={run} onMeasured={onMeasured} />
      <div className="toolbar">
        <Segmented label="What is shown" value={tab} options={tabs} onChange={setTab} />
        <span className="spacer" />
        {tab === 'panels' && <PaceText run={run} refresher={refresherOf(run.id)} />}
        {tab === 'panels' && lacking.length > 0 && (
          <Menu
            label="Panels that this model cannot have"
            text="Panel"
            icon={<Plus aria-hidden size={14} />}
            items={lacking.map(({ panel, why }) => ({ id: panel.id, label: `${panel.title}: ${why}`, isDisabled: true, onAction: () => undefined }))}
          />
        )}
      </div>
      <RunNotice run={run} />
      <RunPreparing run={run} />
      {tab === 'panels' && (
        <LinkedProvider value={linked}>
          <RunScope run={run} refresher={refresherOf(run.id)}>
            <Stage panels={offered} />
          </RunScope>
        </LinkedProvider>
      )}
      {tab === 'settings' && <RunSettings run={run} />}
      {tab === 'log' && <RunLog run={run} />}
    </main>
  );
}

function PaceText({ run, refresher }: { run: RunDetail; refresher: Refresher }) {
  const pace = usePace(refresher);
  if (run.status !== 'running' || !pace) return null;
  return (
    <span className="faint small tabular">
      Panels refresh every {formatCount(pace.everySteps)} {pace.everySteps === 1 ? 'step' : 'steps'} · cost to training {(100 * pace.cost).toFixed(1)} %
    </span>
  );
}

const lowerRow = ['reconstructions', 'samples', 'model-card'];
/** The first panels of a run stand in the upper row, the curves the widest. */
const upperCount = 3;

/** The panels in two rows and, below, a grid of the others; F lets the one under the pointer, or the focused one, fill the stage. */
function Stage({ panels }: { panels: readonly Panel[] }) {
  const [filled, setFilled] = useState<string | null>(null);
  const pointed = useRef<string | null>(null);
  const point = (target: EventTarget): void => {
    const panel = target instanceof Element ? target.closest<HTMLElement>('[data-panel]')?.dataset['panel'] : undefined;
    if (panel) pointed.current = panel;
  };
  useKeys({
    f: () => setFilled((now) => (now ? null : (pointed.current ?? panels[0]?.id ?? null))),
    Escape: () => setFilled(null),
  });
  const lower = panels.filter((panel) => lowerRow.includes(panel.id));
  // A card alone would take a whole row.
  const others = lower.length > 1 ? panels.filter((panel) => !lower.includes(panel)) : panels;
  const slot = (panel: Panel) => (
    <PanelSlot key={panel.id} panel={panel} name={panel.id} filled={filled === panel.id} toggleFill={() => setFilled(filled === panel.id ? null : panel.id)}>
      <panel.component />
    </PanelSlot>
  );
  return (
    <div className={`run-stage ${filled ? 'has-filled' : ''}`} onPointerOver={(event) => point(event.target)} onFocus={(event) => point(event.target)}>
      <div className="stage-row upper">{others.slice(0, upperCount).map(slot)}</div>
      {lower.length > 1 && <div className="stage-row lower">{lower.map(slot)}</div>}
      {others.length > upperCount && <div className="stage-grid">{others.slice(upperCount).map(slot)}</div>}
    </div>
  );
}
