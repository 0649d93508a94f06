import { readFileSync } from 'node:fs';

export interface Timing {
  medianMs: number;
  p10: number;
  p90: number;
  /** Peak resident memory of this process. */
  peakRssMb: number;
  loss: number;
  /** Cores that other processes used meanwhile; null where the system does not tell. */
  otherCores: number | null;
}

/** Times `one()`, which returns its loss, for so many seconds after a warm-up. */
export function measure(one: () => number, seconds: number, least = 10): Timing {
  const clock = (): number => performance.now() / 1000;
  for (const began = clock(); clock() - began < Math.min(0.5, seconds / 4); ) one();
  const times: number[] = [];
  let loss = NaN;
  const before = busySeconds();
  const began = clock();
  while (clock() - began < seconds || times.length < least) {
    const start = performance.now();
    loss = one();
    times.push(performance.now() - start);
  }
  const wall = clock() - began;
  const after = busySeconds();
  const otherCores = before && after ? Math.max(0, (after.machine - before.machine - (after.own - before.own)) / wall) : null;
  times.sort((a, b) => a - b);
  return {
    medianMs: quantile(times, 0.5),
    p10: quantile(times, 0.1),
    p90: quantile(times, 0.9),
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    loss,
    otherCores: otherCores === null ? null : Number(otherCores.toFixed(2)),
  };
}

/** Of sorted numbers, interpolated. */
export function quantile(sorted: number[], q: number): number {
  const at = q * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  return below + (at % 1) * ((sorted[Math.ceil(at)] ?? NaN) - below);
}

export const median = (values: number[]): number => quantile(values.toSorted((a, b) => a - b), 0.5);

const ticksPerSecond = 100;

/** Processor time of the whole machine, and of this process; undefined where there is no /proc. */
function busySeconds(): { machine: number; own: number } | undefined {
  let line: string | undefined;
  try {
    [line] = readFileSync('/proc/stat', 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, soft = 0, stolen = 0] = (line ?? '').split(/\s+/).slice(1).map(Number);
  const own = process.cpuUsage();
  return { machine: (user + nice + system + interrupts + soft + stolen) / ticksPerSecond, own: (own.user + own.system) / 1e6 };
}
