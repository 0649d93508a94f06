import './runs.css';
import { memo, useCallback, useEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import { ArrowDown, ArrowUp, Columns2, Plus, Square, Trash2, X } from 'lucide-react';
import { activeStatuses, type RunSummary } from '../../../contract/runs';
import { useClient, useRuns, useRunsState } from '../../client/hooks';
import { Badge, Button, CutName, Dialog, EmptyState, ErrorState, IconButton, LoadingState, SearchField, StatusIcon, statusNames, toast, toastError, useRunColour } from '../../design';
import { formatAge, formatCount, formatValue } from '../../format';
import { RunSparkline } from '../../frame/run-sparkline';
import { useVirtualRows } from '../../frame/virtual-rows';
import { useKeys } from '../../state/keys';
import { useMinute } from '../../state/minute';
import { go, href } from '../../state/route';
import { setWindow, useWindow } from '../../state/window';
import { headlineLoss, matches, sorted, type SortKey } from './runs-query';

const rowHeight = 28;
const columns: { key: SortKey | 'curve'; title: string; number?: boolean }[] = [
  { key: 'name', title: 'Run' },
  { key: 'model', title: 'Model' },
  { key: 'data', title: 'Data' },
  { key: 'seed', title: 'Seed', number: true },
  { key: 'step', title: 'Step', number: true },
  { key: 'curve', title: 'Loss' },
  { key: 'loss', title: 'Last loss', number: true },
  { key: 'kl', title: 'KL', number: true },
  { key: 'created', title: 'Created', number: true },
];

/** The table of runs: search, sort, select, and what can be done with several at once. */
export function RunsView() {
  const runs = useRuns();
  const error = useRunsState((state) => state.error);
  const filter = useWindow((state) => state.filter);
  const selected = useWindow((state) => state.selected);
  const [sort, setSort] = useState<{ key: SortKey; descending: boolean }>({ key: 'created', descending: true });
  const shown = useMemo(() => sorted((runs ?? []).filter((run) => matches(run, filter)), sort.key, sort.descending), [runs, filter, sort]);
  const [cursorId, setCursorId] = useState<string>();
  const anchor = useRef<string>(undefined);
  const { scroller, first, last, onScroll, scrollTo } = useVirtualRows(shown.length, rowHeight, rowHeight);

  const cursor = shown.findIndex((run) => run.id === cursorId);
  const moveTo = (index: number): void => {
    const run = shown[Math.min(shown.length - 1, Math.max(0, index))];
    if (!run) return;
    setCursorId(run.id);
    scrollTo(shown.indexOf(run));
  };
  const select = (ids: Iterable<string>): void => setWindow({ selected: new Set(ids) });
  const toggle = (id: string, extend: boolean): void => {
    const from = shown.findIndex((run) => run.id === anchor.current);
    const to = shown.findIndex((run) => run.id === id);
    if (extend && from >= 0) select([...selected, ...shown.slice(Math.min(from, to), Math.max(from, to) + 1).map((run) => run.id)]);
    else {
      anchor.current = id;
      select(selected.has(id) ? [...selected].filter((each) => each !== id) : [...selected, id]);
    }
  };
  // Rows keep one function, so that a run's progress redraws its row alone.
  const latestToggle = useRef(toggle);
  useEffect(() => {
    latestToggle.current = toggle;
  });
  const onToggle = useCallback((id: string, extend: boolean) => latestToggle.current(id, extend), []);
  const down = (): void => moveTo(cursor + 1);
  const up = (): void => moveTo(cursor < 0 ? 0 : cursor - 1);
  const extendBy = (direction: 1 | -1): void => {
    if (cursorId && !selected.has(cursorId)) toggle(cursorId, false);
    const next = shown[cursor + direction];
    if (!next) return;
    toggle(next.id, true);
    moveTo(cursor + direction);
  };
  useKeys({
    j: down,
    k: up,
    ArrowDown: down,
    ArrowUp: up,
    Home: () => moveTo(0),
    End: () => moveTo(shown.length - 1),
    'Shift+ArrowDown': () => extendBy(1),
    'Shift+ArrowUp': () => extendBy(-1),
    x: () => cursorId && toggle(cursorId, false),
    'Shift+x': () => cursorId && toggle(cursorId, true),
    Enter: () => cursorId && go({ view: 'run', id: cursorId }),
    c: () => selected.size > 1 && go({ view: 'compare', ids: [...selected] }),
    Escape: () => select([]),
  });

  // What was removed elsewhere is no longer selected.
  useEffect(() => {
    if (!runs || selected.size === 0) return;
    const there = new Set(runs.map((run) => run.id));
    if ([...selected].some((id) => !there.has(id))) setWindow({ selected: new Set([...selected].filter((id) => there.has(id))) });
  }, [runs, selected]);

  const now = useMinute();
  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>Runs</h1>
          <div className="sub tabular">{runs ? (filter ? `${formatCount(shown.length)} of ${formatCount(runs.length)} match` : `${formatCount(runs.length)} in this store`) : ' '}</div>
        </div>
        <span className="spacer" />
        <Button variant="primary" icon={<Plus size={15} aria-hidden />} shortcut="N" onPress={() => go({ view: 'new' })}>
          New experiment
        </Button>
      </header>
      <div className="toolbar runs-toolbar">
        <SearchField label="Filter runs" placeholder="Filter by name, model:vae, data:mnist, seed:0, status:done" value={filter} onChange={(text) => setWindow({ filter: text })} shortcut="/" onArrow={(direction) => (direction > 0 ? down() : up())} onEnter={() => cursorId && go({ view: 'run', id: cursorId })} />
      </div>
      <div className="runs-box card">
        {error && !runs ? (
          <ErrorState error={error} />
        ) : !runs ? (
          <LoadingState title="Reading the list of runs" />
        ) : shown.length === 0 ? (
          <EmptyState title="No run matches" actions={<Button onPress={() => setWindow({ filter: '' })}>Show all runs</Button>}>
            Every word of “{filter}” must occur in a run’s name, model, data, seed or status.
          </EmptyState>
        ) : (
          <div
            className="runs-grid"
            ref={scroller}
            onScroll={onScroll}
            role="grid"
            aria-label="Runs"
            aria-multiselectable
            aria-rowcount={shown.length + 1}
            tabIndex={0}
            aria-activedescendant={cursor >= 0 ? `run-${shown[cursor]?.id ?? ''}` : undefined}
            onFocus={(event) => event.target === event.currentTarget && cursor < 0 && moveTo(0)}
          >
            <div role="row" aria-rowindex={1} className="runs-row runs-head">
              <span role="columnheader" className="check-cell">
                <input type="checkbox" aria-label="Select all that are shown" tabIndex={-1} checked={shown.every((run) => selected.has(run.id))} onChange={(event) => select(event.target.checked ? shown.map((run) => run.id) : [])} />
              </span>
              {columns.map(({ key, title, number }) => (
                <span key={key} role="columnheader" className={number ? 'number' : ''} {...(sort.key === key && { 'aria-sort': sort.descending ? 'descending' : 'ascending' })}>
                  {key === 'curve' ? (
                    title
                  ) : (
                    <button type="button" tabIndex={-1} onClick={() => setSort({ key, descending: sort.key === key ? !sort.descending : key === 'created' || key === 'step' })}>
                      {title}
                      {sort.key === key ? sort.descending ? <ArrowDown size={11} aria-hidden /> : <ArrowUp size={11} aria-hidden /> : <i />}
                    </button>
                  )}
                </span>
              ))}
            </div>
            <div style={{ height: shown.length * rowHeight, position: 'relative' }} role="rowgroup">
              {shown.slice(first, last).map((run, i) => (
                <Row key={run.id} run={run} index={first + i} isCursor={run.id === cursorId} isSelected={selected.has(run.id)} now={now} onToggle={onToggle} />
              ))}
            </div>
          </div>
        )}
        {selected.size > 0 && <BulkBar ids={[...selected]} onDone={() => select([])} />}
      </div>
    </main>
  );
}

