import { SingleBar } from 'cli-progress';

export interface Progress {
  tell(done: number, total: number): void;
  stop(): void;
}

/** On a terminal. @param things what is counted */
export function barOf(things: string): Progress {
  const bar = new SingleBar({ format: `{bar} {percentage}%  {value} of {total} ${things}  {eta_formatted} left`, barsize: 24, hideCursor: true });
  let begun = false;
  return {
    tell(done, total) {
      if (!begun) bar.start(total, 0);
      begun = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}

const everyMs = 5000;

/** A line every five seconds, the first after five, for a file or another program. */
export function linesOf(things: string, write: (line: string) => void, now: () => number = () => performance.now()): Progress {
  let told = now();
  return {
    tell(done, total) {
      if (now() - told < everyMs) return;
      told = now();
      write(`${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${things}, ${Math.floor((100 * done) / total)} %`);
    },
    stop: () => undefined,
  };
}
