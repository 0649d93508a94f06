import type { ReactElement } from 'react';
import type { RunStatus } from '../../contract/runs';

export const statusNames: Record<RunStatus, string> = {
  queued: 'Queued',
  starting: 'Starting',
  running: 'Training',
  paused: 'Paused',
  stopped: 'Stopped',
  done: 'Done',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

const disc = <circle cx="6" cy="6" r="5" fill="currentColor" fillOpacity=".16" />;
const stroke = { fill: 'none', stroke: 'currentColor', strokeLinecap: 'round', strokeLinejoin: 'round' } as const;

// A shape of its own for every status: colour only repeats it.
const shapes: Record<RunStatus, ReactElement> = {
  queued: <circle cx="6" cy="6" r="4.5" {...stroke} strokeWidth="1.3" strokeDasharray="1.6 1.9" strokeLinecap="butt" />,
  starting: (
    <>
      <circle cx="6" cy="6" r="4.5" {...stroke} strokeWidth="1.3" strokeOpacity=".45" />
      <circle cx="6" cy="6" r="1.6" fill="currentColor" />
    </>
  ),
  running: (
    <>
      <circle cx="6" cy="6" r="4.5" {...stroke} strokeWidth="1.5" strokeOpacity=".35" />
      <path d="M6 1.5a4.5 4.5 0 1 1-3.9 6.7" {...stroke} strokeWidth="1.5" />
    </>
  ),
  paused: (
    <>
      {disc}
      <path d="M4.7 4v4M7.3 4v4" {...stroke} strokeWidth="1.4" />
    </>
  ),
  stopped: (
    <>
      {disc}
      <rect x="4" y="4" width="4" height="4" rx=".6" fill="currentColor" />
    </>
  ),
  done: (
    <>
      {disc}
      <path d="M3.7 6.2l1.7 1.7 3-3.5" {...stroke} strokeWidth="1.4" />
    </>
  ),
  failed: (
    <>
      <path d="M6 1l5 9.5H1z" fill="currentColor" fillOpacity=".16" stroke="currentColor" strokeWidth="1.1" strokeLinejoin="round" />
      <path d="M6 4.5V7M6 8.7v.1" {...stroke} strokeWidth="1.3" />
    </>
  ),
  interrupted: (
    <>
      <path d="M1.6 5A4.5 4.5 0 0 1 10.4 5M10.4 7A4.5 4.5 0 0 1 1.6 7" {...stroke} strokeWidth="1.3" />
      <path d="M4.2 4.2l3.6 3.6M7.8 4.2L4.2 7.8" {...stroke} strokeWidth="1.2" />
    </>
  ),
};

/** The status of a run by shape and colour; `text` says it too, otherwise it is heard. */
export function StatusIcon({ status, text = false }: { status: RunStatus; text?: boolean }) {
  return (
    <span className={`status status-${status}`}>
      <svg viewBox="0 0 12 12" width="12" height="12" {...(text ? { 'aria-hidden': true } : { role: 'img', 'aria-label': statusNames[status] })}>
        {shapes[status]}
      </svg>
      {text && statusNames[status]}
    </span>
  );
}
