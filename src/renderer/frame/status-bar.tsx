import { Cpu } from 'lucide-react';
import { useQuery, useRunsState } from '../client/hooks';
import type { Route } from '../state/route';
import { Kbd } from '../design';
import { openLayer } from '../state/window';
import { formatBytes, formatCount } from '../format';
import { Button } from 'react-aria-components';

/** What computes, what trains, how far the store is, how much space is left. */
export function StatusBar({ route }: { route: Route }) {
  const { data: info } = useQuery('system.info', {}, { refreshOn: (event) => event.type === 'datasets' || (event.type === 'run' && ['running', 'stopped', 'done', 'failed'].includes(event.run.status) && event.run.step % 1000 < 20) });
  const counts = useRunsState((state) => {
    const of = (...statuses: string[]): number => state.runs?.filter((run) => statuses.includes(run.status)).length ?? 0;
    return `${of('running', 'starting')} ${of('queued')} ${of('paused')}`;
  });
  const [running = 0, queued = 0, paused = 0] = counts.split(' ').map(Number);
  const stored = useRunsState((state) => (route.view === 'run' ? state.byId.get(route.id)?.step : undefined));
  return (
    <footer className="statusbar" aria-label="Status">
      <span>
        <Cpu size={13} aria-hidden />
        {info ? (info.compute ? `${info.compute.device} · ${info.compute.library}` : `${info.cores} cores`) : ' '}
      </span>
      {running + queued > 0 && (
        <span className="status-running">
          {running} running{queued > 0 && ` · ${queued} queued`}
        </span>
      )}
      {paused > 0 && <span className="status-paused">{paused} paused</span>}
      {stored !== undefined && stored > 0 && <span className="tabular">Metrics stored to step {formatCount(stored)}</span>}
      <span className="spacer" />
      {info && (
        <span className="tabular" title={info.home}>
          Store {formatBytes(info.storeBytes)} · {formatBytes(info.freeBytes)} free
        </span>
      )}
      <Button className="bar-button" onPress={() => openLayer('palette')}>
        <Kbd>Ctrl</Kbd> <Kbd>K</Kbd> find anything
      </Button>
      <Button className="bar-button" onPress={() => openLayer('keys')}>
        <Kbd>?</Kbd> keys
      </Button>
    </footer>
  );
}
