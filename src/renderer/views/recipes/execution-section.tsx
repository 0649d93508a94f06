import type { ReactNode } from 'react';
import { Columns2, Gauge, Play, Square } from 'lucide-react';
import { ofSize, type Execution, type Recipe } from '../../../contract/recipes';
import { activeStatuses, type RunSummary } from '../../../contract/runs';
import { useClient } from '../../client/hooks';
import { Button, ErrorState, Hairline, LoadingState, StatusIcon, toastError, useRunColour } from '../../design';
import { formatCount, formatDuration, formatValue } from '../../format';
import { useKeys } from '../../state/keys';
import { go, href } from '../../state/route';
import { setWindow } from '../../state/window';
import { headlineLoss } from '../runs/runs-query';
import { CheckTable } from './check-table';
import { Outcome } from './outcome';
import { Problems } from './problems';
import { useExecution, useMeasuring, type MeasuringProgress } from './use-execution';

/** One start of a recipe: its runs as they go, then its checks with what they rest on. */
export function ExecutionSection({ id, recipe, when }: { id: string; recipe: Recipe; when: ReactNode }) {
  const { execution, error, refresh } = useExecution(id);
  const measuring = useMeasuring(execution?.runs ?? []);
  const compare = (): void => {
    const ids = execution?.runs.map((run) => run.id) ?? [];
    if (ids.length < 2) return;
    setWindow({ selected: new Set(ids) });
    go({ view: 'compare', ids });
  };
  useKeys({ c: compare });
  if (!execution) return error ? <ErrorState error={error} action={<Button onPress={refresh}>Ask again</Button>} /> : <LoadingState title="Asking what came out" />;
  const { runs, problems, checks, state, full } = execution;
  return (
    <>
      <section aria-labelledby="execution-title">
        <h2 id="execution-title" className="execution-head">
          {runs.length === 1 ? 'Run' : 'Runs'}
          {full && <small className="faint">in full size</small>}
          <span aria-live="polite">
            <Outcome execution={execution} />
          </span>
          {when}
          <span className="spacer" />
          <Actions execution={execution} onCompare={compare} />
        </h2>
        <div className="card">
          <table className="table execution-runs" aria-label="Runs of this start">
            <thead>
              <tr>
                <th>Run</th>
                <th>Status</th>
                <th>Progress</th>
                <th className="number">Time</th>
                <th className="number">Last loss</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </tbody>
          </table>
          {state === 'measuring' && <Measuring progress={measuring} />}
        </div>
        <Problems problems={problems} />
      </section>
      <section aria-labelledby="execution-checks">
        <h2 id="execution-checks">
          Checks {checks.length === 0 && <small className="faint">{state === 'ended' ? 'not evaluated: not everything is measured' : 'evaluated when everything is measured'}</small>}
        </h2>
        <div className="card">
          <CheckTable checks={recipe.checks.filter(ofSize(full))} results={checks} label="execution-checks" />
        </div>
      </section>
    </>
  );
}

function Actions({ execution: { id, state, runs }, onCompare }: { execution: Execution; onCompare: () => void }) {
  const client = useClient();
  const open = runs.filter(({ status }) => !activeStatuses.includes(status) && status !== 'done');
  const going = state === 'training' || state === 'measuring';
  const resume = (): void => void Promise.all(open.map((run) => client.call('runs.resume', { id: run.id }))).catch(toastError);
  return (
    <>
      {going && (
        <Button icon={<Square size={13} aria-hidden />} onPress={() => void client.call('recipes.stop', { execution: id }).catch(toastError)}>
          Stop
        </Button>
      )}
      {!going && open.length > 0 && (
        <Button icon={<Play size={13} aria-hidden />} onPress={resume}>
          Resume {open.length === 1 ? 'the run' : `${open.length} runs`}
        </Button>
      )}
      {!going && open.length === 0 && (
        <Button icon={<Gauge size={13} aria-hidden />} onPress={() => void client.call('recipes.measure', { execution: id }).catch(toastError)}>
          Measure again
        </Button>
      )}
      {runs.length > 1 && (
        <Button icon={<Columns2 size={13} aria-hidden />} shortcut="C" onPress={onCompare}>
          Compare
        </Button>
      )}
    </>
  );
}

function RunRow({ run }: { run: RunSummary }) {
  const { id, name, variant, experiment, status, step, startedAt, endedAt, stepsPerSecond, error } = run;
  const colour = useRunColour(id);
  const { steps } = experiment.training;
  const loss = headlineLoss(run);
  return (
    <tr>
      <td>
        <a href={href({ view: 'run', id })} title={name}>
          <span className="dot" style={{ background: colour.css }} />
          {variant ?? name}
        </a>{' '}
        <small className="faint">seed {experiment.seed}</small>
        {error && <small className="execution-error">{error.message}</small>}
      </td>
      <td>
        <StatusIcon status={status} text />
      </td>
      <td>
        <div className="execution-progress">
          <Hairline label={`${name}: trained`} progress={step / steps} />
          <span className="tabular">
            {formatCount(step)} <small className="faint">of {formatCount(steps)}</small>
          </span>
        </div>
      </td>
      <td className="number">
        {status === 'running' && stepsPerSecond ? (
          <>
            {formatDuration((steps - step) / stepsPerSecond)} <small className="faint">left</small>
          </>
        ) : (
          startedAt && endedAt && formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000)
        )}
      </td>
      <td className="number">
        {loss && (
          <>
            {formatValue(loss.value)} <small className="faint">{loss.split}</small>
          </>
        )}
      </td>
    </tr>
  );
}

const Measuring = ({ progress }: { progress: MeasuringProgress | null }) => (
  <div className="execution-measuring">
    <Gauge size={13} aria-hidden />
    {progress ? `Measuring ${progress.run.name}` : 'Measuring'}
    {progress && (
      <>
        <Hairline label="Measuring" progress={progress.done / Math.max(1, progress.total)} />
        <span className="tabular faint">
          {formatCount(progress.done)} of {formatCount(progress.total)}
        </span>
      </>
    )}
  </div>
);
