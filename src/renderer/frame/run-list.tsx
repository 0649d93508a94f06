import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { PanelLeft } from 'lucide-react';
import type { RunSummary } from '../../contract/runs';
import { useRuns } from '../client/hooks';
import { CutName, EmptyState, IconButton, SearchField, StatusIcon, statusNames } from '../design';
import { formatCount } from '../format';
import { useKeys } from '../state/keys';
import { useMinute } from '../state/minute';
import { go, href } from '../state/route';
import { setWindow, useWindow } from '../state/window';
import { groupByTime, matches } from '../views/runs/runs-query';
import { RunSparkline } from './run-sparkline';
import { useVirtualRows } from './virtual-rows';

const rowHeight = 28;

type Row = { kind: 'group'; title: string; count: number } | { kind: 'run'; run: RunSummary };

/** The runs beside the stage, in groups by time. */
export function RunList({ openId }: { openId?: string }) {
  const runs = useRuns();
  const filter = useWindow((state) => state.filter);
  const now = useMinute();
  const shown = useMemo(() => (runs ?? []).filter((run) => matches(run, filter)), [runs, filter]);
  const rows = useMemo(() => groupByTime(shown, now).flatMap((group): Row[] => [{ kind: 'group', title: group.title, count: group.runs.length }, ...group.runs.map((run) => ({ kind: 'run', run }) as const)]), [shown, now]);
  const { scroller, first, last, onScroll, scrollTo } = useVirtualRows(rows.length, rowHeight);

  const openIndex = rows.findIndex((row) => row.kind === 'run' && row.run.id === openId);
  useEffect(() => {
    if (openIndex >= 0) scrollTo(openIndex);
  }, [openIndex, scrollTo]);

  const order = rows.flatMap((row) => (row.kind === 'run' ? [row.run] : []));
  const move = (direction: 1 | -1): void => {
    const at = order.findIndex((run) => run.id === openId);
    const next = order[at < 0 ? 0 : at + direction];
    if (next) go({ view: 'run', id: next.id });
  };
  useKeys({ j: () => move(1), k: () => move(-1) });

  // One stop for Tab in the whole list: where the arrows were last, else the open run.
  const [pointed, setPointed] = useState<string>();
  const drawn = rows.slice(first, last).flatMap((row) => (row.kind === 'run' ? [row.run.id] : []));
  const stop = [pointed, openId].find((id) => id !== undefined && drawn.includes(id)) ?? drawn[0];
  const walk = (event: KeyboardEvent): void => {
    const at = order.findIndex(({ id }) => id === stop);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: order.length - 1 }[event.key];
    const next = to === undefined ? undefined : order[to];
    if (!next) return;
    event.preventDefault();
    setPointed(next.id);
    scrollTo(rows.findIndex((row) => row.kind === 'run' && row.run === next));
    requestAnimationFrame(() => document.getElementById(`listed-${next.id}`)?.focus({ preventScroll: true }));
  };

  return (
    <aside className="list" aria-label="Runs">
      <div className="list-head">
        <b>Runs</b>
        <span className="faint tabular">{runs && formatCount(runs.length)}</span>
        <span className="spacer" />
        <IconButton label="Hide the list" shortcut="[" icon={<PanelLeft size={16} aria-hidden />} onPress={() => setWindow({ listOpen: false, compareListOpen: false })} />
      </div>
      <div className="list-filter">
        <SearchField label="Filter runs" value={filter} onChange={(text) => setWindow({ filter: text })} shortcut="/" onEnter={() => shown[0] && go({ view: 'run', id: shown[0].id })} onArrow={move} />
      </div>
      <div className="list-rows" ref={scroller} onScroll={onScroll} onKeyDown={walk}>
        {runs && rows.length === 0 && <EmptyState title="No run matches">Words of the name, the model, the data or the status are looked for. Escape empties the filter.</EmptyState>}
        <div style={{ height: rows.length * rowHeight, position: 'relative' }}>
          {rows.slice(first, last).map((row, i) => {
            const top = (first + i) * rowHeight;
            return row.kind === 'group' ? (
              <h4 key={row.title} style={{ top }}>
                {row.title}
                <span>{row.count}</span>
              </h4>
            ) : (
              <a key={row.run.id} id={`listed-${row.run.id}`} tabIndex={row.run.id === stop ? 0 : -1} href={href({ view: 'run', id: row.run.id })} className={`item ${row.run.id === openId ? 'on' : ''}`} style={{ top }} {...(row.run.id === openId && { 'aria-current': 'page' })} title={`${row.run.name} · ${statusNames[row.run.status]}`}>
                <StatusIcon status={row.run.status} />
                <span className="name">
                  <CutName name={row.run.name} kept={row.run.variant} />
                </span>
                {row.run.step > 0 ? <RunSparkline run={row.run} /> : <span className="caption">{statusNames[row.run.status].toLowerCase()}</span>}
              </a>
            );
          })}
        </div>
      </div>
    </aside>
  );
}