interface RowProps {
  run: RunSummary;
  index: number;
  isCursor: boolean;
  isSelected: boolean;
  now: number;
  onToggle: (id: string, extend: boolean) => void;
}

const Row = memo(function Row({ run, index, isCursor, isSelected, now, onToggle }: RowProps) {
  const colour = useRunColour(run.id);
  const loss = headlineLoss(run);
  const kl = run.latest['klNats (valid)'] ?? run.latest['klNats (test)'] ?? run.latest['klNats'];
  const click = (event: MouseEvent): void => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      event.preventDefault();
      onToggle(run.id, event.shiftKey);
    } else if (!(event.target instanceof HTMLInputElement)) go({ view: 'run', id: run.id });
  };
  return (
    <div role="row" id={`run-${run.id}`} aria-rowindex={index + 2} aria-selected={isSelected} className={`runs-row ${isSelected ? 'selected' : ''} ${isCursor ? 'cursor' : ''}`} style={{ top: index * rowHeight }} onClick={click}>
      <span role="gridcell" className="check-cell">
        <input type="checkbox" aria-label={`Select ${run.name}`} tabIndex={-1} checked={isSelected} onChange={() => onToggle(run.id, false)} />
      </span>
      <span role="gridcell" className="name-cell">
        <StatusIcon status={run.status} />
        <i className="dot" style={{ background: colour.css }} />
        <a href={href({ view: 'run', id: run.id })} tabIndex={-1} className="truncate" title={run.name}>
          <CutName name={run.name} kept={run.variant} />
        </a>
        {run.error ? <Badge tone="bad">{run.error.code === 'not-finite' ? `not finite at ${formatCount(run.step + 1)}` : statusNames[run.status].toLowerCase()}</Badge> : run.status === 'interrupted' && <Badge tone="warn">interrupted</Badge>}
      </span>
      <span role="gridcell" className="truncate mid">{run.experiment.model}</span>
      <span role="gridcell" className="truncate mid">{run.experiment.data}</span>
      <span role="gridcell" className="number">{run.experiment.seed}</span>
      <span role="gridcell" className="number">{run.status === 'queued' ? <span className="faint">queued</span> : formatCount(run.step)}</span>
      <span role="gridcell">
        <RunSparkline run={run} width={84} height={18} />
      </span>
      <span role="gridcell" className="number">
        {loss && (
          <>
            {formatValue(loss.value)} <small>{`${loss.unit === 'nats' ? 'nats' : 'sq. err.'}, ${loss.split}`}</small>
          </>
        )}
      </span>
      <span role="gridcell" className="number">{kl !== undefined && formatValue(kl)}</span>
      <span role="gridcell" className="number mid" title={new Date(run.createdAt).toLocaleString()}>{formatAge(run.createdAt, now)}</span>
    </div>
  );
});

