/** A value as it stands beside a curve: about five digits, never more than two decimals of a large number. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return minus(value.toExponential(2));
  const decimals = size >= 10_000 ? 0 : size >= 1000 ? 1 : size >= 1 ? 2 : 4;
  return minus(value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
}

export const formatCount = (count: number): string => count.toLocaleString('en');

/** A real minus, as wide as a digit. */
const minus = (text: string): string => text.replace(/-/g, '−');

/** `1:39`, `2:04:10`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
