import { constants } from 'node:os';
import { SingleBar } from 'cli-progress';
import type { Core } from '../../contract/api';
import { activeStatuses, type RunDetail, type RunSummary } from '../../contract/runs';
import { round, say } from './output';

/** Calls `stop` at the first Ctrl+C or SIGTERM. A later one ends the program at once; within a second it is the same, come by two ways. */
export function onInterrupt(stop: (signal: NodeJS.Signals) => void): void {
  let first = 0;
  const hear = (signal: NodeJS.Signals): void => {
    if (first > 0 && performance.now() - first > 1000) process.exit(exitCodeOf(signal));
    if (first > 0) return;
    first = performance.now();
    stop(signal);
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
}

/** As a shell counts a signal. */
export const exitCodeOf = (signal: NodeJS.Signals): number => 128 + (constants.signals[signal] ?? 0);

/**
 * Waits until the run has ended, with a progress bar on a terminal. The first Ctrl+C (or SIGTERM) stops it with a checkpoint; a second ends
 * the program at once.
 * @returns the run as it is then, and the signal that stopped it
 */
export async function follow(core: Core, run: RunSummary): Promise<{ run: RunDetail; signal: NodeJS.Signals | null }> {
  const { id } = run;
  const { steps } = run.experiment.training;
  const bar = process.stderr.isTTY ? new SingleBar({ format: '{bar} {percentage}%  step {value} of {total}  {rate}  {left}  {last}', barsize: 24, hideCursor: true }) : null;
  bar?.start(steps, run.step, payload(run));

  let signal: NodeJS.Signals | null = null;
  onInterrupt((name) => {
    signal = name;
    core.call('runs.stop', { id }).catch(() => undefined);
  });

  await new Promise<void>((resolve) => {
    const hear = (now: RunSummary): void => {
      bar?.update(now.step, payload(now));
      if (!activeStatuses.includes(now.status)) resolve();
    };
    core.subscribe((event) => {
      if (event.type === 'run' && event.run.id === id) hear(event.run);
      if (event.type !== 'progress') return;
      const share = `${Math.floor((100 * event.done) / event.total)} %`;
      if (event.what === `prepare ${id}`) bar?.update({ ...payload(run), rate: `making ${run.experiment.data}: ${share}` });
      if (event.what === `evaluate ${id}`) bar?.update({ rate: `measuring: ${share}`, left: '' });
    });
    // It may have ended before anyone listened.
    core.call('runs.get', { id }).then(hear, () => resolve());
  });
  bar?.stop();
  return { run: await core.call('runs.get', { id }), signal };
}

function payload({ status, step, stepsPerSecond, experiment, latest }: RunSummary): { rate: string; left: string; last: string } {
  const [first] = Object.entries(latest);
  return {
    rate: stepsPerSecond ? `${Math.round(stepsPerSecond)} steps/s` : status,
    left: stepsPerSecond ? `${duration((experiment.training.steps - step) / stepsPerSecond)} left` : '',
    last: first ? `${first[0]} ${round(first[1])}` : '',
  };
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

export const sayStarted = (run: RunSummary): void => say(`run ${run.id}: ${run.name}, ${run.experiment.training.steps} steps`);
