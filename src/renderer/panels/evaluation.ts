import type { Evaluation } from '../../contract/runs';
import { formatCount, formatValue } from '../format';

/** `−138.99 ± 0.90 nats`; shares are shown as per cent. */
export function evaluationText({ value, standardError, unit }: Evaluation): { value: string; error: string | null; unit: string } {
  const share = unit === 'share';
  const shown = (number: number): string => (share ? (100 * number).toFixed(1) : formatValue(number));
  return { value: shown(value), error: standardError === null ? null : shown(standardError), unit: share ? '%' : unit };
}

/** Everything needed to know what the number is: `ELBO, 1 sample · K 50 · test · grey · n 1,000`. */
export const evaluationBadge = ({ estimator, k, split, protocol, n }: Evaluation): string => [estimator, k === null ? null : `K ${formatCount(k)}`, split, protocol, `n ${formatCount(n)}`].filter(Boolean).join(' · ');

/** Two evaluations are of the same thing when only the run and the value differ. */
export const evaluationKey = ({ metric, estimator, k, split, protocol }: Evaluation): string => JSON.stringify([metric, estimator, k, split, protocol]);
