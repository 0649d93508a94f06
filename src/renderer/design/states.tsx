import type { ReactNode } from 'react';
import { TriangleAlert } from 'lucide-react';
import type { ElboError } from '../../contract/errors';

/** Says why there is nothing here, and the next useful thing to do. */
export const EmptyState = ({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) => (
  <div className="state">
    <b>{title}</b>
    {children && <p>{children}</p>}
    {actions && <div className="state-actions">{actions}</div>}
  </div>
);

/** What happened, where, and the repair. `action` is the button that carries the repair out. */
export const ErrorState = ({ error, action }: { error: ElboError; action?: ReactNode }) => (
  <div className="state" role="alert">
    <span className="status status-failed">
      <TriangleAlert aria-hidden size={14} />
      {error.message}
    </span>
    {error.repair && <p>{error.repair}</p>}
    {error.where && <p className="mono faint">{error.where}</p>}
    {action && <div className="state-actions">{action}</div>}
  </div>
);

/** Keeps the final size while the first answer is on its way: one sentence, and a hairline where progress is known. */
export const LoadingState = ({ title, children, progress }: { title: string; children?: ReactNode; progress?: number }) => (
  <div className="state" aria-live="polite">
    <b>{title}</b>
    {children && <p>{children}</p>}
    {progress !== undefined && <Hairline label={title} progress={progress} />}
  </div>
);

/** `progress` from 0 to 1. */
export const Hairline = ({ label, progress }: { label: string; progress: number }) => (
  <div className="hairline" role="progressbar" aria-label={label} aria-valuenow={Math.round(progress * 100)} aria-valuemin={0} aria-valuemax={100}>
    <i style={{ width: `${Math.min(1, Math.max(0, progress)) * 100}%` }} />
  </div>
);