function BulkBar({ ids, onDone }: { ids: string[]; onDone: () => void }) {
  const client = useClient();
  const byId = useRunsState((state) => state.byId);
  const [removing, setRemoving] = useState(false);
  const active = ids.filter((id) => activeStatuses.includes(byId.get(id)?.status ?? 'done'));
  const removable = ids.filter((id) => !active.includes(id));
  const each = async (method: 'runs.stop' | 'runs.remove', of: string[], what: string): Promise<void> => {
    const results = await Promise.allSettled(of.map((id) => client.call(method, { id })));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) toastError(failed.reason);
    const done = results.filter((result) => result.status === 'fulfilled').length;
    if (done) toast(`${done} ${done === 1 ? 'run' : 'runs'} ${what}`);
  };
  return (
    <div className="bulk-bar" role="toolbar" aria-label="Selected runs">
      <span className="tabular">{formatCount(ids.length)} selected</span>
      <Button variant="primary" icon={<Columns2 size={14} aria-hidden />} shortcut="C" isDisabled={ids.length < 2} onPress={() => go({ view: 'compare', ids })}>
        Compare
      </Button>
      <Button icon={<Square size={13} aria-hidden />} isDisabled={active.length === 0} onPress={() => void each('runs.stop', active, 'stopped')}>
        Stop
      </Button>
      <Button icon={<Trash2 size={14} aria-hidden />} isDisabled={removable.length === 0} onPress={() => setRemoving(true)}>
        Remove
      </Button>
      <span className="bulk-line" />
      <IconButton label="Select nothing" shortcut="Esc" icon={<X size={15} aria-hidden />} onPress={onDone} />
      <Dialog
        title={`Remove ${removable.length} ${removable.length === 1 ? 'run' : 'runs'}?`}
        isOpen={removing}
        onClose={() => setRemoving(false)}
        size="small"
        footer={
          <>
            <Button onPress={() => setRemoving(false)}>Keep</Button>
            <Button
              variant="danger"
              onPress={() => {
                setRemoving(false);
                void each('runs.remove', removable, 'removed');
              }}
            >
              Remove for good
            </Button>
          </>
        }
      >
        Their metrics, checkpoints and logs are deleted from the store. {active.length > 0 && `${active.length} of the selected still train and stay; stop them first.`}
      </Dialog>
    </div>
  );
}
