import { readFileSync } from 'node:fs';

/**
 * A process as `pid:start`, where `start` is its start time in clock ticks since boot on Linux (so that a pid that was given out
 * again is not taken for the one before) and 0 elsewhere; null when it is gone.
 */
export function identify(pid: number): string | null {
  if (process.platform !== 'linux') return exists(pid) ? `${pid}:0` : null;
  try {
    // proc(5): the name in parentheses may hold anything; state is field 3, starttime field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)\s/s, '').split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${pid}:${fields[19]}`;
  } catch {
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** This process, as runs name the one that drives them. */
export const self = identify(process.pid) ?? `${process.pid}:0`;

export const isAlive = (owner: string): boolean => identify(Number(owner.split(':')[0])) === owner;
