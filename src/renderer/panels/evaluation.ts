import type { Evaluation } from '../../contract/runs';
import { formatCount, formatValue, withMinus } from '../format';
import { termTitle } from './terms';

/** Beneath this numbers have exponents. */
const small = 1e-3;

/** `−138.99 ± 0.91 nats`: the error has two significant digits, the value as many decimals; shares are shown as per cent. */
export function evaluationText({ metric, value, standardError, unit }: Evaluation): { value: string; error: string | null; unit: string } {
  const factor = unit === 'share' ? 100 : 1;
  const [number, error] = [factor * value, standardError === null ? null : factor * standardError];
  return { ...rounded(number, error, unit === 'share'), unit: unitText(unit, metric) };
}

function rounded(value: number, error: number | null, share: boolean): { value: string; error: string | null } {
  if (error === null || !(error > 0)) return { value: share ? withMinus(value.toFixed(1)) : formatValue(value), error: error === null ? null : formatValue(error) };
  if (Math.max(Math.abs(value), error) < small) return { value: formatValue(value), error: withMinus(error.toExponential(1)) };
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(Number(error.toPrecision(2)))));
  const shown = (number: number): string => withMinus(number.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  return { value: shown(value), error: shown(error) };
}

/** Nothing where the metric's name says it. */
function unitText(unit: string, metric: string): string {
  if (unit === 'share') return '%';
  if (unit === "the data's") return "of the data's unit";
  return termTitle(metric).toLowerCase().includes(unit.toLowerCase()) ? '' : unit;
}

/** Everything needed to know what the number is: `ELBO, 1 sample · K 50 · test · grey · n 1,000`. */
export const evaluationBadge = ({ estimator, k, split, protocol, n }: Evaluation): string => [estimator, k === null ? null : `K ${formatCount(k)}`, split, protocol, `n ${formatCount(n)}`].filter(Boolean).join(' · ');

/** Two evaluations are of the same thing when only the run and the value differ. */
export const evaluationKey = ({ metric, estimator, k, split, protocol }: Evaluation): string => JSON.stringify([metric, estimator, k, split, protocol]);
