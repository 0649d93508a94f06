import { useState } from 'react';
import { Copy, Cpu, Ellipsis, FlaskConical, Gauge, Pause, Pencil, Play, Square, Trash2 } from 'lucide-react';
import { protocolOf } from '../../../contract/experiment';
import { activeStatuses, type RunDetail, type RunStatus } from '../../../contract/runs';
import { useClient, useProgress } from '../../client/hooks';
import { Badge, Button, CutName, Dialog, Menu, StatusIcon, TextField, toastError, useRunColour } from '../../design';
import { formatCount, formatDuration } from '../../format';
import { go } from '../../state/route';
import { MeasureDialog } from './measure-dialog';

export type RunAction = 'runs.pause' | 'runs.continue' | 'runs.stop' | 'runs.resume';

/** Asks the core to change a run's state; what it refuses is told. */
export function useRunAction(id: string): (action: RunAction) => void {
  const client = useClient();
  return (action) => void client.call(action, { id }).catch(toastError);
}

export const canResume = ({ status, checkpointStep }: { status: RunStatus; checkpointStep: number }): boolean => ['stopped', 'failed', 'interrupted'].includes(status) && checkpointStep > 0;

/** Name, state, progress, and what can be done with the run. */
export function RunHead({ run, onMeasured }: { run: RunDetail; onMeasured: () => void }) {
  const client = useClient();
  const act = useRunAction(run.id);
  const colour = useRunColour(run.id);
  const [renaming, setRenaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [measuring, setMeasuring] = useState(false);
  const { experiment, status, step } = run;
  const { steps, batch } = experiment.training;
  const trained = run.dataset?.counts.train ?? 0;
  const epoch = trained > 0 && step > 0 ? Math.floor(((step - 1) * Math.min(batch, trained)) / (Math.floor(trained / batch) * batch || trained)) + 1 : null;
  const rate = run.stepsPerSecond;
  const active = activeStatuses.includes(status);
  const evaluated = useProgress(`evaluate ${run.id}`);

  const remove = async (): Promise<void> => {
    try {
      await client.call('runs.remove', { id: run.id });
      go({ view: 'runs' });
    } catch (thrown) {
      toastError(thrown);
    }
    setRemoving(false);
  };

  return (
    <header className="head">
      <span className="dot run-dot" style={{ background: colour.css }} />
      <div className="run-title">
        {renaming ? <Rename run={run} onDone={() => setRenaming(false)} /> : (
          <h1 title={run.name} onDoubleClick={() => setRenaming(true)}>
            <CutName name={run.name} kept={run.variant} />
          </h1>
        )}
        <div className="sub">
          <StatusIcon status={status} text />{' '}
          <span className="faint">
            · {run.dataset?.title ?? experiment.data}, {protocolOf(experiment.binarisation, run.dataset)} · seed {experiment.seed}
          </span>
        </div>
      </div>
      <span className="spacer" />
      <dl className="meter">
        <div>
          <dt>Step</dt>
          <dd>
            {formatCount(step)}{' '}
            <small>
              of {formatCount(steps)}
              {epoch !== null && ` · epoch ${formatCount(epoch)}`}
            </small>
          </dd>
        </div>
        {status === 'running' && step >= steps && evaluated && (
          <div className="evaluated">
            <dt>Measuring</dt>
            <dd>
              {Math.floor((100 * evaluated.done) / evaluated.total)} % <small>of {formatCount(evaluated.total)} examples</small>
            </dd>
          </div>
        )}
        {status === 'running' && !(step >= steps && evaluated) && (
          <>
            <div className="rate">
              <dt>Rate</dt>
              <dd>
                {rate === null ? '–' : rate.toFixed(rate < 100 ? 1 : 0)} <small>steps/s</small>
              </dd>
            </div>
            <div className="time-left">
              <dt>Time left</dt>
              <dd>
                {rate ? formatDuration((steps - step) / rate) : '–'} <small>{rate ? `of ${formatDuration(steps / rate)}` : ''}</small>
              </dd>
            </div>
          </>
        )}
        {run.compute && (
          <div>
            <dt>Device</dt>
            <dd className="device">
              <Badge>
                <Cpu aria-hidden size={11} />
                {run.compute.device} · {run.compute.library}
              </Badge>
            </dd>
          </div>
        )}
      </dl>
      <span className="rule" />
      {status === 'running' && (
        <Button icon={<Pause aria-hidden size={14} />} onPress={() => act('runs.pause')}>
          Pause
        </Button>
      )}
      {status === 'paused' && (
        <Button variant="primary" icon={<Play aria-hidden size={14} />} onPress={() => act('runs.continue')}>
          Continue
        </Button>
      )}
      {active && (
        <Button icon={<Square aria-hidden size={12} />} onPress={() => act('runs.stop')}>
          Stop
        </Button>
      )}
      {canResume(run) && (
        <Button variant={status === 'stopped' ? 'default' : 'primary'} icon={<Play aria-hidden size={14} />} onPress={() => act('runs.resume')}>
          Resume
        </Button>
      )}
      {!active && !canResume(run) && (
        <Button icon={<Copy aria-hidden size={14} />} onPress={() => go({ view: 'new', run: run.id })}>
          Clone
        </Button>
      )}
      <Menu
        label="More about this run"
        icon={<Ellipsis aria-hidden size={16} />}
        items={[
          { id: 'rename', label: 'Rename', icon: <Pencil aria-hidden size={14} />, onAction: () => setRenaming(true) },
          { id: 'measure', label: run.checkpointStep > 0 ? 'Measure…' : 'Measure… (once it has a checkpoint)', icon: <Gauge aria-hidden size={14} />, isDisabled: run.checkpointStep === 0, onAction: () => setMeasuring(true) },
          { id: 'clone', label: 'Clone as a new experiment', icon: <FlaskConical aria-hidden size={14} />, onAction: () => go({ view: 'new', run: run.id }) },
          { id: 'remove', label: active ? 'Remove (stop it first)' : 'Remove', icon: <Trash2 aria-hidden size={14} />, danger: true, isDisabled: active, onAction: () => setRemoving(true) },
        ]}
      />
      <div className="progress" role="progressbar" aria-label="Training" aria-valuemin={0} aria-valuemax={steps} aria-valuenow={step}>
        {active && <i className={status} style={{ width: `${(100 * step) / steps}%` }} />}
      </div>
      <MeasureDialog run={run} isOpen={measuring} onClose={() => setMeasuring(false)} onMeasured={onMeasured} />
      <Dialog
        title={`Remove ${run.name}?`}
        isOpen={removing}
        onClose={() => setRemoving(false)}
        size="small"
        footer={
          <>
            <Button onPress={() => setRemoving(false)}>Keep it</Button>
            <Button variant="danger" onPress={() => void remove()}>
              Remove
            </Button>
          </>
        }
      >
        <p>Its metrics, evaluations and checkpoints are removed from the store. This cannot be undone.</p>
      </Dialog>
    </header>
  );
}

function Rename({ run, onDone }: { run: RunDetail; onDone: () => void }) {
  const client = useClient();
  const [name, setName] = useState(run.name);
  const save = (): void => {
    onDone();
    const next = name.trim();
    if (next && next !== run.name) void client.call('runs.rename', { id: run.id, name: next }).catch(toastError);
  };
  return (
    <TextField
      label="Name of the run"
      hideLabel
      autoFocus
      value={name}
      onChange={setName}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter') save();
        if (event.key === 'Escape') onDone();
      }}
    />
  );
}
