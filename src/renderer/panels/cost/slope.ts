import type { Cost } from '../../../contract/probes';

export interface Point {
  size: number;
  /** An example. */
  ms: number;
}

/** What was measured of one of the two, in the order of the sizes. */
export const pointsOf = (costs: readonly Cost[], what: 'density' | 'sampling'): Point[] =>
  costs.flatMap((cost) => {
    const ms = cost[what];
    return ms === null ? [] : [{ size: cost.size, ms }];
  });

/** b of ms = a size^b, by least squares on the logarithms. */
export function slope(points: readonly Point[]): number {
  const logs = points.map(({ size, ms }) => ({ x: Math.log(size), y: Math.log(ms) }));
  const mean = (of: (log: { x: number; y: number }) => number): number => logs.reduce((sum, log) => sum + of(log), 0) / logs.length;
  const [x, y] = [mean((log) => log.x), mean((log) => log.y)];
  return mean((log) => (log.x - x) * (log.y - y)) / mean((log) => (log.x - x) ** 2);
}
