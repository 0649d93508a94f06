import { spawn, type ChildProcess } from 'node:child_process';

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the built program's command line on a store of its own. */
export function startCommand(script: string, home: string, args: string[]): { child: ChildProcess; outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ELBO_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  return { child, outcome: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said }))) };
}
