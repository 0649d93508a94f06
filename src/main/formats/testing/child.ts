import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../../../..');

/** Bundles a TypeScript program into `folder`, so that a test can start and kill it. Returns the file to run. */
export async function bundle(program: string, folder: string): Promise<string> {
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { ssr: program, outDir: folder, target: 'node20', rollupOptions: { output: { format: 'cjs', entryFileNames: 'child.cjs' } } },
  });
  return resolve(folder, 'child.cjs');
}

/** Starts a bundled program on this Node, with the repository's packages. */
export const start = (program: string, args: string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: resolve(root, 'node_modules') } });

/** Kills the program after `milliseconds` with SIGKILL, or waits until it ends; resolves to all that it printed. */
export function outputUntilKilled(child: ChildProcess, milliseconds: number | null): Promise<string> {
  return new Promise((done) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    if (milliseconds !== null) setTimeout(() => child.kill('SIGKILL'), milliseconds);
    child.on('close', () => done(output));
  });
}
