import { useState, type ReactNode } from 'react';
import { CircleHelp, Ellipsis, Maximize2, Pause } from 'lucide-react';
import type { ElboError } from '../../contract/errors';
import type { RunDetail } from '../../contract/runs';
import { Badge, Button, Dialog, EmptyState, ErrorState, IconButton, LoadingState, Menu, type MenuAction } from '../design';
import { formatCount } from '../format';
import type { PanelHelp } from './panel';
import { canBeAsked, isTraining, useOptionalScope, type Asked } from './run-scope';
import { useSlot } from './slot';
import './panels.css';

export interface FrameProps {
  title?: string;
  /** The step that is shown; null where nothing is shown yet; undefined where a step means nothing. */
  step?: number | null | undefined;
  /** What the numbers are: `estimator · K · split · protocol`; a badge of its own where it has a tone, or more to say. */
  badge?: ReactNode;
  /** Controls and the one summary number. */
  sub?: ReactNode;
  menu?: readonly MenuAction[];
  tone?: 'bad' | 'warn' | undefined;
  children: ReactNode;
}

/** A panel: head, bar, body. */
export function Frame({ title, step, badge, sub, menu = [], tone, children }: FrameProps) {
  const { panel, filled, toggleFill } = useSlot();
  const run = useOptionalScope()?.run;
  const [help, setHelp] = useState(false);
  const shown = title ?? panel.title;
  const behind = run && typeof step === 'number' ? stepsBehind(run, step) : 0;
  const actions: MenuAction[] = [...menu];
  if (toggleFill) actions.push({ id: 'fill', label: filled ? 'Back to the stage' : 'Fill the stage', icon: <Maximize2 aria-hidden size={14} />, shortcut: filled ? 'Esc' : 'F', onAction: toggleFill });
  return (
    <section className={`panel ${tone ?? ''} ${behind ? 'behind' : ''}`} aria-label={shown} tabIndex={-1} onKeyDown={(event) => event.key === '?' && helpKey(event, () => setHelp(true))}>
      <header>
        <h2>{shown}</h2>
        {step !== undefined && <span className="step">step {step === null ? '–' : formatCount(step)}</span>}
        {typeof badge === 'string' ? badge && <Badge>{badge}</Badge> : badge}
        <span className="tools">
          {run?.status === 'paused' && step !== undefined && (
            <Badge tone="warn">
              <Pause aria-hidden size={9} />
              paused
            </Badge>
          )}
          {behind > 0 && <Badge>{formatCount(behind)} steps behind</Badge>}
          <IconButton size="small" label={`Help: ${shown}`} icon={<CircleHelp aria-hidden size={14} />} onPress={() => setHelp(true)} />
          {actions.length > 0 && <Menu size="small" label={`Menu: ${shown}`} icon={<Ellipsis aria-hidden size={14} />} items={actions} />}
        </span>
      </header>
      {sub && <div className="panel-sub">{sub}</div>}
      <div className="panel-body">{children}</div>
      <HelpDialog title={shown} help={panel.help} isOpen={help} onClose={() => setHelp(false)} />
    </section>
  );
}

function helpKey(event: { preventDefault(): void; stopPropagation(): void; target: EventTarget }, open: () => void): void {
  if (event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  event.stopPropagation();
  open();
}

/** A picture is behind when training has gone on for more than ten seconds since; by how many steps. */
function stepsBehind(run: RunDetail, step: number): number {
  const behind = run.step - step;
  return run.status === 'running' && behind > 10 * (run.stepsPerSecond ?? Infinity) ? behind : 0;
}

const HelpDialog = ({ title, help, isOpen, onClose }: { title: string; help: PanelHelp; isOpen: boolean; onClose: () => void }) => (
  <Dialog title={title} isOpen={isOpen} onClose={onClose}>
    <div className="panel-help">
      <p>{help.shows}</p>
      <pre>{help.formula}</pre>
      <h3>How to read it</h3>
      <p>{help.read}</p>
      <h3>Source</h3>
      <p>{help.source}</p>
    </div>
  </Dialog>
);

/** What a panel shows of an answer: the answer, or why there is none yet, in the same space. */
export function Answered<T>({ asked, children }: { asked: Asked<T>; children: (value: T, step: number) => ReactNode }) {
  const run = useOptionalScope()?.run;
  if (asked.answer) {
    const { value, step, note } = asked.answer;
    return (
      <>
        {children(value, step)}
        {note && (
          <p className="panel-note" role="note" title={note}>
            Slow: {note}
          </p>
        )}
      </>
    );
  }
  if (run && !canBeAsked(run)) return <NothingYet run={run} />;
  if (asked.error) return <ErrorState error={withoutStack(asked.error)} action={<Button onPress={asked.retry}>Try again</Button>} />;
  if (run && !isTraining(run)) return <LoadingState title={`Loading the checkpoint of step ${formatCount(run.checkpointStep)}`}>Then the model is asked.</LoadingState>;
  return <LoadingState title="Asking the model">It answers between two training steps.</LoadingState>;
}

/** Where a bug happened is in the log; here it would hide what happened. */
const withoutStack = ({ where, ...error }: ElboError): ElboError => (error.code === 'bug' || where === undefined ? error : { ...error, where });

function NothingYet({ run }: { run: RunDetail }) {
  if (run.status === 'queued') return <LoadingState title="Waits for its turn">Other runs train first. The first picture comes with the first step.</LoadingState>;
  if (run.status === 'starting') return <LoadingState title="Starting">The compute library is being loaded. The first picture comes with the first step.</LoadingState>;
  return <EmptyState title="Nothing to look at">This run ended before its first checkpoint, so there is no model to ask. Its curves are kept.</EmptyState>;
}
