import { widened } from '../format';

/** A small curve without axes. Decorative: the numbers stand beside it. Values that are not finite are left out. */
export function Sparkline({ values, colour, width = 40, height = 14 }: { values: ArrayLike<number>; colour: string; width?: number; height?: number }) {
  const points = Array.from(values).filter(Number.isFinite);
  let low = Infinity;
  let high = -Infinity;
  for (const value of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  [low, high] = widened(low, high);
  const x = (i: number): number => 1 + (i / Math.max(1, points.length - 1)) * (width - 3);
  const y = (value: number): number => height - 2 - ((value - low) / (high - low)) * (height - 4);
  const last = points.at(-1);
  return (
    <svg className="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {last !== undefined && (
        <>
          <path d={points.map((value, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('')} fill="none" stroke={colour} strokeWidth="1.25" strokeLinejoin="round" />
          <circle cx={x(points.length - 1)} cy={y(last)} r="1.5" fill={colour} />
        </>
      )}
    </svg>
  );
}
