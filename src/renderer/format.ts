import { withMinus } from '../contract/terms';

/** `12,000` */
export const formatCount = (value: number): string => value.toLocaleString('en');

/** A number's text with a minus as wide as a digit. */
export { withMinus };

/** As plots and tables show them, at most five digits: `138.99`, `−6.900`, `0.0012`, `1.20e−9`. */
export const formatValue = (value: number): string => withMinus(digits(value));

function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString('en', size >= 1000 ? { maximumFractionDigits: 1, minimumFractionDigits: 1 } : size >= 10 ? { maximumFractionDigits: 2, minimumFractionDigits: 2 } : size >= 1 ? { maximumFractionDigits: 3, minimumFractionDigits: 3 } : { maximumSignificantDigits: 4 });
}

/** `312 GB`, `41 MB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let i = 0;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000;
    i += 1;
  }
  return `${value < 10 && i > 0 ? value.toFixed(1) : Math.round(value)} ${units[i] ?? ''}`;
}

/** `1:39`, `2:04:10` */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}` : `${m}:${String(s).padStart(2, '0')}`;
}

/** `now`, `12 min`, `5 h`, then the day: `Thu 18:20`, `3 Nov`. */
export function formatAge(iso: string, now: number): string {
  const date = new Date(iso);
  const minutes = (now - date.getTime()) / 60_000;
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 6 * 24 * 60) return `${date.toLocaleDateString('en', { weekday: 'short' })} ${date.toTimeString().slice(0, 5)}`;
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', ...(date.getFullYear() !== new Date(now).getFullYear() && { year: 'numeric' }) });
}

/** `about 2 min`, `under a minute` */
export const formatMinutes = (minutes: number): string => (minutes < 1 ? 'under a minute' : `about ${Math.round(minutes)} min`);

/** A range of values widened about its middle where it is narrower than half a per cent of them, so that noise of the last digits is drawn as the line that it is. */
export function widened(low: number, high: number): [number, number] {
  const least = 0.005 * Math.max(Math.abs(low), Math.abs(high)) || 1;
  const lacking = Math.max(0, least - (high - low)) / 2;
  return [low - lacking, high + lacking];
}
