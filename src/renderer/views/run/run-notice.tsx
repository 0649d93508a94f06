import { Play, TriangleAlert } from 'lucide-react';
import type { RunDetail } from '../../../contract/runs';
import { useProgress } from '../../client/hooks';
import { Button, Hairline } from '../../design';
import { formatCount } from '../../format';
import { go } from '../../state/route';
import { canResume, useRunAction } from './run-head';

/** Why a run ended before its time, what was kept, and one repair. */
export function RunNotice({ run }: { run: RunDetail }) {
  const act = useRunAction(run.id);
  if (run.status !== 'failed' && run.status !== 'interrupted') return null;
  const interrupted = run.status === 'interrupted';
  const kept = run.step > 0 ? `Every metric up to step ${formatCount(run.step)}${run.checkpointStep > 0 ? ` and the checkpoint of step ${formatCount(run.checkpointStep)} are kept.` : ' is kept; there was no checkpoint yet.'}` : 'It had not taken a step yet.';
  return (
    <div className={`run-notice ${run.status}`} role="alert">
      <TriangleAlert aria-hidden size={16} />
      <div>
        <b className="strong">{interrupted ? 'Interrupted' : 'Stopped'}: {run.error?.message ?? 'its process went away without a word.'}</b>
        <p>
          {kept} {run.error?.repair}
        </p>
      </div>
      <span className="spacer" />
      {canResume(run) ? (
        <Button variant="primary" icon={<Play aria-hidden size={14} />} onPress={() => act('runs.resume')}>
          Go on from {formatCount(run.checkpointStep)}
        </Button>
      ) : (
        <Button variant="primary" onPress={() => go({ view: 'new', run: run.id })}>
          Start again from its settings
        </Button>
      )}
    </div>
  );
}

/** A data set that is drawn by a program is made when it is first used. */
export function RunPreparing({ run }: { run: RunDetail }) {
  const progress = useProgress(`prepare ${run.id}`);
  if (run.status !== 'starting' || !progress) return null;
  const title = `Making ${run.dataset?.title ?? run.experiment.data}`;
  return (
    <div className="run-preparing tabular" role="status">
      {title}: {formatCount(progress.done)} of {formatCount(progress.total)} examples. It is kept for the next run.
      <Hairline label={title} progress={progress.done / progress.total} />
    </div>
  );
}
