import { useMemo, type ReactNode } from 'react';
import { Boxes, Database, List, PanelLeft } from 'lucide-react';
import { Button, Toolbar } from 'react-aria-components';
import { runStatuses } from '../../../contract/runs';
import { useRuns } from '../../client/hooks';
import { IconButton, StatusIcon, statusNames } from '../../design';
import { formatCount } from '../../format';
import { setWindow, useWindow } from '../../state/window';

const icon = { size: 14, strokeWidth: 1.6, 'aria-hidden': true } as const;

/** Beside the table: how many runs there are of each status, model and data set; a click filters by it. */
export function RunsFacets() {
  const runs = useRuns();
  const filter = useWindow((state) => state.filter);
  const counts = useMemo(() => {
    const of = (key: (index: number) => string): Map<string, number> => {
      const map = new Map<string, number>();
      runs?.forEach((_, i) => map.set(key(i), (map.get(key(i)) ?? 0) + 1));
      return map;
    };
    return { status: of((i) => runs?.[i]?.status ?? ''), model: of((i) => runs?.[i]?.experiment.model ?? ''), data: of((i) => runs?.[i]?.experiment.data ?? '') };
  }, [runs]);

  const words = filter.split(/\s+/).filter(Boolean);
  const toggle = (word: string): void => {
    const kind = word.split(':')[0] ?? '';
    const rest = words.filter((each) => !each.startsWith(`${kind}:`));
    setWindow({ filter: (words.includes(word) ? rest : [...rest, word]).join(' ') });
  };
  const item = (word: string, label: string, count: number, picture: ReactNode) => (
    <Button key={word} className={`item ${words.includes(word) ? 'on' : ''}`} aria-pressed={words.includes(word)} onPress={() => toggle(word)}>
      {picture}
      <span className="name">{label}</span>
      <span className="caption">{formatCount(count)}</span>
    </Button>
  );
  const sorted = (map: Map<string, number>): [string, number][] => [...map].sort((a, b) => b[1] - a[1]);
  return (
    <aside className="list facets" aria-label="Filters">
      <div className="list-head">
        <b>Filters</b>
        <span className="spacer" />
        <IconButton label="Hide the list" shortcut="[" icon={<PanelLeft size={16} aria-hidden />} onPress={() => setWindow({ listOpen: false })} />
      </div>
      <Toolbar className="facet-rows" orientation="vertical" aria-label="Filters">
        <Button className={`item ${filter === '' ? 'on' : ''}`} onPress={() => setWindow({ filter: '' })}>
          <List {...icon} />
          <span className="name">All runs</span>
          <span className="caption">{runs && formatCount(runs.length)}</span>
        </Button>
        <h4>Status</h4>
        {runStatuses.filter((status) => counts.status.has(status)).map((status) => item(`status:${status}`, statusNames[status], counts.status.get(status) ?? 0, <StatusIcon status={status} />))}
        <h4>Model</h4>
        {sorted(counts.model).map(([model, count]) => item(`model:${model}`, model, count, <Boxes {...icon} />))}
        <h4>Data</h4>
        {sorted(counts.data).map(([data, count]) => item(`data:${data}`, data, count, <Database {...icon} />))}
      </Toolbar>
    </aside>
  );
}
