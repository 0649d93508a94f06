import { spawn, type ChildProcess } from 'node:child_process';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();
const windows = process.platform === 'win32';

/** Ends every process that {@link runProcess} started and what those started. */
export function endAll(): void {
  for (const child of running)
    try {
      if (windows) child.kill();
      else process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
}

/** Runs a program in a process group of its own to its end, or to the end of its time. Never rejects: one that is not there ends with 127. */
export function runProcess(program: string, args: string[], { minutes = 10, env = {} }: { minutes?: number; env?: Record<string, string> } = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const timer = setTimeout(() => {
      stderr += `\nError: it took longer than ${minutes} minutes.`;
      if (windows) child.kill();
      else process.kill(-(child.pid ?? 0), 'SIGKILL');
    }, minutes * 60_000);
    const done = (code: number): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code, stdout, stderr });
    };
    child.once('error', (error) => {
      stderr += `Error: ${error.message}`;
      done(127);
    });
    child.once('close', (code) => done(code ?? 1));
  });
}
