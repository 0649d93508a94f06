import { useEffect, useRef } from 'react';
import type { RunDetail } from '../../../contract/runs';
import { useQuery } from '../../client/hooks';
import { EmptyState, ErrorState, LoadingState } from '../../design';

const everyMs = 2000;

/** What happened to the run and what its engine printed, followed while it runs; the view stays at the end once it is there. */
export function RunLog({ run }: { run: RunDetail }) {
  const { data, error, refresh } = useQuery('runs.log', { id: run.id }, { refreshOn: (event) => event.type === 'run' && event.run.id === run.id && event.run.status !== run.status });
  const element = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  });
  const live = run.status === 'running' || run.status === 'starting';
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => latest.current(), everyMs);
    return () => clearInterval(timer);
  }, [live]);
  useEffect(() => {
    if (atEnd.current && element.current) element.current.scrollTop = element.current.scrollHeight;
  }, [data]);

  if (data === undefined) return error ? <ErrorState error={error} /> : <LoadingState title="Reading the log" />;
  if (data === '') return <EmptyState title="The log is empty">When a run starts, is saved and ends is written here, and what its engine prints when something goes wrong.</EmptyState>;
  return (
    <pre
      ref={element}
      className="run-log"
      tabIndex={0}
      aria-label="Log"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        atEnd.current = scrollTop + clientHeight >= scrollHeight - 4;
      }}
    >
      {data}
    </pre>
  );
}
